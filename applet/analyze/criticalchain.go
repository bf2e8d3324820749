package analyze

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/steward-init/steward/applet/connect"
	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/span"
)

// chain prints which units others had waited for.
type chain struct {
	*session
	m     *manager
	boot  *bootTimes
	units map[string]*unitTimes
	seen  []string // units whose chains are being printed or were
}

// criticalChain prints for each unit, or for the default target, the chain of units that its start waited for.
func (s *session) criticalChain(args []string) (int, error) {
	m, err := s.manager()
	if err != nil {
		return 1, err
	}
	defer m.Close()
	c := chain{session: s, m: m, units: map[string]*unitTimes{}}
	if c.boot, err = s.bootTimes(m); err != nil {
		return 1, err
	}
	units, err := c.boot.unitTimes(m)
	if err != nil {
		return 1, err
	}
	for i := range units {
		c.units[units[i].name] = &units[i]
	}
	if len(args) == 0 {
		args = []string{defaultTarget}
	}
	s.page()
	s.printf("The time when unit became active or started is printed after the \"@\" character.\n" +
		"The time the unit took to start is printed after the \"+\" character.\n\n")
	for _, name := range args {
		if err := c.print(name); err != nil {
			return 1, err
		}
	}
	return 0, nil
}

// print prints the chain of one unit.
func (c *chain) print(name string) error {
	id, err := c.m.getText(unitPath(name), unitInterface, "Id")
	if err != nil {
		return fmt.Errorf("Failed to get ID: %s", connect.Text(err))
	}
	c.seen = nil
	if u := c.units[id]; u != nil {
		switch {
		case u.took > 0:
			c.printf("%s\n", c.Paint(ui.Red, id+" +"+milli(u.took)))
		case u.activated > c.boot.userspace:
			c.printf("%s @%s\n", id, milli(u.activated-c.boot.userspace))
		default:
			c.printf("%s\n", id)
		}
	}
	return c.below(name, "")
}

// below prints what a unit waited for: of the units it is ordered after the one that was up last, and with --fuzz=
// those that were nearly so.
func (c *chain) below(name, prefix string) error {
	deps, err := c.m.getNames(unitPath(name), unitInterface, "After")
	if err != nil {
		return fmt.Errorf("Failed to get unit property After: %s", connect.Text(err))
	}
	c.seen = append(c.seen, name)
	var late []*unitTimes
	for _, dep := range deps {
		if u := c.units[dep]; u != nil && u.activated > 0 && u.activated <= c.boot.finish {
			late = append(late, u)
		}
	}
	slices.SortStableFunc(late, func(x, y *unitTimes) int { return cmp.Compare(y.activated, x.activated) })
	late = slices.DeleteFunc(late, func(u *unitTimes) bool { return late[0].activated-u.activated > c.opt.fuzz })
	for i, u := range late {
		branch, inner := "├─", "│ "
		if i == len(late)-1 {
			branch, inner = "└─", "  "
		}
		c.printf("%s%s%s\n", prefix, branch, c.describe(u))
		if slices.Contains(c.seen, u.name) {
			c.printf("%s└─...\n", prefix+inner)
			continue
		}
		if err := c.below(u.name, prefix+inner); err != nil {
			return err
		}
	}
	return nil
}

// describe is a unit with when it was up and how long it took.
func (c *chain) describe(u *unitTimes) string {
	after := func(t span.Span) string { return milli(t - min(t, c.boot.userspace)) }
	switch {
	case u.took > 0:
		return c.Paint(ui.Red, u.name+" @"+after(u.activating)+" +"+milli(u.took))
	case u.activated > c.boot.userspace:
		return u.name + " @" + after(u.activated)
	}
	return u.name
}
