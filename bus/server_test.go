package bus

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"sync"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus/transport"
	"github.com/steward-init/steward/wire/dbus/transport/transporttest"
)

// world is a manager around a real engine: it makes units of their names, and starts no process.
type world struct {
	mu       sync.Mutex
	engine   *engine.Engine
	server   *Server
	facts    Facts
	defaults *directive.Defaults
	clock    port.Time
	made     []Transient
	units    map[string]*model.Unit
	queue    []port.Event
	stepping bool
	reload   func(error) // of a reload under way
	began    chan struct{}
	reloads  int
	files    Files
	loader   *load.Loader // of files, nil for units that were defined
	socket   string
	pid      int
	pids     map[string]int // of the newest process of each unit
}

func newWorld() *world {
	w := &world{files: files{}, engine: engine.New(engine.Config{}), defaults: directive.NewDefaults(false),
		units: map[string]*model.Unit{}, pids: map[string]int{},
		clock: port.Time{Monotonic: 1000000, Realtime: 1700000000000000}}
	w.facts = Facts{Version: "252 (test)", MachineID: "0123456789abcdef0123456789abcdef"}
	w.server = New(w)
	return w
}

// define adds a unit that can be loaded.
func (w *world) define(name string, set func(*model.Unit)) *model.Unit {
	kind := typeOf(name)
	u := directive.NewUnit(name, kind, w.defaults)
	u.Load = model.LoadLoaded
	u.Fragment = "/etc/systemd/system/" + name
	if set != nil {
		set(u)
	}
	w.units[name] = u
	return u
}

func typeOf(name string) model.Type {
	kind, ok := model.ParseType(filepath.Ext(name)[1:])
	if !ok {
		return model.TypeService
	}
	return kind
}

func (w *world) Engine() *engine.Engine { return w.engine }

// Loop is one whose work is done by Post.
func (w *world) Loop() transport.Loop {
	loop, err := transporttest.New(w.Post)
	if err != nil {
		panic(err)
	}
	return loop
}

// Drain has nothing to do: Do does it.
func (w *world) Drain() {}

// Do steps the engine; what it has to say goes to the server, and what concerns processes is dropped.
func (w *world) Do(event port.Event) {
	w.queue = append(w.queue, event)
	if w.stepping {
		return
	}
	w.stepping = true
	for len(w.queue) > 0 {
		next := w.queue[0]
		w.queue = w.queue[1:]
		w.clock.Monotonic++
		w.clock.Realtime++
		for _, effect := range w.engine.Step(w.clock, next) {
			switch e := effect.(type) {
			case port.Reply, port.UnitAdded, port.UnitChanged, port.UnitRemoved, port.JobAdded, port.JobChanged,
				port.JobRemoved, port.ManagerChanged:
				w.server.Perform(effect)
			case port.Spawn:
				w.spawn(e)
			case port.WatchBusName:
				w.server.WatchName(e.Unit, e.Name)
			case port.UnwatchBusName:
				w.server.UnwatchName(e.Unit, e.Name)
			case port.CheckConditions:
				w.queue = append(w.queue, port.ConditionsChecked{Unit: e.Unit.Name})
			case port.Kill:
				w.queue = append(w.queue, port.KillSent{Unit: e.Unit, Token: e.Token})
			}
		}
	}
	w.stepping = false
}

// spawn makes a process that does not end, but for a control process, which succeeds at once.
func (w *world) spawn(e port.Spawn) {
	w.pid++
	w.pids[e.Unit.Name] = w.pid
	w.queue = append(w.queue, port.Spawned{Unit: e.Unit.Name, Token: e.Token, PID: w.pid, Executed: true})
	if e.Kind != model.ExecStart {
		w.queue = append(w.queue, port.ProcessExited{Unit: e.Unit.Name, PID: w.pid, Code: port.Exited})
	}
}

// Post runs work at once, one at a time, as the loop would.
func (w *world) Post(work func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	work()
	w.server.Flush()
}

func (w *world) Load(names ...string) []*model.Unit {
	if w.loader != nil {
		return w.loader.Closure(names, func(name string) bool { return w.engine.Unit(name) != nil })
	}
	var list []*model.Unit
	seen := map[string]bool{}
	for i := 0; i < len(names); i++ {
		name := names[i]
		if seen[name] || w.engine.Unit(name) != nil {
			continue
		}
		seen[name] = true
		u := w.units[name]
		if u == nil {
			u = directive.NewUnit(name, typeOf(name), w.defaults)
			u.Load = model.LoadNotFound
			u.LoadError = &model.LoadFailure{Error: errorNoSuchUnit, Message: "Unit " + name + " not found."}
		}
		list = append(list, u)
		for _, edge := range u.Edges {
			names = append(names, edge.Unit)
		}
	}
	return list
}

func (w *world) Transient(list []Transient) ([]*model.Unit, error) {
	var units []*model.Unit
	for _, t := range list {
		w.made = append(w.made, t)
		t.Unit.Load = model.LoadLoaded
		units = append(units, t.Unit)
	}
	return units, nil
}

func (w *world) SetProperties(u *model.Unit, _ bool, _ []DropIn) error { return nil }
func (w *world) Attach(string, []int) error                            { return nil }
func (w *world) MayAttach(int) bool                                    { return true }
func (w *world) Reload(done func(error)) {
	w.reload = done
	if w.reloads++; w.reloads == 1 {
		close(w.began)
	}
}
func (w *world) Exit(verb string, _ uint8) error { return errors.New(verb + " refused") }
func (w *world) Facts() *Facts                   { return &w.facts }
func (w *world) Group(string) string             { return "" }
func (w *world) Processes(string) []Process      { return nil }
func (w *world) UnitOf(int) string               { return "" }
func (w *world) UnitOfGroup(string) string       { return "" }
func (w *world) PIDOf(int) int                   { return 0 }
func (w *world) SetLogLevel(string) bool         { return true }
func (w *world) SetShowStatus(word string)       { w.facts.ShowStatus = word != "no" }
func (w *world) NeedsReload(*model.Unit) bool    { return false }
func (w *world) Defaults() *directive.Defaults   { return w.defaults }
func (w *world) Files() Files                    { return w.files }
func (w *world) Identity(*model.Unit) Identity   { return Identity{1, 1} }

func (w *world) Usage(string) Usage {
	return Usage{Memory: math.MaxUint64, CPUNanoseconds: math.MaxUint64, Tasks: math.MaxUint64}
}

func (w *world) File(text string) (*os.File, error) {
	f, err := os.CreateTemp("", "dump")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // best effort: it is in the folder for temporary files
	_, err = f.WriteString(text)
	return f, err
}

// files are no unit files.
type files struct{}

func (files) View() *install.View                         { return nil }
func (files) State(string) string                         { return "static" }
func (files) Preset(string) string                        { return "enabled" }
func (files) Presets() install.Presets                    { return install.Presets{} }
func (files) Edit(install.Plan) ([]install.Change, error) { return nil, nil }

func command(path string) []words.Command { return []words.Command{{Path: path, Args: []string{path}}} }

func startOf(w *world, name string) port.JobRequested {
	return port.JobRequested{Unit: name, Type: model.JobStart, Mode: model.ModeReplace, Loaded: w.Load(name)}
}

func errorsOf(list ...error) error { return errors.Join(list...) }
