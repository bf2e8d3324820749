package host

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/cgroup"
	"github.com/steward-init/steward/sys"
	"github.com/steward-init/steward/wire/notify"
)

// maxReap bounds how many ended children are reaped before clients are served again.
const maxReap = 256

// Reap collects children that ended, and tells the engine. Call it on SIGCHLD. Notifications are read first: a process
// may write one and end at once, and it must still be known whose it was.
func (w *World) Reap() {
	for n := 0; ; n++ {
		exit, ok, err := sys.PeekExit()
		if err != nil || !ok {
			return
		}
		if n >= maxReap {
			w.loop.Post(w.Reap)
			return
		}
		w.readInbox()
		if w.tracker != nil {
			w.tracker.AdoptOrphans()
		}
		isForeign := w.running[exit.PID].unit == "" && w.Foreign.Reaping(exit)
		if _, ok, err = sys.WaitPID(exit.PID, true); err != nil || !ok {
			return
		}
		if isForeign {
			continue
		}
		w.exited(exit.PID, port.ExitCode(exit.Code), int32(exit.Status))
	}
}

func (w *World) exited(pid int, code port.ExitCode, status int32) {
	w.reported(pid)
	c, ours := w.running[pid]
	unit := c.unit
	if ours {
		w.gone(pid, c)
	}
	if a, ok := w.aliens[pid]; ok {
		unit = a.unit
		delete(w.aliens, pid)
		w.loop.Unwatch(a.fd)
		_ = unix.Close(a.fd) // best effort: it told what it had to
	}
	if w.tracker != nil {
		if adopted := w.tracker.Reaped(pid); unit == "" {
			unit = adopted
		}
	}
	if code == port.Killed && status == int32(unix.SIGKILL) {
		w.shortage.check(unit)
	}
	event := port.ProcessExited{PID: pid, Code: code, Status: status, Unit: unit}
	if f, ok := w.failures[pid]; ok {
		event.Step, event.Errno = f.step, f.errno
		delete(w.failures, pid)
	}
	event.Successor = w.successor(unit, pid)
	event.Emptied = w.isEmpty(unit)
	w.loop.Do(event)
	if !event.Emptied {
		w.checkEmpty(unit)
	} else {
		w.pruneLater(unit)
	}
}

// gone forgets a child that has ended.
func (w *World) gone(pid int, c offspring) {
	delete(w.running, pid)
	if b, ok := w.begun[pid]; ok {
		w.executed(pid, b)
	}
	if c.pidfd >= 0 {
		w.loop.Part(c.pidfd)
		_ = unix.Close(c.pidfd) // best effort: it told what it had to
	}
}

// successor is the process that the PID file of a unit names once the main process has ended: a daemon that replaces
// itself, as nginx when it is upgraded, writes the new one before the old one ends.
func (w *World) successor(unit string, pid int) int {
	status := w.loop.Engine.Unit(unit)
	if status == nil || status.Service == nil || status.Service.MainPID != pid || status.Unit.Service == nil ||
		status.Unit.Service.PIDFile == "" {
		return 0
	}
	next, trusted, err := readPIDFile(status.Unit.Service.PIDFile)
	if err != nil || next == pid || w.unitOf(next) != unit && !trusted {
		return 0
	}
	return next
}

// isEmpty reports that a unit has no process left. It saves the engine the question, which would be a signal.
func (w *World) isEmpty(unit string) bool {
	if unit == "" {
		return false
	}
	if w.groups == nil {
		return w.tracker.Empty(unit)
	}
	path, ok := w.paths[unit]
	return ok && !w.groups.Populated(path)
}

// checkEmpty tells the engine when a unit's last process is gone; otherwise the group is watched for that, since the
// rest may end without being our children.
func (w *World) checkEmpty(unit string) {
	if w.isEmpty(unit) {
		w.loop.Do(port.CgroupEmptied{Unit: unit})
		w.pruneLater(unit)
		return
	}
	if path, ok := w.paths[unit]; ok && w.groups != nil {
		w.watchGroup(unit, path)
	}
}

func (w *World) watchGroup(unit, path string) {
	file := filepath.Join(w.groups.Dir(path), "cgroup.events")
	err := w.watcher.Add(file, unix.IN_MODIFY, func() {
		if !w.groups.Populated(path) {
			w.watcher.Remove(file)
			w.emptied(unit, path)
		}
	})
	if err == nil && !w.groups.Populated(path) { // it emptied before the watch began
		w.watcher.Remove(file)
		w.emptied(unit, path)
	}
}

