package sandbox

import (
	"encoding/binary"
	"errors"
	"io"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"github.com/steward-init/steward/syntax/exitstatus"
	"github.com/steward-init/steward/sys"
)

// ExecutorName is argv[0] of the executor: a program that calls Spawn must call Main when it is started by this name.
const ExecutorName = "steward-sandbox"

// The executor finds the standard and the extra descriptors at their final numbers. Behind the last one stand the
// Spec, the pipe for its report and, where clone3 is refused, the cgroup's cgroup.procs.
const (
	offsetSpec = iota
	offsetReport
	offsetProcs
)

const (
	maxSpec    = 64 << 20
	reportSize = 8
	noMemory   = 1 // the status of an executor that can't even read its Spec
)

// spawnExecutor starts our own binary, which walks the same steps with the Go runtime at hand.
func spawnExecutor(spec *Spec) (Child, *Failure) {
	none := Child{PIDFD: -1, ReportFD: -1}
	fail := func(step string, err error) (Child, *Failure) {
		return none, failure(spec, step, sys.ErrnoOf(err))
	}
	files := []uintptr{uintptr(spec.Stdin), uintptr(spec.Stdout), uintptr(spec.Stderr)}
	for i := range files {
		if int(files[i]) == TerminalFD {
			files[i] = ^uintptr(0) // closed
		}
	}
	moved := *spec
	moved.Extra = make([]int, len(spec.Extra))
	for i, fd := range spec.Extra {
		files = append(files, uintptr(fd))
		moved.Extra[i] = 3 + i
	}
	moved.CgroupFD = -1
	attr := &syscall.SysProcAttr{PidFD: &none.PIDFD}
	var procs int
	if wantsCgroupWrite(spec) {
		var err error
		if procs, err = sys.OpenAt(spec.CgroupFD, "cgroup.procs", syscall.O_WRONLY); err != nil {
			return fail("cgroup", err)
		}
		defer sys.Close(procs)
		moved.CgroupFD = len(files) + offsetProcs
	} else if spec.CgroupFD > 0 {
		attr.UseCgroupFD, attr.CgroupFD = true, spec.CgroupFD
	}
	memory, err := sys.Memfd("steward-spec", encode(&moved))
	if err != nil {
		return fail("exec", err)
	}
	defer sys.Close(memory)
	r, w, err := sys.Pipe()
	if err != nil {
		return fail("exec", err)
	}
	defer sys.Close(w)
	first := strconv.Itoa(len(files))
	files = append(files, uintptr(memory), uintptr(w))
	if procs > 0 {
		files = append(files, uintptr(procs))
	}
	start := &syscall.ProcAttr{Env: []string{"GOMAXPROCS=1"}, Files: files, Sys: attr}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{ExecutorName, first}, start)
	if errors.Is(err, syscall.EINVAL) { // a machine without CLONE_PIDFD, see Program.Start
		attr.PidFD = nil
		if pid, err = syscall.ForkExec("/proc/self/exe", []string{ExecutorName, first}, start); err == nil {
			none.PIDFD, _ = sys.OpenPIDFD(pid) // best effort: the child is there, and has a number
		}
	}
	if err != nil {
		sys.Close(r)
		return fail("exec", err)
	}
	return Child{PID: pid, PIDFD: none.PIDFD, ReportFD: r}, nil
}

// exitExecutor is Exit for machines without Program.Start.
func exitExecutor(status Status) (Child, *Failure) {
	child := Child{PIDFD: -1, ReportFD: -1}
	attr := &syscall.ProcAttr{Env: []string{"GOMAXPROCS=1"}, Sys: &syscall.SysProcAttr{PidFD: &child.PIDFD}}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{ExecutorName, exitWord, strconv.Itoa(int(status))}, attr)
	if err != nil {
		return child, &Failure{Step: "exec", Status: status, Errno: sys.ErrnoOf(err)}
	}
	child.PID = pid
	return child, nil
}

// exitWord makes the executor do nothing but exit.
const exitWord = "exit"

// ReadReport reads what an executor tells on its pipe (Child.ReportFD) and closes the pipe: nil when the program has
// been executed. It waits for the report.
func ReadReport(report int, path string) *Failure {
	defer sys.Close(report)
	var b [reportSize]byte
	n := 0
	for n < len(b) {
		m, err := sys.Read(report, b[n:])
		n += m
		if errors.Is(err, io.EOF) && n == 0 {
			return nil
		}
		if err != nil {
			return &Failure{Step: "exec", Status: exitstatus.Exec, Errno: sys.ErrnoOf(err), Path: path}
		}
	}
	index, errno := binary.NativeEndian.Uint32(b[:]), syscall.Errno(binary.NativeEndian.Uint32(b[4:]))
	s := &steps[min(int(index), len(steps)-1)]
	return &Failure{Step: s.Name, Status: s.Status, Errno: errno, Path: path}
}

// Main is the executor. It returns the exit status if the program could not be executed.
func Main(args []string) int {
	// Capabilities, user and groups are a thread's own; the thread that executes passes its own on.
	runtime.LockOSThread()
	if len(args) == 3 && args[1] == exitWord {
		if status, err := strconv.ParseUint(args[2], 10, 8); err == nil {
			return int(status)
		}
	}
	if len(args) != 2 {
		return noMemory
	}
	first, err := strconv.Atoi(args[1])
	if err != nil || first < 3 {
		return noMemory
	}
	spec, err := readSpec(first + offsetSpec)
	if err != nil {
		return noMemory
	}
	e := executor{spec: spec, report: first + offsetReport}
	return e.run()
}

