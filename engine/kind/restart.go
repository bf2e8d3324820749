package kind

import (
	"math"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// The MESSAGE_IDs of a service's end.
const (
	idSuccess   = "7ad2d189f7e94e70a38c781354912448"
	idFailure   = "d9b373ed55a64feb8242e02dbe79a49c"
	idSkipped   = "0e4284a0caca4bfc81c0bb6786972673"
	idScheduled = "5eb03494b6584870a536b337290809b3"
)

// restartOn is the matrix of systemd.service(5), Restart=: which results lead to a restart under which policy.
var restartOn = [...]uint16{
	model.RestartNo:         0,
	model.RestartOnSuccess:  1 << model.Success,
	model.RestartOnFailure:  failures,
	model.RestartOnAbnormal: failures &^ (1 << model.FailureExitCode),
	model.RestartOnWatchdog: 1 << model.FailureWatchdog,
	model.RestartOnAbort:    1<<model.FailureSignal | 1<<model.FailureCoreDump,
	model.RestartAlways:     failures | 1<<model.Success,
}

// failures are all results but success and skipped; the start limit is not asked about.
const failures = 1<<model.FailureResources | 1<<model.FailureProtocol | 1<<model.FailureTimeout |
	1<<model.FailureExitCode | 1<<model.FailureSignal | 1<<model.FailureCoreDump | 1<<model.FailureWatchdog |
	1<<model.FailureOOMKill

// ShallRestart decides by the settings of a service, its result, and how its main process ended (code 0 for not at
// all).
func ShallRestart(s *model.Service, result model.Result, code port.ExitCode, status int32) bool {
	if code != 0 && holds(s.RestartPrevent, code, status) {
		return false
	}
	if code != 0 && holds(s.RestartForce, code, status) {
		return true
	}
	return restartOn[s.Restart]&(1<<result) != 0
}

// pickRestart decides what follows the end of a service.
func pickRestart(u *Unit) State {
	l := u.life.(*serviceLife)
	down, again := failed, failedAgain
	if l.Result == model.Success || l.Result == model.SkipCondition {
		down, again = dead, deadAgain
	}
	var code port.ExitCode
	if l.HasExited {
		code = l.Main.Code
	}
	switch {
	case l.NoRestart, u.world.StopPending(), !ShallRestart(l.settings(), l.Result, code, l.Main.Status):
		return down
	case l.settings().RestartMode == model.RestartDirect:
		return autoRestart
	}
	return again
}

// rest cleans up after a service that is down, for good or for a moment.
func (l *serviceLife) rest(s State) {
	w, unit := l.u.world, l.u.Status.Unit
	if l.u.state == autoRestart && s == dead {
		return // it is down already: its restart goes on, or was called off
	}
	l.logEnd()
	l.WillRestart = s == deadAgain || s == failedAgain || s == autoRestart
	if l.WillRestart {
		l.u.how |= WillRestart
	}
	l.forgetMain()
	l.forgetControl() // what its settings don't let us end goes on
	l.MainToken, l.KillToken, l.Populated, l.IdleWait = 0, 0, false, false
	l.u.Disarm(port.TimerRetry)
	if l.BusWatch {
		l.BusWatch, l.BusOwned = false, false
		w.Emit(port.UnwatchBusName{Unit: unit.Name, Name: l.settings().BusName})
	}
	if l.settings().PIDFile != "" {
		w.Emit(port.RemoveFile{Path: l.settings().PIDFile})
	}
	l.FlushRestarts = !l.WillRestart
	l.NoRestart, l.Cleaned = false, 0
	if !l.WillRestart {
		l.releaseFDs()
	}
	preserve := l.settings().Exec.RuntimePreserve
	w.Emit(port.ReleaseUnit{Unit: unit, Preserve: preserve == model.PreserveYes ||
		preserve == model.PreserveRestart && (l.WillRestart || w.Restarting())})
}

// releaseFDs empties the store: a restart keeps it, an end does not.
func (l *serviceLife) releaseFDs() {
	if l.u.world.Restarting() {
		return
	}
	fds := make([]uint64, 0, len(l.FDs))
	for _, fd := range l.FDs {
		fds = append(fds, fd.FD)
	}
	l.closeFDs(fds)
	l.FDs = nil
}

// Settle lets go of what a unit at rest kept for a restart that will not come any more: it has no job.
func (u *Unit) Settle() {
	l, ok := u.life.(*serviceLife)
	if ok && len(l.FDs) > 0 && (u.state == dead || u.state == failed) {
		l.releaseFDs()
	}
}

func (l *serviceLife) logEnd() {
	result := l.Result.String()
	switch l.Result {
	case model.Success:
		l.u.world.Log(6, idSuccess, "Deactivated successfully.")
	case model.SkipCondition:
		l.u.world.Log(6, idSkipped, "Skipped due to '"+result+"'.", "UNIT_RESULT="+result)
	default:
		l.u.world.Log(4, idFailure, "Failed with result '"+result+"'.", "UNIT_RESULT="+result)
	}
}

// restartDelay is the time before the next restart, which grows from RestartSec= to RestartMaxDelaySec= in
// RestartSteps= steps. systemd.service(5).
func (l *serviceLife) restartDelay() span.Span {
	s := l.settings()
	first, last, steps := s.RestartSec, s.RestartMaxDelay, s.RestartSteps
	n := l.Restarts + 1
	l.RestartNext = first
	switch {
	case steps == 0 || last == 0 || last == span.Infinity || first >= last || n <= 1:
	case n > steps:
		l.RestartNext = last
	default:
		base := float64(max(first, 1))
		l.RestartNext = span.Span(math.Round(base * math.Pow(float64(last)/base, float64(n-1)/float64(steps))))
	}
	return l.RestartNext
}

// restart makes the restart job, once the delay is over.
func (l *serviceLife) restart() {
	w := l.u.world
	if w.StopPending() {
		w.Log(6, "", "Stop job pending for unit, skipping automatic restart.")
		return
	}
	if refusal := w.EnqueueRestart(); refusal != nil {
		w.Log(4, "", "Failed to schedule restart job: "+refusal.Message)
		l.Result = model.FailureResources
		l.u.fire(fail)
		return
	}
	l.Restarts++
	l.FlushRestarts = false
	n := itoa(int(l.Restarts))
	w.Log(6, idScheduled, "Scheduled restart job, restart counter is at "+n+".", "N_RESTARTS="+n)
}
