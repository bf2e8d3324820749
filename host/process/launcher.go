// Package process starts the commands of units: it resolves what a unit says (users, files, variables, directories)
// into a sandbox.Spec, has it spawned, and keeps track of whose process is whose where there are no control groups.
//
// It exists to hold everything that must be looked up on the machine before a child can be made. It must not know why
// a command is run, nor what follows.
package process

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/syntax/exitstatus"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/sys"
)

// Launcher holds what is the same for all commands.
type Launcher struct {
	User         bool   // a user manager
	NotifySocket string // path for $NOTIFY_SOCKET
	// Roots are the directories below which RuntimeDirectory= and its siblings are made, by kind.
	Roots [model.DirectoryKinds]string
	// SearchPath are the directories in which a command without a slash is looked for.
	SearchPath []string
	// Streams opens the write end of a new log stream; began is told the process.
	Streams Streams

	// Warn is told which lines of the files that a command needs have no effect. May be nil.
	Warn func(s *port.Spawn, found []unitfile.Diagnostic)

	// Handed are the descriptors that a client gave for a unit's standard streams, -1 for none. May be nil.
	Handed func(unit string) [3]int

	self  int
	null  int
	users users
}

// Streams gives the descriptor that an invocation's output goes to. It is closed after the spawn.
type Streams interface {
	Open(s *port.Spawn) (fd int, began func(pid int, argv []string), err error)
}

// NewLauncher prepares a launcher; the fields of its argument are the configuration.
func NewLauncher(l Launcher) (*Launcher, error) {
	l.self = os.Getpid()
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/null: %w", err)
	}
	l.null = null
	return &l, nil
}

// Request is one command to start.
type Request struct {
	*port.Spawn
	// GroupFD is the control group to be born in, where HasGroup.
	GroupFD  int
	HasGroup bool
	// Keep finds the descriptor behind a NamedFD.
	Keep func(fd uint64) (int, bool)
}

// Started is a process, possibly one that failed at a step before its execve and has already ended.
type Started struct {
	PID        int
	Mark       string // its INVOCATION_ID
	FailedStep string // as in sandbox.Steps and in systemd's message, "" for none
	Errno      int32
	Cause      string // what a person is told of the failure, "" where the step and errno say it all
	// ReportFD is readable when the executor is done, -1 where the outcome is known; sandbox.ReadReport reads it.
	ReportFD int
	// PIDFD is the caller's, -1 for none.
	PIDFD int
}

// plan is a spec under construction, with the descriptors to close after the spawn.
type plan struct {
	spec   sandbox.Spec
	close  []int
	group  int // of them, the directory of the control group; -1 for none
	exec   *model.Exec
	id     identity
	spawn  *port.Spawn
	stream int // the log stream's write end, -1 until it is needed
	failed *stepError
	began  func(pid int, argv []string)
}

func (p *plan) done() {
	closeAll(append(p.close, p.group))
	p.close, p.group = nil, -1
}

func closeAll(fds []int) {
	for _, fd := range fds {
		if fd >= 0 {
			_ = unix.Close(fd) // best effort: the child has its own copies
		}
	}
}

// Launch is a command whose process can be made: everything is looked up and opened.
type Launch struct {
	plan  plan
	begun *sandbox.Begun // after Run, where the program was not waited for
	files []int          // that the child may still need
}

// Prepare resolves a command. An error means that nothing will be started; it names the option or file at fault. The
// request's GroupFD belongs to the launch from then on, also where there is an error. What systemd's child would find
// out (there is no such user, a directory can't be made) is no error here: then Run makes a process that exits with
// the status for it.
func (l *Launcher) Prepare(r *Request) (*Launch, error) {
	launch := &Launch{}
	p := &launch.plan
	if p.group = -1; r.HasGroup {
		p.group = r.GroupFD
	}
	if r.Unit.Service == nil {
		p.done()
		return nil, errors.New("unit type has no commands")
	}
	p.exec, p.spawn, p.stream = r.Unit.Service.Exec, r.Spawn, -1
	prepare := l.prepare
	if r.Clean != 0 {
		prepare = l.cleaner
	}
	if err := prepare(p, r); err != nil && !errors.As(err, &p.failed) {
		p.done()
		return nil, err
	}
	return launch, nil
}

// Run makes the process. What was opened for it is closed at once, or by Wait. With wait it returns when the program
// has been executed, or has failed to be.
func (c *Launch) Run(wait bool) (Started, error) {
	p := &c.plan
	defer func() {
		p.done()
		c.plan = plan{} // what is left of the launch may have to be kept
	}()
	if p.failed != nil {
		return p.fail()
	}
	start := sandbox.Start
	if wait {
		start = sandbox.Spawn
	}
	child, failure := start(&p.spec)
	if failure != nil && child.PID == 0 {
		return Started{}, failure
	}
	if c.begun = child.Begun; c.begun != nil {
		c.files, p.close = p.close, nil
	}
	if p.began != nil {
		p.began(child.PID, p.spec.Argv)
	}
	started := Started{PID: child.PID, Mark: hex.EncodeToString(p.spawn.Invocation[:]), ReportFD: child.ReportFD,
		PIDFD: child.PIDFD}
	if failure != nil {
		started.FailedStep, started.Errno = failure.Status.String(), int32(failure.Errno)
	}
	return started, nil
}

// Begun says whether Wait has to be called.
func (c *Launch) Begun() bool { return c.begun != nil }

// Done says whether Wait would return at once.
func (c *Launch) Done() bool { return c.begun.Done() }

