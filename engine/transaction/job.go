package transaction

import (
	"iter"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// Job is a job, planned or installed.
type Job struct {
	ID    uint32 // 0 until it is installed
	Node  *Node
	Type  model.JobType
	State model.JobState
	Begin port.Time
	Cause port.Cause
	// Irreversible jobs are not replaced by others.
	Irreversible bool
	// IgnoreOrder: the job waits for no other.
	IgnoreOrder bool
	// Blockers is the number of installed jobs that this one waits for. Queued and Checking are the engine's marks.
	Blockers int32
	Queued   bool
	Checking bool
	// Monitor is the environment for the handler that an OnFailure= or OnSuccess= starts.
	Monitor []string

	next     *Job  // another planned job of the unit
	out, in  int32 // the first links as subject and as object, 1-based in the builder's list
	wanted   int32 // live links as object
	matters  bool  // its failure is the anchor's
	conflict bool  // it stops a unit that another one conflicts with
	dropped  bool
}

// merged is the table of job types that meet on one unit, for a ≤ b. What is not in it can't be merged.
var merged = [...]struct{ a, b, to model.JobType }{
	{model.JobStart, model.JobVerifyActive, model.JobStart},
	{model.JobStart, model.JobReload, model.JobReloadOrStart},
	{model.JobStart, model.JobRestart, model.JobRestart},
	{model.JobVerifyActive, model.JobReload, model.JobReload},
	{model.JobVerifyActive, model.JobRestart, model.JobRestart},
	{model.JobReload, model.JobRestart, model.JobRestart},
}

// Merge returns the type of one job that does what two do, false if they contradict each other.
func Merge(a, b model.JobType) (model.JobType, bool) {
	if a == b {
		return a, true
	}
	for _, m := range merged {
		if m.a == a && m.b == b || m.a == b && m.b == a {
			return m.to, true
		}
	}
	return 0, false
}

// IsSuperset reports that a job of type a does what one of type b does.
func IsSuperset(a, b model.JobType) bool {
	t, ok := Merge(a, b)
	return ok && t == a
}

// Collapse resolves a conditional job type by the unit's present state. A unit that is only coming up can be restarted,
// but has nothing to reload yet.
func Collapse(t model.JobType, state model.ActiveState) model.JobType {
	switch t {
	case model.JobTryRestart:
		if state.IsDown() || state == model.Deactivating || state == model.Maintenance {
			return model.JobNop
		}
		return model.JobRestart
	case model.JobTryReload:
		if !state.IsUp() {
			return model.JobNop
		}
		return model.JobReload
	case model.JobReloadOrStart:
		if !state.IsUp() {
			return model.JobStart
		}
		return model.JobReload
	}
	return t
}

// IsRedundant reports that a job has nothing to do for a unit in that state.
func IsRedundant(t model.JobType, state model.ActiveState) bool {
	switch t {
	case model.JobStart, model.JobVerifyActive:
		return state.IsUp()
	case model.JobStop:
		return state.IsDown()
	case model.JobReload:
		return state == model.Reloading
	case model.JobNop:
		return true
	}
	return false
}

// isApplicable reports that a job of this type can be asked of the unit. Starts always can: what can't be started by
// the manager may start by itself, and then fulfil the job.
func isApplicable(t model.JobType, n *Node) bool {
	switch t {
	case model.JobStop:
		return !n.Unit.Perpetual
	case model.JobRestart, model.JobTryRestart:
		return !n.Unit.Perpetual && n.Can&CanStop != 0 && n.Can&CanStart != 0
	case model.JobReload, model.JobTryReload:
		return n.Can&CanReload != 0
	case model.JobReloadOrStart:
		return n.Can&CanReload != 0 && n.Can&CanStart != 0
	}
	return true
}

// stopsFirst reports job types that begin by bringing the unit down.
func stopsFirst(t model.JobType) bool { return t == model.JobStop || t == model.JobRestart }

// waits reports whether a job on the node that holds edge e waits for the job other on e.To, or other for it. A stop
// comes before a start, whichever way the units are ordered; two starts follow the order, two stops its reverse.
// systemd.unit(5), Before=, After=.
func waits(j *Job, e Edge, other *Job) (waits, awaited bool) {
	if j.Type == model.JobNop || other.Type == model.JobNop {
		return false, false
	}
	if e.Kind == model.After {
		awaited = stopsFirst(j.Type)
		return !awaited, awaited
	}
	waits = stopsFirst(other.Type)
	return waits, !waits
}

// Ordered iterates over the installed jobs that are ordered with an installed job: those it waits for (true), and those
// that wait for it (false).
func (j *Job) Ordered() iter.Seq2[*Job, bool] {
	return func(yield func(*Job, bool) bool) {
		for e := range j.Node.Each(ordered) {
			other := e.To.Job
			if other == nil || other == j {
				continue
			}
			if w, a := waits(j, e, other); (w || a) && !yield(other, w) {
				return
			}
		}
	}
}

// Awaits iterates over those of some planned jobs that a job would wait for.
func (j *Job) Awaits(planned map[*Node]*Job) iter.Seq[*Job] {
	return func(yield func(*Job) bool) {
		for e := range j.Node.Each(ordered) {
			other := planned[e.To]
			if other == nil || other == j {
				continue
			}
			if w, _ := waits(j, e, other); w && !yield(other) {
				return
			}
		}
	}
}
