package kind

import (
	"strconv"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/words"
)

// idlePatience is how long a Type=idle service waits for the jobs in work at most. systemd.service(5), Type=idle.
const idlePatience = 5 * span.Second

// begin starts the main process, or the one that forks it.
func (l *serviceLife) begin() {
	if l.isIdle() && l.u.world.HoldIdle() {
		l.IdleWait = true
		l.u.Arm(port.TimerRetry, l.u.world.Now().Monotonic.Add(idlePatience))
		return
	}
	if l.Forking = l.settings().Type == model.ServiceForking; l.Forking {
		l.ControlIndex = 0
		l.ControlToken = l.spawn(model.ExecStart, 0)
		return
	}
	l.MainToken = l.spawn(model.ExecStart, l.MainIndex)
}

// runControl runs the present command of a list as the control process.
func (l *serviceLife) runControl(kind model.CommandKind) {
	if l.ControlPID != 0 { // left alone by KillMode=
		l.u.world.Disown(l.ControlPID)
		l.ControlPID = 0
	}
	l.ControlToken = l.spawn(kind, l.ControlIndex)
}

func (l *serviceLife) spawn(kind model.CommandKind, index int32) uint64 {
	w, s := l.u.world, l.settings()
	token := w.Token()
	l.Populated = true
	spawn := port.Spawn{
		Unit:       l.u.Status.Unit,
		Token:      token,
		Kind:       kind,
		Command:    s.Commands[kind][index],
		Invocation: l.u.Status.Invocation,
		MainPID:    l.MainPID,
		Env:        l.environment(kind),
		Manager:    w.Environment(),
		Control:    kind != model.ExecStart,
	}
	spawn.Notify = l.NotifyAccess != model.NotifyNone
	if spawn.Control {
		spawn.Notify = l.NotifyAccess == model.NotifyExec || l.NotifyAccess == model.NotifyAll
	}
	if kind == model.ExecStart {
		spawn.Watchdog = orNever(s.Watchdog)
		spawn.FDs = append(w.Handed(), l.FDs...)
	}
	w.Emit(spawn)
	return token
}

// orNever reads an infinite interval as none.
func orNever(s span.Span) span.Span {
	if s == span.Infinity {
		return 0
	}
	return s
}

// environment is what the run adds to the unit's environment. systemd.exec(5), "Environment Variables Set or
// Propagated by the Service Manager".
func (l *serviceLife) environment(kind model.CommandKind) []string {
	switch kind {
	case model.ExecStart, model.ExecStartPre, model.ExecStartPost, model.ExecCondition:
		return l.u.world.Monitor()
	case model.ExecStop, model.ExecStopPost:
		env := []string{"SERVICE_RESULT=" + l.Result.String()}
		if l.HasExited {
			code, status := ExitWords(l.Main.Code, l.Main.Status)
			env = append(env, "EXIT_CODE="+code, "EXIT_STATUS="+status)
		}
		return env
	}
	return nil
}

// ExitWords says how a process ended as $EXIT_CODE and $EXIT_STATUS do.
func ExitWords(code port.ExitCode, status int32) (codeWord, statusWord string) {
	switch code {
	case port.Killed:
		return "killed", quantity.SignalName(int(status))
	case port.Dumped:
		return "dumped", quantity.SignalName(int(status))
	}
	return "exited", strconv.Itoa(int(status))
}

// run is the record of a command's newest execution.
func (l *serviceLife) run(kind model.CommandKind, index int32) *port.Run {
	if run := l.Run(kind, int(index)); run != nil {
		return run
	}
	l.Runs = append(l.Runs, port.CommandRun{Kind: kind, Index: index})
	return &l.Runs[len(l.Runs)-1].Run
}

// controlList is the list that the control process is of.
func (l *serviceLife) controlList() model.CommandKind {
	if l.u.state == start {
		return model.ExecStart
	}
	return serviceTable[l.u.state].list
}

