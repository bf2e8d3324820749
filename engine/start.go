package engine

import (
	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/engine/transaction"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/dependency"
)

// tryStart runs a start job up to the point where conditions have to be checked by the host, or through.
func (e *Engine) tryStart(u *unit, j *transaction.Job) {
	def := u.node.Unit
	switch {
	case u.node.Active.IsUp():
		e.finishQuiet(j, model.JobDone, true, true)
	case def.Load != model.LoadLoaded:
		e.finish(j, model.JobInvalid, true)
	case u.run.Kind().Once && u.run.Status.InactiveEnter.Monotonic != 0:
		e.finish(j, model.JobOnce, true)
	case u.node.Active == model.Deactivating || u.node.Active == model.Maintenance:
		e.again(u, j)
	case u.node.Active.IsDown() && len(def.Conditions)+len(def.Asserts) > 0:
		j.Checking = true
		e.emit(port.CheckConditions{Unit: def})
	default:
		if u.node.Active.IsDown() {
			e.noteConditions(u, nil, nil)
		}
		e.startChecked(u, j)
	}
}

// onConditions goes on with a start whose conditions the host has checked.
func (e *Engine) onConditions(ev port.ConditionsChecked) {
	u := e.find(ev.Unit)
	if u == nil || u.node.Job == nil || !u.node.Job.Checking {
		return // the job was cancelled meanwhile
	}
	j := u.node.Job
	j.Checking = false
	if j.Type != model.JobStart || j.State != model.JobRunning {
		return
	}
	if u.node.Active.IsUp() {
		e.finishQuiet(j, model.JobDone, true, true)
		return
	}
	e.noteConditions(u, ev.Conditions, ev.Asserts)
	st := &u.run.Status
	switch {
	case !st.ConditionResult:
		if !e.withinStartLimit(u) {
			e.finish(j, model.JobFailed, true)
			return
		}
		e.logSkipped(u, j)
		e.finishQuiet(j, model.JobDone, true, true)
	case !st.AssertResult:
		u.Log(5, "", "Starting requested but asserts failed.")
		e.finish(j, model.JobAssert, true)
	default:
		e.startChecked(u, j)
	}
}

func (e *Engine) noteConditions(u *unit, conditions, asserts []port.Verdict) {
	st, def := &u.run.Status, u.node.Unit
	st.CheckTime, st.Verdicts = e.now, nil
	if len(conditions)+len(asserts) > 0 {
		st.Verdicts = &port.Verdicts{Conditions: conditions, Asserts: asserts}
	}
	st.ConditionResult = hold(def.Conditions, conditions)
	st.AssertResult = hold(def.Asserts, asserts)
	e.changed(u)
}

// hold applies the logic of condition lists: all that are not triggering hold, and one of the triggering ones if there
// are any. systemd.unit(5), Conditions and Asserts.
func hold(list []model.Condition, verdicts []port.Verdict) bool {
	anyTrigger, triggered := false, false
	for i, c := range list {
		ok := i < len(verdicts) && verdicts[i].True
		switch {
		case c.Trigger:
			anyTrigger = true
			triggered = triggered || ok
		case !ok:
			return false
		}
	}
	return !anyTrigger || triggered
}

// startChecked starts a unit whose conditions hold.
func (e *Engine) startChecked(u *unit, j *transaction.Job) {
	if u.run.Kind().Pending {
		u.Log(4, "", "Units of type "+u.node.Unit.Type.String()+" are not started by this version.")
		e.finish(j, model.JobUnsupported, true)
		return
	}
	if missing := e.missingBound(u); missing != nil {
		e.emit(port.Log{Unit: u.name(), Level: 5,
			Message: u.name() + ": Bound to unit " + missing.name() + ", but unit isn't active."})
		e.finish(j, model.JobDependency, true)
		return
	}
	if u.node.Active.IsDown() {
		if !e.withinStartLimit(u) {
			u.run.HitStartLimit()
			if e.isInstalled(j) {
				e.finish(j, model.JobFailed, true)
			}
			return
		}
		u.run.Status.Invocation, u.run.Status.HasInvocation = e.invocation(), true
		u.setMonitor(j.Monitor)
		if !u.run.IsInstant() {
			e.logBegin(u, j, u.run.Kind().Starting, idStarting)
		}
	}
	switch u.run.Start() {
	case kind.Already:
		if e.isInstalled(j) {
			e.finishQuiet(j, model.JobDone, true, true)
		}
	case kind.Again:
		e.again(u, j)
	case kind.Begun:
	case kind.Hindered:
		e.finish(j, model.JobFailed, true)
	default:
		if e.isInstalled(j) {
			e.finish(j, model.JobSkipped, true)
		}
	}
}

// missingBound returns a unit that this one can't be active without and is ordered after, but which is not active: a
// reload or a failed condition can have changed that since the transaction.
func (e *Engine) missingBound(u *unit) *unit {
	for edge := range u.node.Each(bindsTo) {
		if !edge.To.Active.IsUp() && u.isAfter(edge.To) {
			return e.of(edge.To)
		}
	}
	return nil
}

// isAfter reports an ordering of the unit after another one.
func (u *unit) isAfter(other *transaction.Node) bool {
	for edge := range u.node.Each(orderedAfter) {
		if edge.To == other {
			return true
		}
	}
	return false
}

// withinStartLimit counts a start. systemd.unit(5), StartLimitIntervalSec=.
func (e *Engine) withinStartLimit(u *unit) bool {
	s := u.node.Unit.UnitSection
	if u.starts.allow(e.now.Monotonic, s.StartLimitInterval, s.StartLimitBurst) {
		return true
	}
	e.emit(port.Log{Unit: u.name(), Level: 4, Message: u.name() + ": Start request repeated too quickly."})
	e.act(u, s.StartLimitAction, "unit "+u.name()+" failed", -1)
	return false
}

// act asks for an emergency action.
func (e *Engine) act(u *unit, action model.EmergencyAction, reason string, status int32) {
	if action != model.ActionNone {
		e.emit(port.Act{Action: action, Reason: reason, Argument: u.node.Unit.UnitSection.RebootArgument,
			ExitStatus: status})
	}
}

// The sets of dependency kinds that the engine asks for.
var (
	needed            = dependency.With(dependency.KeepsNeeded)
	pinned            = dependency.With(dependency.Pinned)
	bindsTo           = dependency.With(dependency.CannotBeActiveWithout)
	binds             = dependency.With(dependency.Binds)
	upholds           = dependency.With(dependency.StartSteadily)
	upheld            = dependency.With(dependency.Upheld)
	orderedAfter      = dependency.With(dependency.OrderAfter)
	retroStartReplace = dependency.With(dependency.RetroStartReplace)
	retroStartFail    = dependency.With(dependency.RetroStartFail)
	retroStopOnStart  = dependency.With(dependency.RetroStopOnStart)
	retroStopOnStop   = dependency.With(dependency.RetroStopOnStop)
	propagateReload   = dependency.With(dependency.PropagateReload)
	onFailureHandlers = dependency.With(dependency.OnFailureStart)
	triggers          = dependency.With(dependency.Trigger)
	triggered         = dependency.With(dependency.Triggered)
	onSuccessHandlers = dependency.With(dependency.OnSuccessStart)

	handledUnits = dependency.Set(1<<model.OnFailureOf | 1<<model.OnSuccessOf)
)
