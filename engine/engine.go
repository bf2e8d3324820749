package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/engine/transaction"
	"github.com/steward-init/steward/model"
)

// Config is what does not change in an engine's life.
type Config struct {
	// User: the manager of a user, not of the system.
	User bool
	// Seed makes invocation IDs differ between machines and boots; they follow from it and a counter.
	Seed [16]byte
	// Environment is the manager's environment block at the beginning, NAME=value.
	Environment []string
	// MaxJobs bounds the installed jobs, 0 for the default: beyond it requests are refused.
	MaxJobs int
	// Trace, if not nil, is told what happens inside a step.
	Trace Trace
}

// Trace hears of what a step does before it is over: units that pass through several states, and the edges they take.
// It must not call the engine. at is the number of effects that the step has had so far.
type Trace interface {
	Moved(unit, sub string, at int)
	Crossed(c kind.Crossing)
}

// defaultMaxJobs is more than any boot needs; a job takes about 400 bytes.
const defaultMaxJobs = 1 << 17

// Engine is the manager's state. One goroutine owns it; reads happen between steps.
type Engine struct {
	config Config
	now    port.Time
	graph  transaction.Graph
	names  map[string]*unit
	units  []*unit // by Node.Index; nil for a free place
	free   []int32
	jobs   map[uint32]*transaction.Job
	most   int // jobs at a time since the map was made
	pids   map[int]*unit
	buses  map[string][]*unit // who watches a bus name

	environment []string
	nextJob     uint32
	tokens      uint64
	invocations uint64
	failed      int
	booted      bool // the job queue ran empty once
	counters    Counters

	queue queue
	news  news
	out   []port.Effect
}

// Counters count what happened since the engine was made.
type Counters struct {
	Steps, JobsInstalled, JobsFailed, UnitsLoaded, UnitsForgotten uint64
}

// New makes an engine that knows no unit.
func New(config Config) *Engine {
	if config.MaxJobs == 0 {
		config.MaxJobs = defaultMaxJobs
	}
	return &Engine{
		config:      config,
		names:       map[string]*unit{},
		jobs:        map[uint32]*transaction.Job{},
		pids:        map[int]*unit{},
		buses:       map[string][]*unit{},
		environment: slices.Clone(config.Environment),
	}
}

// Step takes one event in and returns its effects, in order. The list is valid until the next step.
func (e *Engine) Step(now port.Time, ev port.Event) []port.Effect {
	e.now = now
	e.counters.Steps++
	e.out = reuse(e.out)
	e.queue.ripen()
	e.take(ev)
	e.settle()
	e.forgetUnneeded()
	e.publish()
	return e.out
}

// reuse empties a list. What one great step needed is not kept for the small ones that follow.
func reuse[T any](list []T) []T {
	const keep = 1024
	if cap(list) > keep {
		return nil
	}
	clear(list)
	return list[:0]
}

func (e *Engine) emit(ef port.Effect) { e.out = append(e.out, ef) }

