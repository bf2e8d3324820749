package install

import (
	"strings"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/unitname"
)

// nowhere is what the symlink of a masked unit leads to.
const nowhere = "/dev/null"

// Mask plans the symlinks that make units impossible to start. systemctl(1), mask.
func (v *View) Mask(names []string, o Options) (Plan, error) {
	p := planner{View: v, dir: v.config(o), force: o.Force}
	for _, name := range names {
		if unitname.Valid(name) != nil {
			return Plan{}, &Fault{Code: BadName, Name: name}
		}
		p.symlink(p.dir+"/"+name, nowhere)
	}
	return p.plan, nil
}

// Unmask plans the removal of what Mask made.
func (v *View) Unmask(names []string, o Options) (Plan, error) {
	p := planner{View: v, dir: v.config(o)}
	for _, name := range names {
		if unitname.Valid(name) != nil {
			return Plan{}, &Fault{Code: BadName, Name: name}
		}
		path := p.dir + "/" + name
		if target, err := v.files.Readlink(p.real(path)); err == nil && target == nowhere {
			p.plan.Changes = append(p.plan.Changes, Change{Type: "unlink", Path: path})
		}
	}
	return p.plan, nil
}

// Link plans symlinks to unit files outside of the search path. systemctl(1), link.
func (v *View) Link(paths []string, o Options) (Plan, error) {
	p := planner{View: v, dir: v.config(o), force: o.Force}
	for _, path := range paths {
		if !strings.HasPrefix(path, "/") {
			return Plan{}, &Fault{Code: BadName, Name: path}
		}
		i, err := v.outside(load.Clean(path))
		if err != nil {
			return Plan{}, err
		}
		if i.linked {
			p.symlink(p.dir+"/"+i.name, i.path)
		}
	}
	return p.plan, nil
}

// AddDependency plans symlinks by which a unit wants or, with kind "Requires", requires others. systemctl(1),
// add-wants.
func (v *View) AddDependency(names []string, by, kind string, o Options) (Plan, error) {
	p := planner{View: v, dir: v.config(o), force: o.Force}
	suffix := map[string]string{"Wants": ".wants/", "Requires": ".requires/"}[kind]
	if suffix == "" {
		return Plan{}, &Fault{Code: BadName, Name: kind}
	}
	if _, err := v.find(by); err != nil {
		return Plan{}, err
	}
	for _, name := range names {
		i, err := v.target(name)
		if err != nil {
			return Plan{}, err
		}
		p.dependency(i, by, suffix)
	}
	return p.plan, nil
}
