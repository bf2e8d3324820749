package systemctl

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// loadedOf is the units of a type that are to be shown, with their properties.
func (s *session) loadedOf(kind unitname.Type, args []string) (units []unitInfo, list []properties, err error) {
	patterns, err := s.mangle(args, kind.Suffix())
	if err != nil {
		return nil, nil, err
	}
	if units, err = s.listLoaded(s.opt.states, patterns); err != nil {
		return nil, nil, err
	}
	units = slices.DeleteFunc(units, func(u unitInfo) bool { return unitname.TypeOf(u.name) != kind || !s.wanted(&u) })
	s.pipeline(len(units), func(i int) (transport.Ticket, error) {
		return s.beginAll(unitPath(units[i].name))
	}, func(_ int, p transport.Ticket, callErr error) bool {
		var m *transport.Message
		if err = callErr; err == nil {
			m, err = s.wait(p)
		}
		if err != nil {
			err = failed("get properties", err)
			return false
		}
		one, parseErr := readProperties(m)
		list, err = append(list, one), parseErr
		return err == nil
	})
	return units, list, err
}

// listed prints a table and how many of something are in it.
func (s *session) listed(t *ui.Table, what string) {
	s.page()
	s.table(t)
	if s.opt.noLegend || s.isJSON() {
		return
	}
	style := ui.Bold
	if len(t.Rows) == 0 {
		style = ui.Red
	}
	s.printf("\n%s\n", s.Paint(style, fmt.Sprintf("%d %s listed.", len(t.Rows), what)))
	if !s.opt.has("all") {
		s.printf("Pass --all to see loaded but inactive %s, too.\n", what)
	}
}

// namesCell is a list of units, "-" for none.
func namesCell(names []string) ui.Cell {
	if len(names) == 0 {
		return ui.Cell{Text: "-"}
	}
	return ui.Cell{Text: strings.Join(names, ", ")}
}

// listSockets is list-sockets.
func (s *session) listSockets(_ string, args []string) (int, error) {
	units, list, err := s.loadedOf(unitname.Socket, args)
	if err != nil {
		return 1, err
	}
	t := ui.Table{Head: []string{"LISTEN", "TYPE", "UNIT", "ACTIVATES"}}
	for i := range units {
		addresses, _ := list[i]["Listen"].([]any)
		for _, row := range addresses {
			pair, ok := asStruct(row)
			if !ok || len(pair) != 2 {
				continue
			}
			t.Rows = append(t.Rows, []ui.Cell{{Text: fmt.Sprint(pair[1])}, {Text: fmt.Sprint(pair[0])},
				{Text: units[i].name}, namesCell(list[i].list("Triggers"))})
		}
	}
	slices.SortStableFunc(t.Rows, func(a, b []ui.Cell) int {
		return cmp.Or(cmp.Compare(a[0].Text, b[0].Text), cmp.Compare(a[1].Text, b[1].Text))
	})
	if !s.opt.has("show-types") {
		t.DropColumn(1)
	}
	s.listed(&t, "sockets")
	return 0, nil
}

// listTimers is list-timers.
func (s *session) listTimers(_ string, args []string) (int, error) {
	units, list, err := s.loadedOf(unitname.Timer, args)
	if err != nil {
		return 1, err
	}
	type timer struct {
		name       string
		next, last uint64
		triggers   []string
	}
	var timers []timer
	for i := range units {
		one := timer{name: units[i].name, last: list[i].number("LastTriggerUSec"), triggers: list[i].list("Triggers"),
			next: nextElapse(list[i].number("NextElapseUSecRealtime"), list[i].number("NextElapseUSecMonotonic"))}
		if one.next == math.MaxUint64 {
			one.next = 0
		}
		timers = append(timers, one)
	}
	slices.SortFunc(timers, func(a, b timer) int { // a timer that will not elapse is last
		return cmp.Or(cmp.Compare(a.next-1, b.next-1), cmp.Compare(a.name, b.name))
	})
	t := ui.Table{Head: []string{"NEXT", "LEFT", "LAST", "PASSED", "UNIT", "ACTIVATES"}}
	for _, one := range timers {
		row := append(s.timeCells(one.next), s.timeCells(one.last)...)
		t.Rows = append(t.Rows, append(row, ui.Cell{Text: one.name}, namesCell(one.triggers)))
	}
	s.listed(&t, "timers")
	return 0, nil
}

// timeCells are a point of time and how far it is away.
func (s *session) timeCells(usec uint64) []ui.Cell {
	at, away := s.timestamp(usec, s.zone()), span.FormatRelative(usec, now())
	if usec == 0 {
		at, away = "-", "-"
	}
	return []ui.Cell{{Text: at, Value: usec}, {Text: away, Value: usec}}
}

// listAutomounts is list-automounts.
func (s *session) listAutomounts(_ string, args []string) (int, error) {
	units, list, err := s.loadedOf(unitname.Automount, args)
	if err != nil {
		return 1, err
	}
	t := ui.Table{Head: []string{"WHAT", "WHERE", "MOUNTED", "IDLE TIMEOUT", "UNIT"}}
	for i := range units {
		where := list[i].text("Where")
		what, mounted := "", "no"
		if name, err := unitname.FromPath(where, ".mount"); err == nil {
			what, _ = s.getString(unitPath(name), managerName+".Mount", "What") // best effort: a mount may have none
			if state, err := s.getString(unitPath(name), unitInterface, "ActiveState"); err == nil && state == "active" {
				mounted = "yes"
			}
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: what}, {Text: where}, {Text: mounted, Value: mounted == "yes"},
			{Text: span.Span(list[i].number("TimeoutIdleUSec")).Format(span.Second),
				Value: list[i].number("TimeoutIdleUSec")}, {Text: units[i].name}})
	}
	slices.SortFunc(t.Rows, func(a, b []ui.Cell) int { return cmp.Compare(a[1].Text, b[1].Text) })
	s.listed(&t, "automounts")
	return 0, nil
}

// listMachines is list-machines; this one is all there is.
func (s *session) listMachines(_ string, args []string) (int, error) {
	t := ui.Table{Head: []string{"", "NAME", "STATE", "FAILED", "JOBS"}}
	host, _ := os.Hostname() // best effort: an empty name says it
	if len(args) == 0 {
		m, err := s.all(managerPath)
		if err != nil {
			return 1, failed("get properties", err)
		}
		state := m.text("SystemState")
		style, failed := ui.Green, ui.Plain
		if state != "running" {
			style = ui.Red
		}
		if m.number("NFailedUnits") > 0 {
			failed = ui.Red
		}
		word := ui.Plain
		if state != "running" {
			word = ui.Red
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: "●", Style: style}, {Text: host + " (host)"},
			{Text: state, Style: word}, {Text: itoa(m.number("NFailedUnits")), Style: failed},
			{Text: itoa(m.number("NJobs"))}})
	}
	s.page()
	s.table(&t)
	if !s.opt.noLegend {
		s.printf("\n%d machines listed.\n", len(t.Rows))
	}
	return 0, nil
}
