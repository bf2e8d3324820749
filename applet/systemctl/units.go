package systemctl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/unitname"
)

// wanted says whether a loaded unit is to be shown: --type=, --state= and --all choose.
func (s *session) wanted(u *unitInfo) bool {
	kind := string(unitname.TypeOf(u.name))
	switch {
	case len(s.opt.types) > 0 && !slices.Contains(s.opt.types, kind):
		return false
	case s.opt.has("all") || len(s.opt.states) > 0:
		return true
	case u.active == "inactive" || u.following != "":
		return u.job > 0
	}
	return true
}

// byTypeAndName is the order of lists.
func byTypeAndName(a, b unitInfo) int {
	return cmp.Or(cmp.Compare(unitname.TypeOf(a.name), unitname.TypeOf(b.name)), compareFold(a.name, b.name))
}

// listUnits is list-units.
func (s *session) listUnits(_ string, args []string) (int, error) {
	patterns, err := s.mangle(args, ".service")
	if err != nil {
		return 1, err
	}
	if s.opt.has("with-dependencies") {
		names, _, err := s.expand(args, ".service")
		if err != nil {
			return 1, err
		}
		patterns = s.withDependencies(names)
	}
	units, err := s.listLoaded(s.opt.states, patterns)
	if err != nil {
		return 1, err
	}
	units = slices.DeleteFunc(units, func(u unitInfo) bool { return !s.wanted(&u) })
	slices.SortFunc(units, byTypeAndName)
	s.page()
	s.printUnits(units)
	return 0, nil
}

// printUnits prints the table of list-units.
func (s *session) printUnits(units []unitInfo) {
	jobs := slices.ContainsFunc(units, func(u unitInfo) bool { return u.job != 0 })
	t := ui.Table{Head: []string{"", "UNIT", "LOAD", "ACTIVE", "SUB"}}
	if jobs {
		t.Head = append(t.Head, "JOB")
	}
	t.Head = append(t.Head, "DESCRIPTION")
	plain := s.opt.has("plain")
	for i := range units {
		u := &units[i]
		last := i+1 < len(units) && unitname.TypeOf(u.name) != unitname.TypeOf(units[i+1].name)
		row := unitRow(u, plain, last)
		description := ui.Cell{Text: u.description, Line: last}
		if jobs {
			row = append(row, ui.Cell{Text: u.jobType, Line: last, Gap: true})
		}
		t.Rows = append(t.Rows, append(row, description))
	}
	if plain || s.isJSON() {
		t.DropColumn(0)
	}
	s.table(&t)
	if !s.opt.noLegend && !s.isJSON() {
		s.unitsLegend(len(units), jobs)
	}
}

// unitRow is the cells from the dot to the sub state. A unit that is not well has a coloured dot; what is wrong has the
// colour too. The last unit of a type is underlined.
func unitRow(u *unitInfo, plain, last bool) []ui.Cell {
	dot, text := ui.Cell{Text: " "}, ui.Plain
	loaded, active := last, last
	loadedStyle := ui.Plain
	switch {
	case plain:
	case u.load == "error" || u.load == "not-found" || u.load == "bad-setting" || u.load == "masked":
		dot, loadedStyle, active = ui.Cell{Text: "●", Style: ui.Yellow}, ui.Red, false
	case u.active == "failed":
		dot, text, active, loaded = ui.Cell{Text: "●", Style: ui.Red}, ui.Red, last, false
	}
	dot.Line, dot.Gap = last, true
	cell := func(value string, style ui.Style, line bool) ui.Cell {
		return ui.Cell{Text: value, Style: style, Line: line, Gap: true}
	}
	return []ui.Cell{dot, cell(u.name, text, active), cell(u.load, loadedStyle, loaded), cell(u.active, text, active),
		cell(u.sub, text, active)}
}

// unitsLegend says what the columns mean and how many units there are.
func (s *session) unitsLegend(n int, jobs bool) {
	if n > 0 {
		s.printf("\nLOAD   = Reflects whether the unit definition was properly loaded.\n" +
			"ACTIVE = The high-level unit activation state, i.e. generalization of SUB.\n" +
			"SUB    = The low-level unit activation state, values depend on unit type.\n")
		if jobs {
			s.printf("JOB    = Pending job for the unit.\n\n")
		}
	}
	count := fmt.Sprintf("%d loaded units listed.", n)
	style := ui.Bold
	if n == 0 {
		style = ui.Red
	}
	hint := "To show all installed unit files use 'systemctl list-unit-files'."
	switch {
	case s.opt.has("all") || strings.Contains(strings.Join(s.opt.states, " "), "inactive"):
		s.printf("%s\n%s\n", s.Paint(style, count), s.Paint(ui.Grey, hint))
	case len(s.opt.states) == 0:
		s.printf("%s %s\n%s\n", s.Paint(style, count),
			s.Paint(ui.Grey, "Pass --all to see loaded but inactive units, too."), s.Paint(ui.Grey, hint))
	default:
		s.printf("%s\n", count)
	}
}
