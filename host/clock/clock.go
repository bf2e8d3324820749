// Package clock keeps the timers of all units on one timer descriptor.
//
// It exists so that an idle manager is never woken: the descriptor is armed for the nearest deadline only, and disarmed
// when there is none. It must not know what a timer is for.
package clock

import (
	"container/heap"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/sys"
)

// Now reads both clocks in µs. The monotonic one is CLOCK_MONOTONIC, as systemd's …Monotonic properties are. It is
// called at every step, and makes no system call.
func Now() port.Time {
	return port.Time{
		Monotonic: span.Span(sys.Monotonic() / time.Microsecond),
		Realtime:  span.Span(time.Now().UnixMicro()),
	}
}

// Timers is a set of armed timers. FD becomes readable when the nearest one is due.
type Timers struct {
	FD    int
	queue queue
	index map[key]*entry
	most  int // that were in the index since it was made
	armed span.Span
}

type key struct {
	unit  string
	timer port.Timer
}

type entry struct {
	key
	at  span.Span
	pos int
}

// New makes an empty set with its descriptor.
func New() (*Timers, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("timer descriptor: %w", err)
	}
	return &Timers{FD: fd, index: map[key]*entry{}}, nil
}

// Arm sets or moves a timer; Infinity disarms it.
func (t *Timers) Arm(unit string, timer port.Timer, at span.Span) {
	if at == span.Infinity {
		t.Disarm(unit, timer)
		return
	}
	k := key{unit, timer}
	if e := t.index[k]; e != nil {
		e.at = at
		heap.Fix(&t.queue, e.pos)
		return
	}
	e := &entry{key: k, at: at}
	t.index[k] = e
	t.most = max(t.most, len(t.index))
	heap.Push(&t.queue, e)
}

// shrink gives back the room of many timers that are gone, as a map does not do by itself.
func (t *Timers) shrink() {
	if t.most <= 256 || len(t.index) > t.most/8 {
		return
	}
	t.most = len(t.index)
	t.index = make(map[key]*entry, t.most)
	for _, e := range t.queue {
		t.index[e.key] = e
	}
	t.queue = slices.Clone(t.queue)
}

// Disarm removes a timer; one that is not armed is no matter.
func (t *Timers) Disarm(unit string, timer port.Timer) {
	if e := t.index[key{unit, timer}]; e != nil {
		heap.Remove(&t.queue, e.pos)
		delete(t.index, e.key)
		t.shrink()
	}
}

// Due removes and returns the timers due at now, nearest first.
func (t *Timers) Due(now span.Span) []port.TimerElapsed {
	var due []port.TimerElapsed
	for len(t.queue) > 0 && t.queue[0].at <= now {
		e := heap.Pop(&t.queue).(*entry)
		delete(t.index, e.key)
		due = append(due, port.TimerElapsed{Unit: e.unit, Timer: e.timer})
	}
	t.shrink()
	return due
}

// Set arms the descriptor for the nearest deadline. Call it before waiting: many changes cost one system call, and none
// when the nearest deadline is the same as before.
func (t *Timers) Set() {
	var next span.Span
	if len(t.queue) > 0 {
		next = max(t.queue[0].at, 1)
	}
	if next == t.armed {
		return
	}
	t.armed = next
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(next) * 1000)}
	_ = unix.TimerfdSettime(t.FD, unix.TFD_TIMER_ABSTIME, &spec, nil) // best effort: the arguments are valid
}

// Drain resets the descriptor after it became readable.
func (t *Timers) Drain() {
	var buffer [8]byte
	_, _ = unix.Read(t.FD, buffer[:]) // best effort: an empty descriptor is as good
	t.armed = 0
}

type queue []*entry

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at < q[j].at }
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].pos, q[j].pos = i, j
}
func (q *queue) Push(x any) {
	e := x.(*entry)
	e.pos = len(*q)
	*q = append(*q, e)
}
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return last
}
