package sys

import (
	"errors"
	"fmt"
	"strings"
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

// ErrorText is what the C library says of an error number, and so what people know.
func ErrorText(errno syscall.Errno) string {
	text := errno.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

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
	soft, _, err := Rlimit(RlimitNice)
	if err != nil {
		return 0
	}
	return 20 - int(min(soft, 40))
}
