package probe

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/steward-init/steward/syntax/span"
)

func TestLoaderTimes(t *testing.T) {
	for _, c := range []struct {
		began, executed  string
		firmware, loader span.Span
	}{
		{"7000000", "9000000", 9 * span.Second, 2 * span.Second},
		{"7000000", "7000000", 7 * span.Second, 0},
		{"9000000", "7000000", 0, 0},
		{"0", "7000000", 0, 0},
		{"", "7000000", 0, 0},
		{"5", "-7", 0, 0},
		{"5", "3600000001", 0, 0},
		{"5", "99999999999999999999999999999999999999", 0, 0},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"LoaderTimeInitUSec": c.began, "LoaderTimeExecUSec": c.executed} {
			data := []byte{6, 0, 0, 0}
			for _, b := range []byte(text + "\x00") {
				data = append(data, b, 0)
			}
			if err := os.WriteFile(filepath.Join(dir, name+loaderVendor), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if firmware, loader := loaderTimes(dir); firmware != c.firmware || loader != c.loader {
			t.Errorf("%+v: %s, %s", c, firmware, loader)
		}
	}
	if firmware, loader := loaderTimes(t.TempDir()); firmware != 0 || loader != 0 {
		t.Errorf("without EFI: %s, %s", firmware, loader)
	}
}
