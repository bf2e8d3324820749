package host

import (
	"errors"
	"fmt"
	"os"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/cgroup"
	"github.com/steward-init/steward/host/condition"
	"github.com/steward-init/steward/host/inbox"
	"github.com/steward-init/steward/host/output"
	"github.com/steward-init/steward/host/process"
	"github.com/steward-init/steward/host/watch"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitfile"
)

// World carries out effects and observes what they lead to.
type World struct {
	loop     *Loop
	launcher *process.Launcher
	groups   *cgroup.Tree // nil where no control group can be made
	tracker  *process.Tracker
	inbox    *inbox.Inbox
	output   *output.Output
	watcher  *watch.Watcher
	checker  *condition.Checker
	keep     *keep

	running  map[int]offspring // our children, by PID
	begun    map[int]begun     // those that may not have executed their programs yet
	ends     int32             // the loop's token for the ends of children
	failures map[int]failure   // of children that failed before their execve
	reports  map[int]report    // of children that the executor prepares
	paths    map[string]string // unit to its control group below the root
	aliens   map[int]alien     // main PIDs that we did not clone
	pidfiles map[string]string // unit to the PID file that is waited for

	shortage  *shortage
	hasMemory bool // the memory controller is here

	sockets map[string]*sockets // open descriptors of socket units
	late    map[string]uint64   // units with a Kill that Before has put off, by its token
	left    []left              // control groups that are to be removed

	spent    map[string]uint64 // nanoseconds that units have used in their last run
	leftover map[string]bool   // units that are down, and whose control groups still have processes

	warned map[string]map[unitfile.Diagnostic]bool // of units that run: what their environment files were told

	// Ingest takes the sockets that the manager serves itself instead of a service: the journal's. It returns what ends
	// that, nil for all others. May be nil.
	Ingest func(u *model.Unit, fds []int) (stop func())
	// Foreign are processes of the manager's own.
	Foreign process.Foreign
	// Act does what concerns the whole machine or manager.
	Act func(port.Act)
	// Before is asked before a stop's first signal to a unit is sent. If that has to wait it reports true, and calls
	// proceed on the loop, from a later piece of work. May be nil.
	Before func(unit string, proceed func()) bool
	// Names watches bus names, nil where there is no bus.
	Names Names
}

// Names tells of the owners of D-Bus names.
type Names interface {
	WatchName(unit, name string)
	UnwatchName(unit, name string)
}

// alien is a main process that its daemon told of by a PID file or a notification.
type alien struct {
	fd   int // pidfd
	unit string
}

type failure struct {
	step  string
	errno int32
}

// Config is what a world is made of. Groups may be nil.
type Config struct {
	Launcher *process.Launcher
	Groups   *cgroup.Tree
	Inbox    *inbox.Inbox
	Output   *output.Output
	Checker  *condition.Checker
	Act      func(port.Act)
}

// Attach gives the loop its world and watches what it needs to.
func (l *Loop) Attach(c Config) (*World, error) {
	w := &World{
		loop: l, launcher: c.Launcher, groups: c.Groups, inbox: c.Inbox, output: c.Output, checker: c.Checker,
		Act: c.Act, running: map[int]offspring{},
		begun: map[int]begun{}, failures: map[int]failure{}, reports: map[int]report{},
		paths: map[string]string{}, aliens: map[int]alien{}, pidfiles: map[string]string{}, keep: newKeep(l),
		sockets: map[string]*sockets{}, late: map[string]uint64{},
		spent: map[string]uint64{}, leftover: map[string]bool{}, warned: map[string]map[unitfile.Diagnostic]bool{},
	}
	c.Launcher.Warn = w.warnEnvironment
	if w.groups == nil {
		w.tracker = process.NewTracker(os.Getpid())
	}
	var err error
	if w.watcher, err = watch.New(); err != nil {
		return nil, err
	}
	w.shortage = &shortage{w.watcher, func(unit string) { l.Do(port.OOMKilled{Unit: unit}) }, map[string]*memoryEvents{}}
	w.hasMemory = w.groups != nil && w.groups.HasMemory()
	err = errors.Join(l.Watch(c.Inbox.FD, w.readInbox), l.Watch(w.watcher.FD, w.watcher.Read))
	w.ends = l.Token(w.Reap)
	l.world = w
	return w, err
}

