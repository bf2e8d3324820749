package file

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// realFile unpacks a file that systemd-journald 252 wrote.
func realFile(t testing.TB, kind string) []byte {
	t.Helper()
	f, err := os.Open("testdata/journald-252-" + kind + ".journal.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestReal reads what systemd-journald wrote, packed fields and compact items included. Each entry's xor_hash is the
// unkeyed hash of its fields, and each field's list has the entry in it.
func TestReal(t *testing.T) {
	for kind, want := range map[string]uint64{"regular": 42, "compact": 69} {
		t.Run(kind, func(t *testing.T) {
			r, err := NewReader(bytes.NewReader(realFile(t, kind)))
			if err != nil {
				t.Fatal(err)
			}
			all, err := r.Entries()
			if err != nil || all.Len() != want {
				t.Fatalf("%d entries, %v", all.Len(), err)
			}
			long := 0
			for i := range all.Len() {
				off, err := all.At(i)
				if err != nil {
					t.Fatal(err)
				}
				var e Entry
				if err := r.Entry(off, &e); err != nil {
					t.Fatal(err)
				}
				xor := uint64(0)
				for _, f := range e.Fields {
					xor ^= jenkins64(f)
					if !listed(t, r, f, off, &e) {
						t.Errorf("entry %d is not in the list of %.40q", i, f)
					}
				}
				if xor != e.XorHash {
					t.Errorf("entry %d: xor hash %x, file has %x", i, xor, e.XorHash)
				}
				if m := e.Get("MESSAGE"); len(m) == 48<<10 && strings.Trim(string(m), "x") == "" {
					long++
				}
			}
			if long != 1 {
				t.Errorf("%d packed messages read, want 1", long)
			}
		})
	}
}

func listed(t *testing.T, r *Reader, field []byte, off uint64, e *Entry) bool {
	l, err := r.Find(field)
	if err != nil {
		t.Fatal(err)
	}
	for i := range l.Len() {
		got, err := l.At(i)
		if err != nil {
			t.Fatal(err)
		}
		if got == off {
			return l.In(e)
		}
	}
	return false
}

// TestForeign: a sound file of systemd-journald is archived, not written to.
func TestForeign(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "system.journal")
	if err := os.WriteFile(path, realFile(t, "regular"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := open(t, Config{Dir: dir})
	write(t, w, "web", 1_000_000, 1_000_001)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	archived, _ := filepath.Glob(filepath.Join(dir, "system@*-000000000000004a-*.journal"))
	if len(archived) != 1 {
		t.Fatal("not archived")
	}
	ask(t, "--verify", "--file", path)
	if n := strings.Count(ask(t, "-D", dir, "-o", "json"), "\n"); n != 43 {
		t.Errorf("%d entries, want 43", n)
	}
}

// TestHashes holds the vectors of the two hash functions' own publications.
func TestHashes(t *testing.T) {
	var key ID
	var in [15]byte
	for i := range key {
		key[i] = byte(i)
	}
	for i := range in {
		in[i] = byte(i)
	}
	if got := siphash24(key, in[:]); got != 0xa129ca6149be45e5 {
		t.Errorf("siphash %x", got)
	}
	if got := jenkins64(nil); got != 0xdeadbeefdeadbeef {
		t.Errorf("lookup3 of nothing %x", got)
	}
	if got := jenkins64([]byte("Four score and seven years ago")); got != 0x17770551ce7226e6 {
		t.Errorf("lookup3 %x", got)
	}
}

func TestRefused(t *testing.T) {
	good := realFile(t, "regular")[:4096]
	for name, c := range map[string]struct {
		change func(b []byte) []byte
		want   error
	}{
		"empty":     {func(b []byte) []byte { return nil }, ErrCorrupt},
		"short":     {func(b []byte) []byte { return b[:100] }, ErrCorrupt},
		"signature": {func(b []byte) []byte { b[0] = 'X'; return b }, ErrCorrupt},
		"flags":     {func(b []byte) []byte { b[hdrIncompatible] = 0x40; return b }, ErrUnsupported},
		"header":    {func(b []byte) []byte { b[hdrHeaderSize+3] = 1; return b }, ErrCorrupt},
	} {
		if _, err := NewReader(bytes.NewReader(c.change(bytes.Clone(good)))); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// patched is a sound file with a few words changed.
type patched struct {
	base  []byte
	words map[uint64]byte
}

func (p patched) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(p.base)) {
		return 0, io.EOF
	}
	n := copy(b, p.base[off:])
	for at, v := range p.words {
		if at >= uint64(off) && at < uint64(off)+uint64(n) {
			b[at-uint64(off)] = v
		}
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// FuzzReader: whatever words of a sound file are changed, reading ends, in an error or in entries. Each 11 bytes of the
// input are a place (in the header or behind the tables) and what is put there.
func FuzzReader(f *testing.F) {
	var bases [2][]byte
	var objects [2]uint64
	for i := range bases {
		w := open(f, Config{Dir: f.TempDir(), Compact: i == 1})
		objects[i] = w.image.end
		write(f, w, "web", 0, 12)
		bases[i] = bytes.Clone(w.image.mem[:w.image.end])
	}
	f.Add(byte(0), []byte{})
	f.Add(byte(1), []byte("\x10\x00\x01\xff\xff\xff\xff\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, kind byte, patches []byte) {
		base, first := bases[kind&1], objects[kind&1]
		p := patched{base, map[uint64]byte{}}
		for ; len(patches) >= 11; patches = patches[11:] {
			at := uint64(patches[0]) | uint64(patches[1])<<8
			if patches[2] == 0 {
				at %= headerSize
			} else {
				at = first + at%(uint64(len(base))-first)
			}
			for i, v := range patches[3:11] {
				p.words[at+uint64(i)] = v
			}
		}
		r, err := NewReader(p)
		if err != nil {
			return
		}
		var e Entry
		all, _ := r.Entries()                                 // an error is an empty list here
		web, _ := r.Find([]byte("_SYSTEMD_UNIT=web.service")) // as above
		for _, l := range []List{all, web} {
			for i := range min(l.Len(), 100) {
				off, err := l.At(l.Len() - 1 - i)
				if err != nil || r.Entry(off, &e) != nil {
					break
				}
			}
		}
	})
}
