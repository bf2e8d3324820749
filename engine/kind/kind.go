// Package kind holds the unit types. Each is one file with one keyed table of its states and of where each outcome
// leads, and machine.go interprets the tables.
//
// It exists so that the life of a service can be read, drawn and checked as data, rather than found in a dozen
// functions that call each other. It must not know jobs, transactions or dependencies: what a state change means to
// others, the engine decides in World.Changed.
package kind

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// World is what a unit may ask of the engine while it handles something.
type World interface {
	// Emit adds to the effects of the step. The engine's record of the unit is already up to date.
	Emit(port.Effect)
	// Log emits a message with the unit's name before it, as the oracle words it.
	Log(level uint8, messageID, message string, fields ...string)
	Now() port.Time
	// Token returns a number that the answer to an effect brings back.
	Token() uint64
	// Changed tells of every state change, also of those between two states that look alike from outside.
	Changed(old model.ActiveState, how Change)
	// Crossed tells of every edge that is taken, just before its state is entered.
	Crossed(Crossing)
	// StopPending reports a waiting or running stop job of the unit, Restarting a restart job.
	StopPending() bool
	Restarting() bool
	// EnqueueRestart makes the job by which Restart= works. Soon calls the unit's Due at the end of the step.
	EnqueueRestart() *port.Refusal
	Soon()
	// Own maps a process to this unit, Disown takes that back.
	Own(pid int)
	Disown(pid int)
	// Environment is the manager's, Monitor what $MONITOR_… tells the handler of another unit's end.
	Environment() []string
	Monitor() []string
	// PropagateReload queues reloads of those that PropagatesReloadTo= names, after the unit reloaded by itself.
	PropagateReload()
	// HoldIdle reports that a Type=idle command has to wait for the jobs in work; Due is called when it may go on.
	HoldIdle() bool
	// Triggered is the unit that this one triggers, nil for none; TriggerStart queues its start.
	Triggered() *Unit
	TriggerStart() *port.Refusal
	// Handed are the descriptors that the sockets which trigger this unit pass to it.
	Handed() []port.NamedFD
}

// Change says what besides the states matters to the engine in a state change.
type Change uint8

// The flags of a change.
const (
	// ReloadFailed: the unit came back from a reload that failed.
	ReloadFailed Change = 1 << iota
	// WillRestart: the unit is down for a moment only.
	WillRestart
)

// Answer says what became of a request to start, stop or reload.
type Answer uint8

// The answers.
const (
	Begun    Answer = iota // the outcome is a later state change
	Already                // nothing to do
	Again                  // not now: ask again when the state changed
	Refused                // the unit can't
	Hindered               // it could, but for something else: the request failed
)

// Kind is a unit type.
type Kind struct {
	Type model.Type
	// Pending types only load: starting one of them is refused.
	Pending bool
	// Once: a unit of this type starts only once in its life.
	Once bool
	// Perpetual is the state in which a perpetual unit of this type always is.
	Perpetual State
	// Starting, Started, Stopping, Stopped and Failed are the words of the job messages, with the unit for %s; "" for
	// a type that goes by in silence.
	Starting, Started, Stopping, Stopped, Failed string

	table     table
	decisions []decision
	life      func(*Unit) life // what its states do; nil for types whose states do nothing
}

// Of returns the kind of a unit type.
func Of(t model.Type) *Kind { return kinds[t] }

// kinds is keyed by type, so that a new file needs one line here.
var kinds = [...]*Kind{
	model.TypeService:   &service,
	model.TypeTarget:    &target,
	model.TypeSlice:     &slice,
	model.TypeScope:     &scope,
	model.TypeSocket:    &socket,
	model.TypeTimer:     &pendingTimer,
	model.TypePath:      &pendingPath,
	model.TypeMount:     &pendingMount,
	model.TypeAutomount: &pendingAutomount,
	model.TypeSwap:      &pendingSwap,
	model.TypeDevice:    &pendingDevice,
}

// Unit is a unit at run time, as its kind sees it.
type Unit struct {
	Status port.UnitStatus
	// Timers holds the deadlines of armed timers, 0 for none.
	Timers [port.Timers]span.Span
	world  World
	kind   *Kind
	life   life
	state  State
	how    Change // of the change in work
}

