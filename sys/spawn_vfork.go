//go:build linux && (amd64 || arm64)

package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// HasVfork says whether this architecture can run a Program in a vfork child. Elsewhere a program can only be walked
// by a process of its own, see Program.Walk.
const HasVfork = true

// launch is what the assembly needs, known to it by offsets: the system call that makes the process (clone3 or
// clone) with its arguments, n ops, and where to tell of the one that failed.
type launch struct {
	nr, a1, a2, a3 uintptr
	ops            *Op
	n              uintptr
	out            *outcome
}

// vforkRun makes one process and runs the ops in it. Written in assembly: between
// the clone and execve no Go code may run, since the child shares the parent's memory but none of its threads.
//
//go:noescape
func vforkRun(l *launch) (result uintptr)

//go:linkname runtimeBeforeFork syscall.runtime_BeforeFork
func runtimeBeforeFork()

//go:linkname runtimeAfterFork syscall.runtime_AfterFork
func runtimeAfterFork()

// To the runtime, making a child is a system call that may block: an image that is still on a slow disk holds up this
// goroutine, and neither the others nor the garbage collector.
//
//go:linkname entersyscall runtime.entersyscall
func entersyscall()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

// Vfork makes a child that runs the program, and returns when the child has executed its image or failed. cgroup is
// a descriptor of a cgroup2 directory that the child is born in, or -1; it needs CanClone3.
//
// The returned errno speaks of the clone itself: then there is no child. A program that failed is a child that has
// exited with the status of the failing op; Failed tells which op and errno. Either way the child must be waited for.
// pidfd is -1 only where the machine has none.
//
// Where a machine is emulated, a vfork can be a mere fork (qemu's user mode): then nothing is known of a failure but
// the exit status.
func (p *Program) Vfork(cgroup int) (pid, pidfd int, errno syscall.Errno) {
	p.seal()
	p.pidfd = -1
	const flags = uint64(unix.CLONE_VM | unix.CLONE_VFORK | unix.CLONE_PIDFD)
	var result uintptr
	if CanClone3() {
		p.clone = cloneArgs{
			flags:      flags,
			pidfd:      uint64(uintptr(unsafe.Pointer(&p.pidfd))),
			exitSignal: uint64(unix.SIGCHLD),
		}
		if cgroup >= 0 {
			p.clone.flags |= unix.CLONE_INTO_CGROUP
			p.clone.cgroup = uint64(cgroup)
		}
		result = p.start(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&p.clone)), unsafe.Sizeof(p.clone), 0)
	} else {
		if cgroup >= 0 {
			return 0, -1, unix.ENOSYS
		}
		// Without clone3 the place of the parent's thread id holds the pidfd (clone(2), CLONE_PIDFD).
		result = p.start(unix.SYS_CLONE, uintptr(flags)|uintptr(unix.SIGCHLD), 0, uintptr(unsafe.Pointer(&p.pidfd)))
		if result == negative(unix.EINVAL) {
			// Emulators of system calls, such as qemu's, know no CLONE_PIDFD. The number is safe until the child is waited
			// for.
			result = p.start(unix.SYS_CLONE, unix.CLONE_VM|unix.CLONE_VFORK|uintptr(unix.SIGCHLD), 0, 0)
			if result <= maxResult {
				fd, _ := OpenPIDFD(int(result)) // best effort: the child is there, and has a number
				p.pidfd = int32(fd)
			}
		}
	}
	if result > maxResult {
		return 0, -1, syscall.Errno(-result)
	}
	return int(result), int(p.pidfd), 0
}

// start makes the process by the system call nr with its arguments.
func (p *Program) start(nr, a1, a2, a3 uintptr) (result uintptr) {
	l := launch{nr: nr, a1: a1, a2: a2, a3: a3, ops: &p.ops[0], n: uintptr(len(p.ops)), out: &p.out}
	syscall.ForkLock.RLock() // not exclusive: programs close what they don't pass on, so no descriptor can leak to a child
	defer syscall.ForkLock.RUnlock()
	p.stopped.begin(&p.pidfd)
	defer p.stopped.end()
	return p.vfork(&l)
}

// A result above maxResult is a negated errno.
const maxResult = ^uintptr(4095)

func negative(errno syscall.Errno) uintptr { return -uintptr(errno) }

// vfork is a frame of its own, as in package syscall: nothing of it is used after the child has run. From entersyscall
// to exitsyscall the stack must neither grow nor be left. BeforeFork blocks all signals for the thread, which AfterFork
// ends, so they stand inside: the goroutine may go on on another thread after exitsyscall.
//
//go:noinline
//go:nosplit
//go:norace
//go:nocheckptr
func (p *Program) vfork(l *launch) (result uintptr) {
	entersyscall()
	runtimeBeforeFork()
	result = vforkRun(l)
	runtimeAfterFork()
	exitsyscall()
	return result
}
