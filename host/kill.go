package host

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
)

// kill signals processes of a unit and reports whether any is left whose end will be seen. Only processes that are in
// the unit's group, or descend from what we started for it, are ever signalled.
func (w *World) kill(e *port.Kill) {
	waiting := false
	for _, pid := range []int{e.MainPID, e.ControlPID} {
		if pid > 0 && w.mine(pid, e.Unit) {
			waiting = w.signal(pid, e) || waiting
		}
	}
	if e.Target != port.KillMainOnly {
		waiting = w.killRest(e) || waiting
	}
	if e.Token != 0 {
		w.loop.Do(port.KillSent{Unit: e.Unit, Token: e.Token, Waiting: waiting})
	}
}

// mine makes sure that a PID which the engine remembers still is the unit's process.
func (w *World) mine(pid int, unit string) bool {
	if w.running[pid] == unit {
		return true
	}
	if w.groups != nil {
		group, ok := w.groups.Of(pid)
		return ok && (group == w.paths[unit] || within(group, w.paths[unit]))
	}
	return w.tracker.Of(pid) == unit
}

func within(group, parent string) bool {
	return len(group) > len(parent) && group[:len(parent)] == parent && group[len(parent)] == '/'
}

// killRest signals what is left of the unit besides the two processes already signalled. A process may fork while we
// look, so SIGKILL goes by the group's own kill where the kernel has it, and other signals go round until nothing new
// is found.
func (w *World) killRest(e *port.Kill) bool {
	seen := map[int]bool{e.MainPID: true, e.ControlPID: true, os.Getpid(): true}
	waiting := false
	for range 8 {
		fresh := 0
		for _, pid := range w.Processes(e.Unit) {
			if seen[pid] {
				continue
			}
			seen[pid] = true
			fresh++
			w.announce(pid, e)
			waiting = w.signal(pid, e) || waiting
		}
		if fresh == 0 {
			break
		}
	}
	if path, ok := w.paths[e.Unit]; ok && w.groups != nil && waiting {
		w.watchGroup(e.Unit, path)
		if e.Signal == int32(unix.SIGKILL) {
			_ = w.groups.KillAll(path) // best effort: older kernels lack it, and all were signalled one by one
		}
	}
	return waiting
}

// End ends whatever still runs of what the manager started, before it leaves; PID 1 ends everything in its own way.
func (w *World) End() {
	units := map[string]bool{}
	for _, unit := range w.running {
		units[unit] = true
	}
	for unit := range w.paths {
		units[unit] = true
	}
	for unit := range units {
		w.kill(&port.Kill{Unit: unit, Signal: int32(unix.SIGKILL), Target: port.KillAll})
	}
	for range units { // each round reaps what has ended by then; SIGKILL can't be waited out
		w.Reap()
	}
}

// announce logs the end of a process that nobody expected to be left.
func (w *World) announce(pid int, e *port.Kill) {
	if e.Log {
		w.output.Log(&port.Log{Unit: e.Unit, Level: 5, Message: fmt.Sprintf("%s: Killing process %d (%s) with signal %s.",
			e.Unit, pid, comm(pid), unix.SignalName(unix.Signal(e.Signal)))})
	}
}

// signal sends a Kill's signals to one process. SIGCONT follows so that a stopped process can act on it.
func (w *World) signal(pid int, e *port.Kill) bool {
	err := unix.Kill(pid, unix.Signal(e.Signal))
	if errors.Is(err, unix.ESRCH) {
		return w.running[pid] != "" // a zombie not yet reaped: its end is still to come
	}
	if err != nil {
		w.output.Log(&port.Log{Unit: e.Unit, Level: 4,
			Message: fmt.Sprintf("%s: Failed to kill process %d: %v", e.Unit, pid, err)})
		return false
	}
	if e.SIGHUP {
		_ = unix.Kill(pid, unix.SIGHUP) // best effort: the first signal may have ended it
	}
	if e.Signal != int32(unix.SIGKILL) && e.Signal != int32(unix.SIGCONT) {
		_ = unix.Kill(pid, unix.SIGCONT) // best effort: as above
	}
	return true
}

func comm(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil || len(data) < 2 {
		return "n/a"
	}
	return string(data[:len(data)-1])
}
