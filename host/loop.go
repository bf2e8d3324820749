// Package host is the world behind the engine's two vocabularies: it turns what happens (a process ended, a datagram
// came, a timer is due) into events, and carries out the effects that the engine answers with.
//
// It exists so that the engine can stay pure. One goroutine, the loop, owns the engine and everything here; others hand
// it work by Post. It must not decide what a unit does next, and it never meets the bus: clients are an interface that
// the manager applet wires.
package host

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/clock"
	"github.com/steward-init/steward/sys"
)

// Clients are told what concerns them: replies, and that units and jobs changed. All calls come from the loop.
type Clients interface {
	// Perform takes a Reply, Unit…, Job… or ManagerChanged effect.
	Perform(port.Effect)
	// Flush is called when the events at hand are worked off, before the loop waits.
	Flush()
}

// Loop owns the engine. Only Post and Stop may be called from other goroutines.
type Loop struct {
	Engine  *engine.Engine
	Clients Clients
	world   *World
	timers  *clock.Timers
	queue   []port.Event
	poll    *sys.Poll
	sources map[int32]func() // by token
	tokens  map[int]int32    // by descriptor
	last    int32            // token given out
	steps   int              // since the last Quiet
	done    bool
	// Quiet is called once things have calmed down after a burst of work; it may be nil. It may wait until a descriptor is
	// readable, which is when the loop has work again.
	Quiet func(until int)
	err   error

	mailbox struct {
		sync.Mutex
		work []func()
		fd   int
	}
}

// NewLoop makes the loop's descriptors. The world is attached by Attach before Run.
func NewLoop(e *engine.Engine) (*Loop, error) {
	l := &Loop{Engine: e, sources: map[int32]func(){}, tokens: map[int]int32{}, steps: burst + 1} // to start up is a burst
	var err error
	if l.poll, err = sys.NewPoll(32); err != nil {
		return nil, fmt.Errorf("event loop: %w", err)
	}
	if l.mailbox.fd, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, fmt.Errorf("event loop: %w", err)
	}
	if l.timers, err = clock.New(); err != nil {
		return nil, err
	}
	err = errors.Join(l.Watch(l.mailbox.fd, l.readMailbox), l.Watch(l.timers.FD, l.readTimers))
	return l, err
}

// Watch calls ready whenever fd is readable, until Unwatch.
func (l *Loop) Watch(fd int, ready func()) error { return l.watch(fd, sys.Readable, ready) }

// WatchEnd calls ended when the other end of fd is closed, until Unwatch.
func (l *Loop) WatchEnd(fd int, ended func()) error { return l.watch(fd, sys.Hangup, ended) }

// Heed has the function of a Watch called when fd is writable too, or no longer.
func (l *Loop) Heed(fd int, writable bool) error {
	what := sys.Readable
	if writable {
		what |= sys.Writable
	}
	return l.poll.Modify(fd, what, l.tokens[fd])
}

func (l *Loop) watch(fd int, what sys.Readiness, ready func()) error {
	token := l.Token(ready) // of its own: the kernel may tell of an earlier file of this number in the same breath
	if err := l.poll.Add(fd, what, token); err != nil {
		delete(l.sources, token)
		return fmt.Errorf("event loop: watch descriptor %d: %w", fd, err)
	}
	l.tokens[fd] = token
	return nil
}

// Token is for Join: ready is called whenever a descriptor that has joined is readable, and finds out itself which.
func (l *Loop) Token(ready func()) int32 {
	l.last++
	l.sources[l.last] = ready
	return l.last
}

// Join watches one more descriptor for a token, until Part. Nothing is remembered of it.
func (l *Loop) Join(fd int, token int32) error { return l.poll.Add(fd, sys.Readable, token) }

// Part ends a Join; call it before the descriptor is closed.
func (l *Loop) Part(fd int) {
	_ = l.poll.Remove(fd) // best effort: as in Unwatch
}

// Unwatch ends a Watch; call it before the descriptor is closed.
func (l *Loop) Unwatch(fd int) {
	delete(l.sources, l.tokens[fd])
	delete(l.tokens, fd)
	_ = l.poll.Remove(fd) // best effort: a descriptor that is gone is not watched
}