func readSpec(fd int) (*Spec, error) {
	b, err := sys.ReadFile("/proc/self/fd/"+strconv.Itoa(fd), maxSpec)
	if err != nil {
		return nil, err
	}
	return decode(b)
}

type executor struct {
	spec   *Spec
	report int
}

func (e *executor) run() (status int) {
	s := e.spec
	s.Stdin, s.Stdout, s.Stderr = placed(s.Stdin, 0), placed(s.Stdout, 1), placed(s.Stderr, 2)
	if s.Terminal != nil {
		if f := e.terminal(); f != nil {
			return e.fail(f.Step, f.Errno)
		}
	}
	caps, err := sys.OwnCapabilities()
	if err != nil {
		return e.fail("exec", sys.ErrnoOf(err))
	}
	c := &compiler{spec: s, p: sys.NewProgram(), caps: caps, procs: s.CgroupFD}
	c.compile()
	c.p.Walk()
	if op, errno, failed := c.p.Failed(); failed {
		return e.fail(c.step(op).Name, errno)
	}
	return noMemory // not reached: the last op either fails or doesn't return
}

func placed(fd, target int) int {
	if fd == TerminalFD {
		return fd
	}
	return target
}

// fail tells the manager, and gives the exit status.
func (e *executor) fail(step string, errno syscall.Errno) int {
	for i := range steps {
		if steps[i].Name == step {
			var b [reportSize]byte
			binary.NativeEndian.PutUint32(b[:], uint32(i))
			binary.NativeEndian.PutUint32(b[4:], uint32(errno))
			_, _ = syscall.Write(e.report, b[:]) // best effort: the exit status says nearly the same
			return int(steps[i].Status)
		}
	}
	return noMemory
}

// terminal opens the Terminal and puts it in the place of TerminalFD. It does the session and the controlling
// terminal itself, since it may have to wait for the latter.
func (e *executor) terminal() *Failure {
	s, t := e.spec, e.spec.Terminal
	signal.Ignore(syscall.SIGHUP) // a hang-up is meant for those who have the terminal now
	if !s.SameSession {
		if _, err := syscall.Setsid(); err != nil {
			return failure(s, "setsid", sys.ErrnoOf(err))
		}
		s.SameSession = true
	}
	fd, err := e.acquire()
	if err == nil && t.Acquire != AcquireNone && s.Credential != nil {
		err = sys.GiveTerminal(fd, s.Credential.UID)
	}
	if err != nil {
		step := "stdin"
		if s.Stdin != TerminalFD {
			step = "stdout"
		}
		return failure(s, step, sys.ErrnoOf(err))
	}
	for _, p := range []*int{&s.Stdin, &s.Stdout, &s.Stderr} {
		if *p == TerminalFD {
			*p = fd
		}
	}
	return nil
}

func (e *executor) acquire() (int, error) {
	t := e.spec.Terminal
	if t.VHangup || t.Reset {
		if err := prepareTerminal(t); err != nil {
			return -1, err
		}
	}
	if t.Acquire == AcquireNone {
		return sys.OpenTerminal(t.Path)
	}
	watch, err := sys.WatchClose(t.Path)
	if err != nil {
		return -1, err
	}
	defer sys.Close(watch)
	retries := 0
	for {
		fd, err := sys.OpenTerminal(t.Path)
		if err != nil {
			return -1, err
		}
		err = sys.TakeTerminal(fd, t.Acquire == AcquireForce)
		if err == nil {
			return fd, nil
		}
		if !errors.Is(err, syscall.EPERM) || t.Acquire != AcquireWait {
			sys.Close(fd)
			return -1, err
		}
		// Ours stays open meanwhile, or its closing would be the event that is waited for.
		retries, err = awaitRelease(watch, retries)
		sys.Close(fd)
		if err != nil {
			return -1, err
		}
		if err := sys.DrainWatch(watch); err != nil {
			return -1, err
		}
	}
}

const (
	releaseRetries = 50
	releasePause   = 20 // milliseconds
)

// awaitRelease waits until it is worth trying again to get a terminal. A process that ends closes its files a moment
// before it gives up its terminal, and of the latter there is no event: so some quick tries follow a close.
func awaitRelease(watch, retries int) (left int, err error) {
	timeout := -1
	if retries > 0 {
		timeout = releasePause
	}
	closed, err := sys.WaitClosed(watch, timeout)
	if closed {
		return releaseRetries, err
	}
	return retries - 1, err
}

func prepareTerminal(t *Terminal) error {
	fd, err := sys.OpenTerminal(t.Path)
	if err != nil {
		return err
	}
	defer func() { sys.Close(fd) }()
	if t.VHangup {
		if err := sys.HangUpTerminal(fd); err != nil {
			return err
		}
		sys.Close(fd) // it is dead now
		if fd, err = sys.OpenTerminal(t.Path); err != nil {
			return err
		}
	}
	if t.Reset {
		return sys.ResetTerminal(fd)
	}
	return nil
}
