package sys

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrnoOf is the errno inside an error, EIO if there is none.
func ErrnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return syscall.EIO
}

// Names of the kernel that other packages use.
const (
	SIGPIPE          = int(unix.SIGPIPE)
	CAP_SYS_RESOURCE = unix.CAP_SYS_RESOURCE
	CAP_SYS_NICE     = unix.CAP_SYS_NICE
	CAP_SETPCAP      = unix.CAP_SETPCAP
	CAP_SYS_ADMIN    = unix.CAP_SYS_ADMIN
	RLIMIT_NOFILE    = unix.RLIMIT_NOFILE
	RLIMIT_NICE      = unix.RLIMIT_NICE
	O_WRONLY         = unix.O_WRONLY
)

// Rlimit is the calling process's limit of a resource, ^0 for infinity.
func Rlimit(resource int) (soft, hard uint64, err error) {
	var l unix.Rlimit
	if err := unix.Prlimit(0, resource, nil, &l); err != nil {
		return 0, 0, fmt.Errorf("prlimit: %w", err)
	}
	return l.Cur, l.Max, nil
}

// OwnNice is the calling thread's nice level.
func OwnNice() int {
	level, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return 0
	}
	return 20 - level // the system call answers 40 to 1
}

// LowestNice is the lowest nice level that RLIMIT_NICE allows without CAP_SYS_NICE.
func LowestNice() int {
	soft, _, err := Rlimit(RLIMIT_NICE)
	if err != nil {
		return 0
	}
	return 20 - int(min(soft, 40))
}

// OpenAt opens a file below a directory, closed on exec.
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
