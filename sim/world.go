package sim

import (
	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// World is a machine with one manager. Events wait in Inbox until Take hands them to the engine, so that who drives
// the world decides what happens first.
type World struct {
	Engine *engine.Engine
	Files  *load.Memory
	Loader *load.Loader
	Config engine.Config
	Now    port.Time
	// Inbox are the facts that the engine has not heard of yet, oldest first.
	Inbox []port.Event
	// Processes are those that run, and Timers those that are armed.
	Processes map[int]*Process
	Timers    map[Timer]span.Span
	// Told is called for everything that happens, in order; Stepped after each step with its effects. Either may be nil.
	Told    func(Happening)
	Stepped func(ev port.Event, effects []port.Effect)
	// Shadow, if not nil, is an engine that gets every event too, and whose effects go to Shadowed.
	Shadow   *engine.Engine
	Shadowed func(ev port.Event, effects, shadow []port.Effect)
	// Held has answers wait in the inbox until they are taken.
	Held bool
	// Split has the end of a unit's last process told in two events rather than one.
	Split bool

	nextPID  int
	subs     map[string]string // the sub-state that was last told
	spawns   map[string]port.Spawn
	names    map[string]string // owners of bus names
	watched  map[string]bool   // bus names
	pidFiles map[string]string // units that wait for their PID file
	verdicts map[string]bool   // "unit kind" or "kind" → what a condition says
	failing  map[string]bool   // units whose spawns fail
	execs    map[string]int32  // units whose next process fails before its exec, with the status
	written  map[string]int    // PID files that were written
	own      []string          // units of the world itself
	mounted  []string          // mount units of what is mounted
	nextFD   uint64
	// listening are sockets whose traffic the manager wants to hear of, waiting those with traffic unseen.
	listening, waiting map[string]bool
	changes            []change
	// Crossings collects the edges that units took, if it is not nil.
	Crossings map[kind.Crossing]bool
}

// Timer names one armed timer.
type Timer struct {
	Unit  string
	Timer port.Timer
}

// Happening is one thing to tell: an effect, a change of state, or a process that ended.
type Happening struct {
	Effect   port.Effect // nil for the others
	Unit     string
	From, To string              // the sub-states of a change
	Exit     *port.ProcessExited // of a process that the world ended
	Process  *Process            // of Exit
}

// The directories in which a world has its units.
const (
	unitDir = "/etc/systemd/system/"
	baseDir = "/lib/systemd/system/"
)

// base are the units that every service refers to by default, as short as can be.
var base = []struct{ name, text string }{
	{"sysinit.target", "[Unit]\nDefaultDependencies=no\nConflicts=shutdown.target\nBefore=shutdown.target\n"},
	{"basic.target", "[Unit]\nRequires=sysinit.target\nAfter=sysinit.target\n"},
	{"shutdown.target", "[Unit]\nDefaultDependencies=no\nRefuseManualStart=yes\n"},
}

// New makes a machine that is up: basic.target is active. files are written before that.
func New(config engine.Config, files func(*load.Memory)) *World {
	w := &World{
		Files: &load.Memory{}, Config: config, Processes: map[int]*Process{}, Timers: map[Timer]span.Span{},
		nextPID: 100, subs: map[string]string{}, spawns: map[string]port.Spawn{}, names: map[string]string{},
		watched: map[string]bool{}, pidFiles: map[string]string{}, verdicts: map[string]bool{},
		failing: map[string]bool{}, execs: map[string]int32{}, written: map[string]int{},
		listening: map[string]bool{}, waiting: map[string]bool{},
	}
	w.Now = port.Time{Monotonic: 100 * span.Second, Realtime: 1_700_000_000 * span.Second}
	w.Files.Place("/dev/null", load.Null)
	for _, u := range base {
		w.Files.Write(baseDir+u.name, u.text)
	}
	if files != nil {
		files(w.Files)
	}
	w.Loader = load.New(load.Options{Files: w.Files, Path: load.Paths(load.System, nil)})
	w.Config.Trace = w
	w.Engine = engine.New(w.Config)
	w.Send(port.JobRequested{Unit: "basic.target", Type: model.JobStart, Cause: port.Cause{Kind: port.CauseBoot},
		Loaded: w.Load("basic.target")})
	for _, u := range w.Engine.Units() {
		w.own = append(w.own, u.Unit.Name)
	}
	return w
}

// Load returns a unit with all that it refers to and the engine does not know.
func (w *World) Load(names ...string) []*model.Unit {
	names = append(names, load.Perpetual(load.System)...)
	return w.Loader.Closure(names, func(name string) bool {
		u := w.Engine.Unit(name)
		return u != nil && u.Unit.Load == model.LoadLoaded
	})
}

// Send gives the engine an event, and then everything that follows from it without time going by.
func (w *World) Send(ev port.Event) {
	w.Inbox = append(w.Inbox, ev)
	w.Run()
}

// Run takes events until there are none.
func (w *World) Run() {
	for len(w.Inbox) > 0 {
		w.Take(0)
	}
}

// Take gives the engine one of the waiting events, and does what it says.
// Nobody hears of the end of a process before its beginning.
func (w *World) Take(i int) {
	if exit, ok := w.Inbox[i].(port.ProcessExited); ok {
		for n, ev := range w.Inbox[:i] {
			if s, ok := ev.(port.Spawned); ok && s.PID == exit.PID {
				i = n
				break
			}
		}
	}
	ev := w.Inbox[i]
	w.Inbox = append(w.Inbox[:i:i], w.Inbox[i+1:]...)
	w.Step(ev)
}

// Step gives the engine an event and does what it says.
func (w *World) Step(ev port.Event) {
	if exit, ok := ev.(port.ProcessExited); ok {
		ev = w.bury(exit)
	}
	if e, ok := ev.(port.TimerElapsed); ok && w.Timers[Timer{e.Unit, e.Timer}] <= w.Now.Monotonic {
		delete(w.Timers, Timer{e.Unit, e.Timer})
	}
	w.changes = w.changes[:0]
	effects := w.Engine.Step(w.Now, ev)
	if w.Shadow != nil {
		w.Shadowed(ev, effects, w.Shadow.Step(w.Now, ev))
	}
	at := 0
	for _, c := range w.changes {
		for ; at < c.at; at++ {
			w.do(effects[at])
		}
		w.tell(c.Happening)
	}
	for ; at < len(effects); at++ {
		w.do(effects[at])
	}
	if w.Stepped != nil {
		w.Stepped(ev, effects)
	}
}

func (w *World) tell(h Happening) {
	if w.Told != nil {
		w.Told(h)
	}
}

// Tick moves the clocks, without a timer going off.
func (w *World) Tick(d span.Span) {
	w.Now.Monotonic += d
	w.Now.Realtime += d
}

// next returns what is due first: a timer, or the end of a process that only sleeps.
func (w *World) next() (span.Span, port.Event) {
	first, event := span.Infinity, port.Event(nil)
	var who string
	for t, at := range w.Timers {
		if name := t.Unit + t.Timer.String(); at < first || at == first && name < who {
			first, who, event = at, name, port.TimerElapsed{Unit: t.Unit, Timer: t.Timer}
		}
	}
	pid := 0
	for _, p := range w.Processes {
		if p.Until == 0 || p.Dying {
			continue
		}
		if p.Until < first || p.Until == first && (pid == 0 || p.PID < pid) {
			first, pid = p.Until, p.PID
			event = port.ProcessExited{PID: p.PID, Code: port.Exited, Unit: p.Unit}
		}
	}
	return first, event
}

// Snapshot writes the engine's state, and goes on with what is read back from it.
func (w *World) Snapshot() error {
	restored, _, err := w.Restored(w.Config)
	if err == nil {
		w.Engine = restored
	}
	return err
}

// Restored is an engine that was made from what the engine's state is written down as, and the effects that it begins
// with.
func (w *World) Restored(config engine.Config) (*engine.Engine, []port.Effect, error) {
	data, err := w.Engine.Snapshot()
	if err != nil {
		return nil, nil, err
	}
	return engine.Restore(config, data, w.definitions())
}

// definitions are those that the engine has now.
func (w *World) definitions() []*model.Unit {
	units := w.Engine.Units()
	defs := make([]*model.Unit, 0, len(units))
	for _, u := range units {
		defs = append(defs, u.Unit)
	}
	return defs
}
