package host

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/process"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/sandbox"
)

// Making a process takes a thread some tenths of a millisecond, most of it waiting for the child to execute its image.
// When many commands start at once, makers do that on other threads while the loop goes on. The loop must never act on
// a unit whose process is in the air, so it awaits them where that could matter: before it signals, releases or
// guesses, and when a process or a sender is seen that it doesn't know.

// maxFlights bounds the commands in the air: each holds descriptors.
const maxFlights = 64

// flights are the commands whose process is being made.
type flights struct {
	queue, done chan *flight
	count       int // in the air; the loop's own
}

type flight struct {
	spawn   *port.Spawn
	launch  *process.Launch
	started process.Started
	err     error
}

// start makes the makers. land is called on the loop for each command that has landed.
func (f *flights) start(l *Loop, land func(*flight)) {
	f.queue, f.done = make(chan *flight, maxFlights), make(chan *flight, maxFlights)
	for range runtime.NumCPU() {
		go func() {
			for c := range f.queue {
				c.started, c.err = c.launch.Run()
				f.done <- c
				l.Post(func() { f.landed(land) })
			}
		}()
	}
}

// landed takes in what has landed by now.
func (f *flights) landed(land func(*flight)) {
	for {
		select {
		case c := <-f.done:
			f.count--
			land(c)
		default:
			return
		}
	}
}

// await waits until nothing is in the air. It reports whether anything was.
func (w *World) await() bool {
	waited := w.flights.count > 0
	for w.flights.count > 0 {
		c := <-w.flights.done
		w.flights.count--
		w.landed(c)
	}
	return waited
}

// spawn starts a command in its unit's control group. What can't be prepared is a SpawnFailed; a process that fails
// before its execve exits with a status that says why, as any other.
func (w *World) spawn(s *port.Spawn) {
	launch, err := w.prepare(s)
	if err != nil {
		w.loop.Do(port.SpawnFailed{Unit: s.Unit.Name, Token: s.Token, Result: model.FailureResources, Message: err.Error()})
		return
	}
	c := &flight{spawn: s, launch: launch}
	if w.loop.spawns <= 1 && w.flights.count == 0 { // alone, it is soonest done here
		c.started, c.err = launch.Run()
		w.landed(c)
		return
	}
	for w.flights.count >= maxFlights {
		w.flights.count--
		w.landed(<-w.flights.done)
	}
	w.flights.count++
	w.flights.queue <- c
}

func (w *World) prepare(s *port.Spawn) (*process.Launch, error) {
	request := process.Request{Spawn: s, Keep: w.keep.file}
	group := w.group(s.Unit)
	if w.groups != nil {
		if s.Control && s.Unit.Service != nil && s.Unit.Service.Control.Delegate {
			group += "/.control"
		}
		fd, err := w.groups.Make(group)
		if err != nil {
			return nil, err
		}
		request.GroupFD, request.HasGroup = fd, true
	}
	return w.launcher.Prepare(&request)
}

// landed records a process that was made, and tells the engine.
func (w *World) landed(c *flight) {
	s, started := c.spawn, c.started
	if c.err != nil {
		w.loop.Do(port.SpawnFailed{Unit: s.Unit.Name, Token: s.Token, Result: model.FailureResources,
			Message: c.err.Error()})
		return
	}
	w.running[started.PID] = s.Unit.Name
	if w.tracker != nil {
		w.tracker.Started(started.PID, s.Unit.Name, started.Mark)
	}
	if started.FailedStep != "" {
		w.failed(started.PID, s, failure{started.FailedStep, started.Errno}, started.Cause)
	}
	spawned := port.Spawned{Unit: s.Unit.Name, Token: s.Token, PID: started.PID, Executed: started.FailedStep == ""}
	if started.ReportFD < 0 {
		w.loop.Do(spawned)
		return
	}
	w.reports[started.PID] = report{fd: started.ReportFD, spawn: s, event: spawned}
	if err := w.loop.Watch(started.ReportFD, func() { w.reported(started.PID) }); err != nil {
		w.reported(started.PID) // waits for the executor, which is better than to lose it
	}
}

// report is a process which the executor is still preparing.
type report struct {
	fd    int
	spawn *port.Spawn
	event port.Spawned
}

// reported takes the executor's word on whether the program was executed. It is called when the word is there, or when
// the process has ended and it must be.
func (w *World) reported(pid int) {
	r, ok := w.reports[pid]
	if !ok {
		return
	}
	delete(w.reports, pid)
	w.loop.Unwatch(r.fd)
	if failed := sandbox.ReadReport(r.fd, r.spawn.Command.Path); failed != nil {
		w.failed(pid, r.spawn, failure{failed.Status.String(), int32(failed.Errno)}, "")
	} else {
		r.event.Executed = true
	}
	w.loop.Do(r.event)
}

// failed remembers at which step a process ended, for when it is reaped, and says why.
func (w *World) failed(pid int, s *port.Spawn, f failure, cause string) {
	w.failures[pid] = f
	if cause == "" {
		cause = unix.Errno(f.errno).Error()
	}
	w.output.Log(&port.Log{Unit: s.Unit.Name, Level: 3, Message: fmt.Sprintf("%s: Failed at step %s spawning %s: %s",
		s.Unit.Name, f.step, s.Command.Path, cause)})
}
