package shutdown

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestPoints reads a mount table: the newest comes first, blanks are read back, what the kernel needs stays.
func TestPoints(t *testing.T) {
	const table = `22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:5 / /proc rw - proc proc rw
24 22 0:6 / /run/lock rw - tmpfs tmpfs rw
25 22 8:2 / /srv rw - ext4 /dev/sda2 rw
26 25 8:3 / /srv/two\040words rw - ext4 /dev/sda3 rw
27 22 8:4 / /running rw - ext4 /dev/sda4 rw
`
	want := []string{"/running", "/srv/two words", "/srv"}
	if got := points(table); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestSwaps reads the kernel's table of swap space.
func TestSwaps(t *testing.T) {
	const table = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" +
		"/dev/sda2                               partition\t976892\t\t0\t\t-2\n" +
		"/srv/a\\040file                          file\t\t1024\t\t0\t\t-3\n"
	if got, want := swaps(table), []string{"/srv/a file", "/dev/sda2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestHooks runs what can be run, with the verb, and does not wait for ever.
func TestHooks(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	for name, mode := range map[string]os.FileMode{"good": 0o755, "text": 0o644} {
		text := "#!/bin/sh\necho " + name + " $* >> " + out + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "hangs"), []byte("#!/bin/sh\nexec sleep infinity\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	runHooks(filepath.Join(dir, "none"), "halt", time.Second)
	runHooks(dir, "kexec", 2*time.Second)
	if got, err := os.ReadFile(out); string(got) != "good kexec\n" {
		t.Errorf("%q, %v", got, err)
	}
}
