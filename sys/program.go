package sys

import (
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This file holds the vocabulary of a Program: one method for each thing a child can do before it executes.

// OwnFiles gives the child a table of descriptors of its own, with those of the parent below limit. Until then it uses
// the parent's, so this is the first of all ops, and what it needs stays open while the program is Running. It spares
// the child a copy of every descriptor that the parent has, each of which exec would have to close again. Only where
// CanOwnFiles.
func (p *Program) OwnFiles(limit int) {
	p.sharesFiles = true
	p.call(unix.SYS_CLOSE_RANGE, uintptr(limit), 1<<32-1, unix.CLOSE_RANGE_UNSHARE)
}

// CanOwnFiles says whether OwnFiles can be used: close_range(2) is there from Linux 5.9 on. It asks for descriptors
// that can't be open.
var CanOwnFiles = sync.OnceValue(func() bool {
	_, _, errno := syscall.RawSyscall(unix.SYS_CLOSE_RANGE, 1<<32-1, 1<<32-1, 0)
	return HasStart && errno == 0 && CanClone3()
})

// Setsid makes the child the leader of a new session, setsid(2).
func (p *Program) Setsid() {
	p.call(unix.SYS_SETSID)
}

// Dup3 makes to a copy of the descriptor from, open across exec. The numbers must differ.
func (p *Program) Dup3(from, to int) {
	p.call(unix.SYS_DUP3, uintptr(from), uintptr(to), 0)
}

// ReserveFD makes to a copy of from that is closed by exec; it moves a descriptor out of the way.
func (p *Program) ReserveFD(from, to int) {
	p.call(unix.SYS_DUP3, uintptr(from), uintptr(to), unix.O_CLOEXEC)
}

// KeepOpen lets a descriptor survive exec where it is.
func (p *Program) KeepOpen(fd int) {
	p.call(unix.SYS_FCNTL, uintptr(fd), unix.F_SETFD, 0)
}

// CloseFrom makes exec close every descriptor from first on.
func (p *Program) CloseFrom(first int) {
	p.call(unix.SYS_CLOSE_RANGE, uintptr(first), 1<<32-1, unix.CLOSE_RANGE_CLOEXEC)
}

// ControllingTTY takes the terminal that fd is open on as the controlling terminal of the child's new session.
// With steal, it is taken from the session that has it, which only a privileged process may do.
func (p *Program) ControllingTTY(fd int, steal bool) {
	var arg uintptr
	if steal {
		arg = 1
	}
	p.call(unix.SYS_IOCTL, uintptr(fd), unix.TIOCSCTTY, arg)
}

// kernelSigaction is struct sigaction as rt_sigaction(2) wants it on amd64 and arm64; where the layout differs, its
// zero value means the same.
type kernelSigaction struct {
	handler uintptr
	_, _    uintptr // flags, restorer
	_       uint64  // mask
}

const (
	signalMask  = 8 // size of the kernel's signal set in bytes
	signalCount = 64
	sigIgnore   = 1
)

// ResetSignals gives every signal its default action, the ones the parent ignores included, which exec would leave
// ignored. Where the clone resets those that are handled, only those are left that may be ignored.
func (p *Program) ResetSignals() {
	p.clearHandlers = canClearHandlers()
	deflt := keep(p, kernelSigaction{})
	ignored := ignoredSignals()
	for s := uintptr(1); s <= signalCount; s++ {
		if resettable(s) && (!p.clearHandlers || ignored&(1<<(s-1)) != 0) {
			p.call(unix.SYS_RT_SIGACTION, s, deflt, 0, signalMask)
		}
	}
}

func resettable(s uintptr) bool { return s != uintptr(unix.SIGKILL) && s != uintptr(unix.SIGSTOP) }

// ignoredSignals are those that may be ignored in this process: what it was born with, and what a program ignores that
// has to do with terminals and pipes. Bit s-1 is signal s.
var ignoredSignals = sync.OnceValue(func() uint64 {
	set := uint64(0)
	for _, s := range []syscall.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGPIPE} {
		set |= 1 << (s - 1)
	}
	for s := uintptr(1); s <= signalCount; s++ {
		var now kernelSigaction
		_, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, s, 0, uintptr(unsafe.Pointer(&now)), signalMask, 0, 0)
		if errno == 0 && now.handler == sigIgnore {
			set |= 1 << (s - 1)
		}
	}
	return set
})

