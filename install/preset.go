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

// Presets is a preset policy: rules of which the first that fits a unit holds. systemd.preset(5). An image may well
// have one for each of its units, so that those which name one are found by it.
type Presets struct {
	rules    []rule
	literal  map[string]int // the first rule about a name: by its pattern, or as an instance
	patterns []int          // the rules whose patterns are no names
}

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
			p.parse(path, string(data))
		}
	}
	return p
}

func (p *Presets) parse(path, text string) {
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
		p.add(r)
	}
}

// add puts a rule behind the others.
func (p *Presets) add(r rule) {
	at := len(p.rules)
	p.rules = append(p.rules, r)
	if strings.ContainsAny(r.pattern, `*?[\`) {
		p.patterns = append(p.patterns, at)
		return
	}
	if p.literal == nil {
		p.literal = map[string]int{}
	}
	names := []string{r.pattern}
	for _, instance := range r.instances {
		if name, err := unitname.ReplaceInstance(r.pattern, instance); err == nil {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if _, known := p.literal[name]; !known {
			p.literal[name] = at
		}
	}
}

// Query says what the policy wants of a unit, and for a template the instances to be enabled.
func (p Presets) Query(name string) (Preset, []string) {
	r := p.rule(name)
	return r.preset, r.instances
}

// rule is the first rule that fits a unit; without any it is to be enabled.
func (p Presets) rule(name string) rule {
	first, found := p.literal[name]
	if !found {
		first = len(p.rules)
	}
	for _, at := range p.patterns {
		if at > first {
			break
		}
		r := p.rules[at]
		if glob.Match(r.pattern, name) && (!unitname.IsTemplate(name) || !unitname.IsInstance(r.pattern)) {
			return r
		}
	}
	if !found {
		return rule{preset: PresetEnable}
	}
	r := p.rules[first]
	if r.pattern != name {
		r.instances = nil // it is one of them
	}
	return r
}
