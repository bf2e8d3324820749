package engine

import (
	"slices"

	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// A unit is its kind's World. What follows is what a kind may ask of the engine; Changed stands in change.go.

// Emit adds an effect, and keeps the books that some of them need.
func (u *unit) Emit(ef port.Effect) {
	e := u.engine
	switch w := ef.(type) {
	case port.WatchBusName:
		if slices.Contains(e.buses[w.Name], u) {
			return
		}
		e.buses[w.Name] = append(e.buses[w.Name], u)
		if len(e.buses[w.Name]) > 1 {
			return // the host watches it already; it tells again at the next change
		}
	case port.UnwatchBusName:
		e.buses[w.Name] = slices.DeleteFunc(e.buses[w.Name], func(o *unit) bool { return o == u })
		if len(e.buses[w.Name]) > 0 {
			return
		}
		delete(e.buses, w.Name)
	}
	e.emit(ef)
}

// Crossed passes an edge on to who traces the engine.
func (u *unit) Crossed(c kind.Crossing) {
	if t := u.engine.config.Trace; t != nil {
		t.Crossed(c)
	}
}

// Log emits a message that begins with the unit's name.
func (u *unit) Log(level uint8, messageID, message string, fields ...string) {
	u.engine.emit(port.Log{Unit: u.name(), Level: level, MessageID: messageID, Message: u.name() + ": " + message,
		Fields: fields})
}

// Now is the time of the step.
func (u *unit) Now() port.Time { return u.engine.now }

// Token returns a number that was not used before.
func (u *unit) Token() uint64 {
	u.engine.tokens++
	return u.engine.tokens
}

// StopPending reports a stop job of the unit.
func (u *unit) StopPending() bool { return u.node.Job != nil && u.node.Job.Type == model.JobStop }

// Restarting reports a restart job of the unit.
func (u *unit) Restarting() bool { return u.node.Job != nil && u.node.Job.Type == model.JobRestart }

// EnqueueRestart makes the job by which Restart= works: a restart, so that those bound to the unit come along.
func (u *unit) EnqueueRestart() *port.Refusal {
	_, refusal := u.engine.enqueue(request{unit: u, job: model.JobRestart, mode: model.ModeReplace,
		cause: port.Cause{Kind: port.CauseRestart, Unit: u.name()}})
	return refusal
}

// Soon has the unit's Due called when the work in hand is done.
func (u *unit) Soon() {
	if u.marks&markSoon == 0 {
		u.marks |= markSoon
		u.engine.queue.soon = append(u.engine.queue.soon, u)
	}
}

// Own maps a process to this unit.
func (u *unit) Own(pid int) { u.engine.pids[pid] = u }

// Disown takes Own back.
func (u *unit) Disown(pid int) {
	if u.engine.pids[pid] == u {
		delete(u.engine.pids, pid)
	}
}

// Triggered is the unit that this one triggers.
func (u *unit) Triggered() *kind.Unit {
	for edge := range u.node.Each(triggers) {
		return &u.engine.of(edge.To).run
	}
	return nil
}

// TriggerStart queues the start of the unit that this one triggers.
func (u *unit) TriggerStart() *port.Refusal {
	for edge := range u.node.Each(triggers) {
		_, refusal := u.engine.enqueue(request{unit: u.engine.of(edge.To), job: model.JobStart, mode: model.ModeReplace,
			cause: port.Cause{Kind: port.CauseTrigger, Unit: u.name(), Edge: edge.Kind, Origin: edge.Origin(&u.node)}})
		return refusal
	}
	return &port.Refusal{Error: "org.freedesktop.systemd1.NoSuchUnit", Message: "There is no unit to trigger."}
}

// Handed collects the descriptors of the sockets that trigger the unit.
func (u *unit) Handed() []port.NamedFD {
	var fds []port.NamedFD
	for edge := range u.node.Each(triggered) {
		fds = append(fds, u.engine.of(edge.To).run.Handed()...)
	}
	return fds
}

// tellTriggers tells the units that trigger this one of its state.
func (e *Engine) tellTriggers(u *unit) {
	for edge := range u.node.Each(triggered) {
		e.of(edge.To).run.TriggerChanged(&u.run)
	}
}

// Environment is the manager's environment block.
func (u *unit) Environment() []string { return u.engine.environment }

// Monitor is what the unit, as a handler, is told of the unit that triggered it.
func (u *unit) Monitor() []string { return u.seldom.monitor }

// PropagateReload passes a reload that the unit began by itself on to others.
func (u *unit) PropagateReload() {
	for edge := range u.node.Each(propagateReload) {
		u.engine.enqueueFor(u, edge, model.JobTryReload, model.ModeFail, port.CausePropagation)
	}
}

// HoldIdle reports that other jobs are in work; the unit's Due is called once there are none.
func (u *unit) HoldIdle() bool {
	if len(u.engine.jobs) == 0 {
		return false
	}
	if u.marks&markIdle == 0 {
		u.marks |= markIdle
		u.engine.queue.idle = append(u.engine.queue.idle, u)
	}
	return true
}
