package kind

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// A scope groups processes that others started. systemd.scope(5).

// scopeTable is the whole life of a .scope.
var scopeTable = table{
	dead:      {sub: "dead", active: model.Inactive, edges: edges{begin: running}},
	running:   {sub: "running", active: model.Active, edges: edges{overtime: stopTerm}, shared: &isInhabited},
	abandoned: {sub: "abandoned", active: model.Active, shared: &isInhabited},
	stopTerm: {sub: "stop-sigterm", active: model.Deactivating, entry: signals, clock: stopClock,
		edges: edges{done: stopKill, emptied: byKilled, timeout: stopKill}},
	stopKill: {sub: "stop-sigkill", active: model.Deactivating, entry: signals, clock: stopClock,
		edges: edges{done: byKilled, emptied: byKilled, timeout: byKilled}},
	failed: {sub: "failed", active: model.Failed},
}

var isInhabited = edges{stopAsked: stopTerm, emptied: byKilled}

var scopeDecisions = []decision{
	byKilled - firstDecision: {"result", []State{dead, failed}, func(u *Unit) State {
		if u.Status.Scope.Result == model.Success {
			return dead
		}
		return failed
	}},
}

var scope = Kind{
	Type:      model.TypeScope,
	Once:      true,
	Perpetual: running,
	Started:   "Started %s.",
	Stopping:  "Stopping %s...",
	Stopped:   "Stopped %s.",
	Failed:    "Stopped %s with error.",
	table:     scopeTable,
	decisions: scopeDecisions,
	life: func(u *Unit) life {
		u.Status.Scope = &port.ScopeStatus{}
		return &scopeLife{u: u}
	},
}

// scopeLife is what a scope remembers besides its state.
type scopeLife struct {
	quiet
	u         *Unit
	KillToken uint64
	Populated bool
}

func (l *scopeLife) settings() *model.Scope { return l.u.Status.Unit.Scope }

func (l *scopeLife) isEmpty(s State) bool {
	if scopeTable[s].entry != signals {
		return false
	}
	if s == stopTerm && l.Populated && l.u.Status.Scope.Controller != "" {
		return false
	}
	kill := &l.settings().Kill
	target, ok := reach(kill.Mode, s)
	return !ok || target != port.KillAll && s == stopKill || s == stopKill && !kill.SendSIGKILL || !l.Populated
}

func (l *scopeLife) before(s State) {
	w, unit := l.u.world, l.u.Status.Unit
	switch s {
	case dead, failed:
		if r := l.u.Status.Scope.Result; r == model.Success {
			w.Log(6, idSuccess, "Deactivated successfully.")
		} else {
			w.Log(4, idFailure, "Failed with result '"+r.String()+"'.", "UNIT_RESULT="+r.String())
		}
		l.u.Disarm(port.TimerRuntime)
		l.dropController()
		w.Emit(port.ReleaseUnit{Unit: unit})
	case running:
		l.Populated = true
		if name := l.settings().ControllerName; name != "" {
			l.u.Status.Scope.Controller = name
			w.Emit(port.WatchBusName{Unit: unit.Name, Name: name})
		}
		w.Emit(port.AdoptProcesses{Unit: unit.Name, PIDs: l.settings().PIDs})
		limit := l.u.runtime(l.settings().RuntimeMax, l.settings().RuntimeRandom)
		l.u.Arm(port.TimerRuntime, w.Now().Monotonic.Add(limit))
	}
}

func (l *scopeLife) after(s State) {
	switch controller := l.u.Status.Scope.Controller; {
	case scopeTable[s].entry != signals:
	case s == stopTerm && controller != "":
		l.KillToken = 0
		l.u.world.Emit(port.RequestStop{Unit: l.u.Status.Unit.Name, Controller: controller})
	default:
		l.signal(s)
	}
}

// dropController forgets the client that would be asked to stop the scope.
func (l *scopeLife) dropController() {
	if name := l.u.Status.Scope.Controller; name != "" {
		l.u.Status.Scope.Controller = ""
		l.u.world.Emit(port.UnwatchBusName{Unit: l.u.Status.Unit.Name, Name: name})
	}
}

// onBusName hears of a controller that has left. If it was asked to stop the scope, that is for us now.
func (l *scopeLife) onBusName(e port.BusNameChanged) bool {
	if e.Owner != "" || e.Name != l.u.Status.Scope.Controller {
		return false
	}
	l.u.world.Log(7, "", "Controller "+e.Name+" disappeared from bus.")
	l.dropController()
	if l.u.state != stopTerm {
		return true
	}
	if l.isEmpty(stopTerm) {
		return l.u.fire(done)
	}
	l.signal(stopTerm)
	return true
}

// signal sends the signal of a state to the scope's processes.
func (l *scopeLife) signal(s State) {
	kill := &l.settings().Kill
	l.KillToken = l.u.world.Token()
	l.u.world.Emit(port.Kill{
		Unit:   l.u.Status.Unit.Name,
		Token:  l.KillToken,
		Signal: signalOf(kill, s, l.u.world.Restarting()),
		SIGHUP: kill.SendSIGHUP && s != stopKill,
		Target: port.KillAll,
		Log:    s == stopKill,
	})
}

func (l *scopeLife) limit(c clock) span.Span {
	if c == stopClock {
		return orForever(l.settings().TimeoutStop)
	}
	return span.Infinity
}

func (l *scopeLife) reset() { l.u.Status.Scope.Result = model.Success }

func (l *scopeLife) failWith(r model.Result) {
	if l.u.Status.Scope.Result == model.Success {
		l.u.Status.Scope.Result = r
	}
}

func (l *scopeLife) handle(ev port.Event) bool {
	switch e := ev.(type) {
	case port.CgroupEmptied:
		l.Populated = false
		return l.u.fire(emptied)
	case port.ProcessExited:
		if !e.Emptied {
			return false
		}
		l.Populated = false
		return l.u.fire(emptied)
	case port.KillSent:
		if e.Token != l.KillToken || e.Token == 0 || scopeTable[l.u.state].entry != signals {
			return false
		}
		l.KillToken = 0
		if !e.Waiting {
			l.Populated = false
			return l.u.fire(done)
		}
		return true
	case port.BusNameChanged:
		return l.onBusName(e)
	case port.OOMKilled:
		return l.onOOMKilled()
	case port.ScopeAbandoned:
		if l.u.state != running {
			return false
		}
		l.dropController()
		l.u.set(abandoned)
		return true
	case port.TimerElapsed:
		return l.onTimer(e.Timer)
	}
	return false
}

func (l *scopeLife) onTimer(t port.Timer) bool {
	switch {
	case t == port.TimerRuntime:
		l.u.world.Log(4, "", "Scope reached runtime time limit. Stopping.")
		l.failWith(model.FailureTimeout)
		return l.u.fire(overtime)
	case t != port.TimerState:
		return false
	case l.u.state == stopTerm && l.settings().Kill.SendSIGKILL:
		l.u.world.Log(4, "", "Stopping timed out. Killing.")
	case l.u.state == stopTerm:
		l.u.world.Log(4, "", "Stopping timed out. Skipping SIGKILL.")
	default:
		l.u.world.Log(4, "", "Still around after SIGKILL. Ignoring.")
	}
	l.failWith(model.FailureTimeout)
	return l.u.fire(timeout)
}
