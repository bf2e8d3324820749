package install

import "fmt"

// Request is a command of systemctl about unit files, with its options. Presets and Mode are for preset and preset-all.
type Request struct {
	Verb    string
	Names   []string
	Options Options
	Presets Presets
	Mode    PresetMode
}

// Verbs are the commands that change unit files, in the order of systemctl(1).
func Verbs() []string {
	return []string{"enable", "disable", "reenable", "preset", "preset-all", "mask", "unmask", "link", "revert",
		"add-wants", "add-requires", "set-default"}
}

// Plan plans what a command would change. add-wants, add-requires and set-default need a first name.
func (v *View) Plan(r Request) (Plan, error) {
	switch r.Verb {
	case "enable":
		return v.Enable(r.Names, r.Options)
	case "disable":
		return v.Disable(r.Names, r.Options)
	case "reenable":
		return v.Reenable(r.Names, r.Options)
	case "preset":
		return v.Preset(r.Names, r.Presets, r.Mode, r.Options)
	case "preset-all":
		return v.PresetAll(r.Presets, r.Mode, r.Options)
	case "mask":
		return v.Mask(r.Names, r.Options)
	case "unmask":
		return v.Unmask(r.Names, r.Options)
	case "link":
		return v.Link(r.Names, r.Options)
	case "revert":
		return v.Revert(r.Names)
	case "add-wants":
		return v.AddDependency(r.Names[1:], r.Names[0], "Wants", r.Options)
	case "add-requires":
		return v.AddDependency(r.Names[1:], r.Names[0], "Requires", r.Options)
	case "set-default":
		return v.SetDefault(r.Names[0], true)
	}
	return Plan{}, fmt.Errorf("no command %s that changes unit files", r.Verb)
}
