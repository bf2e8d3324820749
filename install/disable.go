package install

import (
	"strings"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/unitname"
)

// Disable plans the removal of every symlink in the configuration directory that is named as one of the units or leads
// to its file, whether enable would make it or not. The units that Also= names are disabled too. systemctl(1), disable.
func (v *View) Disable(names []string, o Options) (Plan, error) {
	p := v.planner(o)
	err := p.disableAll(asUser(names))
	return p.plan, err
}

// asUser is names that the user gave.
func asUser(names []string) []request {
	var list []request
	for _, name := range names {
		list = append(list, request{name: name})
	}
	return list
}

func (p *planner) disableAll(list []request) error {
	remove, seen := removal{}, map[string]bool{}
	for at := 0; at < len(list); at++ {
		r := list[at]
		name := base(r.name)
		if unitname.Valid(name) != nil {
			return &Fault{Code: Invalid, Name: r.name}
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		p.reason = Reason{Unit: name, Through: r.through}
		i, err := p.find(name)
		if fault, ok := err.(*Fault); ok && p.undisabled(fault, r.also) {
			continue
		}
		remove[name] = p.reason
		if i == nil {
			continue
		}
		remove[i.name] = p.reason
		p.plan.CarriesInstallInfo = p.plan.CarriesInstallInfo || i.carries()
		for _, a := range i.also {
			if p.preset {
				break // the policy is asked about each of those
			}
			list = append(list, request{a.name, true, a.from})
		}
	}
	p.unlink(remove)
	return nil
}

// undisabled tells what is wrong with a unit that is to be disabled, and whether it is to be left alone.
func (p *planner) undisabled(f *Fault, also bool) bool {
	switch f.Code {
	case Masked:
		p.add(Change{Type: IsMaskedBy, Path: f.Name})
		return true
	case Severed:
		link, _ := p.Catalog.Lookup(f.Name)
		p.add(Change{Type: Dangling, Path: link.Path})
		p.fault(&Fault{Code: Missing, Name: f.Other, Minor: true})
	case Missing:
		if !also {
			f.Minor = true
			p.fault(f)
		}
	}
	return false
}

// removal is the names whose symlinks go, and why.
type removal map[string]Reason

// of tells whether a symlink goes, by its own name or by what it leads to.
func (r removal) of(name, target string) (Reason, bool) {
	for _, key := range removalKeys(name, target) {
		if reason, ok := r[key]; ok && key != "" {
			return reason, true
		}
	}
	return Reason{}, false
}

// removalKeys are the names with which a symlink goes.
func removalKeys(name, target string) [3]string {
	return [3]string{name, unitname.Template(name), target}
}

// unlink plans the removals. A removed link's own name may be what others lead to, so that it goes on until nothing
// more is found: through all links once, and from then on by an index, as links may lead through each other in a row.
func (p *planner) unlink(remove removal) {
	if len(remove) == 0 {
		return
	}
	var list []leading
	for dir, s := range p.Catalog.Links() {
		if s.Kind == load.Symlink && dir == p.dir {
			list = append(list, leading{s.Path, base(s.Target)})
		}
	}
	for dir, f := range p.Catalog.Entries() {
		if f.Symlink && dir == p.dir {
			list = append(list, leading{f.Path, base(f.Target)})
		}
	}
	gone, fresh := map[string]bool{}, []string{}
	look := func(l leading) {
		name := base(l.path)
		reason, ok := remove.of(name, l.target)
		if gone[l.path] || !ok {
			return
		}
		gone[l.path] = true
		p.reason = reason
		p.add(Change{Type: Unlinked, Path: l.path})
		p.files.remove(p.files.real(l.path))
		if _, known := remove[name]; !known && !unitname.IsInstance(name) {
			remove[name], fresh = reason, append(fresh, name)
		}
	}
	for _, l := range list {
		look(l)
	}
	if len(fresh) == 0 {
		return
	}
	by := map[string][]leading{}
	for _, l := range list {
		for _, key := range removalKeys(base(l.path), l.target) {
			by[key] = append(by[key], l)
		}
	}
	for at := 0; at < len(fresh); at++ {
		for _, l := range by[fresh[at]] {
			look(l)
		}
	}
}

// leading is a symlink in the configuration directory, with the base name of what it leads to.
type leading struct{ path, target string }

// Reenable plans to disable units and to enable them again, so that only the symlinks are left that their [Install]
// sections ask for now. systemctl(1), reenable.
func (v *View) Reenable(names []string, o Options) (Plan, error) {
	first := v.planner(o)
	enable := make([]request, len(names))
	for at, name := range names {
		enable[at] = request{name: name}
		if strings.HasPrefix(name, "/") {
			continue
		}
		switch i, err := v.find(name); {
		case err != nil:
		case i.linked:
			enable[at].name = i.path
		case i.name != name: // its symlink may go, and with it the name
			enable[at].name = i.name
		}
	}
	if err := first.disableAll(asUser(names)); err != nil {
		return Plan{}, err
	}
	return first.follow(enable)
}

// follow plans to enable units after the plan so far.
func (p *planner) follow(enable []request) (Plan, error) {
	if len(enable) == 0 {
		return p.plan, nil
	}
	p.plan.CarriesInstallInfo = false // what was disabled says nothing about it
	second := &planner{View: p.after(), files: p.files, dir: p.dir, force: p.force}
	err := second.enableAll(enable)
	if fault, ok := err.(*Fault); ok {
		second.fault(fault) // the removals are made all the same
	}
	return p.plan.then(second.plan), nil
}
