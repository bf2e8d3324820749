package kind

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// A service that is down is cleaned by a process of the manager's own, which is its control process. systemctl(1),
// clean; systemd.exec(5), TimeoutCleanSec=.

// spawnCleaner starts the process.
func (l *serviceLife) spawnCleaner() {
	l.ControlToken = l.u.world.Token()
	l.Populated = true
	l.u.world.Emit(port.Spawn{Unit: l.u.Status.Unit, Token: l.ControlToken, Clean: l.Cleaned,
		Invocation: l.u.Status.Invocation, Control: true})
}

// cleanerExited handles the end of the process, in the state it is there for or as it was killed.
func (l *serviceLife) cleanerExited(e port.ProcessExited) {
	l.u.world.Disown(e.PID)
	l.ControlPID = 0
	result := judge(e)
	l.logExit("Control", "", e, result)
	l.cleanerDone(result)
}

// cleanerDone goes on when there is no process any more.
func (l *serviceLife) cleanerDone(result model.Result) {
	if l.u.state == cleaning {
		l.CleanResult = result
		l.u.fire(done)
		return
	}
	l.failWith(result) // the oracle: a process that had to be killed fails the service, and not what it did
	l.u.fire(gone)
}

// killCleaner ends the process, whatever the service's settings say of its own.
func (l *serviceLife) killCleaner() {
	if l.ControlPID == 0 {
		return // it is on its way, and this is tried again when it is there
	}
	l.KillToken = l.u.world.Token()
	l.u.world.Emit(port.Kill{Unit: l.u.Status.Unit.Name, Token: l.KillToken, Signal: sigKILL, Target: port.KillMainOnly,
		ControlPID: l.ControlPID})
}
