package file

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
)

// TestUnpack reads what zstd(1) wrote, at several levels, with checksums and without.
func TestUnpack(t *testing.T) {
	var lines bytes.Buffer
	for i := range 20000 {
		fmt.Fprintf(&lines, "line %d of a service that says %d things\n", i, i*i%97)
	}
	for name, want := range map[string][]byte{"lines": lines.Bytes(), "lines-best": lines.Bytes(), "empty": {},
		"zeros": make([]byte, 9<<20), "short": []byte("MESSAGE=hello\n")} {
		got, err := unpack(packedZstd, packed(t, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(want))
		}
	}
	if out, err := unpack(packedZstd, packed(t, "too-big")); !errors.Is(err, ErrCorrupt) {
		t.Errorf("too big: %d bytes, %v", len(out), err)
	}
	for cut := range len(packed(t, "short")) {
		if out, err := unpack(packedZstd, packed(t, "short")[:cut]); err == nil && len(out) > 0 {
			t.Errorf("the first %d bytes are read as %q", cut, out)
		}
	}
	if _, err := unpack(packedLZ4, nil); !errors.Is(err, ErrCompression) {
		t.Errorf("LZ4: %v", err)
	}
}

func packed(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/zstd/" + name + ".zst")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzUnpack has any bytes be a packed field: no panic, and no more than may be.
func FuzzUnpack(f *testing.F) {
	for _, name := range []string{"empty", "short"} {
		f.Add(packed(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if out, err := unpack(packedZstd, data); err == nil && len(out) > maxReadBytes {
			t.Errorf("%d bytes", len(out))
		}
	})
}
