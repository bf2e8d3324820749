package engine

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/engine/transaction"
	"github.com/steward-init/steward/syntax/span"
)

// mark says in which of the engine's lists a unit stands.
type mark uint8

const (
	markCheck   mark = 1 << iota // to be checked for whether it should be up
	markDoubt                    // to be checked for whether it is needed at all
	markChanged                  // in the news
	markAdded
	markNeverTold // forgotten in the step that made it: clients never heard of it
	markSoon
	markIdle
	markFresh
)

// queue is the work of a step that the event itself has brought up. Nothing in it outlives a step but fresh and idle.
type queue struct {
	run    []*transaction.Job // jobs to be tried, in the order in which they became ready
	at     int                // the next of run
	checks []*unit
	doubts []*unit
	fresh  []*unit // looked at by a client in this step: doubted in the next
	soon   []*unit
	idle   []*unit // Type=idle services that wait for the jobs to be done
}

// ripen turns what was fresh in the last step into doubts.
func (q *queue) ripen() {
	for _, u := range q.fresh {
		u.marks &^= markFresh
		q.doubt(u)
	}
	q.fresh = reuse(q.fresh)
}

// doubt has a unit looked at for whether anything still needs it loaded.
func (q *queue) doubt(u *unit) {
	if u.marks&markDoubt == 0 {
		u.marks |= markDoubt
		q.doubts = append(q.doubts, u)
	}
}

// check has a unit looked at for whether it should be up or down by its dependencies.
func (q *queue) check(u *unit) {
	if u.marks&markCheck == 0 {
		u.marks |= markCheck
		q.checks = append(q.checks, u)
	}
}

// push queues a job to be tried, if it waits for no other.
func (e *Engine) push(j *transaction.Job) {
	if !j.Queued && (j.Blockers == 0 || j.IgnoreOrder) {
		j.Queued = true
		e.queue.run = append(e.queue.run, j)
	}
}

// settle works until nothing is left that could be done without another event.
func (e *Engine) settle() {
	q := &e.queue
	for {
		switch {
		case q.at < len(q.run):
			j := q.run[q.at]
			q.run[q.at] = nil
			q.at++
			j.Queued = false
			if e.isInstalled(j) {
				e.try(j)
			}
		case len(q.soon) > 0:
			u := q.soon[0]
			q.soon = q.soon[1:]
			u.marks &^= markSoon
			u.run.Due()
			e.changed(u)
		case len(q.checks) > 0:
			u := q.checks[0]
			q.checks = q.checks[1:]
			u.marks &^= markCheck
			e.checkUnit(u)
		case len(q.idle) > 0 && len(e.jobs) == 0:
			u := q.idle[0]
			q.idle = q.idle[1:]
			u.marks &^= markIdle
			u.run.Due()
			e.changed(u)
		default:
			q.run, q.at = reuse(q.run), 0
			q.soon, q.checks = nil, nil
			if len(e.jobs) == 0 && e.most > 256 { // a map does not give room back by itself
				e.jobs, e.most = map[uint32]*transaction.Job{}, 0
			}
			e.booted = e.booted || len(e.jobs) == 0 && e.counters.JobsInstalled > 0
			return
		}
	}
}

func (e *Engine) isInstalled(j *transaction.Job) bool { return j.Node.Job == j || j.Node.Nop == j }

// limiter allows so many events in an interval, which begins with the first of them.
type limiter struct {
	Begin span.Span
	Count uint32
}

// allow counts an event; false means that it is one too many. No interval or burst is no limit.
func (l *limiter) allow(now, interval span.Span, burst uint32) bool {
	if interval == 0 || burst == 0 {
		return true
	}
	if l.Count == 0 || now >= l.Begin.Add(interval) {
		l.Begin, l.Count = now, 1
		return true
	}
	if l.Count < burst {
		l.Count++
		return true
	}
	return false
}

// news is what clients are told at the end of a step, when all that they may read is in place.
type news struct {
	unitsAdded, unitsChanged []*unit
	unitsRemoved             []string
	jobsAdded, jobsChanged   []*transaction.Job
	jobsRemoved              []port.JobRemoved
	replies                  []port.Reply
	manager                  bool
}

func (n *news) added(u *unit) {
	u.marks |= markAdded
	n.unitsAdded = append(n.unitsAdded, u)
}

// changed notes that a unit's status differs.
func (e *Engine) changed(u *unit) {
	if u.marks&markChanged == 0 {
		u.marks |= markChanged
		e.news.unitsChanged = append(e.news.unitsChanged, u)
	}
}

// publish turns the news into effects, in the order that clients rely on.
func (e *Engine) publish() {
	n := &e.news
	for _, u := range n.unitsAdded {
		u.marks &^= markAdded
		if e.units[u.node.Index] == u {
			e.emit(port.UnitAdded{Unit: u.name()})
		}
	}
	for _, j := range n.jobsAdded {
		e.emit(port.JobAdded{Job: j.ID, Unit: j.Node.Unit.Name})
	}
	for _, r := range n.replies {
		e.emit(r)
	}
	for _, u := range n.unitsChanged {
		u.marks &^= markChanged
		switch {
		case e.units[u.node.Index] == u:
			e.emit(port.UnitChanged{Unit: u.name()})
		case u.marks&markNeverTold == 0 && e.names[u.name()] == nil: // nor is it back already
			e.emit(port.UnitChanged{Unit: u.name(), Last: &u.run.Status})
		}
	}
	last := uint32(0)
	for _, j := range n.jobsChanged {
		if e.isInstalled(j) && j.ID != last {
			e.emit(port.JobChanged{Job: j.ID})
			last = j.ID
		}
	}
	for _, r := range n.jobsRemoved {
		e.emit(r)
	}
	for _, name := range n.unitsRemoved {
		e.emit(port.UnitRemoved{Unit: name})
	}
	if n.manager {
		e.emit(port.ManagerChanged{})
	}
	n.reset()
}

func (n *news) reset() {
	*n = news{unitsAdded: reuse(n.unitsAdded), unitsChanged: reuse(n.unitsChanged), unitsRemoved: reuse(n.unitsRemoved),
		jobsAdded: reuse(n.jobsAdded), jobsChanged: reuse(n.jobsChanged), jobsRemoved: reuse(n.jobsRemoved),
		replies: reuse(n.replies)}
}
