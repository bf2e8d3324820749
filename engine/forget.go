package engine

import (
	"slices"

	"github.com/steward-init/steward/engine/transaction"
	"github.com/steward-init/steward/model"
)

// later has a unit doubted in the next step, so that the client that made us load it can look at it.
func (q *queue) later(u *unit) {
	if u.marks&markFresh == 0 {
		u.marks |= markFresh
		q.fresh = append(q.fresh, u)
	}
}

// forgetUnneeded drops units at rest that nothing refers to, so that what clients look at or instances that ended don't
// stay for ever. systemd.unit(5), CollectMode=.
func (e *Engine) forgetUnneeded() {
	q := &e.queue
	if len(q.doubts) == 0 {
		return
	}
	var judged map[*unit]bool // true: it stays
	for i := 0; i < len(q.doubts); i++ {
		u := q.doubts[i]
		u.marks &^= markDoubt
		if e.units[u.node.Index] != u || u.holds() || e.isHeld(u) || judged[u] {
			continue
		}
		if judged == nil {
			judged = map[*unit]bool{}
		}
		if group := e.unreferenced(u, judged); group != nil {
			e.forget(group)
		}
	}
	q.doubts = reuse(q.doubts)
}

// holds reports that a unit stays whether or not others refer to it.
func (u *unit) holds() bool {
	def := u.node.Unit
	switch {
	case u.node.Job != nil, u.node.Nop != nil, len(u.seldom.clients) > 0, def.Perpetual:
		return true
	case u.node.Active == model.Failed:
		return def.UnitSection.CollectMode != model.CollectInactiveOrFailed
	case u.node.Active != model.Inactive:
		return true
	}
	return u.marks&markFresh != 0
}

// isHeld reports that a unit which refers to this one holds, which is the usual case.
func (e *Engine) isHeld(u *unit) bool {
	for edge := range u.node.Each(^dependencySet(0)) {
		if edge.Inverse && e.of(edge.To).holds() {
			return true
		}
	}
	return false
}

// unreferenced returns the unit and all that refer to it, if none of them holds; nil if one does.
func (e *Engine) unreferenced(u *unit, judged map[*unit]bool) []*unit {
	group := []*unit{u}
	seen := map[*unit]bool{u: true}
	stays := false
	for i := 0; i < len(group) && !stays; i++ {
		g := group[i]
		if g.holds() || judged[g] {
			stays = true
			break
		}
		for edge := range g.node.Each(^dependencySet(0)) {
			if by := e.of(edge.To); edge.IsReferred() && !seen[by] {
				seen[by] = true
				group = append(group, by)
			}
		}
	}
	if !stays {
		return group
	}
	judged[u] = true
	return nil
}

// forget drops units that only refer to each other.
func (e *Engine) forget(group []*unit) {
	for _, u := range group {
		for edge := range u.node.Each(^dependencySet(0)) {
			if !edge.Inverse {
				e.queue.doubt(e.of(edge.To)) // what it referred to may go too
			}
		}
	}
	for _, u := range group {
		u.run.Leave()
		if u.marks&markIdle != 0 { // it was stopped while it waited, and must not come back under its name
			e.queue.idle = slices.DeleteFunc(e.queue.idle, func(o *unit) bool { return o == u })
		}
		transaction.Remove(&u.node)
		for _, name := range append([]string{u.name()}, u.node.Unit.Aliases...) {
			if e.names[name] == u {
				delete(e.names, name)
			}
		}
		e.units[u.node.Index] = nil
		e.free = append(e.free, u.node.Index)
		e.counters.UnitsForgotten++
		if u.node.Active == model.Failed {
			e.failed--
			e.news.manager = true
		}
		if u.marks&markAdded == 0 {
			e.news.unitsRemoved = append(e.news.unitsRemoved, u.name())
		} else {
			u.marks |= markNeverTold
		}
	}
}

// reload replaces definitions, and keeps all that happens at run time.
func (e *Engine) reload(defs []*model.Unit) {
	for _, def := range defs {
		if u := e.names[def.Name]; u != nil && u.name() == def.Name {
			e.redefine(u, def)
			continue
		}
		e.add(def)
	}
	e.reconnect()
	for _, u := range e.units {
		if u != nil {
			e.queue.check(u)
			e.queue.doubt(u)
		}
	}
	e.news.manager = true
}
