package kind

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// State is a state of some unit type. The types share the words, each table has rows for those it knows. 0 is no state.
type State uint8

// The states of all types.
const (
	dead State = iota + 1
	active
	condition
	startPre
	start
	startPost
	running
	exited
	abandoned
	reload
	reloadSignal
	reloadNotify
	stop
	stopWatchdog
	stopTerm
	stopKill
	stopPost
	finalWatchdog
	finalTerm
	finalKill
	failed
	deadAgain
	failedAgain
	autoRestart
	listening
	cleaning
	states
)

// outcome is what a unit can meet in a state.
type outcome uint8

// The outcomes.
const (
	begin       outcome = iota // asked to start, with conditions and limits behind it
	stopAsked                  // asked to stop
	reloadAsked                // asked to reload
	cleanAsked                 // asked to remove what is left
	done                       // what the state does is done, or there was nothing to do
	fail                       // what the state does has failed; the result says how
	skip                       // ExecCondition= says no
	ready                      // the unit says that it is up
	ended                      // the main process is gone
	emptied                    // the last process is gone
	gone                       // the main and control processes that were signalled are gone
	busy                       // the unit says that it reloads
	stopping                   // the unit says that it stops
	hung                       // the watchdog was not fed, or the unit asks for it
	timeout                    // the state's own timeout
	overtime                   // RuntimeMaxSec=
	traffic                    // what a trigger unit waits for has come
	rested                     // the unit that it triggers is down again
	outcomes
)

// In edges, values from firstDecision on stand for decisions, and 0 for nowhere: the outcome is ignored.
const firstDecision State = 100

// The decisions, for all types. What each can lead to stands in the type's list.
const (
	byEnd State = firstDecision + iota
	byReload
	byReloaded
	byStartTimeout
	byStopTimeout
	byTermTimeout
	byAbortTimeout
	byPostTimeout
	byFinalTimeout
	byFinalAbortTimeout
	byRestart
	byKilled
)

// decision is a choice that a unit makes by its settings and what happened to it. pick must be a pure function of the
// unit, and return one of among.
type decision struct {
	name  string
	among []State
	pick  func(*Unit) State
}

// edges says where each outcome leads.
type edges [outcomes]State

// entry is what a unit does when it enters a state.
type entry uint8

// The entries.
const (
	rests   entry = iota // nothing: the unit is at rest or waits for what others do
	passes               // nothing: done at once, but others see the state
	runs                 // runs the commands of list, one after the other
	begins               // starts the main process
	signals              // signals the unit's processes
	reloads              // signals the main process to reload
	cleans               // removes directories
)

// clock says which setting limits the time in a state.
type clock uint8

// The clocks.
const (
	unlimited clock = iota
	startClock
	stopClock
	abortClock
	restartClock
	cleanClock
)

// row is one state of a unit type.
type row struct {
	sub    string // SubState
	active model.ActiveState
	// upIfIdle: a Type=idle service counts as active here, so that nobody waits for it.
	upIfIdle bool
	entry    entry
	list     model.CommandKind // of runs
	clock    clock
	edges    edges
	shared   *edges // for outcomes that edges does not say
	// parked states wait without a timeout of their own on purpose.
	parked bool
}

// table is keyed by State; a state without a row is none of the type's.
type table []row

// life is what differs between the types besides their tables.
type life interface {
	// isEmpty reports that entering the state would have nothing to do, so that its done edge is taken instead.
	isEmpty(s State) bool
	// before runs just before a state is entered, after just after others were told of it.
	before(s State)
	after(s State)
	limit(c clock) span.Span
	isIdle() bool
	// isSudden reports that a start begins and ends in the same moment for those who read the times of units: that the
	// host's answer is a later event is our way of doing it.
	isSudden() bool
	canReload() bool
	stopAsked()
	// isHindered reports, and logs, that something else makes it impossible to begin: the unit stays as it is.
	isHindered() bool
	limitHit()
	reset()
	due()
	handle(ev port.Event) bool
	processes() (mainPID, controlPID int, ok bool)
}

func (u *Unit) row() *row { return &u.kind.table[u.state] }

// edge returns where an outcome leads from a state, 0 for nowhere.
func (k *Kind) edge(s State, o outcome) State {
	r := &k.table[s]
	if n := r.edges[o]; n != 0 || r.shared == nil {
		return n
	}
	return r.shared[o]
}

// fire gives the unit an outcome; false means that it has no meaning in the present state.
func (u *Unit) fire(o outcome) bool {
	if u.kind.edge(u.state, o) == 0 {
		return false
	}
	u.move(o)
	return true
}

// move follows an outcome's edge, through decisions and past states that have nothing to do.
func (u *Unit) move(o outcome) {
	for from := u.state; ; o = done {
		to := u.kind.edge(from, o)
		c := Crossing{Type: u.kind.Type, From: from, on: o, To: to}
		if to >= firstDecision {
			c.by = to
			to = u.kind.decisions[to-firstDecision].pick(u)
			c.To = to
		}
		u.world.Crossed(c)
		if u.life == nil || !u.life.isEmpty(to) {
			u.enter(to)
			return
		}
		from = to
	}
}

func (u *Unit) enter(s State) {
	if s == u.state && u.kind.table[s].entry == rests {
		return // for example running, and still good
	}
	if u.life != nil {
		u.life.before(s)
	}
	u.set(s)
	if u.life != nil {
		u.life.after(s)
	}
	if u.kind.table[s].entry == passes {
		u.fire(done)
	}
}

// set changes the state: the one place where that is done.
func (u *Unit) set(s State) {
	old := u.Status.Active
	u.state = s
	u.show()
	u.rewind()
	how := u.how
	u.how = 0
	u.stamp(old)
	u.world.Changed(old, how)
}

// rewind begins the state's time anew.
func (u *Unit) rewind() {
	if c := u.row().clock; c != unlimited && u.life != nil {
		u.Arm(port.TimerState, u.world.Now().Monotonic.Add(u.life.limit(c)))
	} else {
		u.Disarm(port.TimerState)
	}
}

// show copies the state into the status.
func (u *Unit) show() *row {
	r := u.row()
	u.Status.Sub, u.Status.Active = r.sub, r.active
	if r.upIfIdle && u.life.isIdle() {
		u.Status.Active = model.Active
	}
	return r
}

// stamp notes when the state changed. org.freedesktop.systemd1(5), StateChangeTimestamp and the like.
func (u *Unit) stamp(old model.ActiveState) {
	st, now := &u.Status, u.world.Now()
	if old == st.Active {
		return
	}
	st.StateChange = now
	switch {
	case old.IsDown() && !st.Active.IsDown():
		st.InactiveExit = now
	case !old.IsDown() && st.Active.IsDown():
		st.InactiveEnter = now
	}
	switch {
	case !old.IsUp() && st.Active.IsUp():
		st.ActiveEnter = now
		if old == model.Activating && u.life != nil && u.life.isSudden() {
			st.ActiveEnter, st.StateChange = st.InactiveExit, st.InactiveExit // not later: its first lines come after
		}
	case old.IsUp() && !st.Active.IsUp():
		st.ActiveExit = now
	}
}