// invocation makes the next invocation ID: a version 4 UUID that looks random and follows from the seed.
func (e *Engine) invocation() port.InvocationID {
	e.invocations++
	var in [24]byte
	copy(in[:], e.config.Seed[:])
	binary.LittleEndian.PutUint64(in[16:], e.invocations)
	sum := sha256.Sum256(in[:])
	var id port.InvocationID
	copy(id[:], sum[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// unit is what the engine knows of a unit.
type unit struct {
	node   transaction.Node
	run    kind.Unit
	engine *Engine
	seldom *seldom // for reading; to write, use own
	starts limiter // StartLimitBurst=
	marks  mark
}

// seldom is what most units have nothing of.
type seldom struct {
	monitor  []string // what $MONITOR_… tells in this run
	clients  []string // who holds a reference, with repetitions
	autos    limiter  // starts and stops that the engine makes by itself
	handlers limiter  // triggers of OnFailure= and OnSuccess=
}

// nothing is the seldom of all units that have nothing of it.
var nothing seldom

// own returns the unit's own seldom.
func (u *unit) own() *seldom {
	if u.seldom == &nothing {
		u.seldom = &seldom{}
	}
	return u.seldom
}

// setMonitor says what $MONITOR_… tells from now on, nil for nothing.
func (u *unit) setMonitor(monitor []string) {
	if monitor != nil || u.seldom.monitor != nil {
		u.own().monitor = monitor
	}
}

func (u *unit) name() string { return u.node.Unit.Name }

// of returns the unit of a node.
func (e *Engine) of(n *transaction.Node) *unit { return e.units[n.Index] }

// find returns the unit of a name or alias, nil if it is not loaded.
func (e *Engine) find(name string) *unit { return e.names[name] }

// load adds units that the engine does not know yet, and connects them.
func (e *Engine) load(defs []*model.Unit) {
	var fresh []*unit
	replaced := false
	for _, def := range defs {
		known := e.names[def.Name]
		switch {
		case known == nil:
			fresh = append(fresh, e.add(def))
		case known.node.Unit == def || known.name() != def.Name:
		case known.node.Unit.Load != model.LoadLoaded && def.Load == model.LoadLoaded,
			def.Transient && known.node.Active.IsDown() && known.node.Job == nil:
			replaced = replaced || len(known.node.Unit.Edges) > 0
			e.redefine(known, def)
			fresh = append(fresh, known)
		}
	}
	if replaced {
		e.reconnect()
		return
	}
	for _, u := range fresh {
		e.connect(u)
	}
}

// add makes a unit of a definition.
func (e *Engine) add(def *model.Unit) *unit {
	u := &unit{engine: e, seldom: &nothing}
	if n := len(e.free); n > 0 {
		u.node.Index = e.free[n-1]
		e.free = e.free[:n-1]
		e.units[u.node.Index] = u
	} else {
		u.node.Index = int32(len(e.units))
		e.units = append(e.units, u)
	}
	u.node.Unit = def
	u.run.Init(def, u)
	e.register(u)
	e.counters.UnitsLoaded++
	e.news.added(u)
	e.queue.doubt(u)
	return u
}

// register makes the unit known by its names and up to date with its definition.
func (e *Engine) register(u *unit) {
	e.names[u.name()] = u
	for _, alias := range u.node.Unit.Aliases {
		if other := e.names[alias]; other == nil || other.name() != alias {
			e.names[alias] = u
		}
	}
	u.node.Active = u.run.Status.Active
	u.node.Can = transaction.CanStart | transaction.CanStop
	if u.run.Kind().Pending {
		u.node.Can = 0
	}
	if u.run.CanReload() {
		u.node.Can |= transaction.CanReload
	}
}

func (e *Engine) redefine(u *unit, def *model.Unit) {
	for _, alias := range u.node.Unit.Aliases {
		if e.names[alias] == u {
			delete(e.names, alias)
		}
	}
	u.node.Unit = u.run.Redefine(def)
	e.register(u)
	e.changed(u)
}

// connect adds a unit's edges. A unit that is missing from what was loaded stands in as not found.
func (e *Engine) connect(u *unit) {
	transaction.Connect(&u.node, func(name string) *transaction.Node {
		other := e.names[name]
		if other == nil {
			other = e.add(missing(name))
		}
		return &other.node
	})
}

// missing is a unit that has no file.
func missing(name string) *model.Unit {
	u := model.NewUnit(name, typeOf(name))
	u.Load = model.LoadNotFound
	return u
}

// typeOf reads the type off a name.
func typeOf(name string) model.Type {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			t, _ := model.ParseType(name[i+1:])
			return t
		}
	}
	return model.TypeService
}

// reconnect makes all edges anew, and counts anew which job waits for how many.
func (e *Engine) reconnect() {
	units := slices.Clone(e.units)
	for _, u := range units {
		if u != nil {
			u.node.Reset()
		}
	}
	for _, u := range units {
		if u != nil {
			e.connect(u)
		}
	}
	for _, u := range e.units {
		if u != nil && u.node.Job != nil {
			u.node.Job.Blockers = 0
		}
	}
	for _, u := range e.units {
		if u == nil || u.node.Job == nil {
			continue
		}
		for _, waits := range u.node.Job.Ordered() {
			if waits {
				u.node.Job.Blockers++
			}
		}
		e.push(u.node.Job)
	}
}
