package kind

import (
	"cmp"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/wire/notify"
)

// onNotify acts on an sd_notify datagram. Its descriptors are the unit's from here on, or closed.
func (l *serviceLife) onNotify(e port.NotifyReceived) bool {
	m := &e.Message
	if m.Has(notify.Barrier) { // it comes alone, and closing what came with it is the answer
		l.closeFDs(e.FDs)
		return true
	}
	if !l.mayNotify(e.PID) {
		l.closeFDs(e.FDs)
		return false
	}
	l.notifyMain(m)
	l.notifyState(m)
	if m.Has(notify.Status) {
		l.StatusText = m.Status
	}
	if m.Has(notify.Errno) {
		l.StatusErrno = int32(m.Errno)
	}
	if m.Has(notify.BusError) {
		l.StatusBusError = m.BusError
	}
	if m.Has(notify.NotifyAccess) {
		if access, ok := model.ParseNotifyAccess(m.NotifyAccess); ok {
			l.NotifyAccess = access
		}
	}
	if m.Has(notify.ExtendTimeoutUsec) {
		l.extend(span.Span(m.ExtendTimeoutUsec))
	}
	l.notifyWatchdog(m)
	l.notifyFDs(e)
	return true
}

// mayNotify applies NotifyAccess=. systemd.service(5).
func (l *serviceLife) mayNotify(pid int) bool {
	allowed := ""
	isMain, isControl := pid != 0 && pid == l.MainPID, pid != 0 && pid == l.ControlPID
	switch l.NotifyAccess {
	case model.NotifyAll:
		return true
	case model.NotifyExec:
		if isMain || isControl {
			return true
		}
		allowed = "for main PID " + itoa(l.MainPID) + " and control PID " + itoa(l.ControlPID)
	case model.NotifyMain:
		if isMain {
			return true
		}
		allowed = "for main PID " + itoa(l.MainPID)
		if l.MainPID == 0 {
			allowed = "for main PID which is currently not known"
		}
	default:
		l.u.world.Log(4, "", "Got notification message from PID "+itoa(pid)+", but reception is disabled.")
		return false
	}
	l.u.world.Log(4, "", "Got notification message from PID "+itoa(pid)+", but reception only permitted "+allowed)
	return false
}

func (l *serviceLife) notifyMain(m *notify.Message) {
	up := serviceTable[l.u.state].active.IsUp() || l.u.state == start || l.u.state == startPost
	if !m.Has(notify.MainPID) || !up || m.MainPID == l.MainPID || m.MainPID == l.ControlPID {
		return
	}
	l.setMain(m.MainPID)
	l.u.world.Emit(port.WatchPID{Unit: l.u.Status.Unit.Name, PID: m.MainPID})
}

// notifyState reads READY=, RELOADING= and STOPPING=, of which a datagram should have one.
func (l *serviceLife) notifyState(m *notify.Message) {
	s := l.settings()
	byNotify := s.Type == model.ServiceNotify || s.Type == model.ServiceNotifyReload
	switch {
	case m.Has(notify.Stopping):
		l.Announced = announcedStop
		if l.u.state == running || l.u.state == reloadNotify {
			l.Unsignalled = true // it is as if it had got the signal already
			l.u.fire(stopping)
		}
	case m.Has(notify.Ready):
		if l.u.state == reload && l.Announced == announcedReload {
			l.Announced = announcedReloaded
		} else {
			l.Announced = announcedNothing
		}
		if byNotify && l.u.state == start || l.u.state == reloadNotify {
			l.u.fire(ready)
		}
		if m.Has(notify.Reloading) { // both: ready, and busy again
			l.Announced = announcedReload
			l.u.fire(busy)
		}
	case m.Has(notify.Reloading):
		asked := l.u.state == reloadSignal || l.u.state == reload && s.Type == model.ServiceNotifyReload
		if asked && (!m.Has(notify.MonotonicUsec) || span.Span(m.MonotonicUsec) < l.ReloadAt) {
			return // it speaks of an earlier reload
		}
		l.Announced = announcedReload
		if l.u.state == running || l.u.state == reloadSignal {
			l.u.fire(busy)
		}
	}
}

func (l *serviceLife) notifyWatchdog(m *notify.Message) {
	alive := l.u.Status.Active.IsUp() || l.u.state == start || l.u.state == startPost
	if m.Has(notify.WatchdogUsec) {
		l.WatchdogOverride = span.Span(m.WatchdogUsec)
		if alive {
			l.feed()
		}
	}
	if !m.Has(notify.Watchdog) {
		return
	}
	if m.WatchdogTrigger {
		l.u.world.Log(3, "", "Watchdog request (last status: "+cmp.Or(l.StatusText, "<unset>")+")!")
		l.failWith(model.FailureWatchdog)
		l.u.fire(hung)
		return
	}
	if alive && l.u.Timers[port.TimerWatchdog] != 0 {
		l.feed()
	}
}

// notifyFDs stores, removes or closes descriptors. sd_notify(3), FDSTORE=1.
func (l *serviceLife) notifyFDs(e port.NotifyReceived) {
	m := &e.Message
	name := m.FDName
	if name == "" {
		name = "stored"
	}
	if m.Has(notify.FDStoreRemove) {
		var closed []uint64
		kept := l.FDs[:0:0]
		for _, fd := range l.FDs {
			if fd.Name == name {
				closed = append(closed, fd.FD)
			} else {
				kept = append(kept, fd)
			}
		}
		l.FDs = kept
		l.closeFDs(closed)
	}
	if len(e.FDs) == 0 {
		return
	}
	if !m.Has(notify.FDStore) || l.u.Status.Active.IsDown() {
		l.closeFDs(e.FDs)
		return
	}
	room := max(int(l.settings().FileDescriptorStoreMax)-len(l.FDs), 0)
	keep := min(room, len(e.FDs))
	if keep < len(e.FDs) {
		l.u.world.Log(4, "", "Service has no room for more stored file descriptors, closing them.")
	}
	l.closeFDs(e.FDs[keep:])
	stored := make([]port.NamedFD, 0, keep)
	for _, fd := range e.FDs[:keep] {
		stored = append(stored, port.NamedFD{FD: fd, Name: name, Poll: !m.Has(notify.FDPoll) || m.FDPoll})
	}
	if len(stored) > 0 {
		l.FDs = append(l.FDs[:len(l.FDs):len(l.FDs)], stored...)
		l.u.world.Emit(port.StoreFDs{Unit: l.u.Status.Unit.Name, FDs: stored})
	}
}

func (l *serviceLife) closeFDs(fds []uint64) {
	if len(fds) > 0 {
		l.u.world.Emit(port.CloseFDs{Unit: l.u.Status.Unit.Name, FDs: fds})
	}
}

func (l *serviceLife) onStoredFDClosed(e port.StoredFDClosed) bool {
	for i, fd := range l.FDs {
		if fd.FD == e.FD {
			l.FDs = append(l.FDs[:i:i], l.FDs[i+1:]...)
			l.closeFDs([]uint64{e.FD})
			return true
		}
	}
	return false
}
