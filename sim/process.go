package sim

import (
	"path"
	"slices"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// Process is one process of a unit.
type Process struct {
	PID    int
	Parent int // 0 for the manager
	Unit   string
	Role   string // main, control, or child
	// Until is when it ends by itself, 0 for never.
	Until span.Span
	// Stubborn processes end by SIGKILL only.
	Stubborn bool
	// Dying: its end waits in the inbox.
	Dying  bool
	silent bool // nobody needs to be told of its end
}

// programs are commands that end by themselves: by their name, the status that they exit with.
var programs = map[string]int32{"true": 0, "false": 1}

// spawn makes a process, as far as the world lets it.
func (w *World) spawn(s port.Spawn) {
	unit := s.Unit.Name
	w.spawns[unit] = s
	if w.failing[unit] {
		delete(w.failing, unit)
		w.answer(port.SpawnFailed{Unit: unit, Token: s.Token, Result: model.FailureResources,
			Message: "out of memory"})
		return
	}
	role := "main"
	if isControl(s) {
		role = "control"
	}
	p := w.fork(unit, role, 0)
	if status, ok := w.execs[unit]; ok {
		delete(w.execs, unit)
		w.answer(port.Spawned{Unit: unit, Token: s.Token, PID: p.PID})
		p.Dying = true
		w.answer(port.ProcessExited{PID: p.PID, Code: port.Exited, Status: status, Unit: unit, Step: "exec"})
		return
	}
	w.answer(port.Spawned{Unit: unit, Token: s.Token, PID: p.PID, Executed: true})
	name := path.Base(s.Command.Path)
	status, ok := programs[name]
	switch {
	case ok:
		w.End(p, port.Exited, status)
	case name == "sleep" && len(s.Command.Args) > 1:
		if d, err := span.Parse(s.Command.Args[1]); err == nil {
			p.Until = w.Now.Monotonic + d
		}
	}
}

// isControl reports a command that the main process is not made of: the first process of a forking service is one.
func isControl(s port.Spawn) bool {
	return s.Clean != 0 || s.Kind != model.ExecStart || s.Unit.Service.Type == model.ServiceForking
}

// fork makes a process of a unit.
func (w *World) fork(unit, role string, parent int) *Process {
	w.nextPID++
	p := &Process{PID: w.nextPID, Parent: parent, Unit: unit, Role: role}
	w.Processes[p.PID] = p
	return p
}

// Fork makes a child of a unit's newest process.
func (w *World) Fork(unit string) *Process {
	parent := 0
	if all := w.Of(unit); len(all) > 0 {
		parent = all[len(all)-1].PID
	}
	return w.fork(unit, "child", parent)
}

// Of returns the processes of a unit that are not about to end, oldest first.
func (w *World) Of(unit string) []*Process {
	var all []*Process
	for _, p := range w.Processes {
		if p.Unit == unit && !p.Dying {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b *Process) int { return a.PID - b.PID })
	return all
}

// End has a process end: the manager hears of it if it is its parent, or watches it.
func (w *World) End(p *Process, code port.ExitCode, status int32) {
	if p.Dying {
		return
	}
	p.Dying = true
	w.answer(port.ProcessExited{PID: p.PID, Code: code, Status: status, Unit: p.Unit})
}

// bury takes a process away whose end is being told, and says whether its unit is empty now.
func (w *World) bury(e port.ProcessExited) port.Event {
	p := w.Processes[e.PID]
	if p == nil {
		return e
	}
	delete(w.Processes, p.PID)
	left := 0
	for _, other := range w.Processes {
		if other.Parent == p.PID {
			other.Parent = 0
		}
		if other.Unit == p.Unit && !other.Dying { // a zombie is not in its group any more
			left++
		}
	}
	if left == 0 && !w.Split {
		e.Emptied = true
	}
	if !p.silent {
		w.tell(Happening{Unit: p.Unit, Exit: &e, Process: p})
	}
	if left == 0 && w.Split {
		w.answer(port.CgroupEmptied{Unit: p.Unit})
	}
	return e
}

// The signals that the world knows.
const (
	sigQUIT = 3
	sigABRT = 6
	sigKILL = 9
)

// lethal says whether a signal ends a process of the world: a daemon is expected to handle the others.
func lethal(p *Process, signal int32) bool {
	switch signal {
	case sigKILL:
		return true
	case 2, sigQUIT, sigABRT, 15:
		return !p.Stubborn
	}
	return false
}

// kill signals processes, says whether there were any, and lets them end.
func (w *World) kill(k port.Kill) {
	var hit []*Process
	for _, p := range w.Of(k.Unit) {
		known := p.PID == k.MainPID || p.PID == k.ControlPID
		if known || k.Target == port.KillAll {
			hit = append(hit, p)
		}
	}
	if k.Token != 0 {
		w.answer(port.KillSent{Unit: k.Unit, Token: k.Token, Waiting: len(hit) > 0})
	}
	for _, p := range hit {
		if lethal(p, k.Signal) {
			code := port.Killed
			if k.Signal == sigABRT || k.Signal == sigQUIT {
				code = port.Dumped
			}
			w.End(p, code, k.Signal)
		}
	}
}
