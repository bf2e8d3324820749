package main

import (
	"fmt"
	"slices"
	"time"
)

// large is the size from which systemd is so slow that options.large says how often.
const large = 5000

// settled is the rest before memory is looked at: whatever a manager puts off is done then.
const settled = 4 * time.Second

// boot measures boots, and with simple services what a manager of that many units takes and does.
func (l *lab) boot() error {
	for _, shape := range l.shapes {
		for _, n := range l.sizes {
			runs := l.runs
			if n >= large {
				runs = l.large
			}
			limit := func() error { return nil }
			if shape == "simple" {
				wall, cpu := bootFigures(shape, n)
				limit = func() error { return l.limitBoot(wall, cpu, n) }
			}
			what := fmt.Sprintf("boot %d %s", n, shape)
			err := l.each(what, bootUnits(shape, n), runs, func(s *subject) error { return s.boot(shape, n) }, limit)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// bootGoals are the ratios to reach for simple services, by their number.
var bootGoals = map[int]struct{ wall, cpu float64 }{1000: {0.15, 0.1}, 5000: {0.05, 0.1}}

// bootFigures are what everybody's boot is measured by.
func bootFigures(shape string, n int) (wall, cpu figure) {
	wall = figure{part: "boot", name: "boot " + shape + ": exec of the init to target active", units: n, measure: "ms"}
	cpu = figure{part: "boot", name: "boot " + shape + ": CPU of the manager", units: n, measure: "ms"}
	if shape == "simple" {
		wall.goal, cpu.goal = bootGoals[n].wall, bootGoals[n].cpu
	}
	return wall, cpu
}

func (s *subject) boot(shape string, n int) error {
	cpu, err := s.cpu()
	if err != nil {
		return err
	}
	all, err := s.all()
	if err != nil {
		return err
	}
	pids, err := s.manager()
	if err != nil {
		return err
	}
	m, err := memoryOf(pids)
	if err != nil {
		return err
	}
	wall, own := bootFigures(shape, n)
	s.add(wall, milliseconds(s.done.at-s.executed.at))
	s.add(own, milliseconds(cpu))
	s.add(figure{part: "boot", name: "boot " + shape + ": CPU of everything", units: n, measure: "ms"}, milliseconds(all))
	s.add(figure{part: "boot", name: "boot " + shape + ": peak of the manager", units: n, measure: "KiB"}, float64(m.peak))
	if shape != "simple" {
		return nil
	}
	if err := s.rest(settled); err != nil {
		return err
	}
	if err := s.weigh(n); err != nil {
		return err
	}
	if n != slices.Max(s.lab.sizes) && n < 1000 {
		return nil
	}
	if err := s.queries(n); err != nil {
		return err
	}
	return s.reload(n)
}

// weigh measures memory.
func (s *subject) weigh(n int) error {
	pids, err := s.manager()
	if err != nil {
		return err
	}
	m, err := memoryOf(pids)
	if err != nil {
		return err
	}
	f := figure{part: "memory", units: n, measure: "KiB"}
	switch n {
	case 0:
		f.goal = 1
	case 1000:
		f.goal = 0.8
	}
	f.name = "memory: RSS"
	s.add(f, float64(m.resident))
	f.name = "memory: private"
	s.add(f, float64(m.private))
	f.name, f.goal = "memory: anonymous", 0
	s.add(f, float64(m.anonymous))
	f.name = "memory: PSS (systemd shares its libraries with the host's)"
	s.add(f, float64(m.proportional))
	return nil
}

// listings are the questions that are asked by systemctl.
var listings = []struct {
	argv []string
	goal float64
}{
	{[]string{"list-units", "--all", "--no-pager"}, 0},
	{[]string{"list-unit-files", "--no-pager"}, 0.05},
	{[]string{"show", "*", "--no-pager"}, 0.2},
}

// queries measures what clients ask: by systemd's systemctl, then by the side's own.
func (s *subject) queries(n int) error {
	times := 3
	if n >= large {
		times = 1
	}
	for _, q := range listings {
		f := figure{part: "queries", name: "systemctl " + q.argv[0], units: n, measure: "ms", goal: q.goal}
		if q.argv[0] == "show" {
			f.name += " '*'"
		}
		for _, c := range []struct {
			name   string
			client []string
		}{{", systemd's client", []string{systemctl}}, {", own client", s.side.systemctl}} {
			took, err := s.run(times, slices.Concat(c.client, q.argv)...)
			if err != nil {
				s.lab.fail(fmt.Errorf("%s: %w", s.side.name, err)) // a client may lack a verb; the rest is good
				continue
			}
			named := f
			named.name += c.name
			s.add(named, milliseconds(middle(took)))
		}
	}
	return nil
}

// reloadGoals are the ratios to reach, by the number of units.
var reloadGoals = map[int]float64{1000: 0.15, 5000: 0.02}

// reload measures daemon-reload, and how long another client waits for an answer meanwhile: as it is asked for most of
// the time, with nothing changed, and with every unit file newer than before.
func (s *subject) reload(n int) error {
	if err := s.reloadOnce(n, "daemon-reload"); err != nil {
		return err
	}
	if _, err := s.inside("touch", "/etc/systemd/system"); err != nil {
		return err
	}
	return s.reloadOnce(n, "daemon-reload, all files touched")
}

func (s *subject) reloadOnce(n int, name string) error {
	before, err := s.cpu()
	if err != nil {
		return err
	}
	took, err := s.inside("reload", patience(n).String())
	if err != nil {
		return err
	}
	after, err := s.cpu()
	if err != nil {
		return err
	}
	f := figure{part: "reload", units: n, measure: "ms"}
	f.name, f.goal = name, reloadGoals[n]
	s.add(f, milliseconds(took[0]))
	f.name, f.goal = name+": CPU of the manager", 0
	s.add(f, milliseconds(after-before))
	f.name = name + ": longest that a client waits meanwhile"
	s.add(f, milliseconds(took[1]))
	return nil
}