// readInbox turns waiting notifications into events. A sender that belongs to no unit is dropped and counted.
func (w *World) readInbox() {
	for range 1024 { // a flood must not keep the loop from everything else; the descriptor stays readable
		d, ok := w.inbox.Receive()
		if !ok {
			return
		}
		message := notify.Parse(d.Text)
		unit := w.unitOf(d.PID)
		if len(d.FDs) > 0 && message.Has(notify.FDStore) {
			d.FDs = w.keep.without(w.stored(unit), d.FDs)
		}
		tokens := w.keep.offer(d.FDs)
		if unit != "" {
			w.refuseMain(unit, &message, d.UID)
			w.loop.Do(port.NotifyReceived{Unit: unit, PID: d.PID, Message: message, FDs: tokens})
		} else {
			w.inbox.Dropped++
		}
		w.loop.Drain()
		w.keep.settle()
	}
}

// stored are the descriptors that the engine has stored for a unit.
func (w *World) stored(unit string) []port.NamedFD {
	if u := w.loop.Engine.Unit(unit); u != nil && u.Service != nil {
		return u.Service.FDs
	}
	return nil
}

// refuseMain drops a MAINPID= that names another's process, which would be watched, and signalled, as this unit's. Root
// may name any. sd_notify(3), MAINPID=.
func (w *World) refuseMain(unit string, m *notify.Message, uid uint32) {
	if !m.Has(notify.MainPID) || uid == 0 || w.unitOf(m.MainPID) == unit {
		return
	}
	m.Fields &^= notify.MainPID
	w.output.Log(&port.Log{Unit: unit, Level: 4,
		Message: fmt.Sprintf("%s: New main PID %d does not belong to service, refusing.", unit, m.MainPID)})
}

// unitOf returns the unit whose process this is, "" for a stranger.
func (w *World) unitOf(pid int) string {
	if c, ok := w.running[pid]; ok {
		return c.unit
	}
	if w.groups == nil {
		return w.tracker.Of(pid)
	}
	group, ok := w.groups.Of(pid)
	if !ok {
		return ""
	}
	return cgroup.UnitOf(group)
}

// UnitOf returns the unit a process belongs to, for GetUnitByPID.
func (w *World) UnitOf(pid int) string { return w.unitOf(pid) }

func (w *World) watchPID(unit string, pid int) {
	if _, ok := w.aliens[pid]; ok || w.running[pid].unit != "" {
		return
	}
	if w.tracker != nil {
		w.tracker.AdoptOrphans() // a daemon that forked away is our child by now, and its end comes by Reap
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		w.loop.Do(port.ProcessExited{PID: pid, Code: port.Killed, Unit: unit})
		return
	}
	w.aliens[pid] = alien{fd, unit}
	err = w.loop.Watch(fd, func() {
		w.readInbox()
		exit, ok, err := sys.WaitPID(pid, true) // ours after all, by inheritance
		if err != nil || !ok {
			exit, ok = sys.ExitOfOther(fd, pid)
		}
		if !ok {
			exit.Code = sys.CLDExited // nobody says how it ended: well
		}
		w.exited(pid, port.ExitCode(exit.Code), int32(exit.Status))
	})
	if err != nil {
		w.output.Log(&port.Log{Unit: unit, Level: 4, Message: err.Error()})
	}
}

// Adopt puts processes that we did not start into a unit.
func (w *World) Adopt(unit string, pids []int) {
	for _, pid := range pids {
		if w.groups == nil {
			w.tracker.Started(pid, unit, "")
			w.watchPID(unit, pid)
			continue
		}
		path, ok := w.paths[unit]
		if !ok {
			status := w.loop.Engine.Unit(unit)
			if status == nil {
				continue
			}
			path = w.group(status.Unit)
		}
		if err := w.groups.Adopt(path, pid); err != nil {
			w.output.Log(&port.Log{Unit: unit, Level: 4, Message: err.Error()})
		}
		w.watchGroup(unit, path)
		if status := w.loop.Engine.Unit(unit); status != nil {
			w.watchMemory(status.Unit, path)
		}
	}
}

// guess finds the one process that can be the main one of a forking service: not the control process, and a child of
// ours whose parent has ended. systemd.service(5), GuessMainPID=.
func (w *World) guess(unit string, control int) int {
	found := 0
	for _, pid := range w.Processes(unit) {
		if stat, err := sys.ReadStat(pid); pid == control || err != nil || stat.PPID != os.Getpid() {
			continue
		}
		if found != 0 {
			return 0
		}
		found = pid
	}
	return found
}