// resetAll resets the signals of the calling process, where there was no clone to do it.
func (p *Program) resetAll() {
	var deflt kernelSigaction
	for s := uintptr(1); s <= signalCount; s++ {
		if resettable(s) { // what can't be reset had no handler
			_, _, _ = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, s, uintptr(unsafe.Pointer(&deflt)), 0, signalMask, 0, 0)
		}
	}
}

// IgnoreSignal makes the child, and what it executes, ignore a signal.
func (p *Program) IgnoreSignal(signal int) {
	p.call(unix.SYS_RT_SIGACTION, uintptr(signal), keep(p, kernelSigaction{handler: sigIgnore}), 0, signalMask)
}

// UnblockSignals empties the signal mask. It belongs after ResetSignals: before, a handler of the parent could run
// in the child.
func (p *Program) UnblockSignals() {
	p.call(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, keep(p, uint64(0)), 0, signalMask)
}

// Write writes text to a descriptor of the parent.
func (p *Program) Write(fd int, text string) {
	p.call(unix.SYS_WRITE, uintptr(fd), p.text(text), uintptr(len(text)))
}

// WriteFile writes text to a file of /proc or /sys that exists.
func (p *Program) WriteFile(path, text string) {
	atFDCWD := unix.AT_FDCWD
	p.call(unix.SYS_OPENAT, uintptr(atFDCWD), p.text(path), unix.O_WRONLY|unix.O_CLOEXEC|unix.O_NOCTTY).flags |= opSave
	p.call(unix.SYS_WRITE, 0, p.text(text), uintptr(len(text))).flags |= opUse
	p.call(unix.SYS_CLOSE, 0).flags |= opUse
}

// Nice sets the nice level, -20 to 19.
func (p *Program) Nice(level int) {
	p.call(unix.SYS_SETPRIORITY, unix.PRIO_PROCESS, 0, uintptr(level))
}

// IOPriority sets class and level in the encoding of ioprio_set(2): class<<13 | level.
func (p *Program) IOPriority(value int) {
	const whoProcess = 1
	p.call(unix.SYS_IOPRIO_SET, whoProcess, 0, uintptr(value))
}

// Scheduler sets policy and real-time priority, sched_setscheduler(2).
func (p *Program) Scheduler(policy, priority int, resetOnFork bool) {
	const schedResetOnFork = 0x40000000
	if resetOnFork {
		policy |= schedResetOnFork
	}
	p.call(unix.SYS_SCHED_SETSCHEDULER, 0, uintptr(policy), keep(p, int32(priority)))
}

// Affinity binds to the CPUs of the mask: bit i of word i/64 is CPU i.
func (p *Program) Affinity(mask []uint64) {
	b, at := p.alloc(len(mask) * 8)
	copy(unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(b))), len(mask)), mask)
	p.call(unix.SYS_SCHED_SETAFFINITY, 0, uintptr(len(b)), at)
}

// Personality sets the execution domain, personality(2).
func (p *Program) Personality(value uint32) {
	p.call(unix.SYS_PERSONALITY, uintptr(value))
}

// TimerSlack sets the timer slack in nanoseconds.
func (p *Program) TimerSlack(ns uint64) {
	p.call(unix.SYS_PRCTL, unix.PR_SET_TIMERSLACK, uintptr(ns))
}

// Rlimit sets one resource limit, soft and hard (^0: infinite).
func (p *Program) Rlimit(resource int, soft, hard uint64) {
	p.call(unix.SYS_PRLIMIT64, 0, uintptr(resource), keep(p, unix.Rlimit{Cur: soft, Max: hard}), 0)
}

// Umask sets the file mode creation mask.
func (p *Program) Umask(mask uint32) {
	p.call(unix.SYS_UMASK, uintptr(mask))
}

