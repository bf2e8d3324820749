package sys

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// TestIsSameFile tells copies of a descriptor from others, with kcmp(2) and without.
func TestIsSameFile(t *testing.T) {
	r, w, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	file, err := Memfd("one", nil)
	if err != nil {
		t.Fatal(err)
	}
	reopened, err := Open(fmt.Sprintf("/proc/self/fd/%d", file), unix.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	first, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	second, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	again, err := unix.FcntlInt(uintptr(r), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range []int{r, w, file, reopened, first, second, again} {
		t.Cleanup(func() { Close(fd) })
	}
	for _, c := range []struct {
		name string
		a, b int
		want bool
	}{
		{"itself", file, file, true}, {"a copy", r, again, true}, {"the ends of a pipe", r, w, false},
		{"opened twice", file, reopened, false}, {"two of the kernel's nameless", first, second, false},
		{"a file and a pipe", file, r, false},
	} {
		if got := IsSameFile(c.a, c.b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := c.a == c.b || isSameInode(c.a, c.b); got != c.want {
			t.Errorf("%s, without kcmp: %v", c.name, got)
		}
	}
}
