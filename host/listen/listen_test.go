package listen_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/host/listen"
	"github.com/steward-init/steward/model"
)

func settings(lines ...model.Listen) *model.Socket {
	return &model.Socket{Listen: lines, Mode: 0o640, DirectoryMode: 0o700, Backlog: 5, Priority: -1, IPTTL: -1, Mark: -1}
}

// TestOpen opens each kind, and finds what was opened where and as it was asked for.
func TestOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	stream, fifo, link := dir+"/stream", dir+"/fifo", dir+"/link"
	s := settings(model.Listen{Kind: model.ListenStream, Address: stream},
		model.Listen{Kind: model.ListenFIFO, Address: fifo},
		model.Listen{Kind: model.ListenDatagram, Address: "@steward-listen-test"},
		model.Listen{Kind: model.ListenNetlink, Address: "route 1"})
	s.Symlinks = []string{link}
	fds, err := listen.Open(s)
	if err != nil || len(fds) != 4 {
		t.Fatal(fds, err)
	}
	for path, kind := range map[string]os.FileMode{stream: os.ModeSocket, fifo: os.ModeNamedPipe} {
		info, err := os.Lstat(path)
		if err != nil || info.Mode().Type() != kind || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v", info.Mode(), err)
	}
	if target, err := os.Readlink(link); err != nil || target != stream {
		t.Errorf("symlink: %q, %v", target, err)
	}
	conn, err := net.Dial("unix", stream)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close() // it connected, which is all that was asked
	again, err := listen.Open(settings(model.Listen{Kind: model.ListenStream, Address: stream}))
	if err != nil {
		t.Errorf("a socket file that is left over stands in the way: %v", err)
	}
	for _, fd := range append(fds, again...) {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("descriptor %d: flags %x, %v", fd, flags, err)
		}
		_ = unix.Close(fd) // nothing was written
	}
	listen.Remove(s)
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// TestOpenFails opens all or nothing, and says which line it was.
func TestOpenFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]model.Listen{
		"fifo " + path + ": file exists":                   {Kind: model.ListenFIFO, Address: path},
		`netlink none: netlink family "none" is not known`: {Kind: model.ListenNetlink, Address: "none"},
	} {
		fds, err := listen.Open(settings(model.Listen{Kind: model.ListenStream, Address: "127.0.0.1:0"}, want))
		if err == nil || err.Error() != name || fds != nil {
			t.Errorf("%v, %v; want %s", fds, err, name)
		}
	}
}
