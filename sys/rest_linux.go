//go:build linux && (amd64 || arm64)

package sys

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// untilResult makes n system calls one after the other, until one returns anything but 0, and returns that. Written in
// assembly: it lies on one page.
//
//go:noescape
func untilResult(calls *call, n uintptr) (result uintptr)

func (r *rest) run() error {
	result := r.wait()
	runtime.KeepAlive(r)
	if result > maxResult && syscall.Errno(-result) != unix.EINTR {
		return syscall.Errno(-result)
	}
	return nil
}

// wait is a frame of its own, as vfork is: from entersyscall to exitsyscall the stack must neither grow nor be left.
//
//go:noinline
//go:nosplit
//go:norace
//go:nocheckptr
func (r *rest) wait() (result uintptr) {
	calls, n := &r.calls[0], uintptr(len(r.calls))
	entersyscall()
	result = untilResult(calls, n)
	exitsyscall()
	return result
}