// Init makes a unit at rest of its definition, or always up, since now, if it is perpetual.
func (u *Unit) Init(def *model.Unit, world World) {
	u.kind, u.world = Of(def.Type), world
	u.Status.Unit = def
	if u.kind.life != nil {
		u.life = u.kind.life(u)
	}
	u.state = dead
	if def.Perpetual && u.kind.Perpetual != 0 {
		u.state = u.kind.Perpetual
	}
	u.show()
	u.stamp(model.Inactive)
}

// Redefine replaces the definition and keeps everything else. What runs of a unit whose file went away keeps the
// settings it was started with. It returns the definition that is in force.
func (u *Unit) Redefine(def *model.Unit) *model.Unit {
	old := u.Status.Unit
	isGone := def.Load == model.LoadNotFound && !u.Status.Active.IsDown() && (old.Service != nil || old.Scope != nil)
	if isGone || def.Service == nil && old.Service != nil || def.Scope == nil && old.Scope != nil {
		kept := *def
		kept.Service, kept.Scope = old.Service, old.Scope
		def = &kept
	}
	u.Status.Unit = def
	return def
}

// complete gives a definition without settings, of a file that could not be loaded, those with which what runs of it
// can be stopped.
func complete(def *model.Unit) *model.Unit {
	kill := model.Kill{SendSIGKILL: true}
	lost := *def
	switch {
	case def.Type == model.TypeService && def.Service == nil:
		lost.Service = &model.Service{Exec: &model.Exec{}, Kill: kill, TimeoutStop: lostTimeout}
	case def.Type == model.TypeScope && def.Scope == nil:
		lost.Scope = &model.Scope{Kill: kill, TimeoutStop: lostTimeout}
	case def.Type == model.TypeSocket && def.Socket == nil:
		lost.Socket = &model.Socket{}
	default:
		return def
	}
	return &lost
}

// lostTimeout is systemd's DefaultTimeoutStopSec=.
const lostTimeout = 90 * span.Second

// Kind returns the unit's type.
func (u *Unit) Kind() *Kind { return u.kind }

// CanReload reports that a reload of the unit makes sense. systemd.service(5), ExecReload=.
func (u *Unit) CanReload() bool { return u.life != nil && u.life.canReload() }

// Start begins a start, after conditions and limits have been checked.
func (u *Unit) Start() Answer {
	switch row := u.row(); {
	case row.active.IsUp():
		return Already
	case row.active == model.Deactivating, row.active == model.Maintenance, u.state == autoRestart:
		// A unit on its way down, cleaned, or waiting for its restart, has to be down first: the job waits for that.
		return Again
	case row.active == model.Activating:
		return Begun
	}
	if u.kind.Pending {
		return Refused
	}
	if u.life != nil && u.life.isHindered() {
		return Hindered
	}
	if !u.fire(begin) {
		return Refused
	}
	return Begun
}

// Stop begins a stop.
func (u *Unit) Stop() Answer {
	if u.life != nil {
		u.life.stopAsked()
	}
	switch row := u.row(); {
	case row.active.IsDown():
		return Already
	case row.active == model.Deactivating:
		return Begun
	}
	if !u.fire(stopAsked) {
		return Refused
	}
	return Begun
}

// Reload begins a reload of a unit that is up.
func (u *Unit) Reload() Answer {
	if !u.CanReload() {
		return Refused
	}
	if u.row().active == model.Reloading {
		return Again
	}
	if !u.fire(reloadAsked) {
		return Refused
	}
	return Begun
}

// Cleans reports that units of the type have something to clean.
func (k *Kind) Cleans() bool { return k.Type == model.TypeService }

// Clean begins to remove some of what is left of a unit that is down; false means that it has nothing of that.
func (u *Unit) Clean(what model.Resources) bool {
	if what &= u.Status.Unit.Service.Exec.Resources(); what == 0 {
		return false
	}
	l, ok := u.life.(*serviceLife)
	if !ok {
		l = born(u)
	}
	l.Cleaned = what
	return u.fire(cleanAsked)
}

// IsStarting reports a unit on its way up, whose conditions are not checked anew.
func (u *Unit) IsStarting() bool { return u.row().active == model.Activating }

