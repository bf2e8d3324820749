package systemctl

import (
	"errors"
	"fmt"
	"os"

	"github.com/steward-init/steward/applet/ui"
)

// cat prints the files that units are made of.
func (s *session) cat(_ string, args []string) (int, error) {
	names, _, err := s.expand(args, ".service")
	if err != nil {
		return 1, err
	}
	s.page()
	printed, missing := false, 0
	for _, name := range s.withDependencies(names) {
		unit := s.unitProperties(unitPath(name), "LoadState", "FragmentPath", "DropInPaths", "NeedDaemonReload")
		if unit == nil {
			if s.bus == nil {
				_, err := s.manager()
				return 1, err
			}
			return 1, errors.New("Failed to get unit file of " + name)
		}
		files := unit.list("DropInPaths")
		if f := unit.text("FragmentPath"); f != "" {
			files = append([]string{f}, files...)
		}
		if len(files) == 0 {
			s.complain(fmt.Errorf("No files found for %s.", name))
			missing++
			continue
		}
		if printed {
			s.printf("\n")
		}
		printed = true
		if unit.text("LoadState") == "masked" {
			s.printf("%s.\n", s.Paint(ui.Magenta, "# Unit "+name+" is masked"))
			continue
		}
		if unit.yes("NeedDaemonReload") {
			s.warnChanged(name)
		}
		if err := s.catFiles(files); err != nil {
			return 1, err
		}
	}
	if missing > 0 {
		return 1, nil
	}
	return 0, nil
}

// catFiles prints files, each under its path.
func (s *session) catFiles(files []string) error {
	for i, path := range files {
		if i > 0 {
			s.printf("\n")
		}
		s.printf("%s\n", s.Paint(ui.Blue, "# "+s.link(path)))
		text, err := os.ReadFile(path)
		if err != nil {
			s.warn(fmt.Sprintf("Failed to cat %s: %s", path, errorText(err)))
			continue
		}
		s.printf("%s", text)
	}
	return nil
}

// warnChanged tells that what cat prints is not what the manager has read.
func (s *session) warnChanged(name string) {
	s.printf("%s\n", s.Paint(ui.Yellow, "# Warning: "+name+" changed on disk, the version systemd has loaded is "+
		"outdated."))
	s.printf("%s\n", s.Paint(ui.Yellow, "# This output shows the current version of the unit's original fragment and "+
		"drop-in files."))
	s.printf("%s\n", s.Paint(ui.Yellow, "# If fragments or drop-ins were added or removed, they are not properly "+
		"reflected in this output."))
	s.printf("%s\n", s.Paint(ui.Yellow, "# Run 'systemctl"+s.scopeFlag()+" daemon-reload' to reload units."))
}
