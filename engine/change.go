package engine

import (
	"encoding/hex"

	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/engine/transaction"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/dependency"
	"github.com/steward-init/steward/syntax/span"
)

// Changed is where a state change of a unit becomes one of the system: its job may be done, and its dependencies may
// have a say. It is kind.World's.
func (u *unit) Changed(old model.ActiveState, how kind.Change) {
	e := u.engine
	state := u.run.Status.Active
	u.node.Active = state
	if e.config.Trace != nil {
		e.config.Trace.Moved(u.name(), u.run.Status.Sub, len(e.out))
	}
	e.changed(u)
	if state != old && (state == model.Failed || old == model.Failed) {
		if state == model.Failed {
			e.failed++
		} else {
			e.failed--
		}
		e.news.manager = true
	}
	unexpected := true
	if u.node.Job != nil {
		unexpected = e.progress(u, u.node.Job, state, how)
	}
	if unexpected {
		e.retroact(u, old, state)
	}
	if state != old {
		e.ended(u, old, state, how)
	}
	e.recheck(u, state)
	e.tellTriggers(u)
}

// progress tells a unit's job of a new state. It reports false if the job is what the change comes from.
func (e *Engine) progress(u *unit, j *transaction.Job, state model.ActiveState, how kind.Change) (unexpected bool) {
	result := model.JobDone
	if state == model.Failed {
		result = model.JobFailed
	}
	if j.State == model.JobWaiting {
		e.push(j)
	}
	isRunning := j.State == model.JobRunning
	switch j.Type {
	case model.JobStart, model.JobVerifyActive:
		switch {
		case state.IsUp():
			e.finish(j, model.JobDone, true)
		case !isRunning || state == model.Activating:
		default:
			unexpected = true
			if state.IsDown() && !j.Checking {
				e.finish(j, result, true)
			}
		}
	case model.JobReload:
		switch {
		case !isRunning:
		case state == model.Active && how&kind.ReloadFailed != 0:
			e.finish(j, model.JobFailed, true)
		case state == model.Active:
			e.finish(j, model.JobDone, true)
		case state != model.Activating && state != model.Reloading:
			unexpected = true
			if state.IsDown() {
				e.finish(j, result, true)
			}
		}
	case model.JobStop, model.JobRestart:
		switch {
		case state.IsDown():
			e.finish(j, model.JobDone, true)
		case isRunning && state != model.Deactivating:
			unexpected = true
			e.finish(j, model.JobFailed, true)
		}
	}
	return unexpected
}

func isComing(s model.ActiveState) bool { return s.IsUp() || s == model.Activating }
func isGoing(s model.ActiveState) bool  { return s.IsDown() || s == model.Deactivating }

// retroact brings dependencies in line with a unit that came up or went down by itself.
func (e *Engine) retroact(u *unit, old, state model.ActiveState) {
	switch {
	case old.IsDown() && isComing(state):
		e.retroStart(u, retroStartReplace, model.ModeReplace)
		e.retroStart(u, retroStartFail, model.ModeFail)
		e.retroStop(u, retroStopOnStart, port.CauseDependency)
	case isComing(old) && isGoing(state):
		e.retroStop(u, retroStopOnStop, port.CauseBound)
	}
}

func (e *Engine) retroStart(u *unit, kinds dependency.Set, mode model.JobMode) {
	for edge := range u.node.Each(kinds) {
		if !isComing(edge.To.Active) && !u.isAfter(edge.To) {
			e.enqueueFor(u, edge, model.JobStart, mode, port.CauseDependency)
		}
	}
}

func (e *Engine) retroStop(u *unit, kinds dependency.Set, cause port.CauseKind) {
	for edge := range u.node.Each(kinds) {
		if !isGoing(edge.To.Active) {
			e.enqueueFor(u, edge, model.JobStop, model.ModeReplace, cause)
		}
	}
}

// enqueueFor makes a job that a unit's state and an edge of it ask for.
func (e *Engine) enqueueFor(u *unit, edge transaction.Edge, t model.JobType, mode model.JobMode, cause port.CauseKind) {
	_, refusal := e.enqueue(request{unit: e.of(edge.To), job: t, mode: mode,
		cause: port.Cause{Kind: cause, Unit: u.name(), Edge: edge.Kind, Origin: edge.Origin(&u.node)}})
	if refusal != nil {
		e.emit(port.Log{Unit: u.name(), Level: 4, Message: u.name() + ": Failed to enqueue " + t.String() +
			" job for " + edge.To.Unit.Name + ", ignoring: " + refusal.Message})
	}
}

