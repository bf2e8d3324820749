package kind

import (
	"slices"
	"strconv"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/exitstatus"
)

// idExit is the MESSAGE_ID of a process that ended.
const idExit = "98e322203f7a4ed290d09fe03c09fe15"

func (l *serviceLife) onExited(e port.ProcessExited) bool {
	if e.Emptied {
		l.Populated = false
	}
	switch {
	case e.PID == l.MainPID && e.PID != 0:
		l.mainExited(e)
	case e.PID == l.ControlPID && e.PID != 0 && l.Cleaned != 0:
		l.cleanerExited(e)
	case e.PID == l.ControlPID && e.PID != 0:
		l.controlExited(e)
	case e.Emptied:
	default:
		return false
	}
	if e.Emptied && l.isAlone() {
		l.empty()
	}
	return true
}

// isAlone reports that no process is known or under way.
func (l *serviceLife) isAlone() bool {
	return l.MainPID == 0 && l.ControlPID == 0 && l.MainToken == 0 && l.ControlToken == 0
}

// mainExited goes on after the main process. systemd.service(5), Type=, ExitType=, RemainAfterExit=.
func (l *serviceLife) mainExited(e port.ProcessExited) {
	if e.Successor > 0 && l.u.Status.Active.IsUp() {
		l.setMain(e.Successor)
		l.u.world.Emit(port.WatchPID{Unit: l.u.Status.Unit.Name, PID: e.Successor})
		return
	}
	run := l.run(model.ExecStart, l.MainIndex)
	l.Main.Exit, l.Main.Code, l.Main.Status = l.u.world.Now(), e.Code, e.Status
	*run = l.Main
	l.forgetMain()
	l.MainToken = 0
	l.HasExited = true
	result := l.judgeMain(e)
	if l.ignoresFailure(model.ExecStart, l.MainIndex) {
		result = model.Success
	}
	l.logExit("Main", model.ExecStart.String(), e, result)
	if l.settings().ExitType == model.ExitCgroup && l.Populated {
		return // the service goes on, and its last process will be the end of it
	}
	if l.u.state == start {
		l.endedInStart(result)
		return
	}
	l.failWith(result)
	switch {
	case serviceTable[l.u.state].entry == signals:
		if l.ControlPID == 0 && l.ControlToken == 0 {
			l.u.fire(gone)
		}
	case l.ControlPID == 0 && l.ControlToken == 0:
		l.u.fire(ended)
	}
}

// endedInStart handles the end of the main process before the service was up.
func (l *serviceLife) endedInStart(result model.Result) {
	s := l.settings()
	switch {
	case result != model.Success:
		l.failWith(result)
		l.u.fire(fail)
	case s.Type == model.ServiceOneshot && int(l.MainIndex)+1 < len(s.Commands[model.ExecStart]):
		l.MainIndex++
		l.u.rewind()
		l.begin()
	case s.Type == model.ServiceOneshot:
		l.u.fire(done)
	case s.Type == model.ServiceNotify || s.Type == model.ServiceNotifyReload:
		if s.RemainAfterExit && l.NotifyAccess != model.NotifyMain {
			return // another process may still say READY=1
		}
		l.failWith(model.FailureProtocol)
		l.u.fire(fail)
	case l.ControlPID == 0 && l.ControlToken == 0:
		l.u.fire(ended)
	}
}

func (l *serviceLife) controlExited(e port.ProcessExited) {
	kind := l.ControlKind
	run := l.run(kind, l.ControlIndex)
	run.Exit, run.Code, run.Status = l.u.world.Now(), e.Code, e.Status
	l.u.world.Disown(e.PID)
	l.ControlPID = 0
	result := l.judgeControl(kind, e)
	if l.u.state == condition && result == model.FailureExitCode && e.Status < 255 {
		result = model.SkipCondition
	}
	if l.ignoresFailure(kind, l.ControlIndex) {
		result = model.Success
	}
	which := "Control"
	if l.u.state == condition {
		which = "Condition check"
	}
	l.logExit(which, kind.String(), e, result)
	l.controlDone(result)
}

// judge reads an exit as that of a command: only status 0 is good.
func judge(e port.ProcessExited) model.Result {
	switch {
	case e.Code == port.Exited && e.Status == 0:
		return model.Success
	case e.Code == port.Exited:
		return model.FailureExitCode
	case e.Code == port.Dumped:
		return model.FailureCoreDump
	}
	return model.FailureSignal
}

