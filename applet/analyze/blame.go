package analyze

import (
	"cmp"
	"slices"

	"github.com/steward-init/steward/applet/ui"
)

// blame prints the units by how long they took to start, the longest first.
func (s *session) blame(_ []string) (int, error) {
	m, err := s.manager()
	if err != nil {
		return 1, err
	}
	defer m.Close()
	b, err := s.bootTimes(m)
	if err != nil {
		return 1, err
	}
	units, err := b.unitTimes(m)
	if err != nil {
		return 1, err
	}
	units = slices.DeleteFunc(units, func(u unitTimes) bool { return u.took == 0 })
	slices.SortStableFunc(units, func(x, y unitTimes) int { return cmp.Compare(y.took, x.took) })
	t := ui.Table{Head: make([]string, 2), Right: []bool{true}, NoHead: true, Width: ui.Unlimited}
	for _, u := range units {
		t.Add(milli(u.took), u.name)
	}
	s.page()
	t.Print(s.IO)
	return 0, nil
}
