package transaction

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/dependency"
)

// Request asks for a job and all that it takes.
type Request struct {
	Anchor *Node
	Type   model.JobType
	Mode   model.JobMode
	Cause  port.Cause
	// Loaded are all units there are, which isolate looks at, and Installed all jobs, which isolate and flush look at.
	Loaded    func(yield func(*Node) bool)
	Installed func(yield func(*Job) bool)
}

// Plan is a consistent set of jobs, at most one for each unit.
type Plan struct {
	// Jobs to install, the anchor first.
	Jobs []*Job
	// Cancel are installed jobs that isolate or flush does away with.
	Cancel []*Job
	// Notes tell what was left out or changed.
	Notes []Note
}

// Note is something a transaction did that a person may want to know.
type Note struct {
	Unit    string
	Level   uint8 // syslog
	Message string
}

// want says how a job is pulled in.
type want struct {
	matters            bool // the failure of the job is one of the job that pulls it in
	conflict           bool
	ignoreRequirements bool
	ignoreOrder        bool
	edge               Edge
}

// link says that subject pulled object in. Links are numbered from 1.
type link struct {
	subject, object *Job // both nil once removed
	matters         bool
	nextOut, nextIn int32
}

type builder struct {
	Request
	graph  *Graph
	anchor *Job
	jobs   []*Job // in the order in which they were pulled in, dropped ones included
	links  []link
	notes  []Note
}

// Graph is what the plans over one set of nodes share. The zero value is ready.
type Graph struct{ walks uint32 }

// Build makes a plan. It changes nothing but scratch marks in the nodes. A refusal may come with a plan of nothing but
// notes.
func (g *Graph) Build(r Request) (*Plan, *port.Refusal) {
	b := &builder{Request: r, graph: g}
	defer b.forget()
	b.Type = Collapse(r.Type, r.Anchor.Active)
	if refusal := b.collect(); refusal != nil {
		return nil, refusal
	}
	if refusal := b.reduce(); refusal != nil {
		return &Plan{Notes: b.notes}, refusal
	}
	if refusal := b.checkDestructive(); refusal != nil {
		return nil, refusal
	}
	plan := &Plan{Notes: b.notes, Cancel: b.cancelled(), Jobs: make([]*Job, 0, len(b.jobs))}
	plan.Jobs = append(plan.Jobs, b.anchor)
	for _, j := range b.jobs {
		if !j.dropped && j != b.anchor {
			plan.Jobs = append(plan.Jobs, j)
		}
		j.next, j.out, j.in = nil, 0, 0
		j.Irreversible = b.Mode == model.ModeReplaceIrreversibly
	}
	return plan, nil
}

// forget takes the plan's marks off the graph.
func (b *builder) forget() {
	for _, j := range b.jobs {
		j.Node.planned = nil
	}
}

// collect pulls in everything that the anchor takes.
func (b *builder) collect() *port.Refusal {
	switch {
	case b.Mode == model.ModeIsolate && b.Type != model.JobStart:
		return refuse(ErrInvalidArgs, "Isolate is only valid for start.")
	case b.Mode == model.ModeIsolate && !b.Anchor.Unit.UnitSection.AllowIsolate:
		return refuse(ErrNoIsolation, "Operation refused, unit may not be isolated.")
	case b.Mode == model.ModeTriggering && b.Type != model.JobStop:
		return refuse(ErrInvalidArgs, "--job-mode=triggering is only valid for stop.")
	}
	var refusal *port.Refusal
	b.anchor, refusal = b.add(b.Anchor, b.Type, nil, want{
		matters:            true,
		ignoreRequirements: b.Mode == model.ModeIgnoreDependencies || b.Mode == model.ModeIgnoreRequirements,
		ignoreOrder:        b.Mode == model.ModeIgnoreDependencies,
	})
	if refusal != nil {
		return refusal
	}
	switch b.Mode {
	case model.ModeIsolate:
		b.isolate()
	case model.ModeTriggering:
		for e := range b.Anchor.Each(triggeredBy) {
			b.try(e, model.JobStop, b.anchor, want{matters: true})
		}
	}
	return nil
}

