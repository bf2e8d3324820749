package kind

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// The signals that settings which say nothing stand for. systemd.kill(5).
const (
	sigHUP  = 1
	sigABRT = 6
	sigKILL = 9
	sigTERM = 15
)

// reach returns which processes a signalling state means by a KillMode=, false for none. systemd.kill(5).
func reach(mode model.KillMode, s State) (target port.KillTarget, ok bool) {
	final := s == stopKill || s == finalKill
	switch {
	case mode == model.KillNone:
		return 0, false
	case mode == model.KillControlGroup, mode == model.KillMixed && final:
		return port.KillAll, true
	}
	return port.KillMainOnly, true
}

// mayReach reports that a signalling state may find a process to signal.
func (l *serviceLife) mayReach(s State) bool {
	if l.Cleaned != 0 {
		return !l.isAlone()
	}
	kill := &l.settings().Kill
	target, ok := reach(kill.Mode, s)
	if !ok || (s == stopKill || s == finalKill) && !kill.SendSIGKILL {
		return false
	}
	return !l.isAlone() || target == port.KillAll && l.Populated
}

// signalOf returns the signal of a signalling state.
func signalOf(k *model.Kill, s State, restarting bool) int32 {
	signal, fallback := k.Signal, int32(sigTERM)
	switch s {
	case stopKill, finalKill:
		signal, fallback = k.FinalSignal, sigKILL
	case stopWatchdog, finalWatchdog:
		signal, fallback = k.WatchdogSignal, sigABRT
	default:
		if restarting && k.RestartSignal != 0 {
			signal = k.RestartSignal
		}
	}
	if signal == 0 {
		return fallback
	}
	return signal
}

// signal sends the state's signal, and asks whether there is anybody to wait for.
func (l *serviceLife) signal(s State) {
	if l.Unsignalled {
		l.Unsignalled = false
		return
	}
	if l.Cleaned != 0 {
		l.killCleaner()
		return
	}
	kill := &l.settings().Kill
	target, _ := reach(kill.Mode, s)
	final := s == stopKill || s == finalKill
	l.KillToken = l.u.world.Token()
	l.u.world.Emit(port.Kill{
		Unit:       l.u.Status.Unit.Name,
		Token:      l.KillToken,
		Signal:     signalOf(kill, s, l.u.world.Restarting()),
		SIGHUP:     kill.SendSIGHUP && !final,
		Target:     target,
		MainPID:    l.MainPID,
		ControlPID: l.ControlPID,
		MainAlien:  l.MainAlien,
		Log:        final || s == stopWatchdog || s == finalWatchdog,
	})
}

func (l *serviceLife) onKillSent(e port.KillSent) bool {
	if e.Token == 0 || e.Token != l.KillToken {
		return false
	}
	l.KillToken = 0
	if e.Waiting || serviceTable[l.u.state].entry != signals {
		return true
	}
	if target, _ := reach(l.settings().Kill.Mode, l.u.state); target == port.KillAll && l.ControlToken == 0 &&
		l.MainToken == 0 {
		l.Populated = false
	}
	l.u.fire(done)
	return true
}

// takesReloadSignal reports a service whose main process is to be signalled for a reload.
func (l *serviceLife) takesReloadSignal() bool {
	return l.settings().Type == model.ServiceNotifyReload && l.MainPID > 0
}

// beginReload forgets what became of the last reload. What the service says of one from now on is of this one.
func (l *serviceLife) beginReload() {
	l.ReloadResult = model.Success
	l.ReloadAt = l.u.world.Now().Monotonic
	if l.Announced == announcedReloaded {
		l.Announced = announcedNothing
	}
}

// signalReload asks the main process to reload. systemd.service(5), ReloadSignal=.
func (l *serviceLife) signalReload() {
	signal := l.settings().ReloadSignal
	if signal == 0 {
		signal = sigHUP
	}
	l.ReloadAt = l.u.world.Now().Monotonic
	l.u.world.Emit(port.Kill{Unit: l.u.Status.Unit.Name, Signal: signal, Target: port.KillMainOnly, MainPID: l.MainPID})
}

// dropControl gives up on a control process that took too long, without ending the service.
func (l *serviceLife) dropControl() {
	if l.ControlPID > 0 {
		l.u.world.Emit(port.Kill{Unit: l.u.Status.Unit.Name, Signal: sigKILL, Target: port.KillMainOnly,
			ControlPID: l.ControlPID})
	}
	l.forgetControl()
}

// forgetControl lets go of the control process.
func (l *serviceLife) forgetControl() {
	if l.ControlPID > 0 {
		l.u.world.Disown(l.ControlPID)
	}
	l.ControlPID, l.ControlToken = 0, 0
}