// ended starts handlers and takes emergency actions when a unit comes to its end.
func (e *Engine) ended(u *unit, old, state model.ActiveState, how kind.Change) {
	if how&kind.WillRestart != 0 {
		return
	}
	s := u.node.Unit.UnitSection
	switch {
	case state == model.Failed:
		e.startHandlers(u, onFailureHandlers, s.OnFailureJobMode, port.CauseOnFailure)
		e.act(u, s.FailureAction, "unit "+u.name()+" failed", e.exitStatus(u, s.FailureActionExitStatus))
	case state == model.Inactive && old != model.Failed && old != model.Maintenance:
		e.startHandlers(u, onSuccessHandlers, s.OnSuccessJobMode, port.CauseOnSuccess)
		e.act(u, s.SuccessAction, "unit "+u.name()+" succeeded", e.exitStatus(u, s.SuccessActionExitStatus))
	}
}

// exitStatus is what the manager exits with: the setting, else that of the main process. systemd.unit(5),
// FailureActionExitStatus=.
func (e *Engine) exitStatus(u *unit, set int32) int32 {
	if set > 0 {
		return set
	}
	if s := u.run.Status.Service; s != nil && s.Main.Code == port.Exited && s.Main.Status != 0 {
		return s.Main.Status
	}
	return set
}

// handlerInterval and handlerBurst bound how often a unit starts its handlers, so that two units that handle each
// other's failure can't keep a step from ending.
const (
	handlerInterval = 10 * span.Second
	handlerBurst    = 200
)

// startHandlers starts what OnFailure= or OnSuccess= names.
func (e *Engine) startHandlers(u *unit, kinds dependency.Set, mode model.JobMode, cause port.CauseKind) {
	var monitor []string
	told := false
	for edge := range u.node.Each(kinds) {
		if !told {
			if !u.own().handlers.allow(e.now.Monotonic, handlerInterval, handlerBurst) {
				e.emit(port.Log{Unit: u.name(), Level: 4,
					Message: u.name() + ": Handlers were triggered too often recently, not triggering them."})
				return
			}
			word := "OnFailure="
			if cause == port.CauseOnSuccess {
				word = "OnSuccess="
			}
			e.emit(port.Log{Unit: u.name(), Level: 6, Message: u.name() + ": Triggering " + word + " dependencies."})
			told, monitor = true, monitorOf(u)
		}
		handler := e.of(edge.To)
		_, refusal := e.enqueue(request{unit: handler, job: model.JobStart, mode: mode, monitor: e.onlyOf(handler, monitor),
			cause: port.Cause{Kind: cause, Unit: u.name(), Edge: edge.Kind, Origin: edge.Origin(&u.node)}})
		if refusal != nil {
			e.emit(port.Log{Unit: u.name(), Level: 4, Message: u.name() + ": Failed to enqueue handler " +
				edge.To.Unit.Name + ", ignoring: " + refusal.Message})
		}
	}
}

// onlyOf is what a handler is told, unless it handles several ends: it gets nothing then. systemd.exec(5),
// $MONITOR_SERVICE_RESULT.
func (e *Engine) onlyOf(handler *unit, monitor []string) []string {
	var first *transaction.Node
	for edge := range handler.node.Each(handledUnits) {
		if first != nil {
			e.emit(port.Log{Unit: handler.name(), Level: 6, Message: handler.name() +
				": multiple trigger source candidates for exit status propagation (" + first.Unit.Name + ", " +
				edge.To.Unit.Name + "), skipping."})
			return nil
		}
		first = edge.To
	}
	return monitor
}

// monitorOf is what a handler is told of the service that triggered it. systemd.exec(5), $MONITOR_SERVICE_RESULT.
func monitorOf(u *unit) []string {
	s := u.run.Status.Service
	if s == nil {
		return nil
	}
	env := []string{"MONITOR_SERVICE_RESULT=" + s.Result.String()}
	if s.Main.Code != 0 {
		code, status := kind.ExitWords(s.Main.Code, s.Main.Status)
		env = append(env, "MONITOR_EXIT_CODE="+code, "MONITOR_EXIT_STATUS="+status)
	}
	if u.run.Status.HasInvocation {
		env = append(env, "MONITOR_INVOCATION_ID="+hex.EncodeToString(u.run.Status.Invocation[:]))
	}
	return append(env, "MONITOR_UNIT="+u.name())
}

