// Package transporttest has a transport.Loop for tests of what speaks D-Bus.
//
// It exists because the real loop is the host's, which neither the transport nor the bus may know.
package transporttest

import (
	"sync"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// Loop waits for descriptors on a goroutine of its own until Close. All work is done by the function given to New.
type Loop struct {
	poll *sys.Poll
	wake int
	run  func(work func())

	mu     sync.Mutex
	posted []func()
	ready  map[int32]func() // by descriptor
	closed bool
	ended  chan struct{}
}

// New starts a loop. run calls the work that it is given, in the place where the test wants that to be done.
func New(run func(work func())) (*Loop, error) {
	poll, err := sys.NewPoll(16)
	if err != nil {
		return nil, err
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	l := &Loop{poll: poll, wake: wake, run: run, ready: map[int32]func(){}, ended: make(chan struct{})}
	if err := poll.Add(wake, sys.Readable, int32(wake)); err != nil {
		return nil, err
	}
	go l.loop()
	return l, nil
}

func (l *Loop) loop() {
	defer close(l.ended)
	for {
		err := l.poll.Wait(-1, func(token int32, _ sys.Readiness) {
			l.mu.Lock()
			ready := l.ready[token]
			l.mu.Unlock()
			if ready != nil {
				l.run(ready)
			}
		})
		var count [8]byte
		_, _ = unix.Read(l.wake, count[:]) // best effort: the list is what counts
		l.mu.Lock()
		posted, closed := l.posted, l.closed
		l.posted = nil
		l.mu.Unlock()
		for _, work := range posted {
			l.run(work)
		}
		if err != nil || closed {
			return
		}
	}
}

// Post runs work on the loop.
func (l *Loop) Post(work func()) {
	l.mu.Lock()
	l.posted = append(l.posted, work)
	l.mu.Unlock()
	l.kick()
}

func (l *Loop) kick() {
	one := [8]byte{1}
	_, _ = unix.Write(l.wake, one[:]) // best effort: a full counter wakes as well
}

// Watch calls ready whenever fd is readable.
func (l *Loop) Watch(fd int, ready func()) error {
	l.mu.Lock()
	l.ready[int32(fd)] = ready
	l.mu.Unlock()
	return l.poll.Add(fd, sys.Readable, int32(fd))
}

// Heed says whether to call it also when fd is writable.
func (l *Loop) Heed(fd int, writable bool) error {
	what := sys.Readable
	if writable {
		what |= sys.Writable
	}
	return l.poll.Modify(fd, what, int32(fd))
}

// Unwatch ends a Watch.
func (l *Loop) Unwatch(fd int) {
	l.mu.Lock()
	delete(l.ready, int32(fd))
	l.mu.Unlock()
	_ = l.poll.Remove(fd) // best effort: it may not have been watched
}

// Close works off what was posted and ends the loop.
func (l *Loop) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.kick()
	<-l.ended
	l.poll.Close()
	sys.Close(l.wake)
}
