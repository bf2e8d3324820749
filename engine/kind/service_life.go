package kind

import (
	"encoding/binary"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// announced is what a service said by RELOADING=1 or STOPPING=1 while it could not be followed at once.
type announced uint8

const (
	announcedNothing announced = iota
	announcedReload
	announcedStop
	announcedReloaded // a reload has begun and ended while the commands for it ran
)

// serviceLife is what a service remembers besides its state. The exported fields are what a snapshot keeps.
type serviceLife struct {
	u *Unit
	port.ServiceStatus

	// Tokens of spawns under way, 0 for none.
	MainToken, ControlToken, KillToken uint64
	// Index of the command in work in the main and the control list.
	MainIndex, ControlIndex int32
	// Populated: the unit may have processes besides the main and the control process.
	Populated bool
	MainAlien bool // the main process is not our child
	BusOwned  bool
	BusWatch  bool
	PIDWatch  bool
	// PIDBad: the PID file was read and no good; Deserted: all processes are gone while it is waited for.
	PIDBad, Deserted bool
	Announced        announced
	// HasExited: the main process ended in this run, and Main says how.
	HasExited bool
	// NoRestart is set by an explicit stop; FlushRestarts: the counter is for looking at only, and begins anew.
	NoRestart, FlushRestarts, WillRestart bool
	Unsignalled                           bool // the next signals entry sends nothing: the service stops by itself
	TermSent                              bool // signals other than SIGKILL were sent in this stop
	// Idle: the run began as one of Type=idle, whatever a reload says meanwhile. IdleWait: it still waits.
	// Forking: the run's first process forks the service, likewise.
	Idle, IdleWait   bool
	Forking          bool
	ReloadAt         span.Span // when the reload signal was sent
	WatchdogOverride span.Span // by WATCHDOG_USEC=, 0 for none
	NextFD           uint64
	Cleaned          model.Resources // being removed
}

// restingService is shown for services that never started, so that they take no room of their own.
var restingService = &port.ServiceStatus{}

// unborn is the life of a service that never started.
type unborn struct {
	quiet
	u *Unit
}

func newServiceLife(u *Unit) life {
	u.Status.Service = restingService
	return &unborn{u: u}
}

// born makes room for a service's life, which begins with its first start.
func born(u *Unit) *serviceLife {
	l := &serviceLife{u: u}
	u.life = l
	u.Status.Service = &l.ServiceStatus
	return l
}

func (l *unborn) isIdle() bool    { return l.u.Status.Unit.Service.Type == model.ServiceIdle }
func (l *unborn) canReload() bool { return canReload(l.u.Status.Unit.Service) }
func (l *unborn) limitHit()       { born(l.u).limitHit() }
func (l *unborn) before(s State) {
	if s != dead {
		born(l.u).before(s)
	}
}
func (l *unborn) isEmpty(s State) bool        { return born(l.u).isEmpty(s) }
func (l *unborn) processes() (int, int, bool) { return 0, 0, true }

func canReload(s *model.Service) bool {
	return s != nil && (len(s.Commands[model.ExecReload]) > 0 || s.Type == model.ServiceNotifyReload)
}

func (l *serviceLife) settings() *model.Service { return l.u.Status.Unit.Service }
func (l *serviceLife) isIdle() bool             { return l.Idle }
func (l *serviceLife) canReload() bool          { return canReload(l.settings()) }
func (l *serviceLife) isSudden() bool {
	s := l.settings()
	return (s.Type == model.ServiceSimple || s.Type == model.ServiceIdle) && len(s.Commands[model.ExecCondition]) == 0 &&
		len(s.Commands[model.ExecStartPre]) == 0 && len(s.Commands[model.ExecStartPost]) == 0
}
func (l *serviceLife) processes() (int, int, bool) {
	return l.MainPID, l.ControlPID, true
}

// reborn forgets the previous run, at a start from rest.
func (l *serviceLife) reborn() {
	if l.FlushRestarts {
		l.Restarts, l.FlushRestarts = 0, false
	}
	l.forgetMain()
	runs, restarts, fds, next := l.Runs, l.Restarts, l.FDs, l.RestartNext
	l.ServiceStatus = port.ServiceStatus{Restarts: restarts, Runs: runs[:0], FDs: fds, RestartNext: next,
		CleanResult: l.CleanResult}
	l.NotifyAccess = l.settings().NotifyAccess
	if !l.settings().NotifyAccessSet && l.NotifyAccess == model.NotifyNone && l.wantsNotify() {
		l.NotifyAccess = model.NotifyMain
	}
	l.Idle, l.Forking = l.settings().Type == model.ServiceIdle, false
	l.Announced, l.HasExited, l.NoRestart, l.WillRestart = announcedNothing, false, false, false
	l.Unsignalled, l.TermSent, l.IdleWait, l.WatchdogOverride = false, false, false, 0
	l.MainIndex, l.ControlIndex, l.MainToken, l.ControlToken, l.KillToken = 0, 0, 0, 0, 0
}

// wantsNotify reports services which make no sense without notifications, whose default access is main.
func (l *serviceLife) wantsNotify() bool {
	s := l.settings()
	return s.Type == model.ServiceNotify || s.Type == model.ServiceNotifyReload || s.Watchdog > 0 ||
		s.FileDescriptorStoreMax > 0
}

// isEmpty reports states with nothing to do.
func (l *serviceLife) isEmpty(s State) bool {
	r := &serviceTable[s]
	switch r.entry {
	case runs:
		if s == condition {
			l.prepare()
		}
		return len(l.settings().Commands[r.list]) == 0
	case signals:
		return !l.Unsignalled && !l.mayReach(s)
	}
	return false
}

// prepare begins a new run when the unit comes from rest. It stands here since condition is the first state of each.
func (l *serviceLife) prepare() {
	if l.u.Status.Active.IsDown() {
		l.reborn()
		l.watchBusName()
	}
}

// before acts on what has to be in place, or in the log, when others hear of the state.
func (l *serviceLife) before(s State) {
	switch s {
	case dead, failed, deadAgain, failedAgain:
		l.rest(s)
	case running:
		l.armUp()
		return
	case reload, reloadSignal:
		if l.u.state != reload {
			l.beginReload()
		}
		return
	case reloadNotify:
		return
	case cleaning:
		l.CleanResult, l.NoRestart = model.Success, true
	case startPost:
		l.feed() // the oracle wants to be pinged from here on
		return
	case exited:
		l.forgetMain()
	case autoRestart:
		l.u.how |= WillRestart
		if l.u.state != deadAgain && l.u.state != failedAgain {
			l.rest(s) // RestartMode=direct
		}
	}
	l.u.Disarm(port.TimerWatchdog)
	l.u.Disarm(port.TimerRuntime)
	if l.PIDWatch && s != startPost {
		l.unwatchPIDFile()
	}
}

// after does what the state is there for.
func (l *serviceLife) after(s State) {
	r := &serviceTable[s]
	switch r.entry {
	case runs:
		l.ControlIndex = 0
		l.runControl(r.list)
	case begins:
		// A service without commands passes through all the same: whoever waits for it has to see it come and go.
		if len(l.settings().Commands[r.list]) == 0 {
			l.u.fire(done)
			return
		}
		l.MainIndex = 0
		l.begin()
	case signals:
		l.signal(s)
	case reloads:
		l.signalReload()
	case cleans:
		l.spawnCleaner()
	}
	switch s {
	case reloadNotify:
		l.Announced = announcedNothing
		l.u.world.PropagateReload()
	case autoRestart:
		if l.limit(restartClock) == 0 {
			l.u.Disarm(port.TimerState)
			l.u.world.Soon()
		}
	}
}

// limit returns how long a state may take.
func (l *serviceLife) limit(c clock) span.Span {
	s := l.settings()
	switch c {
	case startClock:
		if s.Type == model.ServiceOneshot && !s.TimeoutStartSet {
			return span.Infinity
		}
		return orForever(s.TimeoutStart)
	case stopClock:
		return orForever(s.TimeoutStop)
	case abortClock:
		if !s.TimeoutAbortSet {
			return orForever(s.TimeoutStop)
		}
		return orForever(s.TimeoutAbort)
	case restartClock:
		return l.restartDelay()
	case cleanClock:
		return orForever(s.Exec.TimeoutClean)
	}
	return span.Infinity
}

// orForever reads a timeout of 0 as none.
func orForever(s span.Span) span.Span {
	if s == 0 {
		return span.Infinity
	}
	return s
}

// runtime is how long a unit may be up: RuntimeMaxSec= and a part of RuntimeRandomizedExtraSec= that follows from its
// invocation, which nobody can foresee and every replay repeats.
func (u *Unit) runtime(limit, extra span.Span) span.Span {
	limit = orForever(limit)
	if extra == 0 || limit == span.Infinity {
		return limit
	}
	id := u.Status.Invocation
	random := binary.LittleEndian.Uint64(append(id[:6:6], id[9], id[10])) // without the bits that all IDs have
	if extra != span.Infinity {
		random %= uint64(extra) + 1
	}
	return limit.Add(span.Span(random))
}

// armUp starts the clocks of a running service: RuntimeMaxSec= and the watchdog.
func (l *serviceLife) armUp() {
	now := l.u.world.Now()
	if limit := l.u.runtime(l.settings().RuntimeMax, l.settings().RuntimeRandom); l.u.Timers[port.TimerRuntime] == 0 {
		l.u.Arm(port.TimerRuntime, now.Monotonic.Add(limit))
	}
	if l.u.Timers[port.TimerWatchdog] == 0 {
		l.feed()
	}
}

// isGood reports that what keeps the service up is there.
func (l *serviceLife) isGood() bool {
	s := l.settings()
	if s.Type == model.ServiceDBus && !l.BusOwned {
		return false
	}
	if s.ExitType == model.ExitCgroup {
		return l.Populated || l.MainPID > 0
	}
	if l.MainPID > 0 || l.MainToken != 0 {
		return true
	}
	// A daemon that forked and left no main process to watch is up as long as any process of it is.
	return !l.HasExited && l.Forking && l.Populated
}

// forgetMain lets go of the main process.
func (l *serviceLife) forgetMain() {
	if l.MainPID > 0 {
		l.u.world.Disown(l.MainPID)
		l.MainPID, l.MainAlien = 0, false
	}
}

// failWith keeps the first bad result.
func (l *serviceLife) failWith(r model.Result) {
	if l.Result == model.Success {
		l.Result = r
	}
}

func (l *serviceLife) stopAsked() { l.NoRestart = true }

func (l *serviceLife) isHindered() bool { return false }

func (l *serviceLife) limitHit() {
	l.failWith(model.FailureStartLimitHit) // what it failed of before is what people want to know
	l.u.enter(failed)
}

func (l *serviceLife) reset() {
	l.Result, l.ReloadResult, l.CleanResult = model.Success, model.Success, model.Success
	l.Restarts, l.FlushRestarts = 0, false
}