// recheck queues the units whose being up depends on this one.
func (e *Engine) recheck(u *unit, state model.ActiveState) {
	e.queue.check(u)
	if state.IsUp() {
		for edge := range u.node.Each(upholds) {
			e.queue.check(e.of(edge.To))
		}
	}
	if !state.IsDown() {
		return
	}
	for edge := range u.node.Each(needed | binds) {
		e.queue.check(e.of(edge.To))
	}
	e.queue.doubt(u)
	u.setMonitor(nil)
}

// The bound on what the engine starts and stops by itself for one unit.
const (
	autoInterval = 10 * span.Second
	autoBurst    = 16
)

// checkUnit starts a unit that others uphold, and stops one that nobody needs or that is bound to what is gone.
func (e *Engine) checkUnit(u *unit) {
	if u.node.Job != nil || e.units[u.node.Index] != u {
		return
	}
	switch {
	case u.run.CallOff():
	case u.node.Active.IsDown():
		u.run.Settle()
		if by, edge := e.upholder(u); by != nil {
			e.auto(u, edge, by, model.JobStart, "Unit is started because upheld by active unit "+by.name()+".")
		}
	case !u.node.Active.IsUp():
	default:
		if by, edge := e.goneBound(u); by != nil {
			e.auto(u, edge, by, model.JobStop, "Unit is stopped because bound to inactive unit "+by.name()+".")
		} else if e.isUnneeded(u) {
			e.auto(u, transaction.Edge{}, u, model.JobStop, "Unit is not needed anymore.")
		}
	}
}

// auto makes a job of the engine's own accord, but not too often.
func (e *Engine) auto(u *unit, edge transaction.Edge, by *unit, t model.JobType, why string) {
	cause, mode := port.Cause{Kind: port.CauseUnneeded, Unit: by.name()}, model.ModeFail
	if edge.To != nil {
		cause.Edge, cause.Origin = edge.Kind, edge.Origin(&u.node)
		cause.Kind = port.CauseBound
		mode = model.ModeReplace
		if t == model.JobStart {
			cause.Kind = port.CauseUphold
			mode = model.ModeFail
		}
	}
	if !u.own().autos.allow(e.now.Monotonic, autoInterval, autoBurst) {
		if u.run.Timers[port.TimerRetry] == 0 {
			u.Log(4, "", why+" This was tried too often recently, and is tried again later.")
			u.run.Arm(port.TimerRetry, u.seldom.autos.Begin.Add(autoInterval))
		}
		return
	}
	u.Log(6, "", why)
	if _, refusal := e.enqueue(request{unit: u, job: t, mode: mode, cause: cause}); refusal != nil {
		u.Log(4, "", "Failed to enqueue "+t.String()+" job, ignoring: "+refusal.Message)
	}
}

// upholder returns an active unit that upholds this one.
func (e *Engine) upholder(u *unit) (*unit, transaction.Edge) {
	for edge := range u.node.Each(upheld) {
		if edge.To.Job == nil && edge.To.Active.IsUp() && u.node.Unit.Load == model.LoadLoaded &&
			!u.run.Kind().Pending {
			return e.of(edge.To), edge
		}
	}
	return nil, transaction.Edge{}
}

// goneBound returns an inactive unit that this one can't be active without.
func (e *Engine) goneBound(u *unit) (*unit, transaction.Edge) {
	for edge := range u.node.Each(bindsTo) {
		if edge.To.Job == nil && edge.To.Active.IsDown() && !u.node.Unit.Perpetual {
			return e.of(edge.To), edge
		}
	}
	return nil, transaction.Edge{}
}

// isUnneeded reports a unit with StopWhenUnneeded= that no unit that is up, or has a job, pulls in.
func (e *Engine) isUnneeded(u *unit) bool {
	if !u.node.Unit.UnitSection.StopWhenUnneeded || u.node.Unit.Perpetual {
		return false
	}
	for edge := range u.node.Each(pinned) {
		if edge.To.Job != nil || !edge.To.Active.IsDown() {
			return false
		}
	}
	return true
}
