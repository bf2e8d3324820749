package engine

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/engine/transaction"
	"github.com/steward-init/steward/model"
)

// snapshotVersion changes when an older engine's snapshot means something else.
const snapshotVersion = 2

// snapshot is an engine's state between two steps, without the definitions of units.
type snapshot struct {
	Version             int
	Now                 port.Time
	NextJob             uint32
	Tokens, Invocations uint64
	Booted              bool
	Counters            Counters
	Environment         []string
	Units               []savedUnit // those that something happened to
	Pristine            []savedPlace
	Places              int
	Free                []int32
	Fresh, Idle         []string
	Buses               map[string][]string
}

// savedPlace is where a unit stands in the list, whose order decides about the order of jobs.
type savedPlace struct {
	Name  string
	Index int32
}

type savedUnit struct {
	savedPlace
	Run                     kind.Saved
	Job, Nop                *savedJob `json:",omitempty"`
	Monitor, Clients        []string  `json:",omitempty"`
	Starts, Autos, Handlers limiter
}

type savedJob struct {
	ID                        uint32
	Type                      model.JobType
	State                     model.JobState
	Begin                     port.Time
	Cause                     port.Cause
	Irreversible, IgnoreOrder bool
	Checking                  bool
	Monitor                   []string `json:",omitempty"`
}

func saveJob(j *transaction.Job) *savedJob {
	if j == nil {
		return nil
	}
	return &savedJob{ID: j.ID, Type: j.Type, State: j.State, Begin: j.Begin, Cause: j.Cause, Irreversible: j.Irreversible,
		IgnoreOrder: j.IgnoreOrder, Checking: j.Checking, Monitor: j.Monitor}
}

func (s *savedJob) job(n *transaction.Node) *transaction.Job {
	return &transaction.Job{Node: n, ID: s.ID, Type: s.Type, State: s.State, Begin: s.Begin, Cause: s.Cause,
		Irreversible: s.Irreversible, IgnoreOrder: s.IgnoreOrder, Checking: s.Checking, Monitor: s.Monitor}
}

// Snapshot writes the whole state down, between two steps. The definitions of units are not in it: they are in files.
func (e *Engine) Snapshot() ([]byte, error) {
	s := snapshot{Version: snapshotVersion, Now: e.now, NextJob: e.nextJob, Tokens: e.tokens, Invocations: e.invocations,
		Booted: e.booted, Counters: e.counters, Environment: e.environment, Places: len(e.units), Free: e.free,
		Fresh: unitNames(e.queue.fresh), Idle: unitNames(e.queue.idle), Buses: map[string][]string{}}
	for name, units := range e.buses {
		s.Buses[name] = unitNames(units)
	}
	for _, u := range e.units {
		if u == nil {
			continue
		}
		place := savedPlace{Name: u.name(), Index: u.node.Index}
		rest := u.seldom
		counted := u.starts != limiter{} || rest.autos != limiter{} || rest.handlers != limiter{}
		if u.run.IsPristine() && u.node.Job == nil && u.node.Nop == nil && len(rest.clients) == 0 && !counted {
			s.Pristine = append(s.Pristine, place)
			continue
		}
		run, err := u.run.Save()
		if err != nil {
			return nil, fmt.Errorf("snapshot of %s: %w", u.name(), err)
		}
		s.Units = append(s.Units, savedUnit{savedPlace: place, Run: run, Job: saveJob(u.node.Job),
			Nop: saveJob(u.node.Nop), Monitor: rest.monitor, Clients: rest.clients, Starts: u.starts, Autos: rest.autos,
			Handlers: rest.handlers})
	}
	return json.Marshal(s)
}

func unitNames(units []*unit) []string {
	var out []string
	for _, u := range units {
		out = append(out, u.name())
	}
	return out
}

