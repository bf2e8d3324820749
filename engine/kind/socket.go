package kind

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// A socket holds what a service listens on, and starts the service when something comes. systemd.socket(5).

// socketTable is the whole life of a .socket. While it is running the service has the descriptors, and listens itself.
var socketTable = table{
	dead: {sub: "dead", active: model.Inactive, edges: edges{begin: start}},
	start: {sub: "start-chown", active: model.Activating, parked: true, // the host answers at once
		edges: edges{done: listening, traffic: running, fail: failed, stopAsked: dead}},
	listening: {sub: "listening", active: model.Active,
		edges: edges{traffic: running, fail: failed, stopAsked: dead}},
	running: {sub: "running", active: model.Active,
		edges: edges{rested: listening, fail: failed, stopAsked: dead}},
	failed: {sub: "failed", active: model.Failed, edges: edges{begin: start}},
}

var socket = Kind{
	Type:     model.TypeSocket,
	Starting: "",
	Started:  "Listening on %s.",
	Stopped:  "Closed %s.",
	Failed:   "Failed to listen on %s.",
	table:    socketTable,
	life: func(u *Unit) life {
		u.Status.Socket = &port.SocketStatus{}
		return &socketLife{u: u}
	},
}

// socketLife is what a socket remembers besides its state.
type socketLife struct {
	quiet
	u *Unit
	// FDs are open from listening on.
	FDs []port.NamedFD
	// TriggerCount counts the starts since TriggerBegin, for TriggerLimitBurst=.
	TriggerCount uint32
	TriggerBegin span.Span
}

// isSudden: with SocketUser= the oracle has a process look up the user.
func (l *socketLife) isSudden() bool { return l.settings().User == "" && l.settings().Group == "" }

func (l *socketLife) settings() *model.Socket { return l.u.Status.Unit.Socket }

func (l *socketLife) before(s State) {
	name := l.u.Status.Unit.Name
	switch s {
	case start:
		l.u.Status.Socket.Result = model.Success
	case running:
		l.u.world.Emit(port.UnwatchTraffic{Unit: name})
	case dead, failed:
		l.u.world.Emit(port.UnwatchTraffic{Unit: name})
		if len(l.FDs) > 0 {
			l.FDs = nil
			l.u.world.Emit(port.Unlisten{Unit: l.u.Status.Unit})
		}
	}
	if r := l.u.Status.Socket.Result; s == failed && r != model.Success {
		l.u.world.Log(4, idFailure, "Failed with result '"+r.String()+"'.", "UNIT_RESULT="+r.String())
	}
}

func (l *socketLife) after(s State) {
	switch s {
	case start:
		l.open()
	case listening:
		l.u.world.Emit(port.WatchTraffic{Unit: l.u.Status.Unit.Name})
	}
}

// isHindered looks for the service: a socket is no use without one, and is not opened behind the back of one that runs
// and has got none.
func (l *socketLife) isHindered() bool {
	w := l.u.world
	switch other := w.Triggered(); {
	case l.settings().Accept:
		return false
	case other == nil || other.Status.Unit.Load != model.LoadLoaded:
		w.Log(3, "", "Socket service not loaded, refusing.")
	case !other.Status.Active.IsDown() && other.state != autoRestart:
		w.Log(3, "", "Socket service "+other.Status.Unit.Name+" already active, refusing.")
	default:
		return false
	}
	return true
}

// open asks for the descriptors.
func (l *socketLife) open() {
	w := l.u.world
	if l.settings().Accept {
		w.Log(3, "", "Accept=yes is not supported by this version, refusing.")
		l.fail(model.FailureResources)
		return
	}
	w.Emit(port.Listen{Unit: l.u.Status.Unit})
}

func (l *socketLife) fail(r model.Result) {
	if l.u.Status.Socket.Result == model.Success {
		l.u.Status.Socket.Result = r
	}
	l.u.fire(fail)
}

func (l *socketLife) reset() { l.u.Status.Socket.Result = model.Success }

func (l *socketLife) limitHit() {
	l.u.Status.Socket.Result = model.FailureStartLimitHit
	l.u.enter(failed)
}

func (l *socketLife) handle(ev port.Event) bool {
	switch e := ev.(type) {
	case port.Listened:
		if l.u.state != start {
			l.u.world.Emit(port.Unlisten{Unit: l.u.Status.Unit}) // stopped meanwhile
			return false
		}
		if e.Err != "" {
			l.u.world.Log(3, "", e.Err)
			l.fail(model.FailureResources)
			return true
		}
		l.FDs = e.FDs
		return l.u.fire(done)
	case port.TrafficSeen:
		return l.trigger()
	}
	return false
}

// trigger starts the service, but not too often: a service that does not take what came would be started for ever.
func (l *socketLife) trigger() bool {
	if l.u.state != listening {
		return false
	}
	w, s := l.u.world, l.settings()
	if w.StopPending() {
		w.Emit(port.UnwatchTraffic{Unit: l.u.Status.Unit.Name})
		return false
	}
	now := w.Now().Monotonic
	if l.TriggerCount == 0 || now >= l.TriggerBegin.Add(s.TriggerLimitInterval) {
		l.TriggerBegin, l.TriggerCount = now, 0
	}
	l.TriggerCount++
	if s.TriggerLimitBurst > 0 && s.TriggerLimitInterval > 0 && l.TriggerCount > s.TriggerLimitBurst {
		w.Log(4, "", "Trigger limit hit, refusing further activation.")
		l.fail(model.FailureTriggerLimitHit)
		return true
	}
	if other := w.Triggered(); other != nil && !other.Status.Active.IsDown() && other.state != autoRestart {
		return l.u.fire(traffic)
	}
	if refusal := w.TriggerStart(); refusal != nil {
		w.Log(4, "", "Failed to queue service startup job (Maybe the service file is missing or not a non-template unit?): "+
			refusal.Message)
		l.fail(model.FailureResources)
		return true
	}
	return l.u.fire(traffic)
}

// serviceChanged follows the service: it listens again once that is down, and is running while it runs.
func (l *socketLife) serviceChanged(other *Unit) {
	down := other.Status.Active.IsDown() || other.state == autoRestart
	switch {
	case l.u.state != listening && l.u.state != running:
	case other.Status.Service != nil && other.Status.Service.Result == model.FailureStartLimitHit && down:
		l.fail(model.FailureServiceStartLimitHit)
	case l.u.state == running && down:
		l.u.fire(rested)
	case l.u.state == listening && other.Status.Active.IsUp():
		l.u.fire(traffic)
	}
}