func (l *serviceLife) onSpawned(e port.Spawned) bool {
	now := l.u.world.Now()
	switch {
	case e.Token == 0:
		return false
	case e.Token == l.ControlToken:
		l.Populated = true
		l.ControlToken = 0
		l.ControlPID, l.ControlKind = e.PID, l.controlList()
		l.u.world.Own(e.PID)
		if serviceTable[l.u.state].entry != signals && l.Cleaned == 0 {
			*l.run(l.ControlKind, l.ControlIndex) = port.Run{Start: now, PID: e.PID}
		}
	case e.Token == l.MainToken:
		l.Populated = true
		if l.MainPID != e.PID {
			l.setMain(e.PID)
			*l.run(model.ExecStart, l.MainIndex) = l.Main
		}
		if l.settings().Type == model.ServiceExec && !e.Executed {
			return true // this says only that the process was made
		}
		l.MainToken = 0
	default:
		return false
	}
	switch {
	case serviceTable[l.u.state].entry == signals:
		l.signal(l.u.state) // it came to be after the others had been signalled
	case l.u.state == start && e.PID == l.MainPID:
		switch l.settings().Type {
		case model.ServiceSimple, model.ServiceIdle, model.ServiceExec:
			l.u.fire(ready)
		case model.ServiceDBus:
			if l.BusOwned {
				l.u.fire(ready)
			}
		}
	}
	return true
}

// setMain takes a process for the main process.
func (l *serviceLife) setMain(pid int) {
	if pid == l.MainPID {
		return
	}
	l.forgetMain()
	l.MainPID = pid
	l.HasExited = false
	l.u.world.Own(pid)
	l.Main = port.Run{Start: l.u.world.Now(), PID: pid}
}

func (l *serviceLife) onSpawnFailed(e port.SpawnFailed) bool {
	if e.Token == 0 || e.Token != l.MainToken && e.Token != l.ControlToken {
		return false
	}
	result := e.Result
	if result == model.Success {
		result = model.FailureResources
	}
	l.u.world.Log(4, "", "Failed to run '"+l.phase()+"' task: "+e.Message)
	if e.Token == l.MainToken {
		l.MainToken = 0
		l.failWith(result)
		l.u.fire(fail)
		return true
	}
	l.ControlToken = 0
	if l.Cleaned != 0 {
		l.cleanerDone(result)
		return true
	}
	l.controlDone(result)
	return true
}

// phase names the state's work as the oracle does in its messages.
func (l *serviceLife) phase() string { return serviceTable[l.u.state].sub }

// controlDone goes on after a control process that ended, with the next command or to the next state.
func (l *serviceLife) controlDone(result model.Result) {
	kind := l.controlList()
	if result == model.Success && serviceTable[l.u.state].entry == runs &&
		int(l.ControlIndex)+1 < len(l.settings().Commands[kind]) {
		l.ControlIndex++
		l.u.rewind() // each command has the whole time
		l.runControl(kind)
		return
	}
	switch state := l.u.state; {
	case serviceTable[state].entry == signals:
		l.failWith(result) // the oracle: a command that a stop has to end fails the service
		if l.MainPID == 0 && l.MainToken == 0 {
			l.u.fire(gone)
		}
	case state == reload:
		l.ReloadResult = result
		if result != model.Success {
			l.u.how |= ReloadFailed
		} else if l.settings().PIDFile != "" {
			l.watchPIDFile() // the daemon may have exec'd itself anew
		}
		l.u.fire(done)
	case result == model.SkipCondition:
		l.failWith(result)
		l.u.fire(skip)
	case result != model.Success:
		l.failWith(result)
		l.u.fire(fail)
	case state == start:
		l.forked()
	case state == startPost && l.settings().PIDFile != "" && l.MainPID == 0 && !l.HasExited:
		l.watchPIDFile() // and wait here for it
	default:
		l.u.fire(done)
	}
}

// forked looks for the main process after the first one of a forking service has exited.
func (l *serviceLife) forked() {
	s := l.settings()
	switch {
	case l.MainPID > 0: // MAINPID= said it
		l.u.fire(ready)
	case s.PIDFile != "":
		l.watchPIDFile()
		if len(s.Commands[model.ExecStartPost]) > 0 {
			l.u.fire(ready) // one of these may be what writes the file
		}
	case s.GuessMainPID:
		l.u.world.Emit(port.GuessMainPID{Unit: l.u.Status.Unit.Name})
	default:
		l.u.fire(ready)
	}
}

func (l *serviceLife) watchPIDFile() {
	l.PIDWatch, l.PIDBad, l.Deserted = true, false, false
	l.u.world.Emit(port.WatchPIDFile{Unit: l.u.Status.Unit.Name, Path: l.settings().PIDFile})
}

func (l *serviceLife) unwatchPIDFile() {
	l.PIDWatch = false
	l.u.world.Emit(port.UnwatchPIDFile{Unit: l.u.Status.Unit.Name})
}

// ignoresFailure reports the "-" prefix of a command.
func (l *serviceLife) ignoresFailure(kind model.CommandKind, index int32) bool {
	list := l.settings().Commands[kind]
	return int(index) < len(list) && list[index].Flags&words.IgnoreFailure != 0
}