// Wait waits until the program has been executed, nil, or has failed to be.
func (c *Launch) Wait() *sandbox.Failure {
	failure := c.begun.Wait()
	closeAll(c.files)
	c.files = nil
	return failure
}

// fail makes the process that exits with the status of what failed.
func (p *plan) fail() (Started, error) {
	child, failure := sandbox.Exit(p.failed.status)
	if failure != nil {
		return Started{}, failure
	}
	return Started{PID: child.PID, Mark: hex.EncodeToString(p.spawn.Invocation[:]), ReportFD: -1, PIDFD: child.PIDFD,
		FailedStep: p.failed.status.String(), Errno: int32(sys.ErrnoOf(p.failed.err)), Cause: p.failed.err.Error()}, nil
}

// stepError is what has an exit status of its own in systemd.exec(5), "Process Exit Codes".
type stepError struct {
	status sandbox.Status
	err    error
}

func (e *stepError) Error() string { return e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// at gives an error the exit status that stands for it.
func at(status sandbox.Status, err error) error {
	if err == nil {
		return nil
	}
	return &stepError{status, err}
}

// prepare fills the spec. The error is a *stepError where systemd's child would exit with a status for it.
func (l *Launcher) prepare(p *plan, r *Request) error {
	// PermissionsStartOnly= is older than "+", and means the same.
	full := r.Command.Flags&(words.FullPrivileges) != 0 ||
		r.Unit.Service.PermissionsStartOnly && r.Kind != model.ExecStart
	if err := l.identify(&p.id, p.exec, full || r.Command.Flags&(words.NoSetuid|words.AmbientMagic) != 0); err != nil {
		return err
	}
	if err := l.directories(p.exec, &p.id); err != nil {
		return err
	}
	env, err := l.environment(r.Spawn, p.exec, &p.id)
	if err != nil {
		return err
	}
	if err := l.descriptors(p, r, env); err != nil {
		return err
	}
	env.remove(p.exec.UnsetEnvironment)
	l.command(p, r, env)
	if err := l.place(p); err != nil {
		return err
	}
	p.limits(full)
	p.spec.CgroupFD = -1
	if r.HasGroup {
		p.spec.CgroupFD = r.GroupFD
	}
	return nil
}

// command expands the command line and finds its program.
func (l *Launcher) command(p *plan, r *Request, env *block) {
	argv := r.Command.Args
	if r.Command.Flags&words.NoEnvExpand == 0 {
		argv, _ = words.ExpandVariables(argv, env.lookup)
	}
	p.spec.Argv = argv
	p.spec.Path = l.find(r.Command.Path)
	p.spec.Env = env.entries
	p.spec.PIDEnv = []string{"SYSTEMD_EXEC_PID"}
	if _, ok := env.lookup("LISTEN_FDS"); ok {
		p.spec.PIDEnv = append(p.spec.PIDEnv, "LISTEN_PID")
	}
	if r.Watchdog > 0 {
		p.spec.PIDEnv = append(p.spec.PIDEnv, "WATCHDOG_PID")
	}
}

// find looks a program up in the search path, as execvp(3) does, but with the manager's own list. What is not found is
// left to the execve to fail with.
func (l *Launcher) find(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	for _, dir := range l.SearchPath {
		candidate := filepath.Join(dir, name)
		if info, err := os.Stat(candidate); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return candidate
		}
	}
	return filepath.Join("/usr/bin", name)
}

// place sets who the process is and where it starts.
func (l *Launcher) place(p *plan) error {
	p.spec.Umask = p.exec.UMask
	p.spec.Root = p.exec.RootDirectory
	p.spec.Dir = p.exec.WorkingDirectory
	p.spec.DirOptional = p.exec.WorkingDirectoryOpt
	switch {
	case p.spec.Dir == "~":
		if p.id.home == "" {
			return at(exitstatus.Chdir, fmt.Errorf("WorkingDirectory=~: user %s has no home directory", p.id.name))
		}
		p.spec.Dir = p.id.home
	case p.spec.Dir == "" && l.User:
		p.spec.Dir, p.spec.DirOptional = p.id.home, true
	}
	if p.id.change {
		p.spec.Credential = &sandbox.Credential{UID: p.id.uid, GID: p.id.gid, SetGroups: os.Geteuid() == 0,
			Groups: p.id.groups}
	}
	return nil
}

// limits sets the scheduling, limits and rights.
func (p *plan) limits(full bool) {
	x, s := p.exec, &p.spec
	if x.NiceSet {
		nice := int(x.Nice)
		s.Nice = &nice
	}
	if x.OOMSet {
		score := int(x.OOMScore)
		s.OOMScoreAdjust = &score
	}
	for _, limit := range x.Limits {
		s.Rlimits = append(s.Rlimits, sandbox.Rlimit{Resource: int(limit.Resource), Soft: limit.Soft, Hard: limit.Hard})
	}
	if c := x.Scheduler; c != nil {
		if c.IOPrioSet {
			prio := int(c.IOPrio)
			s.IOPriority = &prio
		}
		if c.PolicySet {
			s.Scheduler = &sandbox.Scheduler{Policy: int(c.Policy), Priority: int(c.Priority), ResetOnFork: c.ResetOnFork}
		}
		if c.AffinitySet {
			s.CPUAffinity = c.Affinity
		}
	}
	s.KeepSIGPIPE = !x.IgnoreSIGPIPE
	if x.TimerSlackSet {
		s.TimerSlackNS = max(x.TimerSlack, 1)
	}
	if full {
		return
	}
	s.NoNewPrivileges = x.NoNewPrivileges
	s.DropBounding = ^x.CapabilityBound
	s.Ambient = x.AmbientCaps
	s.SecureBits = x.SecureBits
}
