package sys

import (
	"bytes"
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

// ExitOfOther tells how a process ended that is no child of ours. Of a zombie, /proc/PID/stat says it to those who may
// trace it, proc(5); of one that its parent has reaped, the pidfd does from Linux 6.15 on. ok is false if nobody says.
func ExitOfOther(pidfd, pid int) (exit Exit, ok bool) {
	stat, err := ReadProc(pid, "stat", maxProcStat)
	if err == nil && SignalPIDFD(pidfd, 0) == nil { // not reaped yet: what was read is of this process
		f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		const state, exitCode = 0, 49
		if len(f) > exitCode && f[state][0] == 'Z' {
			return exitOf(pid, int(number(f[exitCode]))), true
		}
	}
	info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
	if unix.IoctlPidfdInfo(pidfd, &info) != nil || info.Mask&unix.PIDFD_INFO_EXIT == 0 {
		return Exit{}, false
	}
	return exitOf(pid, int(info.Exit_code)), true
}

// exitOf reads a wait status, wait(2).
func exitOf(pid, status int) Exit {
	w := syscall.WaitStatus(status)
	switch {
	case !w.Signaled():
		return Exit{PID: pid, Code: CLDExited, Status: w.ExitStatus()}
	case w.CoreDump():
		return Exit{PID: pid, Code: CLDDumped, Status: int(w.Signal())}
	}
	return Exit{PID: pid, Code: CLDKilled, Status: int(w.Signal())}
}

// Signal sends a signal to a process by its number; with signal 0 it only asks whether there is one. The caller makes
// sure that the number can't have been used again: it is an unreaped child's.
func Signal(pid int, signal syscall.Signal) error {
	if pid <= 0 {
		return unix.EINVAL // never a group, never everybody
	}
	return unix.Kill(pid, signal)
}
