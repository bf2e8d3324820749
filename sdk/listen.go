package sdk

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ListenFDsStart is the number of the first descriptor that the manager passes. sd_listen_fds(3).
const ListenFDsStart = 3

// FD is a descriptor that the manager passed: by a socket unit, under FileDescriptorName= or the unit's name, or from
// the store, under the name it was stored by. The name is "unknown" where none was given.
type FD struct {
	Number int
	Name   string
}

// File is the descriptor as a file that bears its name. It owns the descriptor from then on.
func (f FD) File() *os.File { return os.NewFile(uintptr(f.Number), f.Name) }

// ListenFDs lists the descriptors that the manager passed to this process, in its order, and makes them
// close-on-exec; none is no error. With unset the variables that tell of them are removed, whatever comes of it, so
// that later calls list none. sd_listen_fds_with_names(3).
func ListenFDs(unset bool) ([]FD, error) {
	if unset {
		defer dropEnvironment("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID")
	}
	pid, count := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS")
	if pid == "" || count == "" {
		return nil, nil
	}
	own, err := forThisProcess("LISTEN_PID", pid)
	if err != nil || !own {
		return nil, err
	}
	n, err := strconv.ParseUint(count, 10, 31)
	if err != nil || n > maxListenFDs {
		return nil, fmt.Errorf("environment LISTEN_FDS=%q: %w", count, unix.EINVAL)
	}
	names := strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	list := make([]FD, n)
	for i := range list {
		list[i] = FD{ListenFDsStart + i, "unknown"}
		if i < len(names) && names[i] != "" {
			list[i].Name = names[i]
		}
		flags, err := unix.FcntlInt(uintptr(list[i].Number), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 {
			_, err = unix.FcntlInt(uintptr(list[i].Number), unix.F_SETFD, flags|unix.FD_CLOEXEC)
		}
		if err != nil {
			return nil, fmt.Errorf("descriptor %d passed by the manager: %w", list[i].Number, err)
		}
	}
	return list, nil
}

// maxListenFDs bounds what LISTEN_FDS may say: Linux allows no more open files in a process (fs.nr_open).
const maxListenFDs = 1 << 20

// Files takes the descriptors that the manager passed as files bearing their names, in order. It takes them for good:
// a second call finds none.
func Files() ([]*os.File, error) {
	list, err := ListenFDs(true)
	if err != nil {
		return nil, err
	}
	files := make([]*os.File, len(list))
	for i, fd := range list {
		files[i] = fd.File()
	}
	return files, nil
}

// Listener is a listener that the manager opened, with the name it was passed under.
type Listener struct {
	net.Listener
	Name string
}

// Listeners takes the sockets that the manager passed and that accept connections, in order. Like Files it takes
// all descriptors for good; those that are no such socket are closed, so a daemon that has others, such as datagram
// sockets or stored descriptors, uses Files.
func Listeners() ([]Listener, error) {
	files, err := Files()
	if err != nil {
		return nil, err
	}
	var list []Listener
	for _, f := range files {
		if accepts(f) {
			l, listenErr := net.FileListener(f) // holds a copy
			if listenErr == nil {
				list = append(list, Listener{l, f.Name()})
			}
			err = errors.Join(err, listenErr)
		}
		_ = f.Close() // best effort: the listener has its own
	}
	if err != nil {
		for _, l := range list {
			_ = l.Close() // best effort: the caller gets none
		}
		return nil, fmt.Errorf("socket passed by the manager: %w", err)
	}
	return list, nil
}

// Named is the listeners of list with this name, in order.
func Named(list []Listener, name string) []Listener {
	var named []Listener
	for _, l := range list {
		if l.Name == name {
			named = append(named, l)
		}
	}
	return named
}

func accepts(f *os.File) bool {
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	listens := 0
	if err := raw.Control(func(fd uintptr) {
		listens, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	}); err != nil {
		return false
	}
	return err == nil && listens != 0
}
