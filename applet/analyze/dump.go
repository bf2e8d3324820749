package analyze

import (
	"fmt"

	"github.com/steward-init/steward/applet/connect"
	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
)

// dump prints a manager's state as it writes it down itself.
func (s *session) dump(args []string) (int, error) {
	m, err := s.manager()
	if err != nil {
		return 1, err
	}
	defer m.Close()
	s.page()
	member, sig := "Dump", ""
	if len(args) > 0 {
		member, sig = "DumpUnitsMatchingPatterns", "as"
	}
	patterns := make([]string, len(args))
	for i, arg := range args {
		if patterns[i], err = unitname.MangleGlob(arg, ".service"); err != nil {
			return 1, fmt.Errorf("Failed to mangle name '%s': %s", arg, ui.Because(err))
		}
	}
	r, err := m.Call(member, sig, func(w *dbus.Writer) {
		if len(args) > 0 {
			w.StringArray(patterns)
		}
	})
	if err != nil {
		return 1, fmt.Errorf("Failed to call %s: %s", member, connect.Text(err))
	}
	s.printf("%s", r.String())
	return 0, nil
}
