package shutdown

import (
	"slices"
	"testing"
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
