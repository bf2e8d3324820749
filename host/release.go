package host

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// This file is about what a unit leaves behind when it is down.

// release takes back what a unit had while it ran. A control group that still has processes, which the unit's settings
// don't let us end, stays until they are gone.
func (w *World) release(e *port.ReleaseUnit) {
	name := e.Unit.Name
	delete(w.late, name)
	delete(w.warned, name)
	if w.groups != nil {
		w.releaseGroup(name)
	} else {
		if mayLeave(e.Unit) { // to look for them takes time where there are no groups
			w.tellLeft(name, 6, "Unit process %d (%s) remains running after unit stopped.")
		}
		delete(w.paths, name)
	}
	if w.tracker != nil {
		w.tracker.Released(name)
	}
	w.unwatchPIDFile(name)
	if e.Unit.Service != nil && !e.Preserve {
		if err := w.launcher.RemoveRuntime(e.Unit.Service.Exec); err != nil {
			w.output.Log(&port.Log{Unit: name, Level: 4, Message: err.Error()})
		}
	}
}

// mayLeave says whether a unit's settings let processes outlive it. systemd.kill(5), KillMode=, SendSIGKILL=.
func mayLeave(u *model.Unit) bool {
	if u.Service == nil {
		return false
	}
	k := &u.Service.Kill
	return k.Mode == model.KillProcess || k.Mode == model.KillNone || !k.SendSIGKILL
}

// releaseGroup gives a unit's control group up; sweep removes it.
func (w *World) releaseGroup(name string) {
	if path, ok := w.paths[name]; ok {
		delete(w.paths, name)
		w.shortage.unwatch(name)
		w.watcher.Remove(filepath.Join(w.groups.Dir(path), "cgroup.events"))
		w.left = append(w.left, left{name, path})
	}
}

// left is the control group of a unit that came to rest.
type left struct{ unit, path string }

// isLeft reports that a unit's group is still to be swept.
func (w *World) isLeft(name string) bool {
	for _, l := range w.left {
		if l.unit == name {
			return true
		}
	}
	return false
}

// sweep removes the groups of the units that came to rest. The kernel takes its time for that, and clients who wait for
// the unit need not: so it is done when they have been told, or when the unit is started again, whose account begins
// anew.
func (w *World) sweep() {
	for _, l := range w.left {
		if nanoseconds, ok := w.groups.CPUTime(l.path); ok {
			if w.loop.Engine.Unit(l.unit) != nil { // not forgotten with its end
				w.spent[l.unit] = nanoseconds
			}
			w.tellSpent(l.unit, nanoseconds)
		}
		w.paths[l.unit] = l.path
		if w.dropGroup(l.unit, l.path) {
			w.leftover[l.unit] = true
			w.tellLeft(l.unit, 6, "Unit process %d (%s) remains running after unit stopped.")
			w.watchGroup(l.unit, l.path)
		}
	}
	clear(w.left)
	w.left = w.left[:0]
}

// dropGroup removes a unit's control group; true means that processes are left in it.
func (w *World) dropGroup(name, path string) bool {
	w.watcher.Remove(filepath.Join(w.groups.Dir(path), "cgroup.events"))
	busy, err := w.groups.Remove(path)
	if err != nil {
		w.output.Log(&port.Log{Unit: name, Level: 4, Message: err.Error()})
	}
	if !busy || err != nil {
		delete(w.paths, name)
		delete(w.leftover, name)
	}
	return busy
}

// pruneLater has the group of a service removed that may stay up without any process, once the engine has said so.
func (w *World) pruneLater(unit string) {
	status := w.loop.Engine.Unit(unit)
	if status != nil && status.Unit.Service != nil && status.Unit.Service.RemainAfterExit {
		w.loop.Post(func() { w.prune(unit) })
	}
}

// prune removes the control group of a service that has exited and is up all the same.
func (w *World) prune(unit string) {
	path, ok := w.paths[unit]
	if !ok || w.groups == nil || w.groups.Populated(path) {
		return
	}
	if status := w.loop.Engine.Unit(unit); status == nil || status.Sub != "exited" {
		return
	}
	w.shortage.unwatch(unit)
	if nanoseconds, ok := w.groups.CPUTime(path); ok {
		w.spent[unit] = nanoseconds
	}
	w.dropGroup(unit, path)
}

// emptied is told when a watched group has no process any more.
func (w *World) emptied(unit, path string) {
	if w.leftover[unit] {
		w.dropGroup(unit, path)
	}
	w.loop.Do(port.CgroupEmptied{Unit: unit})
	w.pruneLater(unit)
}

// warnLeft tells what is left of the last run of a unit that is started.
func (w *World) warnLeft(unit string) {
	if w.leftover[unit] {
		delete(w.leftover, unit)
		w.tellLeft(unit, 4, "Found left-over process %d (%s) in control group while starting unit. Ignoring.\n"+
			"This usually indicates unclean termination of a previous run, or service implementation deficiencies.")
	}
}

func (w *World) tellLeft(unit string, level uint8, format string) {
	for _, pid := range w.Processes(unit) {
		w.output.Log(&port.Log{Unit: unit, Level: level, Message: unit + ": " + fmt.Sprintf(format, pid, comm(pid))})
	}
}

// idResources is the MESSAGE_ID of what a unit has used.
const idResources = "ae8f7b866b0347b9af31fe1c80b127c0"

// tellSpent logs how much time of the processors a run took, if it is worth mention.
func (w *World) tellSpent(unit string, nanoseconds uint64) {
	used := span.Span(nanoseconds / 1000)
	level := uint8(6)
	switch {
	case used > 10*span.Minute:
		level = 5
	case used <= span.Second:
		return
	}
	w.output.Log(&port.Log{Unit: unit, Level: level, MessageID: idResources,
		Message: unit + ": Consumed " + used.Format(span.Millisecond) + " CPU time.",
		Fields:  []string{"CPU_USAGE_NSEC=" + strconv.FormatUint(nanoseconds, 10)}})
}

// Spent is the time of the processors that a unit's last run took, in nanoseconds.
func (w *World) Spent(unit string) (nanoseconds uint64, ok bool) {
	nanoseconds, ok = w.spent[unit]
	return nanoseconds, ok
}

// Forget drops what is known of a unit that is not loaded any more.
func (w *World) Forget(unit string) { delete(w.spent, unit) }
