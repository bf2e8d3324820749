package bus

import (
	"slices"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/glob"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
)

// This file has the methods that list units.

func (c *call) listByPatterns() {
	states, patterns := c.in.StringArray(), c.in.StringArray()
	c.listUnits(states, patterns)
}

func (c *call) listUnits(states, patterns []string) {
	if !c.read() {
		return
	}
	units := c.server.manager.Engine().Units()
	c.reply("a(ssssssouso)", func(w *dbus.Writer) {
		if len(patterns)+len(states) == 0 {
			w.Grow(rowSize * len(units))
		}
		mark := w.OpenArray(8)
		for _, status := range units {
			if matchesStates(status, states) && matchesNames(status.Unit, patterns) {
				c.server.writeUnit(w, status)
			}
		}
		w.CloseArray(mark)
	})
}

func (c *call) listByNames() {
	names := c.in.StringArray()
	if !c.read() {
		return
	}
	var list []*port.UnitStatus
	for _, name := range names {
		if unitname.Valid(name) != nil {
			continue
		}
		if status, refusal := c.server.unit(name); refusal == nil {
			list = append(list, status)
		}
	}
	c.reply("a(ssssssouso)", func(w *dbus.Writer) {
		mark := w.OpenArray(8)
		for _, status := range list {
			c.server.writeUnit(w, status)
		}
		w.CloseArray(mark)
	})
}

// rowSize is about what a unit takes in a list, in bytes.
const rowSize = 208

func matchesStates(u *port.UnitStatus, states []string) bool {
	return len(states) == 0 || slices.Contains(states, u.Unit.Load.String()) || slices.Contains(states, u.Sub) ||
		slices.Contains(states, u.Active.String())
}

func matchesNames(u *model.Unit, patterns []string) bool {
	if len(patterns) == 0 || matchesAny(u.Name, patterns) {
		return true
	}
	return slices.ContainsFunc(u.Aliases, func(alias string) bool { return matchesAny(alias, patterns) })
}

func matchesAny(name string, patterns []string) bool {
	for _, pattern := range patterns {
		if glob.Match(pattern, name) {
			return true
		}
	}
	return len(patterns) == 0
}

// writeUnit writes one row of ListUnits.
func (s *Server) writeUnit(w *dbus.Writer, u *port.UnitStatus) {
	w.Struct()
	w.String(u.Unit.Name)
	w.String(description(u.Unit))
	w.String(u.Unit.Load.String())
	w.String(u.Active.String())
	w.String(u.Sub)
	w.String("") // the unit this one follows: only devices do
	w.EscapedPath(unitPrefix, u.Unit.Name)
	w.Uint32(u.Job)
	if u.Job == 0 {
		w.String("")
		w.ObjectPath("/")
		return
	}
	job, _ := s.manager.Engine().Job(u.Job)
	w.String(job.Type.String())
	w.ObjectPath(jobPath(u.Job))
}

// description is what people read; a unit without one is called by its name.
func description(u *model.Unit) string {
	if u.Description == "" {
		return u.Name
	}
	return u.Description
}
