package analyze

import (
	"cmp"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/host/probe"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/span"
)

// plot prints the start as a picture: a row for each stage and each unit, over a scale of time.
func (s *session) plot(_ []string) (int, error) {
	m, err := s.manager()
	if err != nil {
		return 1, err
	}
	defer m.Close()
	b, err := s.bootTimes(m)
	if err != nil {
		return 1, err
	}
	text, err := s.startText(m)
	if err != nil {
		return 1, err
	}
	units, err := b.unitTimes(m)
	if err != nil {
		return 1, err
	}
	d := drawing{start: text, host: hostLine(), begin: -int64(b.firmware), end: int64(b.finish)}
	d.rows = append(d.rows, b.stages()...)
	d.rows = append(d.rows, b.rows(units)...)
	d.legend = []bar{{class: "activating", label: "Activating"}, {class: "active", label: "Active"},
		{class: "deactivating", label: "Deactivating"}}
	if b.at["SecurityStart"] > 0 {
		d.legend = append(d.legend, bar{class: "security", label: "Setting up security module"})
	}
	d.legend = append(d.legend, bar{class: "generators", label: "Generators"},
		bar{class: "unitsload", label: "Loading unit files"})
	d.write(s.out)
	return 0, nil
}

// stages are the rows of what ran before the manager.
func (b *bootTimes) stages() []row {
	var list []row
	add := func(is bool, name string, from, to int64) {
		if is {
			list = append(list, row{label: name, bars: []bar{{class: name, from: from, to: to}}})
		}
	}
	add(b.firmware > b.loader, "firmware", -int64(b.firmware), -int64(b.loader))
	add(b.loader > 0, "loader", -int64(b.loader), 0)
	add(b.kernelDone > 0, "kernel", 0, int64(b.kernelDone))
	add(b.initrd > 0, "initrd", int64(b.initrd), int64(b.userspace))
	return list
}

// rows are those of the manager and of the units that the start saw begin, in the order of their beginning.
func (b *bootTimes) rows(units []unitTimes) []row {
	manager := row{label: "systemd", bars: []bar{{class: "active", from: int64(b.userspace), to: int64(b.finish)}}}
	for _, part := range [][2]string{{"Security", "security"}, {"Generators", "generators"}, {"UnitsLoad", "unitsload"}} {
		from, to := b.at[part[0]+"Start"], b.at[part[0]+"Finish"]
		manager.bars = append(manager.bars, bar{class: part[1], from: int64(from), to: int64(max(from, to))})
	}
	units = slices.DeleteFunc(slices.Clone(units), func(u unitTimes) bool { return u.activating > b.finish })
	slices.SortStableFunc(units, func(x, y unitTimes) int { return cmp.Compare(x.activating, y.activating) })
	var list []row
	for i := range units {
		if manager.label != "" && units[i].activating >= b.userspace {
			list, manager.label = append(list, manager), ""
		}
		list = append(list, units[i].row(b.finish))
	}
	if manager.label != "" {
		list = append(list, manager)
	}
	return list
}

// row draws a unit until the start was over. A moment that is missing, or before the one that it follows, has not come
// yet, unless the unit did its work without ever being active.
func (u *unitTimes) row(finish span.Span) row {
	if u.activated == 0 && u.deactivating == 0 && u.deactivated > u.activating && u.deactivated <= finish {
		u.activated, u.deactivating = u.deactivated, u.deactivated
	}
	r := row{label: u.name}
	if u.took > 0 {
		r.label += " (" + milli(u.took) + ")"
	}
	from := u.activating
	for i, to := range []span.Span{u.activated, u.deactivating, u.deactivated} {
		if to < from || to > finish {
			to = finish
		}
		class := [...]string{"activating", "active", "deactivating"}[i]
		r.bars = append(r.bars, bar{class: class, from: int64(from), to: int64(to)})
		from = to
	}
	return r
}

// hostLine says what machine this is.
func hostLine() string {
	facts := probe.Look()
	var kernel unix.Utsname
	_ = unix.Uname(&kernel) // best effort: it fails for bad pointers only
	name := "Linux"
	if data, err := os.ReadFile(facts.OSRelease); err == nil {
		if fields, _ := load.ParseOSRelease(facts.OSRelease, data); fields["PRETTY_NAME"] != "" {
			name = fields["PRETTY_NAME"]
		}
	}
	text := fmt.Sprintf("%s %s (%s %s %s) %s", name, facts.Hostname, unix.ByteSliceToString(kernel.Sysname[:]),
		unix.ByteSliceToString(kernel.Release[:]), unix.ByteSliceToString(kernel.Version[:]), facts.Architecture)
	if facts.Virtualization != "none" {
		text += " " + facts.Virtualization
	}
	return text
}
