package sys

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// OpenPIDFD opens a descriptor of a process, which stays that process's when the number is used again. It becomes
// readable when the process ends. It is closed on exec.
func OpenPIDFD(pid int) (int, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return -1, fmt.Errorf("pidfd_open %d: %w", pid, err)
	}
	return fd, nil
}

// SignalPIDFD sends a signal to the process of a pidfd. ESRCH: it has been reaped.
func SignalPIDFD(pidfd int, signal syscall.Signal) error {
	if err := unix.PidfdSendSignal(pidfd, signal, nil, 0); err != nil {
		return fmt.Errorf("pidfd_send_signal %v: %w", signal, err)
	}
	return nil
}

// Signal sends a signal to a process by its number; with signal 0 it only asks whether there is one. The caller makes
// sure that the number can't have been used again: it is an unreaped child's.
func Signal(pid int, signal syscall.Signal) error {
	if pid <= 0 {
		return unix.EINVAL // never a group, never everybody
	}
	return unix.Kill(pid, signal)
}
