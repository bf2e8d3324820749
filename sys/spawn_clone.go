//go:build linux && (amd64 || arm64)

package sys

import (
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// HasStart says whether this architecture can run a Program in a child that shares our memory. Elsewhere a program can
// only be walked by a process of its own, see Program.Walk.
const HasStart = true

// launch is what the assembly needs, known to it by offsets: the system call that makes the process (clone3 or
// clone) with its arguments, n ops, and where to tell of the one that failed.
type launch struct {
	nr, a1, a2, a3, childTID uintptr

	ops *Op
	n   uintptr
	out *outcome
}

// cloneRun makes one process and runs the ops in it. Written in assembly: between
// the clone and execve no Go code may run, since the child shares the parent's memory but none of its threads.
//
//go:noescape
func cloneRun(l *launch) (result uintptr)

//go:linkname runtimeBeforeFork syscall.runtime_BeforeFork
func runtimeBeforeFork()

//go:linkname runtimeAfterFork syscall.runtime_AfterFork
func runtimeAfterFork()

// running are the programs whose child may still read them. They hold the memory, whatever becomes of their owners.
var running struct {
	sync.Mutex
	programs []*Program // in the order of their starts
}

// maxRunning bounds them: with more, a start waits for the oldest.
const maxRunning = 64

// To the runtime, to wait in a clone is a system call that may block: an image that is still on a slow disk holds up
// that goroutine, and neither the others nor the garbage collector.
//
//go:linkname entersyscall runtime.entersyscall
func entersyscall()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

// Start makes a child that runs the program, and, but for HoldParent, does not wait for it: the child shares our
// memory until it executes its image or fails to, and Running says whether it still does. cgroup is a descriptor of
// a cgroup2 directory that the child is born in, or -1; it needs CanClone3. Descriptors that a program with OwnFiles
// uses stay open until it is no longer Running.
//
// The errno speaks of the clone itself: then there is no child. A program that failed is a child that exits with the
// status of the failing op; Failed tells which op and errno. Either way the child must be waited for. pidfd is the
// caller's; it is -1 only where the machine has none.
func (p *Program) Start(cgroup int) (pid, pidfd int, errno syscall.Errno) {
	if cgroup >= 0 && !CanClone3() {
		return 0, -1, unix.ENOSYS
	}
	p.seal()
	p.hold()
	result := p.clone(cgroup)
	if result > maxResult {
		atomic.StoreUint32(&p.alive, 0)
		return 0, -1, syscall.Errno(-result)
	}
	p.pid = int(result)
	return p.pid, int(p.pidfd), 0
}

// hold takes the program up among those that run, and lets go of those that do no longer.
func (p *Program) hold() {
	running.Lock()
	defer running.Unlock()
	kept := running.programs[:0]
	for _, other := range running.programs {
		if other.Running() {
			kept = append(kept, other)
		}
	}
	clear(running.programs[len(kept):])
	if len(kept) >= maxRunning {
		kept[0].Wait()
	}
	running.programs = append(kept, p)
	atomic.StoreUint32(&p.alive, 1)
}

// letGo takes the program off those that run.
func (p *Program) letGo() {
	running.Lock()
	defer running.Unlock()
	if i := slices.Index(running.programs, p); i >= 0 {
		running.programs = slices.Delete(running.programs, i, i+1)
	}
}

// clone makes the process.
//
// Where a machine is emulated, the child can't run beside us (qemu's user mode): then we wait in the clone, and nothing
// is known of a failure but the exit status.
func (p *Program) clone(cgroup int) (result uintptr) {
	p.pidfd = -1
	const flags = uint64(unix.CLONE_VM | unix.CLONE_PIDFD | unix.CLONE_CHILD_CLEARTID)
	alive := uintptr(unsafe.Pointer(&p.alive))
	l := launch{ops: &p.ops[0], n: uintptr(len(p.ops)), out: &p.out}
	if CanClone3() {
		p.args = cloneArgs{
			flags:      flags,
			pidfd:      uint64(uintptr(unsafe.Pointer(&p.pidfd))),
			childTID:   uint64(alive),
			exitSignal: uint64(unix.SIGCHLD),
		}
		if p.clearHandlers {
			p.args.flags |= unix.CLONE_CLEAR_SIGHAND
		}
		if p.holdParent {
			p.args.flags |= unix.CLONE_VFORK
		}
		if p.sharesFiles {
			p.args.flags |= unix.CLONE_FILES
		}
		if cgroup >= 0 {
			p.args.flags |= unix.CLONE_INTO_CGROUP
			p.args.cgroup = uint64(cgroup)
		}
		l.nr, l.a1, l.a2 = unix.SYS_CLONE3, uintptr(unsafe.Pointer(&p.args)), unsafe.Sizeof(p.args)
		return p.run(&l)
	}
	// Without clone3 the place of the parent's thread id holds the pidfd (clone(2), CLONE_PIDFD).
	l.nr, l.a1, l.a3, l.childTID = unix.SYS_CLONE, uintptr(flags)|uintptr(unix.SIGCHLD),
		uintptr(unsafe.Pointer(&p.pidfd)), alive
	if p.holdParent {
		l.a1 |= unix.CLONE_VFORK
	}
	if result = p.run(&l); result == negative(unix.EINVAL) {
		l.a1, l.a3, l.childTID, p.holdParent = unix.CLONE_VM|unix.CLONE_VFORK|uintptr(unix.SIGCHLD), 0, 0, true
		if result = p.run(&l); result <= maxResult {
			atomic.StoreUint32(&p.alive, 0)
			fd, _ := OpenPIDFD(int(result)) // best effort: the child is there, and has a number
			p.pidfd = int32(fd)
		}
	}
	return result
}

// run clones. Where the kernel holds the parent, that is done aside, so that a child which is stopped meanwhile can be
// helped on as by Wait.
func (p *Program) run(l *launch) (result uintptr) {
	syscall.ForkLock.RLock() // not exclusive: programs close what they don't pass on, so no descriptor can leak to a child
	defer syscall.ForkLock.RUnlock()
	if !p.holdParent {
		return blocked(l)
	}
	aside := *l
	made := make(chan uintptr, 1)
	go func() { made <- held(&aside) }()
	for {
		timer := time.NewTimer(stopInterval)
		select {
		case result = <-made:
			timer.Stop()
			return result
		case <-timer.C:
			if fd := atomic.LoadInt32(&p.pidfd); fd >= 0 {
				_ = unix.PidfdSendSignal(int(fd), unix.SIGCONT, nil, 0) // best effort: tried again
			}
		}
	}
}

// blocked clones with all signals blocked for this thread, which the child inherits: a handler of ours must not run in
// it. It is a frame of its own, as in package syscall.
//
//go:noinline
//go:nosplit
//go:norace
//go:nocheckptr
func blocked(l *launch) (result uintptr) {
	runtimeBeforeFork()
	result = cloneRun(l)
	runtimeAfterFork()
	return result
}

// held is blocked for a clone that waits. From entersyscall to exitsyscall the stack must neither grow nor be left. The
// signals are blocked inside, since the goroutine may go on on another thread after exitsyscall.
//
//go:noinline
//go:nosplit
//go:norace
//go:nocheckptr
func held(l *launch) (result uintptr) {
	entersyscall()
	runtimeBeforeFork()
	result = cloneRun(l)
	runtimeAfterFork()
	exitsyscall()
	return result
}

// A result above maxResult is a negated errno.
const maxResult = ^uintptr(4095)

func negative(errno syscall.Errno) uintptr { return -uintptr(errno) }

// stopInterval is how long a stopped child may hold up who waits for it.
const stopInterval = 250 * time.Millisecond

// Wait waits until the program does not run any more. As soon as the child has become a user, that user's other
// processes may send it SIGSTOP, so that a child which takes long gets a SIGCONT from time to time, which does nothing
// to one that runs.
func (p *Program) Wait() {
	for p.Running() {
		// The kernel writes a zero and wakes us, set_tid_address(2). Not a private futex: that is how it wakes.
		limit := unix.NsecToTimespec(int64(stopInterval))
		_, _, errno := syscall.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&p.alive)), futexWait, 1,
			uintptr(unsafe.Pointer(&limit)), 0, 0)
		if errno == unix.ETIMEDOUT && p.Running() {
			_ = unix.Kill(p.pid, unix.SIGCONT) // best effort: tried again
		}
	}
}

const futexWait = 0 // FUTEX_WAIT, futex(2)

// canClearHandlers says whether clone3 can reset what the parent handles, which is so from Linux 5.5 on; the
// question is understood from 5.7 on, and can never make a process, as there is no such control group.
var canClearHandlers = sync.OnceValue(func() bool {
	args := cloneArgs{flags: unix.CLONE_VM | unix.CLONE_CLEAR_SIGHAND | unix.CLONE_INTO_CGROUP, cgroup: 1<<31 - 1}
	_, _, errno := syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&args)), unsafe.Sizeof(args), 0)
	return errno == unix.EBADF
})
