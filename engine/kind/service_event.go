package kind

import (
	"strconv"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

func (l *unborn) handle(port.Event) bool { return false }

// handle gives the service an event that concerns it.
func (l *serviceLife) handle(ev port.Event) bool {
	switch e := ev.(type) {
	case port.Spawned:
		return l.onSpawned(e)
	case port.SpawnFailed:
		return l.onSpawnFailed(e)
	case port.ProcessExited:
		return l.onExited(e)
	case port.KillSent:
		return l.onKillSent(e)
	case port.CgroupEmptied:
		l.Populated = l.MainToken != 0 || l.ControlToken != 0
		if l.isAlone() {
			l.empty()
		}
	case port.OOMKilled:
		return l.onOOMKilled()
	case port.NotifyReceived:
		return l.onNotify(e)
	case port.TimerElapsed:
		return l.onTimer(e.Timer)
	case port.PIDFileRead:
		return l.onPIDFile(e)
	case port.MainPIDGuessed:
		return l.onGuess(e)
	case port.BusNameChanged:
		return l.onBusName(e)
	case port.StoredFDClosed:
		return l.onStoredFDClosed(e)
	default:
		return false
	}
	return true
}

// due goes on with what had to wait for the end of a step: a restart without a delay, or Type=idle.
func (l *serviceLife) due() {
	switch {
	case l.u.state == autoRestart:
		l.restart()
	case l.IdleWait && l.u.state == start:
		l.IdleWait = false
		l.u.Disarm(port.TimerRetry)
		if int(l.MainIndex) >= len(l.settings().Commands[model.ExecStart]) { // a reload has taken it
			l.failWith(model.FailureResources)
			l.u.fire(fail)
			return
		}
		l.MainToken = l.spawn(model.ExecStart, l.MainIndex)
	}
}

func (l *serviceLife) onTimer(t port.Timer) bool {
	switch t {
	case port.TimerRuntime:
		l.u.world.Log(4, "", "Service reached runtime time limit. Stopping.")
		l.failWith(model.FailureTimeout)
		return l.u.fire(overtime)
	case port.TimerWatchdog:
		l.u.world.Log(3, "", "Watchdog timeout (limit "+l.Watchdog.String()+")!")
		l.failWith(model.FailureWatchdog)
		return l.u.fire(hung)
	case port.TimerRetry:
		l.due()
		return true
	case port.TimerState:
	default:
		return false
	}
	switch l.u.state {
	case autoRestart:
		l.restart()
		return true
	case reload, reloadSignal, reloadNotify:
		l.u.world.Log(4, "", "Reload operation timed out. Killing reload process.")
		l.dropControl()
		l.ReloadResult = model.FailureTimeout
		l.Announced = announcedNothing
		l.u.how |= ReloadFailed
	case cleaning:
		l.u.world.Log(4, "", "Cleaning timed out. killing.")
		l.CleanResult = model.FailureTimeout
	default:
		l.u.world.Log(4, "", l.timeoutMessage())
		l.failWith(model.FailureTimeout)
	}
	return l.u.fire(timeout)
}

// timeoutMessage says what a state's timeout leads to, as the oracle words it.
func (l *serviceLife) timeoutMessage() string {
	s, k := l.settings(), &l.settings().Kill
	verb := func(mode model.TimeoutFailureMode, isLast bool) string {
		switch {
		case mode == model.TimeoutAbort:
			return "Aborting."
		case mode == model.TimeoutTerminate:
			return "Terminating."
		case k.SendSIGKILL:
			return "Killing."
		case isLast:
			return "Skipping SIGKILL. Entering failed mode."
		}
		return "Skipping SIGKILL."
	}
	switch l.u.state {
	case condition, startPre, start, startPost:
		return l.phase() + " operation timed out. " + verb(s.TimeoutStartFailureMode, true)
	case stop:
		return "Stopping timed out. " + verb(s.TimeoutStopFailureMode, false)
	case stopKill:
		return "Processes still around after SIGKILL. Ignoring."
	case finalKill:
		return "Processes still around after final SIGKILL. Entering failed mode."
	case stopPost:
		return "State 'stop-post' timed out. " + verb(s.TimeoutStopFailureMode, true)
	}
	mode := s.TimeoutStopFailureMode
	if mode == model.TimeoutTerminate || l.u.state == stopWatchdog || l.u.state == finalWatchdog {
		mode = model.TimeoutKill
	}
	return "State '" + l.phase() + "' timed out. " + verb(mode, l.u.state == finalTerm || l.u.state == finalWatchdog)
}

// feed begins the watchdog's interval anew.
func (l *serviceLife) feed() {
	interval := l.settings().Watchdog
	if l.WatchdogOverride > 0 {
		interval = l.WatchdogOverride
	}
	l.Watchdog = orNever(interval)
	if l.Watchdog == 0 {
		l.u.Disarm(port.TimerWatchdog)
		return
	}
	l.WatchdogTime = l.u.world.Now()
	l.u.Arm(port.TimerWatchdog, l.WatchdogTime.Monotonic.Add(l.Watchdog))
}

func (l *serviceLife) onPIDFile(e port.PIDFileRead) bool {
	if !l.PIDWatch {
		return false
	}
	if e.Err != "" || e.PID <= 0 {
		l.u.world.Log(6, "", e.Err)
		l.PIDBad = true
		if l.Deserted && l.isAlone() && (l.u.state == start || l.u.state == startPost) {
			l.neverWrote()
		}
		return true
	}
	l.unwatchPIDFile()
	if e.PID != l.MainPID {
		l.setMain(e.PID)
		l.u.world.Emit(port.WatchPID{Unit: l.u.Status.Unit.Name, PID: e.PID})
	}
	switch {
	case l.u.state == start && l.ControlPID == 0:
		l.u.fire(ready)
	case l.u.state == startPost && l.ControlPID == 0 && l.ControlToken == 0:
		l.u.fire(done)
	}
	return true
}

func (l *serviceLife) onGuess(e port.MainPIDGuessed) bool {
	if l.u.state != start || !l.Forking || l.ControlPID != 0 || l.ControlToken != 0 {
		return false
	}
	if e.PID > 0 && l.MainPID == 0 {
		l.setMain(e.PID)
		l.u.world.Emit(port.WatchPID{Unit: l.u.Status.Unit.Name, PID: e.PID})
	}
	return l.u.fire(ready)
}

func (l *serviceLife) watchBusName() {
	if name := l.settings().BusName; name != "" && !l.BusWatch {
		l.BusWatch, l.BusOwned = true, false
		l.u.world.Emit(port.WatchBusName{Unit: l.u.Status.Unit.Name, Name: name})
	}
}

func (l *serviceLife) onBusName(e port.BusNameChanged) bool {
	if e.Name != l.settings().BusName {
		return false
	}
	l.BusOwned = e.Owner != ""
	if l.settings().Type != model.ServiceDBus {
		return true
	}
	switch {
	case l.BusOwned && l.u.state == start:
		if l.MainPID == 0 && e.PID > 0 && l.MainToken == 0 {
			l.setMain(e.PID)
			l.u.world.Emit(port.WatchPID{Unit: l.u.Status.Unit.Name, PID: e.PID})
		}
		l.u.fire(ready)
	case !l.BusOwned && l.u.state == running:
		l.u.fire(ended)
	}
	return true
}

// extend moves the deadlines of the present phase. sd_notify(3), EXTEND_TIMEOUT_USEC=.
func (l *serviceLife) extend(by span.Span) {
	at := l.u.world.Now().Monotonic.Add(by)
	for _, t := range []port.Timer{port.TimerState, port.TimerRuntime} {
		if l.u.state != autoRestart && l.u.Timers[t] != 0 && l.u.Timers[t] < at {
			l.u.Arm(t, at)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