// isolate stops every unit that nothing of the plan is about.
func (b *builder) isolate() {
	b.Loaded(func(n *Node) bool {
		idle := n.Active.IsDown() && n.Job == nil
		if idle || n.Unit.UnitSection.IgnoreOnIsolate || n.planned != nil || n.Unit.Perpetual {
			return true
		}
		j, refusal := b.add(n, model.JobStop, b.anchor, want{matters: true})
		if refusal != nil {
			b.note(n, 4, "Cannot add isolate job for unit "+n.Unit.Name+", ignoring: "+refusal.Message)
			return true
		}
		j.Cause.Kind = port.CauseIsolate
		return true
	})
}

func (b *builder) note(n *Node, level uint8, message string) {
	b.notes = append(b.notes, Note{Unit: n.Unit.Name, Level: level, Message: message})
}

// add puts a job for a unit into the plan, and whatever that takes. An equal job that is there already gets one more
// link.
func (b *builder) add(n *Node, t model.JobType, by *Job, w want) (*Job, *port.Refusal) {
	if t != model.JobStop {
		if refusal := LoadProblem(n.Unit); refusal != nil {
			return nil, refusal
		}
	} else if n.Unit.Load == model.LoadStub {
		return nil, refuse(ErrLoadFailed, "Unit %s is not loaded properly.", n.Unit.Name)
	}
	if !isApplicable(t, n) {
		return nil, notApplicable(t, n.Unit)
	}
	j, isNew := b.job(n, t)
	j.IgnoreOrder = j.IgnoreOrder || w.ignoreOrder
	j.conflict = j.conflict || w.conflict
	if isNew {
		j.Cause = b.cause(by, w.edge)
	}
	b.link(by, j, w.matters)
	if !isNew || w.ignoreRequirements || t == model.JobNop {
		return j, nil
	}
	// A job stays in the plan even if one of those it needs can't be added: who pulled it in decides what that means, and
	// where it is only wished for, it is tried (as the oracle does).
	return j, b.pull(j, w)
}

// job finds or makes a job in the plan.
func (b *builder) job(n *Node, t model.JobType) (j *Job, isNew bool) {
	last := &n.planned
	for ; *last != nil; last = &(*last).next {
		if (*last).Type == t {
			return *last, false
		}
	}
	j = &Job{Node: n, Type: t}
	*last = j
	b.jobs = append(b.jobs, j)
	return j, true
}

// cause says why a job came in: the request's own cause for the anchor, the edge for the others.
func (b *builder) cause(by *Job, e Edge) port.Cause {
	if by == nil {
		return b.Cause
	}
	cause := port.Cause{Kind: port.CauseDependency, Unit: by.Node.Unit.Name, Edge: e.Kind, Client: b.Cause.Client}
	if e.To != nil {
		cause.Origin = e.Origin(by.Node)
	}
	if by.Type == model.JobStop || by.Type == model.JobReload {
		cause.Kind = port.CausePropagation
	}
	return cause
}

func (b *builder) link(by, j *Job, matters bool) {
	if by == nil {
		return
	}
	b.links = append(b.links, link{subject: by, object: j, matters: matters, nextOut: by.out, nextIn: j.in})
	by.out, j.in = int32(len(b.links)), int32(len(b.links))
	j.wanted++
}

// pull adds what a new job takes.
func (b *builder) pull(j *Job, w want) *port.Refusal {
	if j.Type == model.JobStart || j.Type == model.JobRestart {
		if refusal := b.pullForStart(j, w); refusal != nil {
			return refusal
		}
	}
	switch j.Type {
	case model.JobStop:
		return b.propagate(j, propagateStop, model.JobStop)
	case model.JobRestart:
		// Who depends on the unit is restarted if it runs, not started.
		return b.propagate(j, propagateRestart, model.JobTryRestart)
	case model.JobReload:
		for e := range j.Node.Each(propagateReload) {
			if t := Collapse(model.JobTryReload, e.To.Active); t != model.JobNop {
				b.try(e, t, j, want{})
			}
		}
	}
	return nil
}

