package inbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// sender writes datagrams to an inbox.
type sender struct {
	t    *testing.T
	fd   int
	path string
}

func (s sender) send(text string, fds ...int) {
	s.t.Helper()
	if err := unix.Sendmsg(s.fd, []byte(text), unix.UnixRights(fds...), &unix.SockaddrUnix{Name: s.path}, 0); err != nil {
		s.t.Fatal(err)
	}
}

func pair(t *testing.T) (*Inbox, sender) {
	t.Helper()
	box, err := Open(filepath.Join(t.TempDir(), "systemd", "notify"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return box, sender{t, fd, box.Path}
}

func TestReceive(t *testing.T) {
	box, c := pair(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	c.send("FDSTORE=1\nFDNAME=pipe", int(r.Fd()))
	d, ok := box.Receive()
	if !ok || d.PID != os.Getpid() || int(d.UID) != os.Getuid() || string(d.Text) != "FDSTORE=1\nFDNAME=pipe" {
		t.Fatalf("received %+v, %v", d, ok)
	}
	if len(d.FDs) != 1 {
		t.Fatalf("%d descriptors, want 1", len(d.FDs))
	}
	flags, err := unix.FcntlInt(uintptr(d.FDs[0]), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("the descriptor would leak to children: flags %d, error %v", flags, err)
	}
	_ = unix.Close(d.FDs[0])
	if _, ok := box.Receive(); ok {
		t.Error("an empty inbox has a datagram")
	}
}

// TestTooLong sees that a datagram beyond the bound is dropped with its descriptors, and the next one is read.
func TestTooLong(t *testing.T) {
	box, c := pair(t)
	before := openDescriptors(t)
	c.send("STATUS="+strings.Repeat("x", maxText), 0, 1, 2)
	c.send("READY=1")
	d, ok := box.Receive()
	if !ok || string(d.Text) != "READY=1" || box.Dropped != 1 {
		t.Errorf("received %q, %v, dropped %d", d.Text, ok, box.Dropped)
	}
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors open, %d before", after, before)
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestReplacesStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	first, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Open(path) // as after a manager that was killed
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(first.FD)
	second.Close()
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket is still there")
	}
}
