package kind

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// idOOM is the MESSAGE_ID of a process that the kernel ended for want of memory.
const idOOM = "fe6faa94e7774663a0da52717891d8ef"

// onOOMKilled follows OOMPolicy=. systemd.service(5). The end of the process itself is a ProcessExited of its own.
func (l *serviceLife) onOOMKilled() bool {
	policy := l.settings().OOMPolicy
	if l.u.Status.Active.IsDown() || l.u.state == autoRestart {
		return false
	}
	l.u.outOfMemory(policy)
	if policy == model.OOMContinue {
		return true
	}
	l.failWith(model.FailureOOMKill)
	switch {
	case policy == model.OOMKill: // the service ends as one whose processes were all killed
	case l.u.Status.Active == model.Active, l.u.Status.Active == model.Reloading:
		l.u.fire(overtime) // stopped as one that was up for too long
	case l.u.Status.Active == model.Activating:
		l.u.fire(fail)
	}
	return true
}

// onOOMKilled follows OOMPolicy=. systemd.scope(5).
func (l *scopeLife) onOOMKilled() bool {
	policy := l.settings().OOMPolicy
	if l.u.Status.Active.IsDown() {
		return false
	}
	l.u.outOfMemory(policy)
	if policy == model.OOMContinue {
		return true
	}
	l.failWith(model.FailureOOMKill)
	if policy == model.OOMStop && l.u.Status.Active == model.Active {
		l.u.fire(stopAsked)
	}
	return true
}

// outOfMemory logs it. With OOMPolicy=kill the kernel has ended the rest, too, by memory.oom.group; what it left, as a
// kernel without that or processes that had just moved, follows.
func (u *Unit) outOfMemory(policy model.OOMPolicy) {
	u.world.Log(5, idOOM, "A process of this unit has been killed by the OOM killer.")
	if policy == model.OOMKill {
		u.world.Emit(port.Kill{Unit: u.Status.Unit.Name, Signal: sigKILL, Target: port.KillAll})
	}
}
