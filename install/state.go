package install

import (
	"slices"
	"strings"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/unitname"
)

// State is what is-enabled prints for a unit file. systemctl(1), is-enabled.
type State string

// The states.
const (
	Enabled        State = "enabled"
	EnabledRuntime State = "enabled-runtime"
	Linked         State = "linked"
	LinkedRuntime  State = "linked-runtime"
	Alias          State = "alias"
	IsMasked       State = "masked"
	MaskedRuntime  State = "masked-runtime"
	Static         State = "static"
	Disabled       State = "disabled"
	Indirect       State = "indirect"
	IsGenerated    State = "generated"
	Transient      State = "transient"
	Bad            State = "bad"
)

// States returns all states, in the order in which systemctl lists them.
func States() []State {
	return []State{Enabled, EnabledRuntime, Linked, LinkedRuntime, Alias, IsMasked, MaskedRuntime, Static, Disabled,
		Indirect, IsGenerated, Transient, Bad}
}

// IsEnabled says whether is-enabled exits with 0 for the state.
func (s State) IsEnabled() bool {
	switch s {
	case Enabled, EnabledRuntime, Static, Alias, Indirect, IsGenerated:
		return true
	}
	return false
}

// State tells whether a unit file is enabled; an error that is a *Fault says why that can't be told.
func (v *View) State(name string) (State, error) {
	if unitname.Valid(name) != nil {
		return "", &Fault{Code: BadName, Name: name}
	}
	f, ok := v.Catalog.Lookup(name)
	if !ok {
		if f, ok = v.Catalog.Lookup(unitname.Template(name)); !ok {
			return "", &Fault{Code: Missing, Name: name}
		}
	}
	if f.Masked {
		return v.masked(f.Path), nil
	}
	i, err := v.find(name)
	if fault, ok := err.(*Fault); ok && fault.Code == Masked {
		_, file := v.Catalog.Fragment(name)
		if f.Alias != "" && !file.Masked {
			return Alias, nil // of an empty file
		}
		return v.masked(file.Path), nil
	}
	if err != nil {
		return "", err
	}
	return v.stateOf(name, i), nil
}

func (v *View) masked(path string) State {
	if v.isRuntime(parent(path)) {
		return MaskedRuntime
	}
	return IsMasked
}

func (v *View) stateOf(name string, i *info) State {
	dir := parent(i.path)
	switch {
	case i.name != name && !unitname.IsInstance(i.name), i.linked && base(i.path) != name && unitname.IsPlain(name):
		return Alias
	case v.isGenerated(dir):
		return IsGenerated
	case v.path.Transient != "" && dir == v.path.Transient:
		return Transient
	}
	if state := v.enabledBy(i); state != "" {
		return state
	}
	switch {
	case i.linked && base(i.path) == i.name:
		if f, _ := v.Catalog.Lookup(i.name); v.isRuntime(parent(f.Path)) {
			return LinkedRuntime
		}
		return Linked
	case v.usedBy(i):
		return Indirect
	case i.any():
		return Disabled
	case len(i.also) > 0:
		return Indirect
	}
	return Static
}

func (v *View) isGenerated(dir string) bool {
	return dir != "" && (dir == v.path.GeneratorEarly || dir == v.path.GeneratorNormal || dir == v.path.GeneratorLate)
}

func (v *View) isRuntime(dir string) bool {
	return dir != "" && (dir == v.path.RuntimeConfig || dir == v.path.RuntimeControl || dir == v.path.RuntimeAttached ||
		dir == v.path.Transient || v.isGenerated(dir))
}

// rank says how much a symlink in a directory of the search path means: 2 for what enable writes, 1 for the same until
// the next boot, 0 for what a package brings.
func (v *View) rank(dir string) int {
	switch {
	case dir == v.path.Config, v.path.Mode == load.User && v.Catalog.Real(dir) == "/etc/systemd/user":
		return 2 // Debian has /etc/xdg/systemd/user, which goes first, lead there
	case v.isRuntime(dir), v.path.Mode == load.User && dir == "/run/systemd/user":
		return 1
	}
	return 0
}

// enabledBy looks for the symlinks that enabling the unit makes.
func (v *View) enabledBy(i *info) State {
	names := []string{i.name}
	if instance := i.instance(); instance != i.name {
		names = append(names, instance)
	}
	best, any := 0, false
	look := func(l link) {
		best, any = max(best, v.rank(l.dir)), true
	}
	for _, name := range names {
		for _, l := range v.byName[name] {
			if !l.top {
				look(l)
			}
		}
	}
	file := base(i.path)
	for _, a := range i.aliases {
		alias := a.name
		if unitname.IsInstance(i.name) && unitname.IsTemplate(alias) {
			continue // the oracle does not look for the instance of an alias either
		}
		for _, l := range v.byName[alias] {
			if l.target == file || l.target == i.name {
				look(l)
			}
		}
	}
	switch {
	case best == 2:
		return Enabled
	case best == 1:
		return EnabledRuntime
	case any && unitname.IsInstance(i.name):
		return Static // a package brings the instance: that is a statement, and can't be taken back
	}
	return ""
}

// usedBy says whether any other symlink leads to the unit's file.
func (v *View) usedBy(i *info) bool {
	return slices.ContainsFunc(v.byTarget[i.name], func(l link) bool {
		return (v.rank(l.dir) > 0 || unitname.IsInstance(i.name)) && l.name != i.name
	})
}

// Listed is one unit file in a list.
type Listed struct {
	Path  string
	State State
}

// List returns all unit files with their states, sorted by path's base name. states and patterns, if not empty, select;
// match tells whether a name fits a pattern.
func (v *View) List(states []State, selected func(name string) bool) []Listed {
	var list []Listed
	seen := map[string]bool{}
	for _, f := range v.Catalog.Entries() {
		name := base(f.Path)
		if seen[name] || selected != nil && !selected(name) {
			continue
		}
		seen[name] = true
		state, err := v.State(name)
		if err != nil {
			state = Bad
		}
		if len(states) == 0 || slices.Contains(states, state) {
			list = append(list, Listed{f.Path, state})
		}
	}
	slices.SortStableFunc(list, func(a, b Listed) int { return strings.Compare(base(a.Path), base(b.Path)) })
	return list
}