// Post has work run on the loop's goroutine. Safe from any goroutine; never blocks.
func (l *Loop) Post(work func()) {
	l.mailbox.Lock()
	first := len(l.mailbox.work) == 0
	l.mailbox.work = append(l.mailbox.work, work)
	l.mailbox.Unlock()
	if first {
		one := [8]byte{1}
		_, _ = unix.Write(l.mailbox.fd, one[:]) // best effort: a full counter is readable too
	}
}

// Stop ends Run with err once the work at hand is done. Safe from any goroutine.
func (l *Loop) Stop(err error) {
	l.Post(func() { l.done, l.err = true, err })
}

func (l *Loop) readMailbox() {
	var buffer [8]byte
	_, _ = unix.Read(l.mailbox.fd, buffer[:]) // best effort: the list below is what counts
	l.mailbox.Lock()
	work := l.mailbox.work
	l.mailbox.work = nil
	l.mailbox.Unlock()
	for _, f := range work {
		f()
		l.Drain()
	}
}

func (l *Loop) readTimers() {
	l.timers.Drain()
	for _, elapsed := range l.timers.Due(clock.Now().Monotonic) {
		l.Do(elapsed)
	}
}

// Now gives the engine an event from outside of a step and carries out all that follows before it returns. Loop
// goroutine only, and never from within an effect.
func (l *Loop) Now(event port.Event) {
	l.Do(event)
	l.Drain()
}

// Do gives the engine an event after the present step and those that wait. Loop goroutine only.
func (l *Loop) Do(event port.Event) {
	l.queue = append(l.queue, event)
}

// Drain works off the queue: one event, one step. Loop goroutine only, and never from within an effect.
func (l *Loop) Drain() {
	for len(l.queue) > 0 {
		batch := l.queue
		l.queue = nil
		for _, event := range batch {
			l.steps++
			effects := l.Engine.Step(clock.Now(), event)
			for _, effect := range effects {
				l.perform(effect)
			}
		}
	}
}

// perform routes an effect: timers and clients here, everything else to the world.
func (l *Loop) perform(effect port.Effect) {
	switch e := effect.(type) {
	case port.ArmTimer:
		l.timers.Arm(e.Unit, e.Timer, e.At)
	case port.DisarmTimer:
		l.timers.Disarm(e.Unit, e.Timer)
	case port.Reply, port.UnitAdded, port.UnitChanged, port.UnitRemoved,
		port.JobAdded, port.JobChanged, port.JobRemoved, port.ManagerChanged, port.RequestStop:
		if l.Clients != nil {
			l.Clients.Perform(effect)
		}
	default:
		l.world.perform(effect)
	}
}

// Run waits and works until Stop. It never polls: with nothing to do it sleeps in the kernel.
func (l *Loop) Run() error {
	for {
		l.Drain()
		if l.Clients != nil {
			l.Clients.Flush()
		}
		l.world.sweep()
		l.world.output.Resume() // last: clients wait for us, and nobody for the log
		if l.done {
			return l.err
		}
		l.timers.Set()
		patience, busy := l.patience(), false
		err := l.poll.Wait(patience, func(token int32, _ sys.Readiness) {
			if !busy {
				busy = true
				l.world.output.Hold()
			}
			if ready := l.sources[token]; ready != nil {
				ready()
				l.Drain()
			}
		})
		if err != nil {
			return fmt.Errorf("event loop: %w", err)
		}
		switch {
		case busy:
		case patience == soon:
			l.world.settle()
		case patience == calm:
			l.steps = 0
			l.Quiet(l.poll.FD())
		}
	}
}

// patience is how long to wait if nothing happens, negative for ever.
func (l *Loop) patience() time.Duration {
	switch {
	case len(l.world.begun) > 0:
		return soon
	case l.Quiet != nil && l.steps > burst:
		return calm
	}
	return -1
}

// soon is when to look again at children that have not executed their programs yet: until then we hold their
// descriptors, and who reads from them may wait for the end.
const soon = 50 * time.Millisecond

// A burst of work is that many steps; it is over when nothing happened for the time of calm. Both only say when memory
// is given back: an idle manager is woken once after a burst, and then no more.
const (
	burst = 256
	calm  = 2 * time.Second
)
