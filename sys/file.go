package sys

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// ErrTooLarge is the error of a file that is longer than its reader accepts.
var ErrTooLarge = errors.New("file too large")

// Pipe makes a pipe, both ends closed on exec.
func Pipe() (r, w int, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return -1, -1, fmt.Errorf("pipe: %w", err)
	}
	return fds[0], fds[1], nil
}

// Memfd makes an anonymous file that holds data, read from its start, closed on exec.
func Memfd(name string, data []byte) (int, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("memfd_create: %w", err)
	}
	for at := 0; at < len(data); {
		n, err := unix.Pwrite(fd, data[at:], int64(at))
		if err != nil {
			Close(fd)
			return -1, fmt.Errorf("memfd write: %w", err)
		}
		at += n
	}
	return fd, nil
}

// Open opens a file, closed on exec and never becoming the controlling terminal.
func Open(path string, flags int, mode uint32) (int, error) {
	for {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC|unix.O_NOCTTY, mode)
		if err == nil {
			return fd, nil
		}
		if !errors.Is(err, unix.EINTR) {
			return -1, fmt.Errorf("open %s: %w", path, err)
		}
	}
}

// OpenAt opens a file below a directory, closed on exec and never becoming the controlling terminal.
func OpenAt(dir int, name string, flags int) (int, error) {
	fd, err := unix.Openat(dir, name, flags|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", name, err)
	}
	return fd, nil
}

// Close closes a descriptor. An error says nothing that a caller could act on, close(2).
func Close(fd int) {
	_ = unix.Close(fd) // best effort: the descriptor is gone in any case
}

// Read reads at most len(b) bytes; io.EOF at the end.
func Read(fd int, b []byte) (int, error) {
	for {
		n, err := unix.Read(fd, b)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err == nil && n == 0 && len(b) > 0 {
			return 0, io.EOF
		}
		return max(n, 0), err
	}
}

// ReadAt reads at most limit bytes of a small file below a directory, such as those of /proc and cgroup2.
func ReadAt(dir int, name string, limit int) ([]byte, error) {
	fd, err := OpenAt(dir, name, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer Close(fd)
	return readAll(fd, name, limit)
}

// ReadFile reads a whole file of at most limit bytes; ErrTooLarge if it is longer.
func ReadFile(path string, limit int) ([]byte, error) {
	return ReadAt(unix.AT_FDCWD, path, limit)
}

func readAll(fd int, name string, limit int) ([]byte, error) {
	b := make([]byte, 0, min(limit+1, 4096))
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := Read(fd, b[len(b):min(cap(b), limit+1)])
		b = b[:len(b)+n]
		switch {
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", name, err)
		case len(b) > limit:
			return nil, fmt.Errorf("read %s: %w", name, ErrTooLarge)
		}
	}
}

// WriteAt writes text to an existing file below a directory in one write, as /proc and cgroup2 want it.
func WriteAt(dir int, name, text string) error {
	fd, err := OpenAt(dir, name, unix.O_WRONLY)
	if err != nil {
		return err
	}
	defer Close(fd)
	if _, err := unix.Write(fd, []byte(text)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// SetNonblock switches a descriptor's O_NONBLOCK.
func SetNonblock(fd int, on bool) error {
	return unix.SetNonblock(fd, on)
}

// Raise moves a descriptor that is to be kept for long out of the low numbers, and returns what it is now: a child
// copies those up to the highest that it needs (Program.OwnFiles). The first few stay where they are.
func Raise(fd int) int {
	if fd < firstRaised || fd >= raisedFrom {
		return fd
	}
	high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, raisedFrom)
	if err != nil {
		return fd // the limit is lower than that, or reached
	}
	Close(fd)
	return high
}

const (
	firstRaised = 64
	raisedFrom  = 512
)
