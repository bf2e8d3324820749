package install

import (
	"errors"
	"strings"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/unitname"
)

// nowhere is what the symlink of a masked unit leads to.
const nowhere = "/dev/null"

// Mask plans the symlinks that make units impossible to start. systemctl(1), mask.
func (v *View) Mask(names []string, o Options) (Plan, error) {
	p := v.planner(o)
	for _, name := range names {
		p.reason.Unit = name
		if unitname.Valid(name) != nil {
			p.fault(&Fault{Code: Invalid, Name: name})
			continue
		}
		p.symlink(p.dir+"/"+name, nowhere, p.force)
	}
	return p.plan, nil
}

// Unmask plans the removal of what Mask made. systemctl(1), unmask.
func (v *View) Unmask(names []string, o Options) (Plan, error) {
	p := v.planner(o)
	for _, name := range names {
		if unitname.Valid(name) != nil {
			return Plan{}, &Fault{Code: Invalid, Name: name}
		}
		path := p.dir + "/" + name
		real := p.files.real(path)
		if target, err := p.files.Readlink(real); err == nil && target == nowhere {
			p.reason = Reason{Unit: name}
			p.add(Change{Type: Unlinked, Path: path})
			p.files.remove(real)
		}
	}
	return p.plan, nil
}

// Link plans symlinks to unit files outside of the search path. systemctl(1), link.
func (v *View) Link(paths []string, o Options) (Plan, error) {
	p := v.planner(o)
	var found []*info
	for _, path := range paths {
		i, err := v.linkable(path)
		if err != nil {
			return Plan{}, err
		}
		found = append(found, i)
	}
	for _, i := range found {
		p.reason.Unit = i.name
		p.symlink(p.dir+"/"+i.name, i.path, p.force)
	}
	return p.plan, nil
}

// linkable looks at a file that is to be linked.
func (v *View) linkable(path string) (*info, error) {
	name := base(path)
	switch {
	case !strings.HasPrefix(path, "/"):
		return nil, &Fault{Code: NotAbsolute, Name: path}
	case unitname.Valid(name) != nil:
		return nil, &Fault{Code: BadName, Name: path}
	}
	_, stat, err := load.Resolve(v.files, path)
	switch {
	case err != nil:
		return nil, &Fault{Code: Missing, Name: path, Err: err}
	case stat.Kind != load.Regular:
		return nil, &Fault{Code: Unreadable, Name: path, Err: errNotRegular}
	}
	return &info{name: name, path: path, entry: path, linked: true}, nil
}

// AddDependency plans symlinks by which a unit wants or, with kind "Requires", requires others. systemctl(1),
// add-wants.
func (v *View) AddDependency(names []string, by, kind string, o Options) (Plan, error) {
	p := v.planner(o)
	suffix := ""
	switch kind {
	case "Wants":
		suffix = ".wants/"
	case "Requires":
		suffix = ".requires/"
	default:
		return Plan{}, &Fault{Code: Invalid, Name: kind}
	}
	to, err := v.wanted(by)
	if err != nil {
		return Plan{}, err
	}
	var found []*info
	for _, name := range names {
		i, err := v.wanted(name)
		if err != nil {
			return Plan{}, err
		}
		found = append(found, i)
	}
	p.reason.Unit = to.name
	if to.linked && !p.symlink(p.dir+"/"+to.name, to.path, p.force) {
		return p.plan, nil
	}
	seen := map[string]bool{}
	for _, i := range found {
		if seen[i.name] {
			continue
		}
		seen[i.name] = true
		p.reason.Unit = i.name
		if i.linked && !p.symlink(p.dir+"/"+i.name, i.path, p.force) {
			continue
		}
		i.defaultInstance = "" // that is for [Install] only
		p.dependency(i, asked{name: to.name}, suffix)
	}
	return p.plan, nil
}

// wanted finds a unit that is to have a dependency, by any of its names.
func (v *View) wanted(name string) (*info, error) {
	i, err := v.find(name)
	if err != nil {
		return nil, err
	}
	return v.target(i.name)
}

// Default returns the unit that default.target is another name of. systemctl(1), get-default.
func (v *View) Default() (string, error) {
	const name = "default.target"
	i, err := v.find(name)
	var fault *Fault
	if errors.As(err, &fault) && fault.Code == Masked {
		if f, ok := v.Catalog.Lookup(name); ok && f.Alias != "" {
			return f.Alias, nil
		}
		return name, nil
	}
	if err != nil {
		return "", err
	}
	return i.name, nil
}

// SetDefault plans the symlink that makes a target the default. systemctl(1), set-default.
func (v *View) SetDefault(name string, force bool) (Plan, error) {
	if unitname.TypeOf(name) != unitname.Target || name == "default.target" {
		return Plan{}, &Fault{Code: Invalid, Name: name}
	}
	if f, ok := v.Catalog.Lookup(name); ok && f.Symlink && !f.Masked && v.rank(parent(f.Path)) > 0 {
		return Plan{}, &Fault{Code: IsLink, Name: name}
	}
	i, err := v.target(name)
	if err != nil {
		return Plan{}, err
	}
	p := v.planner(Options{Force: force})
	p.reason.Unit = i.name
	p.symlink(p.dir+"/default.target", i.path, p.force)
	return p.plan, nil
}
