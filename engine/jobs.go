package engine

import (
	"fmt"
	"slices"

	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/engine/transaction"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/dependency"
	"github.com/steward-init/steward/syntax/span"
)

// request is what enqueue is asked for.
type request struct {
	unit    *unit
	job     model.JobType
	mode    model.JobMode
	cause   port.Cause
	monitor []string
}

// enqueue builds and installs a transaction. It returns the anchor job and all others.
func (e *Engine) enqueue(r request) ([]*transaction.Job, *port.Refusal) {
	if len(e.jobs) >= e.config.MaxJobs {
		return nil, &port.Refusal{Error: transaction.ErrLimits,
			Message: fmt.Sprintf("There are %d jobs already, which is the most there can be.", len(e.jobs))}
	}
	plan, refusal := e.plan(r)
	if plan != nil {
		for _, note := range plan.Notes {
			e.emit(port.Log{Unit: note.Unit, Level: note.Level, Message: note.Message})
		}
	}
	if refusal != nil {
		return nil, refusal
	}
	for _, j := range plan.Cancel {
		if e.isInstalled(j) {
			e.finish(j, model.JobCanceled, false)
		}
	}
	installed := make([]*transaction.Job, 0, len(plan.Jobs))
	for _, j := range plan.Jobs {
		installed = append(installed, e.install(j))
	}
	installed[0].Monitor = r.monitor
	for _, j := range installed {
		e.push(j)
	}
	return installed, nil
}

// plan builds a transaction without installing it.
func (e *Engine) plan(r request) (*transaction.Plan, *port.Refusal) {
	return e.graph.Build(transaction.Request{
		Anchor: &r.unit.node,
		Type:   r.job,
		Mode:   r.mode,
		Cause:  r.cause,
		Loaded: func(yield func(*transaction.Node) bool) {
			for _, u := range e.units {
				if u != nil && !yield(&u.node) {
					return
				}
			}
		},
		Installed: func(yield func(*transaction.Job) bool) {
			for _, u := range e.units {
				if u == nil {
					continue
				}
				if u.node.Job != nil && !yield(u.node.Job) || u.node.Nop != nil && !yield(u.node.Nop) {
					return
				}
			}
		},
	})
}

// install puts a job on its unit: as it is, merged into the one that is there, or in its place.
func (e *Engine) install(j *transaction.Job) *transaction.Job {
	u := e.of(j.Node)
	slot := &j.Node.Job
	if j.Type == model.JobNop {
		slot = &j.Node.Nop
	}
	if old := *slot; old != nil {
		merged, ok := transaction.Merge(old.Type, j.Type)
		switch {
		case !ok:
			e.finish(old, model.JobCanceled, false)
		case old.State == model.JobWaiting, j.Type != model.JobReload && transaction.IsSuperset(old.Type, j.Type):
			e.mergeInto(old, transaction.Collapse(merged, j.Node.Active), j)
			return old
		default: // what runs does less than what is asked for: run it again as that
			e.mergeInto(old, transaction.Collapse(merged, j.Node.Active), j)
			old.State = model.JobWaiting
			return old
		}
	}
	e.nextJob++
	j.ID = e.nextJob
	j.Begin = e.now
	*slot = j
	e.jobs[j.ID] = j
	e.most = max(e.most, len(e.jobs))
	e.counters.JobsInstalled++
	e.attach(j)
	e.news.jobsAdded = append(e.news.jobsAdded, j)
	e.news.manager = true
	u.run.Status.LastCause = j.Cause
	if j.Type != model.JobNop {
		u.run.Status.Job = j.ID
		if t := j.Node.Unit.UnitSection.JobTimeout; t != 0 && t != span.Infinity {
			u.run.Arm(port.TimerJob, e.now.Monotonic.Add(t))
		}
	}
	e.changed(u)
	return j
}

func (e *Engine) mergeInto(old *transaction.Job, t model.JobType, j *transaction.Job) {
	old.Irreversible = old.Irreversible || j.Irreversible
	old.IgnoreOrder = old.IgnoreOrder || j.IgnoreOrder
	if old.Type != t {
		e.retype(old, t)
	}
	e.news.jobsChanged = append(e.news.jobsChanged, old)
}

// attach counts who waits for whom because of a job that comes in; detach takes that back, and wakes who may go on.
func (e *Engine) attach(j *transaction.Job) {
	if j.Type == model.JobNop {
		return
	}
	for other, waits := range j.Ordered() {
		if waits {
			j.Blockers++
		} else {
			other.Blockers++
		}
	}
}

func (e *Engine) detach(j *transaction.Job) {
	if j.Type == model.JobNop {
		return
	}
	for other, waits := range j.Ordered() {
		if waits {
			continue
		}
		other.Blockers--
		if other.Blockers == 0 && other.State == model.JobWaiting {
			e.push(other)
		}
	}
	j.Blockers = 0
}

// retype changes what a job does, and with that who waits for whom.
func (e *Engine) retype(j *transaction.Job, t model.JobType) {
	e.detach(j)
	j.Type = t
	e.attach(j)
}

// finish ends a job. recursive passes a failure on to the jobs that need it.
func (e *Engine) finish(j *transaction.Job, result model.JobResult, recursive bool) {
	e.finishQuiet(j, result, recursive, false)
}

