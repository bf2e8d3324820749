package install

import (
	"errors"
	"strings"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/unitname"
)

// PresetMode says which of the two a preset may do. systemctl(1), --preset-mode=.
type PresetMode string

// The modes; "" is PresetFull.
const (
	PresetFull        PresetMode = "full"
	PresetEnableOnly  PresetMode = "enable-only"
	PresetDisableOnly PresetMode = "disable-only"
)

// Valid says whether the mode is one of those.
func (m PresetMode) Valid() bool {
	switch m {
	case "", PresetFull, PresetEnableOnly, PresetDisableOnly:
		return true
	}
	return false
}

// Preset plans to enable or disable units as the policy has it. systemctl(1), preset.
func (v *View) Preset(names []string, policy Presets, mode PresetMode, o Options) (Plan, error) {
	s := &sorting{planner: v.planner(o), policy: policy, known: map[string]bool{}}
	for _, name := range names {
		if strings.HasPrefix(name, "/") {
			switch i, err := v.target(name); {
			case err != nil:
				return Plan{}, err
			case i.linked:
				continue // the policy is about units of the search path
			}
		}
		if err := s.sort(base(name)); err != nil {
			return Plan{}, err
		}
		if s.masked != nil {
			return Plan{}, s.masked[0]
		}
	}
	return s.execute(mode)
}

// PresetAll plans to bring every unit file in line with the policy. systemctl(1), preset-all.
func (v *View) PresetAll(policy Presets, mode PresetMode, o Options) (Plan, error) {
	s := &sorting{planner: v.planner(o), policy: policy, known: map[string]bool{}}
	for _, f := range v.Catalog.Entries() {
		if err := s.sort(base(f.Path)); err != nil {
			return Plan{}, err
		}
	}
	for _, masked := range s.masked {
		masked.Minor = true
		s.fault(masked)
	}
	return s.execute(mode)
}

// sorting asks the policy about units.
type sorting struct {
	*planner
	policy          Presets
	enable, disable []request
	known           map[string]bool
	masked          []*Fault // masked units that were to be enabled, each as often as it has instances
}

// sort takes up one unit. Aliases are passed over, and what cannot be enabled is told.
func (s *sorting) sort(name string) error {
	if s.known[name] {
		return nil
	}
	i, err := s.find(name)
	var fault *Fault
	masked := errors.As(err, &fault) && fault.Code == Masked
	switch {
	case masked:
		i = &info{name: name} // nothing else is known of it
	case err != nil:
		return err
	case i.name != name, s.isMade(i):
		return nil // an alias, or made by a program: no policy is about it
	}
	s.known[name] = true
	r := s.policy.rule(name)
	switch {
	case r.preset == PresetEnable && masked:
		s.enable = append(s.enable, request{name: name, through: r.from})
		for range max(len(r.instances), 1) {
			s.masked = append(s.masked, fault)
		}
	case r.preset == PresetEnable && len(r.instances) == 0:
		s.enable = append(s.enable, request{name: name, through: r.from})
		s.also(i)
	case r.preset == PresetEnable:
		s.also(i)
		for _, instance := range r.instances {
			if full, err := unitname.ReplaceInstance(name, instance); err == nil {
				s.enable = append(s.enable, request{name: full, through: r.from})
			}
		}
	case r.preset == PresetDisable:
		s.disable = append(s.disable, request{name: name, through: r.from})
	}
	return nil
}

// also takes up the units that one which is enabled brings along.
func (s *sorting) also(i *info) {
	for _, a := range i.also {
		s.known[a.name] = true
	}
}

// execute plans the removals, then what is to be made.
func (s *sorting) execute(mode PresetMode) (Plan, error) {
	s.preset = true
	if mode != PresetEnableOnly {
		if err := s.disableAll(s.disable); err != nil {
			return Plan{}, err
		}
	}
	s.plan.CarriesInstallInfo = false // disabled units tell nothing about it
	if mode == PresetDisableOnly || len(s.enable) == 0 {
		return s.plan, nil
	}
	// What the units are was decided before; only the symlinks are looked at again.
	second := &planner{View: s.View, files: s.files, dir: s.dir, force: s.force, preset: true}
	q := &queue{known: map[string]int{}}
	for _, r := range s.enable {
		q.add(r)
	}
	second.work(q)
	return s.plan.then(second.plan), nil
}

// Revert plans to remove what the administrator made of units: their drop-ins, and files and masks that stand before
// those of a package. systemctl(1), revert.
func (v *View) Revert(names []string) (Plan, error) {
	p := v.planner(Options{})
	for _, name := range names {
		if unitname.Valid(name) != nil {
			return Plan{}, &Fault{Code: Invalid, Name: name}
		}
		p.reason = Reason{Unit: name}
		p.revertDropIns(name)
		p.revertFiles(name)
	}
	return p.plan, nil
}

// own are the directories whose contents the administrator made, by hand or by commands.
func (v *View) own() []string {
	return []string{v.path.Control, v.path.RuntimeControl, v.path.Transient, v.path.Config, v.path.RuntimeConfig}
}

// revertDropIns removes the drop-ins of exactly this name, with their directories.
func (p *planner) revertDropIns(name string) {
	for _, dir := range p.own() {
		dir += "/" + name + ".d"
		real, stat, err := load.Resolve(p.files, dir)
		if err != nil || stat.Kind != load.Directory {
			continue
		}
		entries, _ := p.files.ReadDir(real) // what can't be read is not removed
		before := len(p.plan.Changes)
		for _, e := range entries {
			if strings.HasSuffix(e.Name, ".conf") && e.Kind != load.Directory {
				p.removal(dir + "/" + e.Name)
			}
		}
		if len(p.plan.Changes) > before {
			p.removal(dir)
		}
	}
}

// revertFiles removes the files that stand before one of a package, and the symlinks to them.
func (p *planner) revertFiles(name string) {
	var before []string
	vendor := false
	for _, dir := range p.path.Dirs {
		path := dir + "/" + name
		stat, err := p.files.Lstat(p.files.real(path))
		switch {
		case err != nil:
		case dir == p.path.Config, dir == p.path.RuntimeConfig, dir == p.path.Control, dir == p.path.RuntimeControl:
			before = append(before, path)
		case p.isGenerated(dir):
			vendor = vendor || stat.Kind == load.Regular
		case p.isRuntime(dir):
		case stat.Kind == load.Regular && (strings.HasPrefix(dir, "/usr/") || strings.HasPrefix(dir, "/lib/")):
			vendor = true // what is in a user's home is the user's own
		}
	}
	if !vendor {
		return
	}
	for _, path := range before {
		p.removal(path)
	}
}

// removal plans to remove whatever is at a path.
func (p *planner) removal(path string) {
	p.add(Change{Type: Unlinked, Path: path, All: true})
	p.files.remove(p.files.real(path))
}