func (w *World) perform(effect port.Effect) {
	switch e := effect.(type) {
	case port.Spawn:
		delete(w.late, e.Unit.Name)
		w.spawn(&e)
	case port.Kill:
		if !w.putOff(&e) {
			w.kill(&e)
		}
	case port.ReleaseUnit:
		w.release(&e)
	case port.CheckConditions:
		conditions, asserts := w.checker.Check(e.Unit)
		w.loop.Do(port.ConditionsChecked{Unit: e.Unit.Name, Conditions: conditions, Asserts: asserts})
	case port.WatchPIDFile:
		w.watchPIDFile(e.Unit, e.Path)
	case port.UnwatchPIDFile:
		w.unwatchPIDFile(e.Unit)
	case port.RemoveFile:
		_ = os.Remove(e.Path) // best effort: a PID file the daemon removed itself is fine
	case port.GuessMainPID:
		w.loop.Do(port.MainPIDGuessed{Unit: e.Unit, PID: w.guess(e.Unit, e.ControlPID)})
	case port.WatchPID:
		w.watchPID(e.Unit, e.PID)
	case port.AdoptProcesses:
		w.Adopt(e.Unit, e.PIDs)
	default:
		w.performRest(effect)
	}
}

func (w *World) performRest(effect port.Effect) {
	switch e := effect.(type) {
	case port.WatchBusName:
		if w.Names != nil {
			w.Names.WatchName(e.Unit, e.Name)
		}
	case port.UnwatchBusName:
		if w.Names != nil {
			w.Names.UnwatchName(e.Unit, e.Name)
		}
	case port.Listen:
		w.listen(e.Unit)
	case port.Unlisten:
		w.unlisten(e.Unit)
	case port.WatchTraffic:
		w.watchTraffic(e.Unit)
	case port.UnwatchTraffic:
		w.unwatchTraffic(e.Unit)
	case port.StoreFDs:
		w.keep.store(e.Unit, e.FDs)
	case port.CloseFDs:
		w.keep.close(e.FDs)
	case port.Log:
		w.output.Log(&e)
	case port.Act:
		w.Act(e)
	default:
		w.output.Log(&port.Log{Level: 3, Message: fmt.Sprintf("BUG: no host for effect %T", effect)})
	}
}

// group returns a unit's control group, remembering it: the slice of a running unit does not move with a reload.
func (w *World) group(u *model.Unit) string {
	if w.isLeft(u.Name) {
		w.sweep()
	}
	if path, ok := w.paths[u.Name]; ok {
		return path
	}
	path := GroupOf(u)
	w.paths[u.Name] = path
	return path
}

// GroupOf returns where a unit's processes belong below the manager's root.
func GroupOf(u *model.Unit) string {
	if u.Type == model.TypeSlice {
		return cgroup.Path(cgroup.Slices(u.Name), "")
	}
	return cgroup.Path(cgroup.Slices(sliceOf(u)), u.Name)
}

// sliceOf returns the slice of a unit, "-.slice" for one in none.
func sliceOf(u *model.Unit) string {
	for _, edge := range u.Edges {
		if edge.Kind == model.InSlice {
			return edge.Unit
		}
	}
	return "-.slice"
}

// Group returns the control group of a unit as clients know it, "" while it has none. Where there are no groups it is
// the one that the unit would have, so that clients ask for its processes.
func (w *World) Group(unit string) string {
	path, ok := w.paths[unit]
	switch {
	case !ok:
		return ""
	case w.groups == nil:
		return "/" + path
	}
	return w.groups.Root() + "/" + path
}

// Path returns a unit's control group below the manager's root, while it has one.
func (w *World) Path(unit string) (string, bool) {
	path, ok := w.paths[unit]
	return path, ok
}

// Processes lists the processes of a unit.
func (w *World) Processes(unit string) []int {
	if w.groups == nil {
		w.tracker.AdoptOrphans()
		return w.tracker.Processes(unit)
	}
	path, ok := w.paths[unit]
	if !ok {
		return nil
	}
	return w.groups.Processes(path, 0)
}
