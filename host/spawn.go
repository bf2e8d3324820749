package host

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/process"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/sys"
)

// A process is made in some tens of microseconds; what it does before it executes its program, most of which is the
// kernel's work for the execve, it does beside us. So a child is known by its PID before it can act, and whether it
// came as far as its program is known when somebody asks, at the latest when it has ended.

// offspring is a process of ours.
type offspring struct {
	unit  string
	pidfd int // watched for the end, -1 for none: then there is only SIGCHLD
}

// begun is a child that had not executed its program when somebody last looked.
type begun struct {
	launch *process.Launch
	spawn  *port.Spawn
}

// spawn starts a command in its unit's control group. What can't be prepared is a SpawnFailed; a process that fails
// before its execve exits with a status that says why, as any other.
func (w *World) spawn(s *port.Spawn) {
	w.settle()
	launch, err := w.prepare(s)
	started := process.Started{}
	if err == nil {
		// Type=exec is told whether the program was executed, and nobody else has to wait for it.
		started, err = launch.Run(s.Unit.Service.Type == model.ServiceExec)
	}
	if err != nil {
		w.loop.Do(port.SpawnFailed{Unit: s.Unit.Name, Token: s.Token, Result: model.FailureResources, Message: err.Error()})
		return
	}
	w.started(launch, s, started)
}

// settle forgets the preparations of children that have executed their programs: they hold memory and
// descriptors.
func (w *World) settle() {
	for pid, b := range w.begun {
		if b.launch.Done() {
			w.executed(pid, b)
		}
	}
}

// Settle waits for those that have not: until then they look like us to others.
func (w *World) Settle() {
	for pid, b := range w.begun {
		w.executed(pid, b)
	}
}

// executed takes in how far a child came.
func (w *World) executed(pid int, b begun) {
	delete(w.begun, pid)
	if f := b.launch.Wait(); f != nil {
		w.failed(pid, b.spawn, failure{f.Status.String(), int32(f.Errno)}, "")
	}
}

func (w *World) prepare(s *port.Spawn) (*process.Launch, error) {
	request := process.Request{Spawn: s, Keep: w.keep.file}
	group := w.group(s.Unit)
	if w.groups != nil {
		if s.Control && s.Unit.Service != nil && s.Unit.Service.Control.Delegate {
			group += "/.control"
		}
		w.warnLeft(s.Unit.Name)
		fd, err := w.groups.Make(group)
		if err != nil {
			return nil, err
		}
		request.GroupFD, request.HasGroup = fd, true
		w.watchMemory(s.Unit, w.group(s.Unit))
	}
	return w.launcher.Prepare(&request)
}

// warnEnvironment tells what is wrong in a unit's environment files: once as long as the unit is up, however many
// commands read them.
func (w *World) warnEnvironment(s *port.Spawn, found []unitfile.Diagnostic) {
	const most = 300 // a value may be as long as the file
	unit := s.Unit.Name
	for _, d := range found {
		if w.warned[unit][d] {
			continue
		}
		if w.warned[unit] == nil {
			w.warned[unit] = map[unitfile.Diagnostic]bool{}
		}
		w.warned[unit][d] = true
		text := d.Message
		if len(text) > most {
			text = strings.ToValidUTF8(text[:most], "") + "…"
		}
		w.output.Log(&port.Log{Unit: unit, Level: 3,
			Message: fmt.Sprintf("%s: %s: %s:%d", unit, text, d.Pos.File, d.Pos.Line),
			Fields:  []string{"CONFIG_FILE=" + d.Pos.File, "CONFIG_LINE=" + strconv.Itoa(d.Pos.Line)}})
	}
}

// started records a process that was made, and tells the engine.
func (w *World) started(launch *process.Launch, s *port.Spawn, started process.Started) {
	c := offspring{s.Unit.Name, sys.Raise(started.PIDFD)}
	if c.pidfd >= 0 && w.loop.Join(c.pidfd, w.ends) != nil {
		_ = unix.Close(c.pidfd) // best effort: the signal tells as well
		c.pidfd = -1
	}
	w.running[started.PID] = c
	if w.tracker != nil {
		w.tracker.Started(started.PID, s.Unit.Name, started.Mark)
	}
	if launch.Begun() {
		w.begun[started.PID] = begun{launch, s}
	}
	if started.FailedStep != "" {
		w.failed(started.PID, s, failure{started.FailedStep, started.Errno}, started.Cause)
	}
	spawned := port.Spawned{Unit: s.Unit.Name, Token: s.Token, PID: started.PID,
		Executed: started.FailedStep == "" && !launch.Begun()}
	if started.ReportFD < 0 {
		w.loop.Do(spawned)
		return
	}
	w.reports[started.PID] = report{fd: started.ReportFD, spawn: s, event: spawned}
	if err := w.loop.Watch(started.ReportFD, func() { w.reported(started.PID) }); err != nil {
		w.reported(started.PID) // waits for the executor, which is better than to lose it
	}
}

// report is a process which the executor is still preparing.
type report struct {
	fd    int
	spawn *port.Spawn
	event port.Spawned
}

// reported takes the executor's word on whether the program was executed. It is called when the word is there, or when
// the process has ended and it must be.
func (w *World) reported(pid int) {
	r, ok := w.reports[pid]
	if !ok {
		return
	}
	delete(w.reports, pid)
	w.loop.Unwatch(r.fd)
	if failed := sandbox.ReadReport(r.fd, r.spawn.Command.Path); failed != nil {
		w.failed(pid, r.spawn, failure{failed.Status.String(), int32(failed.Errno)}, "")
	} else {
		r.event.Executed = true
	}
	w.loop.Do(r.event)
}

// failed remembers at which step a process ended, for when it is reaped, and says why.
func (w *World) failed(pid int, s *port.Spawn, f failure, cause string) {
	w.failures[pid] = f
	if cause == "" {
		cause = sys.ErrorText(unix.Errno(f.errno))
	}
	if s.Command.Flags&words.IgnoreFailure != 0 && f.step == "EXEC" && unix.Errno(f.errno) == unix.ENOENT {
		w.output.Log(&port.Log{Unit: s.Unit.Name, Level: 6, Message: fmt.Sprintf("%s: Executable %s missing, skipping: %s",
			s.Unit.Name, s.Command.Path, cause)})
		return
	}
	w.output.Log(&port.Log{Unit: s.Unit.Name, Level: 3, Message: fmt.Sprintf("%s: Failed at step %s spawning %s: %s",
		s.Unit.Name, f.step, s.Command.Path, cause)})
}
