package sandbox

import (
	"fmt"
	"sync"
	"syscall"

	"github.com/steward-init/steward/sys"
)

// Child is a process that Spawn made. The caller owns its descriptors and must wait for it (sys.WaitPID), also if it
// failed: then it exits with Failure.Status, as systemd's child does.
type Child struct {
	PID   int // 0: there is no process
	PIDFD int // closed on exec

	// ReportFD is -1 where the result is known when Spawn returns: without a Failure the program was executed.
	// Otherwise the executor is at work, and this is a pipe that becomes readable when it is done: ReadReport.
	ReportFD int

	// Begun is nil where the result is known, as it is when Spawn returns, or is told by ReportFD.
	Begun *Begun
}

// Failure says at which step a child failed, and why.
type Failure struct {
	Step   string // key of Steps
	Status Status // exit status of the child
	Errno  syscall.Errno
	Path   string // what was to be executed
}

// Error is like systemd's log message.
func (f *Failure) Error() string {
	return fmt.Sprintf("failed at step %s spawning %s: %v", f.Status, f.Path, f.Errno)
}

var compilers = sync.Pool{New: func() any { return new(compiler) }}

// Spawn makes a process from the Spec. Usually it returns when the program has been executed, or has failed to.
//
// A Failure with Child.PID 0 means that no process could be made. A Failure with a Child is that of a process which
// has already exited with its Status, to be waited for as any other.
func Spawn(spec *Spec) (Child, *Failure) {
	child, failure := Start(spec)
	if child.Begun != nil {
		failure = child.Begun.Wait()
		child.Begun = nil
	}
	return child, failure
}

// Start is Spawn, but does not wait for the program to be executed: what becomes of that is told by Child.Begun. Where
// there is one, the descriptors of the Spec stay open until it is Done; but for CgroupFD, which is the child's by now.
func Start(spec *Spec) (Child, *Failure) {
	if f := check(spec); f != nil {
		return Child{PIDFD: -1, ReportFD: -1}, f
	}
	if !sys.HasStart || spec.Terminal != nil {
		return spawnExecutor(spec)
	}
	return startClone(spec)
}

// Begun is a child on its way to its program.
type Begun struct {
	c    *compiler
	path string
}

// Done says whether the program has been executed, or the child has failed or ended. It costs nothing to ask.
func (b *Begun) Done() bool { return !b.c.p.Running() }

// Wait waits until Done and gives the Failure, if there was one. It ends the Begun, and is called once. Whoever does
// not want to wait calls it when the child has been waited for, which no child can be before it is Done.
func (b *Begun) Wait() *Failure {
	b.c.p.Wait()
	defer b.c.release()
	op, errno, failed := b.c.p.Failed()
	if !failed {
		return nil
	}
	s := b.c.step(op)
	return &Failure{Step: s.Name, Status: s.Status, Errno: errno, Path: b.path}
}

func startClone(spec *Spec) (Child, *Failure) {
	none := Child{PIDFD: -1, ReportFD: -1}
	caps, err := sys.OwnCapabilities()
	if err != nil {
		return none, failure(spec, "exec", sys.ErrnoOf(err))
	}
	c := compilers.Get().(*compiler)
	c.spec, c.p, c.caps, c.beside = spec, sys.NewProgram(), caps, sys.CanOwnFiles()

	cgroup := -1
	if wantsCgroupWrite(spec) {
		procs, err := sys.OpenAt(spec.CgroupFD, "cgroup.procs", syscall.O_WRONLY)
		if err != nil {
			c.release()
			return none, failure(spec, "cgroup", sys.ErrnoOf(err))
		}
		defer sys.Close(procs)
		c.procs = procs
	} else if spec.CgroupFD > 0 {
		cgroup = spec.CgroupFD
	}
	c.compile()
	c.spec = nil
	pid, pidfd, errno := c.p.Start(cgroup)
	if errno != 0 {
		c.release()
		step := "signals"
		if cgroup > 0 {
			step = "cgroup"
		}
		return none, failure(spec, step, errno)
	}
	return Child{PID: pid, PIDFD: pidfd, ReportFD: -1, Begun: &Begun{c, spec.Path}}, nil
}

// Exit makes a child that ends at once with a status, for what went wrong before there was a Spec: others see a process
// that failed, as with any step. A Failure means that no process could be made.
func Exit(status Status) (Child, *Failure) {
	if !sys.HasStart {
		return exitExecutor(status)
	}
	p := sys.NewProgram()
	defer p.Release()
	p.Begin(uint8(status))
	p.KeepOpen(-1) // no such descriptor: an op that fails
	pid, pidfd, errno := p.Start(-1)
	if errno != 0 {
		return Child{PIDFD: -1, ReportFD: -1}, &Failure{Step: "signals", Status: status, Errno: errno}
	}
	p.Wait()
	return Child{PID: pid, PIDFD: pidfd, ReportFD: -1}, nil
}

func (c *compiler) release() {
	c.p.Release()
	c.spec, c.p, c.procs = nil, nil, 0
	compilers.Put(c)
}

// failure is one of a step that has no child.
func failure(spec *Spec, step string, errno syscall.Errno) *Failure {
	f := &Failure{Step: step, Errno: errno, Path: spec.Path}
	for i := range steps {
		if steps[i].Name == step {
			f.Status = steps[i].Status
		}
	}
	return f
}

// check refuses what the kernel can't be told.
func check(s *Spec) *Failure {
	if s.Path == "" || sys.HasNUL(s.Path) || anyNUL(s.Argv) || anyNUL(s.Env) || anyNUL(s.PIDEnv) {
		return failure(s, "exec", syscall.EINVAL)
	}
	if sys.HasNUL(s.Root) {
		return failure(s, "root", syscall.EINVAL)
	}
	if sys.HasNUL(s.Dir) {
		return failure(s, "working-directory", syscall.EINVAL)
	}
	return nil
}

func anyNUL(list []string) bool {
	for _, s := range list {
		if sys.HasNUL(s) {
			return true
		}
	}
	return false
}