// HitStartLimit fails the unit for being started too often.
func (u *Unit) HitStartLimit() {
	if u.life != nil {
		u.life.limitHit()
	}
}

// ResetFailed clears the failed state.
func (u *Unit) ResetFailed() {
	if u.life != nil {
		u.life.reset()
	}
	if u.state == failed {
		u.set(dead)
	}
}

// Handle gives the unit an event that is about it. It reports false if the event means nothing here.
func (u *Unit) Handle(ev port.Event) bool {
	if u.life == nil {
		return false
	}
	if e, ok := ev.(port.TimerElapsed); ok && !u.Elapse(e.Timer) {
		return false
	}
	return u.life.handle(ev)
}

// Elapse takes a timer as elapsed; false means that it was disarmed or moved after that had happened.
func (u *Unit) Elapse(t port.Timer) bool {
	if u.Timers[t] == 0 || u.Timers[t] > u.world.Now().Monotonic {
		return false
	}
	u.Timers[t] = 0
	return true
}

// IsInstant reports a unit whose start is done as soon as its process is there, or at once as there is none, and goes
// without a message of its beginning.
func (u *Unit) IsInstant() bool {
	s := u.Status.Unit.Service
	if s == nil {
		return false
	}
	c := &s.Commands
	isInstant := s.Type == model.ServiceSimple || s.Type == model.ServiceIdle ||
		s.Type == model.ServiceOneshot && len(c[model.ExecStart]) == 0
	return isInstant && len(c[model.ExecCondition])+len(c[model.ExecStartPre])+len(c[model.ExecStartPost]) == 0
}

// IsResting reports a unit that waits for its restart: it is on its way up for others, but nothing of it runs.
func (u *Unit) IsResting() bool { return u.state == autoRestart }

// CallOff brings a unit to rest whose restart will not come: its job was cancelled. It reports whether it was so.
func (u *Unit) CallOff() bool {
	l, ok := u.life.(*serviceLife)
	if !ok || u.state != autoRestart || u.Timers[port.TimerState] != 0 {
		return false
	}
	l.FlushRestarts = true
	if l.Result == model.Success || l.Result == model.SkipCondition {
		u.set(dead)
	} else {
		u.set(failed)
	}
	return true
}

// Appear brings a unit of a type that is not run in line with what there is on the machine.
func (u *Unit) Appear(up bool) {
	switch {
	case up && u.state == dead:
		u.set(active)
	case !up && u.state == active && !u.Status.Unit.Perpetual:
		u.set(dead)
	}
}

// TriggerChanged tells a unit of a new state of the one that it triggers.
func (u *Unit) TriggerChanged(other *Unit) {
	if l, ok := u.life.(*socketLife); ok {
		l.serviceChanged(other)
	}
}

// Handed are the descriptors that a socket has open for the service it triggers.
func (u *Unit) Handed() []port.NamedFD {
	if l, ok := u.life.(*socketLife); ok {
		return l.FDs
	}
	return nil
}

// Due continues what the unit had asked Soon for.
func (u *Unit) Due() {
	if u.life != nil {
		u.life.due()
	}
}

// Processes returns the main and control process and whether they are known, and how the unit's processes are killed;
// false for types without processes.
func (u *Unit) Processes() (mainPID, controlPID int, ok bool) {
	if u.life == nil {
		return 0, 0, false
	}
	return u.life.processes()
}

// Leave ends what must not outlive a unit that is forgotten.
func (u *Unit) Leave() {
	for t := range u.Timers {
		u.Disarm(port.Timer(t))
	}
}

// Arm sets one of the unit's timers.
func (u *Unit) Arm(t port.Timer, at span.Span) {
	if at == span.Infinity {
		u.Disarm(t)
		return
	}
	at = max(at, 1) // 0 means not armed
	u.Timers[t] = at
	u.world.Emit(port.ArmTimer{Unit: u.Status.Unit.Name, Timer: t, At: at})
}

// Disarm takes a timer back.
func (u *Unit) Disarm(t port.Timer) {
	if u.Timers[t] != 0 {
		u.Timers[t] = 0
		u.world.Emit(port.DisarmTimer{Unit: u.Status.Unit.Name, Timer: t})
	}
}