// Restore makes an engine that goes on from a snapshot. units are the definitions of all units it knew, and of those
// that these refer to, as after a reload. The effects tell a host that just began what to watch for; one that never
// stopped may get them too.
func Restore(config Config, data []byte, units []*model.Unit) (*Engine, []port.Effect, error) {
	var s snapshot
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, nil, fmt.Errorf("snapshot: %w", err)
	}
	if s.Version != snapshotVersion {
		return nil, nil, fmt.Errorf("snapshot: version %d, not %d", s.Version, snapshotVersion)
	}
	e := New(config)
	e.now, e.nextJob, e.tokens, e.invocations = s.Now, s.NextJob, s.Tokens, s.Invocations
	e.booted, e.environment = s.Booted, s.Environment
	defs := map[string]*model.Unit{}
	for _, def := range units {
		defs[def.Name] = def
	}
	if err := e.restoreUnits(&s, defs); err != nil {
		return nil, nil, err
	}
	for _, def := range units {
		if e.names[def.Name] == nil {
			e.add(def) // new since the snapshot was made
		}
	}
	e.reconnect()
	e.counters = s.Counters
	e.resume(&s)
	return e, e.out, nil
}

// restoreUnits puts every unit back in its place.
func (e *Engine) restoreUnits(s *snapshot, defs map[string]*model.Unit) error {
	e.units = make([]*unit, s.Places)
	place := func(p savedPlace) (*unit, error) {
		if p.Index < 0 || int(p.Index) >= s.Places || e.units[p.Index] != nil || e.names[p.Name] != nil {
			return nil, fmt.Errorf("snapshot: unit %s has place %d, which is taken or none", p.Name, p.Index)
		}
		def := defs[p.Name]
		if def == nil {
			def = missing(p.Name)
		}
		e.free = append(e.free[:0], p.Index)
		return e.add(def), nil
	}
	for _, p := range s.Pristine {
		if _, err := place(p); err != nil {
			return err
		}
	}
	for i := range s.Units {
		saved := &s.Units[i]
		u, err := place(saved.savedPlace)
		if err != nil {
			return err
		}
		if err := u.run.Load(saved.Run); err != nil {
			return fmt.Errorf("snapshot of %s: %w", u.name(), err)
		}
		u.node.Unit = u.run.Status.Unit
		u.starts = saved.Starts
		if len(saved.Monitor)+len(saved.Clients) > 0 || saved.Autos != (limiter{}) || saved.Handlers != (limiter{}) {
			u.seldom = &seldom{saved.Monitor, saved.Clients, saved.Autos, saved.Handlers}
		}
		e.register(u)
		e.restoreJobs(u, saved)
		if u.node.Active == model.Failed {
			e.failed++
		}
	}
	for i, u := range e.units {
		if u == nil && !slices.Contains(s.Free, int32(i)) {
			return fmt.Errorf("snapshot: nobody has place %d", i)
		}
	}
	e.free = append(e.free[:0], s.Free...)
	return nil
}

func (e *Engine) restoreJobs(u *unit, saved *savedUnit) {
	if saved.Job != nil {
		u.node.Job = saved.Job.job(&u.node)
		e.jobs[u.node.Job.ID] = u.node.Job
	}
	if saved.Nop != nil {
		u.node.Nop = saved.Nop.job(&u.node)
		e.jobs[u.node.Nop.ID] = u.node.Nop
	}
}

// resume takes up what was going on, and forgets what making the units has queued.
func (e *Engine) resume(s *snapshot) {
	for _, u := range e.units {
		if u != nil {
			u.marks = 0
		}
	}
	e.queue, e.news, e.out = queue{}, news{}, nil
	for _, u := range e.units {
		if u == nil {
			continue
		}
		if j := u.node.Job; j != nil {
			j.Queued = false
			if j.Checking {
				e.emit(port.CheckConditions{Unit: u.node.Unit})
			}
		}
		u.run.Resume()
	}
	e.buses = map[string][]*unit{}
	for name, units := range s.Buses {
		e.buses[name] = e.byNames(units)
	}
	e.queue.fresh = e.byNames(s.Fresh)
	e.queue.idle = e.byNames(s.Idle)
	for _, u := range e.queue.idle {
		u.marks |= markIdle
	}
	for _, u := range e.queue.fresh {
		u.marks |= markFresh
	}
}

func (e *Engine) byNames(names []string) []*unit {
	var out []*unit
	for _, name := range names {
		if u := e.names[name]; u != nil {
			out = append(out, u)
		}
	}
	return out
}
