package systemctl

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/steward-init/steward/install"
)

// enableHere changes the symlinks of unit files without a manager.
func (s *session) enableHere(name string, v fileVerb, names []string) (int, error) {
	if name == "mask" || name == "unmask" || name == "link" {
		return s.symlinkHere(name, names)
	}
	view, err := s.view()
	if err != nil {
		return 1, err
	}
	o := install.Options{Runtime: s.opt.has("runtime"), Force: s.opt.forced > 0}
	switch name {
	case "enable":
	case "disable", "reenable":
		plan, err := view.Disable(names, o)
		if err != nil {
			return 1, s.fault(v.word, err)
		}
		if err := s.apply(v.word, plan); err != nil || name == "disable" {
			return failure(err), err
		}
		if view, err = s.view(); err != nil {
			return 1, err
		}
	case "preset":
		return s.presetHere(view, names, o)
	default:
		return 1, s.needsManager(v.word + " unit")
	}
	plan, err := view.Enable(names, o)
	if err != nil {
		return 1, s.fault(v.word, err)
	}
	if !plan.CarriesInstallInfo && !s.opt.has("quiet") {
		s.notice(fmt.Sprintf(noInstallInfo, v.word))
	}
	err = s.apply(v.word, plan)
	return failure(err), err
}

// failure is the exit status for an error or none.
func failure(err error) int {
	if err != nil {
		return 1
	}
	return 0
}

// needsManager is the error for what can be done by a manager only, as yet.
func (s *session) needsManager(what string) error {
	return fmt.Errorf("Failed to %s: this needs a running manager.", what)
}

// presetHere enables and disables units as the presets have it.
func (s *session) presetHere(view *install.View, names []string, o install.Options) (int, error) {
	presets := install.ReadPresets(s.root(), s.mode())
	var on, off []string
	for _, name := range names {
		switch wanted, instances := presets.Query(name); {
		case wanted == install.PresetEnable && len(instances) > 0:
			on = append(on, instances...)
		case wanted == install.PresetEnable:
			on = append(on, name)
		case wanted == install.PresetDisable:
			off = append(off, name)
		}
	}
	if s.opt.presetMode != "enable-only" && len(off) > 0 {
		plan, err := view.Disable(off, o)
		if err != nil {
			return 1, s.fault("preset", err)
		}
		if err := s.apply("preset", plan); err != nil {
			return 1, err
		}
	}
	if s.opt.presetMode != "disable-only" && len(on) > 0 {
		plan, err := view.Enable(on, o)
		if err != nil {
			return 1, s.fault("preset", err)
		}
		if err := s.apply("preset", plan); err != nil {
			return 1, err
		}
	}
	return 0, nil
}

// presetAllHere is preset-all without a manager.
func (s *session) presetAllHere() (int, error) {
	view, err := s.view()
	if err != nil {
		return 1, err
	}
	var names []string
	for _, f := range view.List(nil, func(string) bool { return true }) {
		if f.State == install.Enabled || f.State == install.Disabled {
			names = append(names, filepath.Base(f.Path))
		}
	}
	return s.presetHere(view, names, install.Options{Runtime: s.opt.has("runtime"), Force: true})
}

// symlinkHere is mask, unmask and link without a manager: one symlink each, in the configuration directory.
func (s *session) symlinkHere(verb string, names []string) (int, error) {
	path := s.searchPath()
	dir := path.Config
	if s.opt.has("runtime") {
		dir = path.RuntimeConfig
	}
	plan := install.Plan{}
	for _, name := range names {
		place := filepath.Join(dir, filepath.Base(name))
		target := "/dev/null"
		if verb == "link" {
			target = name
		}
		there, err := s.root().Readlink(place)
		switch {
		case verb == "unmask" && err == nil && there == "/dev/null":
			plan.Changes = append(plan.Changes, install.Change{Type: "unlink", Path: place})
		case verb == "unmask", err == nil && there == target:
		case !errors.Is(err, fs.ErrNotExist) && s.opt.forced == 0:
			return 1, fmt.Errorf("Failed to %s unit, file \"%s\" already exists.", verb, place)
		default:
			if err == nil { // --force
				plan.Changes = append(plan.Changes, install.Change{Type: "unlink", Path: place})
			}
			plan.Changes = append(plan.Changes, install.Change{Type: "symlink", Path: place, Target: target})
		}
	}
	err := s.apply(verb, plan)
	return failure(err), err
}

// apply carries a plan out and prints it.
func (s *session) apply(word string, plan install.Plan) error {
	for _, f := range plan.Faults {
		s.complain(s.fault(word, f))
	}
	done, err := install.Apply(plan, s.root())
	for _, c := range done {
		s.printChange(c)
	}
	if err != nil {
		return failed(word+" unit", err)
	}
	if len(plan.Faults) > 0 {
		return errSilent
	}
	return nil
}

// fault is an error of the install package in the words that systemctl has where no manager says them.
func (s *session) fault(word string, err error) error {
	var f *install.Fault
	if errors.As(err, &f) {
		switch f.Code {
		case install.Missing:
			return fmt.Errorf("Failed to %s unit, unit %s does not exist.", word, f.Name)
		case install.Masked:
			return fmt.Errorf("Failed to %s unit, unit %s is masked.", word, f.Name)
		}
	}
	return fmt.Errorf("Failed to %s unit: %w", word, err)
}
