package sys

import (
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Op is one raw system call of a Program. Its size (8 words) is known to the assembly.
type Op struct {
	nr    uintptr
	args  [6]uintptr
	flags uintptr // op… bits, and the exit status of the child if this op fails in bits 8 to 15
}

// The flags of an op, known by their numbers to the assembly.
const (
	opIgnore = 1 << iota // an error is passed over
	opPID                // no call: writes the child's own PID in decimal, and a NUL, to args[0]
	opSave               // remember the result (a descriptor) …
	opUse                // … and use the remembered result as the first argument

	opStatusShift = 8
)

// cloneArgs is struct clone_args of clone3(2), up to the cgroup.
type cloneArgs struct {
	flags, pidfd, childTID, parentTID, exitSignal, stack, stackSize, tls, setTID, setTIDSize, cgroup uint64
}

// outcome is what a failing child leaves in the shared memory.
type outcome struct {
	errno uintptr
	index uintptr
}

// Program is what a new process does before it executes its image: a list of raw system calls, computed beforehand
// with all their strings and structures, so that the child needs no Go runtime. It is built by the methods of
// program.go, in the order of execution, and run once by Start or Walk.
type Program struct {
	ops    []Op
	status uintptr // flags of the ops to come: exit status and opIgnore
	out    outcome

	// Memory that ops point into. Chunks never move, so an address stays good until Reset.
	chunks [][]byte
	free   []byte

	args  cloneArgs
	pid   int
	pidfd int32
	// alive is 1 while a child may read and write what is above: the kernel clears it as the child lets go of our memory.
	alive uint32
	// clearHandlers is set where the clone resets the signals that the parent handles.
	clearHandlers bool
	holdParent    bool // see HoldParent
	sharesFiles   bool // see OwnFiles
}

const (
	chunkSize     = 4 << 10
	maxKeptChunks = 4
)

var programs = sync.Pool{New: func() any { return new(Program) }}

// NewProgram gives an empty program, with memory of an earlier one where there is some.
func NewProgram() *Program {
	return programs.Get().(*Program)
}

// Release gives the program's memory back for a later NewProgram. It must not be used afterwards.
func (p *Program) Release() {
	if p.Running() {
		return // it is still its child's
	}
	p.letGo()
	p.Reset()
	programs.Put(p)
}

// Reset empties the program.
func (p *Program) Reset() {
	p.ops = p.ops[:0]
	p.status = 0
	p.out = outcome{}
	p.clearHandlers, p.holdParent, p.sharesFiles = false, false, false
	if len(p.chunks) > 1 || len(p.chunks) == 1 && len(p.chunks[0]) > maxKeptChunks*chunkSize {
		p.chunks = nil // a huge environment must not be kept for ever
	}
	p.free = nil
	if len(p.chunks) == 1 {
		p.free = p.chunks[0]
	}
}

// Begin starts a group of ops whose failure ends the child with status.
func (p *Program) Begin(status uint8) {
	p.status = uintptr(status) << opStatusShift
}

// Tolerate makes the errors of the ops that follow, up to the next Begin, go unnoticed.
func (p *Program) Tolerate() {
	p.status |= opIgnore
}

// HoldParent has the kernel hold the parent until the child has executed its image or ended. That is for what would
// count for the parent as well, since they share their memory: the kernel keeps the score of the out-of-memory killer
// apart only then.
func (p *Program) HoldParent() {
	p.holdParent = true
}

// Len is the number of ops so far; an index below it belongs to what was added before.
func (p *Program) Len() int {
	return len(p.ops)
}

// Running says whether a child that was started may still run the program: it has neither executed its image nor ended.
func (p *Program) Running() bool { return atomic.LoadUint32(&p.alive) != 0 }

// Failed tells, once it does not run any more, which op failed and why. ok is false if none did.
func (p *Program) Failed() (index int, errno syscall.Errno, ok bool) {
	return int(p.out.index), syscall.Errno(p.out.errno), p.out.errno != 0
}

// Walk runs the program in the calling process, on the calling thread, which must be locked. It returns only if an
// op failed (see Failed) or the program does not end in an Exec. The caller then exits with the returned status.
func (p *Program) Walk() (status int) {
	p.seal()
	runtimeBeforeExec()
	defer runtimeAfterExec()
	if p.clearHandlers {
		p.resetAll()
	}
	var saved uintptr
	for i := range p.ops {
		op := &p.ops[i]
		a := &op.args
		if op.flags&opPID != 0 {
			p.writePID(a[0])
			continue
		}
		first := a[0]
		if op.flags&opUse != 0 {
			first = saved
		}
		result, _, errno := syscall.RawSyscall6(op.nr, first, a[1], a[2], a[3], a[4], a[5])
		if errno != 0 && op.flags&opIgnore == 0 {
			p.out = outcome{errno: uintptr(errno), index: uintptr(i)}
			return int(op.flags >> opStatusShift & 0xff)
		}
		if errno == 0 && op.flags&opSave != 0 {
			saved = result
		}
	}
	return 0
}

// writePID does in Go what the assembly does for an opPID.
func (p *Program) writePID(address uintptr) {
	for _, chunk := range p.chunks {
		start := uintptr(unsafe.Pointer(unsafe.SliceData(chunk)))
		if address < start || address >= start+uintptr(len(chunk)) {
			continue
		}
		at := chunk[address-start:]
		n := putDecimal(at, syscall.Getpid())
		at[n] = 0
	}
}

// putDecimal writes n without allocating and returns the number of digits.
func putDecimal(at []byte, n int) int {
	var digits [20]byte
	i := len(digits)
	for {
		i--
		digits[i] = byte('0' + n%10)
		n /= 10
		if n == 0 {
			return copy(at, digits[i:])
		}
	}
}

// The runtime must not start a thread while another one executes an image.
//
//go:linkname runtimeBeforeExec syscall.runtime_BeforeExec
func runtimeBeforeExec()

//go:linkname runtimeAfterExec syscall.runtime_AfterExec
func runtimeAfterExec()

// CanClone3 says whether clone3 is there and not refused by a filter (as container engines do). It asks with
// arguments that can never make a process.
var CanClone3 = sync.OnceValue(func() bool {
	_, _, errno := syscall.RawSyscall(unix.SYS_CLONE3, 0, 0, 0)
	return errno != unix.ENOSYS && errno != unix.EPERM
})

func (p *Program) seal() {
	p.out = outcome{}
	if len(p.ops) == 0 {
		p.Begin(0)
		p.call(unix.SYS_EXIT_GROUP, 0)
	}
}

// call appends one op with at most six arguments.
func (p *Program) call(nr uintptr, args ...uintptr) *Op {
	p.ops = append(p.ops, Op{nr: nr, flags: p.status})
	op := &p.ops[len(p.ops)-1]
	copy(op.args[:], args)
	return op
}

// alloc gives n bytes, aligned for any structure, that stay where they are until Reset.
func (p *Program) alloc(n int) ([]byte, uintptr) {
	size := (n + 7) &^ 7
	if len(p.free) < size {
		chunk := make([]byte, max(size, chunkSize))
		p.chunks = append(p.chunks, chunk)
		p.free = chunk
	}
	b := p.free[:n:n]
	p.free = p.free[size:]
	return b, uintptr(unsafe.Pointer(unsafe.SliceData(b)))
}

// text keeps a NUL-terminated copy of s. The caller has refused strings with a NUL inside.
func (p *Program) text(s string) uintptr {
	b, at := p.alloc(len(s) + 1)
	copy(b, s)
	b[len(s)] = 0
	return at
}

// words keeps n machine words.
func (p *Program) words(n int) ([]uintptr, uintptr) {
	b, at := p.alloc(n * int(unsafe.Sizeof(uintptr(0))))
	return unsafe.Slice((*uintptr)(unsafe.Pointer(unsafe.SliceData(b))), n), at
}

// keep stores a copy of a plain structure.
func keep[T any](p *Program, value T) uintptr {
	b, at := p.alloc(int(unsafe.Sizeof(value)))
	*(*T)(unsafe.Pointer(unsafe.SliceData(b))) = value
	return at
}
