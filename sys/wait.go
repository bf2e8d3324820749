package sys

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Exit is how a process ended, as waitid(2) tells it.
type Exit struct {
	PID    int
	UID    uint32
	Code   int // CLDExited, CLDKilled or CLDDumped
	Status int // exit status or signal
}

// The values of Exit.Code.
const (
	CLDExited = 1
	CLDKilled = 2
	CLDDumped = 3
)

// siginfoChild is siginfo_t for SIGCHLD on 64-bit and 32-bit machines alike, as far as it is read.
type siginfoChild struct {
	signo, errno, code int32
	_                  [unsafe.Sizeof(uintptr(0)) / 8 * 4]byte
	pid                int32
	uid                uint32
	status             int32
	_                  [128]byte
}

// WaitPID waits for a child to end and reaps it. With noHang it returns ok false at once if it hasn't ended.
func WaitPID(pid int, noHang bool) (exit Exit, ok bool, err error) {
	return waitid(unix.P_PID, pid, unix.WEXITED|hang(noHang))
}

// WaitPIDFD is WaitPID for a pidfd.
func WaitPIDFD(pidfd int, noHang bool) (exit Exit, ok bool, err error) {
	return waitid(unix.P_PIDFD, pidfd, unix.WEXITED|hang(noHang))
}

// PeekExit tells of some child that has ended, without reaping it: its /proc directory is still there. ok is false if
// none has.
func PeekExit() (exit Exit, ok bool, err error) {
	return waitid(unix.P_ALL, 0, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT)
}

func hang(no bool) int {
	if no {
		return unix.WNOHANG
	}
	return 0
}

func waitid(kind, id, options int) (Exit, bool, error) {
	for {
		var info siginfoChild
		_, _, errno := syscall.Syscall6(unix.SYS_WAITID, uintptr(kind), uintptr(id),
			uintptr(unsafe.Pointer(&info)), uintptr(options), 0, 0)
		switch {
		case errno == unix.EINTR:
			continue
		case errno != 0:
			return Exit{}, false, fmt.Errorf("waitid: %w", errno)
		case info.pid == 0:
			return Exit{}, false, nil
		}
		return Exit{PID: int(info.pid), UID: info.uid, Code: int(info.code), Status: int(info.status)}, true, nil
	}
}
