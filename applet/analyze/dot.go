package analyze

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/applet/connect"
	"github.com/steward-init/steward/syntax/glob"
	"github.com/steward-init/steward/wire/dbus"
)

// relation is a property of units that names others, and how it is drawn.
type relation struct{ property, colour string }

// relations are what is drawn, in this order.
func (s *session) relations() []relation {
	order := []relation{{"After", "green"}}
	require := []relation{{"Requires", "black"}, {"Requisite", "darkblue"}, {"Wants", "grey66"}, {"Conflicts", "red"}}
	switch {
	case s.opt.has("order"):
		return order
	case s.opt.has("require"):
		return require
	}
	return append(order, require...)
}

const legend = `   Color legend: black     = Requires
                 dark blue = Requisite
                 dark grey = Wants
                 red       = Conflicts
                 green     = After`

// dot prints the units' dependencies as a graph for dot(1).
func (s *session) dot(args []string) (int, error) {
	m, err := s.manager()
	if err != nil {
		return 1, err
	}
	defer m.Close()
	g := graph{session: s, relations: s.relations()}
	if g.patterns, err = s.expand(m, args); err == nil {
		g.from, err = s.expand(m, s.opt.fromPatterns)
	}
	if err == nil {
		g.to, err = s.expand(m, s.opt.toPatterns)
	}
	if err != nil {
		return 1, err
	}
	units, err := m.units()
	if err != nil {
		return 1, err
	}
	s.printf("digraph systemd {\n")
	h, body := getAll(unitInterface)
	err = m.askAll(units, h, body, func(i int, r *dbus.Reader, err error) error {
		return g.edges(units[i].id, r, err)
	})
	if err != nil {
		return 1, err
	}
	s.printf("}\n")
	s.announce(legend)
	if s.Terminal {
		s.notice("-- You probably want to process this output with graphviz' dot tool.\n" +
			"-- Try a shell pipeline like 'systemd-analyze dot | dot -Tsvg > systemd.svg'!")
	}
	return 0, nil
}

// expand puts the unit's own name where a pattern is an alias and no pattern.
func (s *session) expand(m *manager, patterns []string) ([]string, error) {
	list := make([]string, len(patterns))
	for i, p := range patterns {
		list[i] = p
		if strings.ContainsAny(p, "*?[") {
			continue
		}
		id, err := m.getText(unitPath(p), unitInterface, "Id")
		if err != nil {
			return nil, fmt.Errorf("Failed to get ID: %s", connect.Text(err))
		}
		list[i] = id
	}
	return list, nil
}

// graph prints the edges between units that patterns choose.
type graph struct {
	*session
	relations          []relation
	patterns, from, to []string
}

// edges prints those of one unit, out of its properties.
func (g *graph) edges(id string, r *dbus.Reader, err error) error {
	lists := map[string][]string{}
	if err == nil {
		err = eachProperty(r, func(name, sig string) bool {
			if sig != "as" {
				return false
			}
			lists[name] = r.StringArray()
			return true
		})
	}
	if err != nil {
		return fmt.Errorf("Failed to get unit properties: %s", connect.Text(err))
	}
	chosen := glob.MatchAny(g.patterns, id)
	if len(g.from) > 0 && !chosen && !glob.MatchAny(g.from, id) {
		return nil
	}
	for _, rel := range g.relations {
		for _, other := range lists[rel.property] {
			if g.shows(chosen, other) {
				g.printf("\t\"%s\"->\"%s\" [color=\"%s\"];\n", id, other, rel.colour)
			}
		}
	}
	return nil
}

// shows says whether an edge to a unit is printed; chosen says whether the other end is one of the arguments.
func (g *graph) shows(chosen bool, other string) bool {
	otherChosen := glob.MatchAny(g.patterns, other)
	if len(g.to) > 0 && !otherChosen && !glob.MatchAny(g.to, other) {
		return false
	}
	return len(g.patterns) == 0 || chosen || otherChosen
}