// Chroot changes the root directory and goes to its top.
func (p *Program) Chroot(path string) {
	p.call(unix.SYS_CHROOT, p.text(path))
	p.call(unix.SYS_CHDIR, p.text("/"))
}

// Chdir changes the working directory.
func (p *Program) Chdir(path string) {
	p.call(unix.SYS_CHDIR, p.text(path))
}

// SetGroups replaces the supplementary groups.
func (p *Program) SetGroups(groups []uint32) {
	b, at := p.alloc(len(groups) * 4)
	copy(unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(b))), len(groups)), groups)
	p.call(unix.SYS_SETGROUPS, uintptr(len(groups)), at)
}

// SetGID sets the real, effective and saved group.
func (p *Program) SetGID(gid uint32) {
	p.call(unix.SYS_SETRESGID, uintptr(gid), uintptr(gid), uintptr(gid))
}

// SetUID sets the real, effective and saved user.
func (p *Program) SetUID(uid uint32) {
	p.call(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid))
}

// KeepCapabilities lets the permitted set survive SetUID; exec ends that.
func (p *Program) KeepCapabilities() {
	p.call(unix.SYS_PRCTL, unix.PR_SET_KEEPCAPS, 1)
}

// DropBounding removes the capabilities of the mask from the bounding set.
func (p *Program) DropBounding(mask uint64) {
	for c := range uintptr(64) {
		if mask&(1<<c) != 0 {
			p.call(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c)
		}
	}
}

// SetCapabilities sets the three classic sets, capset(2).
func (p *Program) SetCapabilities(c Capabilities) {
	header := keep(p, unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3})
	p.call(unix.SYS_CAPSET, header, keep(p, c.data()))
}

// RaiseAmbient adds the capabilities of the mask to the ambient set; they must be permitted and inheritable.
func (p *Program) RaiseAmbient(mask uint64) {
	for c := range uintptr(64) {
		if mask&(1<<c) != 0 {
			p.call(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, c)
		}
	}
}

// SecureBits sets the secure bits, capabilities(7).
func (p *Program) SecureBits(bits uint32) {
	p.call(unix.SYS_PRCTL, unix.PR_SET_SECUREBITS, uintptr(bits))
}

// NoNewPrivileges forbids gaining privileges by exec.
func (p *Program) NoNewPrivileges() {
	p.call(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1)
}

// JoinSessionKeyring gives the child an empty session keyring of its own, and with linkUser a link from it to the
// user's keyring.
func (p *Program) JoinSessionKeyring(linkUser bool) {
	p.call(unix.SYS_KEYCTL, unix.KEYCTL_JOIN_SESSION_KEYRING, 0)
	if linkUser {
		user, session := unix.KEY_SPEC_USER_KEYRING, unix.KEY_SPEC_SESSION_KEYRING
		p.call(unix.SYS_KEYCTL, unix.KEYCTL_LINK, uintptr(user), uintptr(session))
	}
}

// pidDigits is the room for the PID behind "NAME=": any 32-bit number and the NUL.
const pidDigits = 11

// Exec executes path. For each name of pidEnv the environment gets NAME=<the child's own PID>, which is known to
// nobody before the child runs (LISTEN_PID and its kind, sd_listen_fds(3)).
func (p *Program) Exec(path string, argv, env, pidEnv []string) {
	args, argsAt := p.words(len(argv) + 1)
	for i, s := range argv {
		args[i] = p.text(s)
	}
	args[len(argv)] = 0
	vars, varsAt := p.words(len(env) + len(pidEnv) + 1)
	for i, s := range env {
		vars[i] = p.text(s)
	}
	for i, name := range pidEnv {
		b, at := p.alloc(len(name) + 1 + pidDigits)
		n := copy(b, name)
		b[n], b[n+1] = '=', 0
		vars[len(env)+i] = at
		p.call(0, at+uintptr(n)+1).flags |= opPID
	}
	vars[len(vars)-1] = 0
	p.call(unix.SYS_EXECVE, p.text(path), argsAt, varsAt)
}

// HasNUL says whether a string can't be handed to the kernel.
func HasNUL(s string) bool {
	return strings.IndexByte(s, 0) >= 0
}
