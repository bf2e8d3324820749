package bus

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/wire/dbus"
)

// This file has the marks by which packages' scripts say that a unit is to be restarted or reloaded once all packages
// are in place. org.freedesktop.systemd1(5), Markers. No unit file keeps them.

// markers are the marks of a unit.
type markers struct{ reload, restart bool }

func (m markers) words() []string {
	var words []string
	if m.reload {
		words = append(words, "needs-reload")
	}
	if m.restart {
		words = append(words, "needs-restart")
	}
	return words
}

// with applies words: each with a sign, to add or remove a mark, or all without, to replace them.
func (m markers) with(words []string) (markers, error) {
	signed := func(word string) bool { return word != "" && strings.ContainsRune("+-", rune(word[0])) }
	if !slices.ContainsFunc(words, signed) {
		m = markers{}
	}
	for _, word := range words {
		if signed(word) != signed(words[0]) {
			return m, errors.New("Bad marker syntax.")
		}
		on := !strings.HasPrefix(word, "-")
		switch strings.TrimLeft(word, "+-") {
		case "needs-reload":
			m.reload = on
		case "needs-restart":
			m.restart = on
		default:
			return m, errors.New("Unknown marker \"" + word + "\".")
		}
	}
	return m, nil
}

func writeMarkers(w *dbus.Writer, s *Server, o *object) {
	w.StringArray(s.marked[o.unit.Unit.Name].words())
}

// mark keeps the marks of a unit.
func (s *Server) mark(unit string, m markers) {
	if m == (markers{}) {
		delete(s.marked, unit)
		return
	}
	if s.marked == nil {
		s.marked = map[string]markers{}
	}
	s.marked[unit] = m
}

// unmark takes away the marks that a unit's new state has made good.
func (s *Server) unmark(unit string) {
	m, ok := s.marked[unit]
	if !ok {
		return
	}
	switch status := s.manager.Engine().Unit(unit); {
	case status == nil:
		m = markers{}
	case status.Active == model.Reloading:
		m.reload = false
	case status.Active != model.Active:
		m = markers{}
	}
	s.mark(unit, m)
}

// enqueueMarkedJobs restarts and reloads the units that clients marked, and answers with the jobs.
func (c *call) enqueueMarkedJobs() {
	names := slices.Sorted(maps.Keys(c.server.marked))
	names = slices.DeleteFunc(names, func(name string) bool {
		gone := c.server.manager.Engine().Unit(name) == nil
		if gone {
			c.server.mark(name, markers{})
		}
		return gone
	})
	var jobs []uint32
	answer := func() {
		c.reply("ao", func(w *dbus.Writer) {
			mark := w.OpenArray(4)
			for _, id := range jobs {
				w.ObjectPath(jobPath(id))
			}
			w.CloseArray(mark)
		})
	}
	if len(names) == 0 {
		answer()
		return
	}
	left := len(names)
	c.finish = func(_ *call, r port.Reply) {
		if r.Job != 0 {
			jobs = append(jobs, r.Job)
		}
		if left--; left == 0 {
			answer()
		}
	}
	for _, name := range names {
		reload := !c.server.marked[name].restart
		c.request(port.JobRequested{Unit: name, Type: model.JobTryRestart, ReloadIfPossible: reload, Mode: model.ModeFail})
	}
}
