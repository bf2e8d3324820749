package engine

import (
	"slices"
	"strconv"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/engine/transaction"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/dependency"
)

type dependencySet = dependency.Set

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// Units returns every loaded unit's status, in an order that stays the same while units are.
func (e *Engine) Units() []*port.UnitStatus {
	out := make([]*port.UnitStatus, 0, len(e.units))
	for _, u := range e.units {
		if u != nil {
			out = append(out, &u.run.Status)
		}
	}
	return out
}

// Unit returns the status of a unit by its name or an alias, nil if it is not loaded.
func (e *Engine) Unit(name string) *port.UnitStatus {
	if u := e.find(name); u != nil {
		return &u.run.Status
	}
	return nil
}

// CanReload reports that a reload of the unit would be accepted; CanIsolate and the rest follow from the definition.
func (e *Engine) CanReload(name string) bool {
	u := e.find(name)
	return u != nil && u.run.CanReload()
}

// Jobs returns the installed jobs, by number.
func (e *Engine) Jobs() []port.JobStatus {
	ids := make([]uint32, 0, len(e.jobs))
	for id := range e.jobs {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	out := make([]port.JobStatus, 0, len(ids))
	for _, id := range ids {
		out = append(out, status(e.jobs[id]))
	}
	return out
}

// Job returns an installed job, false if there is none of that number.
func (e *Engine) Job(id uint32) (port.JobStatus, bool) {
	j := e.jobs[id]
	if j == nil {
		return port.JobStatus{}, false
	}
	return status(j), true
}

func status(j *transaction.Job) port.JobStatus {
	return port.JobStatus{ID: j.ID, Unit: j.Node.Unit.Name, Type: j.Type, State: j.State, Cause: j.Cause,
		Irreversible: j.Irreversible, Begin: j.Begin}
}

// Awaits returns the numbers of the jobs that a job waits for, which come before it: GetBefore() of
// org.freedesktop.systemd1(5). Awaited returns those that wait for it: GetAfter().
func (e *Engine) Awaits(id uint32) []uint32 { return e.ordered(id, true) }

// Awaited is described at Awaits.
func (e *Engine) Awaited(id uint32) []uint32 { return e.ordered(id, false) }

func (e *Engine) ordered(id uint32, waits bool) []uint32 {
	j := e.jobs[id]
	if j == nil || j.Type == model.JobNop {
		return nil
	}
	var out []uint32
	for other, w := range j.Ordered() {
		if w == waits && !slices.Contains(out, other.ID) {
			out = append(out, other.ID)
		}
	}
	return out
}

// Dependencies returns the units that a unit has a kind of dependency on, forward or inverse, sorted: Requires, After,
// WantedBy, … as D-Bus shows them.
func (e *Engine) Dependencies(unit string, kind model.Dependency) []string {
	u := e.find(unit)
	if u == nil {
		return nil
	}
	var out []string
	for edge := range u.node.Each(1 << kind) {
		out = append(out, edge.To.Unit.Name)
	}
	slices.Sort(out)
	return out
}

// Planned is what a request would lead to.
type Planned struct {
	Jobs  []PlannedJob     // those to be installed, the anchor first
	Gone  []port.JobStatus // installed ones that isolate or flush would do away with
	Notes []string         // what would be left out or changed, and why
}

// PlannedJob is a job that has no number yet.
type PlannedJob struct {
	port.JobStatus
	From  model.ActiveState // the unit's state now
	After []string          // the units of this plan whose jobs it would wait for, sorted
	// Idle jobs find nothing to do.
	Idle bool
}

// Plan answers what a request would do, without doing it. It is refused for the reasons that the request itself would
// be; ev.Loaded is not looked at: load units before.
func (e *Engine) Plan(ev port.JobRequested) (Planned, *port.Refusal) {
	var out Planned
	r, refusal := e.admit(ev)
	if refusal != nil {
		return out, refusal
	}
	plan, refusal := e.plan(r)
	if plan == nil {
		return out, refusal
	}
	for _, n := range plan.Notes {
		out.Notes = append(out.Notes, n.Message)
	}
	if refusal != nil {
		return out, refusal
	}
	jobs := map[*transaction.Node]*transaction.Job{}
	for _, j := range plan.Jobs {
		jobs[j.Node] = j
	}
	for _, j := range plan.Jobs {
		p := PlannedJob{JobStatus: status(j), From: j.Node.Active, Idle: transaction.IsRedundant(j.Type, j.Node.Active)}
		for other := range j.Awaits(jobs) {
			p.After = append(p.After, other.Node.Unit.Name)
		}
		slices.Sort(p.After)
		out.Jobs = append(out.Jobs, p)
	}
	for _, j := range plan.Cancel {
		out.Gone = append(out.Gone, status(j))
	}
	return out, nil
}

// Environment returns the manager's environment block, NAME=value.
func (e *Engine) Environment() []string { return e.environment }

// Totals are the numbers that the manager's D-Bus object shows.
type Totals struct {
	Units, Jobs, FailedUnits int
	InstalledJobs            uint32 // ever
	FailedJobs               uint32 // ever
}

// Totals returns the present numbers.
func (e *Engine) Totals() Totals {
	return Totals{Units: len(e.units) - len(e.free), Jobs: len(e.jobs), FailedUnits: e.failed,
		InstalledJobs: uint32(e.counters.JobsInstalled), FailedJobs: uint32(e.counters.JobsFailed)}
}

// Counters returns what was counted since the engine was made.
func (e *Engine) Counters() Counters { return e.counters }

// SystemState says how the system does in one word, as systemctl(1) is-system-running prints it.
func (e *Engine) SystemState() string {
	isActive := func(name string) bool {
		u := e.find(name)
		return u != nil && u.node.Active.IsUp()
	}
	if u := e.find("shutdown.target"); u != nil && u.node.Job != nil && u.node.Job.Type == model.JobStart {
		return "stopping"
	}
	switch {
	case !e.booted && !isActive("basic.target"):
		return "initializing"
	case !e.booted:
		return "starting"
	case isActive("rescue.target"), isActive("emergency.target"):
		return "maintenance"
	case e.failed > 0:
		return "degraded"
	}
	return "running"
}
