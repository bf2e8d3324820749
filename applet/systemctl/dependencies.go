package systemctl

import (
	"cmp"
	"slices"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// dependencyProperties are the properties that list-dependencies follows.
func (s *session) dependencyProperties() []string {
	switch {
	case s.opt.has("reverse"):
		return []string{"RequiredBy", "RequisiteOf", "WantedBy", "PartOf", "BoundBy", "UpheldBy"}
	case s.opt.has("after"):
		return []string{"After"}
	case s.opt.has("before"):
		return []string{"Before"}
	}
	return []string{"Requires", "Requisite", "Wants", "ConsistsOf", "BindsTo", "Upholds"}
}

// dependencies walks from unit to unit and remembers what it was told.
type dependencies struct {
	session *session
	names   []string // of the properties to follow
	of      map[string][]string
	state   map[string]string
	seen    map[string]bool // with --plain: printed before
}

func newDependencies(s *session) *dependencies {
	return &dependencies{session: s, names: s.dependencyProperties(), of: map[string][]string{},
		state: map[string]string{}, seen: map[string]bool{}}
}

// list is the units that one depends on, targets last.
func (d *dependencies) list(name string) []string {
	if list, known := d.of[name]; known {
		return list
	}
	var list []string
	unit := d.session.unitProperties(unitPath(name), d.names...)
	for _, property := range d.names {
		for _, other := range unit.list(property) {
			if !slices.Contains(list, other) {
				list = append(list, other)
			}
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		isTarget := func(n string) int {
			if unitname.TypeOf(n) == unitname.Target {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(isTarget(a), isTarget(b)), compareFold(a, b))
	})
	d.of[name] = list
	return list
}

// compareFold compares names without regard to the case of letters.
func compareFold(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}

// learn asks for the states of units that are not known yet, together.
func (d *dependencies) learn(names []string) {
	var unknown []string
	for _, name := range names {
		if _, known := d.state[name]; !known {
			unknown = append(unknown, name)
			d.state[name] = "unknown"
		}
	}
	s := d.session
	s.pipeline(len(unknown), func(i int) (transport.Ticket, error) {
		return s.beginGet(unitPath(unknown[i]), unitInterface, "ActiveState")
	}, func(i int, p transport.Ticket, err error) bool {
		if err == nil {
			if state, err := s.waitString(p); err == nil {
				d.state[unknown[i]] = state
			}
		}
		return true
	})
}

// listDependencies prints units and what they depend on as trees.
func (s *session) listDependencies(_ string, args []string) (int, error) {
	if len(args) == 0 {
		args = []string{"default.target"}
		if s.opt.scope != systemScope {
			args = []string{"default.target"}
		}
	}
	names, _, err := s.expand(args, ".service")
	if err != nil {
		return 1, err
	}
	if _, err := s.manager(); err != nil {
		return 1, err
	}
	s.page()
	for i, name := range names {
		if i > 0 {
			s.printf("\n")
		}
		s.printf("%s\n", name)
		newDependencies(s).print(name, nil, "")
	}
	return 0, nil
}

// print prints what a unit depends on. above are the units on the way to it, prefix is what is drawn before its rows.
func (d *dependencies) print(name string, above []string, prefix string) {
	s, plain := d.session, d.session.opt.has("plain")
	above = append(above, name)
	list := d.list(name)
	d.learn(list)
	for i, other := range list {
		last := i == len(list)-1
		if plain && (d.seen[other] || slices.Contains(above, other)) {
			continue
		}
		if !plain && slices.Contains(above, other) {
			d.row("", prefix, "...", last)
			continue
		}
		d.seen[other] = true
		d.row(d.state[other], prefix, other, last)
		if s.opt.has("all") || unitname.TypeOf(other) == unitname.Target {
			inner := "│ "
			if last {
				inner = "  "
			}
			d.print(other, above, prefix+inner)
		}
	}
}

// row prints one unit: its dot, the branches that lead to it, its name.
func (d *dependencies) row(state, prefix, name string, last bool) {
	s := d.session
	if s.opt.has("plain") {
		s.printf("  %s\n", name)
		return
	}
	dot := " "
	if state != "" {
		dot = s.dot(state)
	}
	branch := "├─"
	if last {
		branch = "└─"
	}
	line := prefix + branch
	if !s.wide() {
		name = ui.Shorten(name, max(20, s.Width()-len([]rune(line))-2))
	}
	s.printf("%s %s%s\n", dot, line, name)
}

// dot is the shape of a state in its colour; the colour of a state that has none is the usual one.
func (s *session) dot(state string) string {
	style := ui.Style("\x1b[0m")
	switch state {
	case "active", "reloading", "activating":
		style = ui.Green
	case "failed":
		style = ui.Red
	}
	return s.Paint(style, stateDot(state))
}

// withDependencies is names and all they depend on, if --with-dependencies asks for it.
func (s *session) withDependencies(names []string) []string {
	if !s.opt.has("with-dependencies") {
		return names
	}
	d, all := newDependencies(s), slices.Clone(names)
	for _, name := range names {
		for _, other := range d.list(name) {
			if !slices.Contains(all, other) {
				all = append(all, other)
			}
		}
	}
	return all
}
