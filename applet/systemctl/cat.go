package systemctl

import (
	"errors"
	"fmt"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/glob"
	"github.com/steward-init/steward/syntax/unitname"
)

// cat prints the files that units are made of.
func (s *session) cat(_ string, args []string) (int, error) {
	if s.opt.host != "" {
		return 1, errors.New("Cannot remotely cat units.")
	}
	if s.offline() {
		return s.catHere(args)
	}
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

// catHere is cat without a manager: of the files as they are.
func (s *session) catHere(args []string) (int, error) {
	patterns, err := s.mangle(args, ".service")
	if err != nil {
		return 1, err
	}
	view, err := s.view()
	if err != nil {
		return 1, failed("cat unit files", err)
	}
	s.page()
	missing := 0
	for i, name := range s.matching(view, patterns) {
		found := view.Catalog.Find(name)
		var paths []string
		if found.File.Path != "" {
			paths = append(paths, found.File.Path)
		}
		for _, dropIn := range view.Catalog.DropIns(found) {
			paths = append(paths, dropIn.Path)
		}
		if i > missing && len(paths) > 0 {
			s.printf("\n")
		}
		switch {
		case len(paths) == 0:
			s.complain(fmt.Errorf("No files found for %s.", name))
			missing++
		case found.File.Masked:
			s.printf("%s.\n", s.Paint(ui.Magenta, "# Unit "+name+" is masked"))
		default:
			if err := s.catFiles(paths); err != nil {
				return 1, err
			}
		}
	}
	return min(missing, 1), nil
}

// matching is the names that were given, with the unit files that match patterns among them.
func (s *session) matching(view *install.View, patterns []string) (names []string) {
	for _, p := range patterns {
		if !unitname.IsGlob(p) {
			names = append(names, p)
			continue
		}
		for _, name := range view.Catalog.Names() {
			if glob.Match(p, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// catFiles prints files, each under its path.
func (s *session) catFiles(files []string) error {
	root, err := s.root()
	if err != nil {
		return err
	}
	for i, path := range files {
		if i > 0 {
			s.printf("\n")
		}
		s.printf("%s\n", s.Paint(ui.Blue, "# "+s.link(s.inRoot(path))))
		text, err := readHere(root, path)
		if err != nil {
			s.warn(fmt.Sprintf("Failed to cat %s: %s", path, errorText(err)))
			continue
		}
		s.printf("%s", text)
	}
	return nil
}

// readHere reads a file, symlinks followed.
func readHere(root load.Files, path string) ([]byte, error) {
	const max = 16 << 20 // bytes of a unit file
	real, _, err := load.Resolve(root, path)
	if err != nil {
		return nil, err
	}
	data, _, err := root.ReadFile(real, max)
	return data, err
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