// finishQuiet is finish without a message if already is set: nothing had to be done.
func (e *Engine) finishQuiet(j *transaction.Job, result model.JobResult, recursive, already bool) {
	u := e.of(j.Node)
	t := j.Type
	if !already {
		e.logDone(u, j, result)
	}
	e.changed(u)
	e.queue.check(u)
	if result == model.JobDone && t == model.JobRestart {
		e.retype(j, model.JobStart)
		j.State = model.JobWaiting
		j.Checking = false
		e.news.jobsChanged = append(e.news.jobsChanged, j)
		e.push(j)
		return
	}
	e.uninstall(u, j, result)
	if t == model.JobStart && j.Node.Active.IsDown() {
		e.tellTriggers(u) // which wait for a state that does not come
	}
	if result != model.JobDone && recursive {
		switch t {
		case model.JobStart, model.JobVerifyActive:
			e.failDependents(u, dependency.PropagateStartFailure)
		case model.JobStop:
			e.failDependents(u, dependency.PropagateStopFailure)
		}
	}
	if (t == model.JobStart || t == model.JobReload) && result != model.JobUnsupported && !j.Node.Active.IsUp() &&
		recursive {
		e.failDependents(u, dependency.PropagateIdleStart)
	}
	if result == model.JobTimeout || result == model.JobDependency {
		e.emit(port.Log{Unit: u.name(), Level: 5, Message: fmt.Sprintf("%s: Job %s/%s failed with result '%s'.",
			u.name(), u.name(), t, result)})
		e.startHandlers(u, onFailureHandlers, u.node.Unit.UnitSection.OnFailureJobMode, port.CauseOnFailure)
	}
	e.queue.doubt(u)
	for edge := range j.Node.Each(needed | binds) {
		e.queue.check(e.of(edge.To))
	}
}

// uninstall takes a job off its unit.
func (e *Engine) uninstall(u *unit, j *transaction.Job, result model.JobResult) {
	delete(e.jobs, j.ID)
	if j.Node.Nop == j {
		j.Node.Nop = nil
	} else {
		e.detach(j)
		j.Node.Job = nil
		u.run.Status.Job = 0
		u.run.Disarm(port.TimerJob)
		u.run.Disarm(port.TimerJobRunning)
	}
	if result == model.JobFailed || result == model.JobInvalid {
		e.counters.JobsFailed++
	}
	e.news.manager = true
	e.news.jobsRemoved = append(e.news.jobsRemoved,
		port.JobRemoved{Job: j.ID, Unit: u.name(), Type: j.Type, Result: result})
}

// failDependents fails the start jobs of those that needed this one.
func (e *Engine) failDependents(u *unit, atom dependency.Atom) {
	for edge := range u.node.Each(dependency.With(atom)) {
		j := edge.To.Job
		if j != nil && (j.Type == model.JobStart || j.Type == model.JobVerifyActive) {
			e.finish(j, model.JobDependency, true)
		}
	}
}

// try runs a job, if it waits for no other.
func (e *Engine) try(j *transaction.Job) {
	if j.State != model.JobWaiting || j.Blockers > 0 && !j.IgnoreOrder {
		return
	}
	u := e.of(j.Node)
	j.State = model.JobRunning
	e.news.jobsChanged = append(e.news.jobsChanged, j)
	if t := j.Node.Unit.UnitSection.JobRunningTimeout; t != 0 && t != span.Infinity && j.Node.Job == j {
		u.run.Arm(port.TimerJobRunning, e.now.Monotonic.Add(t))
	}
	switch j.Type {
	case model.JobStart:
		e.tryStart(u, j)
	case model.JobVerifyActive:
		e.tryVerify(u, j)
	case model.JobStop, model.JobRestart:
		e.tryStop(u, j)
	case model.JobReload:
		e.tryReload(u, j)
	default:
		e.finishQuiet(j, model.JobDone, true, true)
	}
}

// again makes a job wait for a change of its unit.
func (e *Engine) again(u *unit, j *transaction.Job) {
	j.State = model.JobWaiting
	if j.Node.Job == j {
		u.run.Disarm(port.TimerJobRunning)
	}
}

func (e *Engine) tryVerify(u *unit, j *transaction.Job) {
	switch state := u.node.Active; {
	case state.IsUp():
		e.finishQuiet(j, model.JobDone, true, true)
	case state == model.Activating:
		e.again(u, j)
	default:
		e.finish(j, model.JobSkipped, true)
	}
}

func (e *Engine) tryStop(u *unit, j *transaction.Job) {
	ends, at := isComing(u.node.Active) && !u.run.IsResting(), len(e.out)
	switch u.run.Stop() {
	case kind.Already:
		if e.isInstalled(j) {
			e.finishQuiet(j, model.JobDone, true, true)
		}
	case kind.Begun:
		if ends && e.isInstalled(j) { // else it is done already: nothing had to be ended
			did := slices.Clone(e.out[at:])
			e.out = e.out[:at]
			e.logBegin(u, j, u.run.Kind().Stopping, idStopping)
			e.out = append(e.out, did...)
		}
	default:
		if u.run.Kind().Pending {
			u.Log(4, "", "Units of type "+u.node.Unit.Type.String()+" are not stopped by this version.")
			e.finish(j, model.JobUnsupported, false)
			return
		}
		e.finish(j, model.JobSkipped, true)
	}
}

func (e *Engine) tryReload(u *unit, j *transaction.Job) {
	if state := u.node.Active; !state.IsUp() {
		e.emit(port.Log{Unit: u.name(), Level: 4,
			Message: u.name() + ": Unit cannot be reloaded because it is inactive."})
		e.finish(j, model.JobInvalid, true)
		return
	}
	if u.run.CanReload() && u.node.Active == model.Active {
		e.logBegin(u, j, "Reloading %s...", idReloading)
	}
	switch u.run.Reload() {
	case kind.Begun:
	case kind.Again:
		e.again(u, j)
	default:
		e.finish(j, model.JobSkipped, true)
	}
}
