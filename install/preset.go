package install

import (
	"strings"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/glob"
	"github.com/steward-init/steward/syntax/unitname"
)

// Preset is what a preset policy says about a unit.
type Preset string

// The presets. Without any rule for it a unit is to be enabled.
const (
	PresetEnable  Preset = "enabled"
	PresetDisable Preset = "disabled"
	PresetIgnore  Preset = "ignored"
)

// Presets is a preset policy: rules of which the first that fits a unit holds. systemd.preset(5).
type Presets []rule

type rule struct {
	preset    Preset
	pattern   string
	instances []string // of a template that is to be enabled
	from      Origin
}

// ReadPresets reads the policy of a mode.
func ReadPresets(files load.Files, mode load.Mode) Presets {
	var dirs []string
	for _, root := range []string{"/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"} {
		dirs = append(dirs, root+"/systemd/"+mode.String()+"-preset")
	}
	var p Presets
	for _, path := range load.ConfFiles(files, dirs, ".preset") {
		real, _, err := load.Resolve(files, path)
		if err != nil {
			continue // vanished since it was listed
		}
		if data, _, err := files.ReadFile(real, 1<<20); err == nil {
			p = append(p, parsePresets(path, string(data))...)
		}
	}
	return p
}

func parsePresets(path, text string) Presets {
	var p Presets
	number := 0
	for line := range strings.Lines(text) {
		number++
		fields := strings.Fields(line)
		if len(fields) < 2 || strings.ContainsAny(fields[0][:1], "#;") {
			continue
		}
		r := rule{pattern: fields[1], from: Origin{fields[0], fields[1], path, number}}
		switch fields[0] {
		case "enable":
			r.preset, r.instances = PresetEnable, fields[2:]
		case "disable":
			if r.preset = PresetDisable; len(fields) > 2 {
				continue // instances can't be disabled by the name of their template
			}
		case "ignore":
			r.preset = PresetIgnore
		default:
			continue
		}
		p = append(p, r)
	}
	return p
}

// Query says what the policy wants of a unit, and for a template the instances to be enabled.
func (p Presets) Query(name string) (Preset, []string) {
	r := p.rule(name)
	return r.preset, r.instances
}

// rule is the first rule that fits a unit; without any it is to be enabled.
func (p Presets) rule(name string) rule {
	for _, r := range p {
		switch {
		case unitname.IsTemplate(name) && unitname.IsInstance(r.pattern):
		case unitname.IsInstance(name) && len(r.instances) > 0 && unitname.Template(name) == r.pattern:
			for _, instance := range r.instances {
				if instance == unitname.Instance(name) {
					r.instances = nil
					return r
				}
			}
			continue
		case glob.Match(r.pattern, name):
			return r
		}
	}
	return rule{preset: PresetEnable}
}
