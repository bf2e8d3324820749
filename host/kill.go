package host

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/sys"
)

// kill signals processes of a unit and reports whether any is left whose end will be seen. Only processes that are in
// the unit's group, or descend from what we started for it, are ever signalled.
func (w *World) kill(e *port.Kill) {
	waiting := false
	for _, pid := range []int{e.MainPID, e.ControlPID} {
		if pid > 0 {
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

// putOff asks whether a stop's first signal has to wait, and sends it when it need not any more. What the engine asks
// for next, or a new process of the unit, takes its place.
func (w *World) putOff(e *port.Kill) bool {
	if e.Token == 0 {
		return false
	}
	delete(w.late, e.Unit)
	if w.Before == nil || e.Signal == int32(unix.SIGKILL) {
		return false
	}
	kill := *e
	waits := w.Before(e.Unit, func() {
		if w.late[kill.Unit] == kill.Token {
			delete(w.late, kill.Unit)
			w.kill(&kill)
		}
	})
	if waits {
		w.late[e.Unit] = e.Token
	}
	return waits
}

// mine makes sure that a PID which the engine remembers still is the unit's process.
func (w *World) mine(pid int, unit string) bool {
	if w.running[pid].unit == unit {
		return true
	}
	if w.groups != nil {
		path := w.paths[unit]
		group, ok := w.groups.Of(pid)
		return ok && path != "" && (group == path || within(group, path))
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
	for _, c := range w.running {
		units[c.unit] = true
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

// announce logs signals that end a process without asking it, and those that a client sends.
func (w *World) announce(pid int, e *port.Kill) {
	level, format := uint8(6), ""
	switch {
	case e.Client && pid == e.MainPID:
		format = "%s: Sent signal %[4]s to main process %[2]d (%[3]s) on client request."
	case e.Client && pid == e.ControlPID:
		format = "%s: Sent signal %[4]s to control process %[2]d (%[3]s) on client request."
	case e.Client:
		format = "%s: Sending signal %[4]s to process %[2]d (%[3]s) on client request."
	case e.Log:
		level, format = 5, "%s: Killing process %d (%s) with signal %s."
	default:
		return
	}
	w.output.Log(&port.Log{Unit: e.Unit, Level: level,
		Message: fmt.Sprintf(format, e.Unit, pid, comm(pid), signalName(e.Signal))})
}

// signalName is what signal(7) calls a signal, SIGRTMIN+3 for the real-time ones.
func signalName(signal int32) string {
	return "SIG" + quantity.SignalName(int(signal))
}

// signal sends a Kill's signals to one process, if it is the unit's. SIGCONT follows so that a stopped process can act
// on it, but not where a client asked for a signal, who may well want to stop it.
func (w *World) signal(pid int, e *port.Kill) bool {
	to, ok := w.aim(pid, e.Unit)
	if !ok {
		return false
	}
	defer to.close()
	w.announce(pid, e)
	err := to.send(unix.Signal(e.Signal))
	if errors.Is(err, unix.ESRCH) {
		return w.running[pid].unit != "" // a zombie not yet reaped: its end is still to come
	}
	if err != nil {
		w.output.Log(&port.Log{Unit: e.Unit, Level: 4,
			Message: fmt.Sprintf("%s: Failed to kill process %d: %v", e.Unit, pid, err)})
		return false
	}
	if e.SIGHUP {
		_ = to.send(unix.SIGHUP) // best effort: the first signal may have ended it
	}
	if !e.Client && e.Signal != int32(unix.SIGKILL) && e.Signal != int32(unix.SIGCONT) {
		_ = to.send(unix.SIGCONT) // best effort: as above
	}
	return true
}

// target is a process to signal. Where its number could come to mean another process, fd is a pidfd, else -1.
type target struct{ pid, fd int }

// aim finds the process that a number means now, and makes sure that it is the unit's. The number of a child of ours
// is its own until we reap it. That of any other process may be given to a stranger at any moment, so a descriptor is
// opened first and whose it is asked after: if the process ended in between, the signal finds nobody.
func (w *World) aim(pid int, unit string) (target, bool) {
	if w.running[pid].unit == unit {
		return target{pid, -1}, true
	}
	fd, err := sys.OpenPIDFD(pid)
	if errors.Is(err, unix.ESRCH) {
		return target{}, false
	}
	if err != nil { // an old kernel, a filter of system calls, no descriptor left: the number has to do
		fd = -1
	}
	to := target{pid, fd}
	if !w.mine(pid, unit) {
		to.close()
		return target{}, false
	}
	return to, true
}

func (t target) send(signal unix.Signal) error {
	if t.fd >= 0 {
		err := sys.SignalPIDFD(t.fd, signal)
		if !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM) {
			return err
		}
	} // a filter that knows no pidfd refuses it by one of these; who may not signal a process may not by its number
	return sys.Signal(t.pid, signal)
}

func (t target) close() {
	if t.fd >= 0 {
		sys.Close(t.fd)
	}
}

func comm(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil || len(data) < 2 {
		return "n/a"
	}
	return string(data[:len(data)-1])
}
