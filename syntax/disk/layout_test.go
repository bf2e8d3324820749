package disk

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/steward-init/steward/syntax/id128"
)

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		partitions, want string // "type", with ":label", "!" for one that is not to be mounted, "*" for MBR's mark
		err              error
	}{
		{"root-x86-64 usr-x86-64 home srv var tmp xbootldr esp swap",
			"1=/ 2=/usr 3=/home 4=/srv 5=/var 6=/var/tmp 7=/boot 8=/efi", nil},
		{"home root-x86-64 home", "2=/ 1=/home", nil},
		{"root-x86-64:a root-x86-64:b root-x86-64", "2=/", nil},
		{"root-x86-64:1.10 root-x86-64:1.9", "1=/", nil},
		{"root-x86-64!", "", ErrNoRoot},
		{"root-x86-64 home! usr-x86-64!", "1=/", nil},
		{"root-x86 root-x86-64 usr-x86", "2=/", nil},
		{"root-x86 usr-x86-64 usr-x86 linux-generic", "1=/ 3=/usr", nil},
		{"root-arm64 usr-arm64", "1=/ 2=/usr", nil},
		{"root-arm64-verity usr-arm64", "", ErrNoRoot},
		{"usr-x86-64 linux-generic", "", ErrNoRoot},
		{"linux-generic home swap", "1=/ 2=/home", nil},
		{"linux-generic linux-generic", "", ErrManyRoots},
		{"linux-generic linux-generic!", "1=/", nil},
		{"root-x86-64 root-x86-64-verity", "1=/", nil},
		{"root-x86-64 root-x86-64-verity root-x86-64-verity-sig", "", ErrVerity},
		{"root-x86-64 root-x86-verity-sig", "1=/", nil},
		{"esp", "", ErrNoRoot},
		{"", "", ErrNoRoot},
	} {
		var entries []entry
		for i, word := range strings.Fields(c.partitions) {
			word, off := strings.CutSuffix(word, "!")
			kind, label, _ := strings.Cut(word, ":")
			e := entry{kind: kind, label: label, first: uint64(100 + i), last: uint64(100 + i)}
			if off {
				e.flags = flagNoAuto
			}
			entries = append(entries, e)
		}
		table, err := readAll(gpt(512, entries...))
		if err != nil {
			t.Fatal(err)
		}
		places, err := table.Layout("x86-64", "x86")
		if got := shown(places); got != c.want && c.err == nil || !errors.Is(err, c.err) {
			t.Errorf("%s: %s, %v, want %s, %v", c.partitions, got, err, c.want, c.err)
		}
	}
}

func shown(places []Place) string {
	var list []string
	for _, p := range places {
		list = append(list, fmt.Sprintf("%d=%s", p.Number, p.Where))
	}
	return strings.Join(list, " ")
}

func TestLayoutOfMBR(t *testing.T) {
	for _, c := range []struct {
		entries [][4]uint32
		want    string
		err     error
	}{
		{[][4]uint32{{0x80, linux, 9, 9}, {0, linux, 20, 9}}, "1=/", nil},
		{[][4]uint32{{0, linux, 9, 9}}, "", ErrNoRoot},
		{[][4]uint32{{0x80, linux, 9, 9}, {0x80, linux, 20, 9}}, "", ErrManyRoots},
		{[][4]uint32{{0x80, linux, 9, 9}, {0, bootLoader, 20, 9}, {0, 0xef, 30, 9}}, "1=/ 2=/boot", nil},
		{[][4]uint32{{0x80, linux, 9, 9}, {0, bootLoader, 17, 9}}, "", ErrOverlap},
	} {
		table, err := readAll(mbr(c.entries...))
		if err != nil {
			t.Fatal(err)
		}
		places, err := table.Layout("x86-64", "x86")
		if got := shown(places); got != c.want && c.err == nil || !errors.Is(err, c.err) {
			t.Errorf("%v: %s, %v, want %s, %v", c.entries, got, err, c.want, c.err)
		}
	}
}

// The types are identifiers, each with a name of its own.
func TestTypes(t *testing.T) {
	seen := map[string]bool{}
	for _, list := range [][]PartitionType{PerArchitecture, Others} {
		for _, p := range list {
			if id, err := id128.Parse(p.ID); err != nil || id.String() != p.ID || seen[p.ID] || seen[p.Name] {
				t.Errorf("%+v: %v", p, err)
			}
			seen[p.ID], seen[p.Name] = true, true
		}
	}
}

// mend makes the checksums of a table right, so that what it says counts.
func mend(b []byte) {
	const first, array = 512, 1024
	if len(b) < array+128 {
		return
	}
	b[446+4], b[510], b[511] = protective, 0x55, 0xaa
	h := b[first:]
	size := uint64(le.Uint32(h[80:])) * uint64(le.Uint32(h[84:]))
	if le.Uint64(h[72:]) == array/512 && size <= uint64(len(b)-array) {
		le.PutUint32(h[88:], crc32.ChecksumIEEE(b[array:][:size]))
	}
	sum(h)
}

// Nothing that a disk begins with is too much: what is found lies on the disk, and the parts of a system nowhere over
// each other.
func FuzzDisk(f *testing.F) {
	f.Add(gpt(512, entry{"root-x86-64", "r", 64, 73, 0}, entry{"var", "", 80, 99, flagNoAuto})[:20*512], int64(4096*512))
	f.Add(gpt(4096, entry{"linux-generic", "r", 64, 73, 0})[:6*4096], int64(4096*4096))
	f.Add(mbr([4]uint32{0x80, linux, 9, 9}, [4]uint32{0, extended, 20, 90})[:1024], int64(4096*512))
	f.Add(make([]byte, 2048), int64(-1))
	short := gpt(512, entry{"root-x86-64", "r", 64, 73, 0}, entry{"srv", "", 80, 99, 0}, entry{"esp", "", 90, 95, 0})
	le.PutUint32(short[512+80:], 4) // fewer entries
	f.Add(short[:3*512], int64(4096*512))
	f.Fuzz(func(t *testing.T, b []byte, size int64) {
		mend(b)
		r := bytes.NewReader(b)
		if c := Probe(r); (c.Type == "") != (c.Use == Unknown) {
			t.Errorf("%+v", c)
		}
		table, err := ReadTable(r, size)
		if err != nil {
			return
		}
		for _, p := range table.Partitions {
			if p.Start <= 0 || p.Size <= 0 || p.Size > size-p.Start {
				t.Errorf("%+v of %d bytes", p, size)
			}
		}
		places, err := table.Layout("x86-64", "x86")
		if err == nil && (len(places) == 0 || places[0].Where != "/") {
			t.Errorf("%+v", places)
		}
	})
}