// judgeControl reads the exit of a control process. SuccessExitStatus= counts for it too, as the oracle has it; the
// first process of a forking service may be ended as a daemon may.
func (l *serviceLife) judgeControl(kind model.CommandKind, e port.ProcessExited) model.Result {
	if kind == model.ExecStart {
		return l.judgeMain(e)
	}
	if holds(l.settings().SuccessExitStatus, e.Code, e.Status) {
		return model.Success
	}
	return judge(e)
}

// judgeMain reads the exit of the main process: a daemon may be ended by the signals that end daemons, and
// SuccessExitStatus= adds more. systemd.service(5), Restart=.
func (l *serviceLife) judgeMain(e port.ProcessExited) model.Result {
	result := judge(e)
	if result == model.Success {
		return result
	}
	const hup, interrupt, pipe, term = 1, 2, 13, 15
	daemon := l.settings().Type != model.ServiceOneshot
	if daemon && e.Code == port.Killed && (e.Status == hup || e.Status == interrupt || e.Status == pipe ||
		e.Status == term) {
		return model.Success
	}
	if holds(l.settings().SuccessExitStatus, e.Code, e.Status) {
		return model.Success
	}
	return result
}

// holds reports that a set of statuses has how a process ended.
func holds(set *model.StatusSet, code port.ExitCode, status int32) bool {
	if set == nil || status < 0 || status > 255 {
		return false
	}
	if code == port.Exited {
		return slices.Contains(set.Statuses, uint8(status))
	}
	return slices.Contains(set.Signals, uint8(status))
}

// logExit tells of a process that ended, as loudly as it deserves.
func (l *serviceLife) logExit(which, command string, e port.ProcessExited, result model.Result) {
	code, word := ExitWords(e.Code, e.Status)
	level := uint8(7)
	switch {
	case result == model.Success || result == model.SkipCondition:
	case e.Code == port.Exited:
		level = 5
	default:
		level = 4
	}
	status := word
	if e.Code == port.Exited {
		if name := exitstatus.Name(int(e.Status), exitstatus.Libc, exitstatus.Systemd, exitstatus.LSB); name != "" {
			status += "/" + name
		} else {
			status += "/n/a"
		}
	} else {
		status = strconv.Itoa(int(e.Status)) + "/" + word
	}
	message := which + " process exited, code=" + code + ", status=" + status
	fields := []string{"EXIT_CODE=" + code, "EXIT_STATUS=" + strconv.Itoa(int(e.Status))}
	if command != "" {
		fields = append(fields, "COMMAND="+command)
	}
	l.u.world.Log(level, idExit, message, fields...)
}

// empty handles the end of the last process.
func (l *serviceLife) empty() {
	switch l.u.state {
	case start, startPost:
		if t := l.settings().Type; l.u.state == start && (t == model.ServiceNotify || t == model.ServiceNotifyReload) {
			l.failWith(model.FailureProtocol) // nobody is left to say READY=1
			l.u.fire(emptied)
			return
		}
		if l.u.state == start && l.HasExited && l.settings().ExitType == model.ExitCgroup {
			l.endedInStart(l.judgeMain(port.ProcessExited{Code: l.Main.Code, Status: l.Main.Status}))
			return // the main process was waited for no longer, and now nobody is left
		}
		// The PID file may still name a process elsewhere: only what the host says of it decides.
		l.Deserted = l.PIDWatch
		if l.PIDWatch && l.PIDBad {
			l.neverWrote()
		}
	case condition, startPre: // the next command is on its way
	case running, reloadSignal, reloadNotify:
		if l.settings().ExitType == model.ExitCgroup && l.HasExited {
			l.failWith(l.judgeMain(port.ProcessExited{Code: l.Main.Code, Status: l.Main.Status}))
		}
		l.u.fire(emptied)
	default:
		l.u.fire(emptied)
	}
}

// neverWrote fails the start of a service that is gone and left no PID file.
func (l *serviceLife) neverWrote() {
	l.u.world.Log(4, "", "Daemon never wrote its PID file. Failing.")
	l.failWith(model.FailureProtocol)
	l.u.fire(emptied)
}