func (b *builder) pullForStart(j *Job, w want) *port.Refusal {
	n := j.Node
	for e := range n.Each(pullStart) {
		if refusal := b.need(e, model.JobStart, j, want{matters: true, ignoreOrder: w.ignoreOrder}); refusal != nil {
			return refusal
		}
	}
	for e := range n.Each(pullStartIgnored) {
		b.try(e, model.JobStart, j, want{ignoreOrder: w.ignoreOrder})
	}
	for e := range n.Each(pullVerify) {
		if refusal := b.need(e, model.JobVerifyActive, j, want{matters: true}); refusal != nil {
			return refusal
		}
	}
	for e := range n.Each(pullStop) {
		if refusal := b.need(e, model.JobStop, j, want{matters: true, conflict: true}); refusal != nil {
			return refusal
		}
	}
	for e := range n.Each(pullStopIgnored) {
		b.try(e, model.JobStop, j, want{})
	}
	return nil
}

// propagate takes those with the unit that can't do without it.
func (b *builder) propagate(j *Job, kinds dependency.Set, t model.JobType) *port.Refusal {
	for e := range j.Node.Each(kinds) {
		to := Collapse(t, e.To.Active)
		if to == model.JobNop || to == model.JobStop && e.To.Active.IsDown() && e.To.Job == nil && e.To.planned == nil {
			continue // it would be found redundant
		}
		if refusal := b.need(e, to, j, want{matters: true}); refusal != nil {
			return refusal
		}
	}
	return nil
}

// need adds a job that the plan can't do without, unless its type makes no sense for the unit.
func (b *builder) need(e Edge, t model.JobType, by *Job, w want) *port.Refusal {
	w.edge = e
	if _, refusal := b.add(e.To, t, by, w); refusal != nil && refusal.Error != ErrNotApplicable {
		return refusal
	}
	return nil
}

// try adds a job that the plan can do without.
func (b *builder) try(e Edge, t model.JobType, by *Job, w want) {
	w.edge = e
	_, refusal := b.add(e.To, t, by, w)
	if refusal == nil || refusal.Error == ErrNotApplicable || e.To.Unit.Load == model.LoadMasked ||
		e.To.Unit.Load == model.LoadNotFound {
		return // the oracle logs these at debug
	}
	b.note(by.Node, 4, "Cannot add dependency job, ignoring: "+refusal.Message)
}

// checkDestructive refuses a plan that would replace jobs it may not replace.
func (b *builder) checkDestructive() *port.Refusal {
	for _, j := range b.jobs {
		installed := j.Node.Job
		if j.dropped || installed == nil || j.Type == model.JobNop {
			continue
		}
		if b.Mode != model.ModeFail && !installed.Irreversible {
			continue
		}
		if _, ok := Merge(installed.Type, j.Type); !ok {
			return refuse(ErrDestructive,
				"Transaction for %s/%s is destructive (%s has '%s' job queued, but '%s' is included in transaction).",
				b.Anchor.Unit.Name, b.anchor.Type, j.Node.Unit.Name, installed.Type, j.Type)
		}
	}
	return nil
}

// cancelled returns the installed jobs that the mode does away with.
func (b *builder) cancelled() []*Job {
	if b.Mode != model.ModeIsolate && b.Mode != model.ModeFlush {
		return nil
	}
	var cancel []*Job
	b.Installed(func(j *Job) bool {
		keep := b.Mode == model.ModeIsolate && j.Node.Unit.UnitSection.IgnoreOnIsolate
		if !keep && j.Node.planned == nil {
			cancel = append(cancel, j)
		}
		return true
	})
	return cancel
}
