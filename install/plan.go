package install

import (
	"slices"
	"strings"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/unitname"
)

// Change is one edit of the file system, as D-Bus reports it: "symlink" with the target, or "unlink".
type Change struct {
	Type   string
	Path   string
	Target string
}

// Plan is what is to be done, in order.
type Plan struct {
	Changes []Change
	// Faults are the parts that can't be done; the others still are.
	Faults []*Fault
	// CarriesInstallInfo says whether any of the units has an [Install] section that asks for something.
	CarriesInstallInfo bool
}

// Options are what enable and disable can be told. Runtime edits what the next boot forgets; Force replaces symlinks
// that lead elsewhere.
type Options struct {
	Runtime bool
	Force   bool
}

// config is the directory that is edited.
func (v *View) config(o Options) string {
	if o.Runtime {
		return v.path.RuntimeConfig
	}
	return v.path.Config
}

// Enable plans the symlinks that the [Install] sections of units and of those named by Also= ask for. A name may be the
// absolute path of a unit file outside of the search path. An error, a *Fault, means that nothing is to be done.
func (v *View) Enable(names []string, o Options) (Plan, error) {
	p := planner{View: v, dir: v.config(o), force: o.Force}
	queue := slices.Clone(names)
	seen := map[string]bool{}
	for at := 0; at < len(queue); at++ {
		i, err := v.target(queue[at])
		also := at >= len(names) // such a unit may be missing, and a file outside is left alone
		switch {
		case err != nil && !also:
			return Plan{}, err
		case err != nil, also && i.linked:
			continue
		}
		if seen[i.name] {
			continue
		}
		seen[i.name] = true
		p.enable(i)
		queue = append(queue, i.install.Also...)
	}
	return p.plan, nil
}

// target finds what is to be enabled, and refuses what can't be.
func (v *View) target(name string) (*info, error) {
	if strings.HasPrefix(name, "/") {
		return v.outside(load.Clean(name))
	}
	i, err := v.find(name)
	if err != nil {
		return nil, err
	}
	if dir := parent(i.path); v.isGenerated(dir) || v.path.Transient != "" && dir == v.path.Transient {
		return nil, &Fault{Code: Generated, Name: i.path}
	}
	return i, nil
}

// outside reads a unit file by its path.
func (v *View) outside(path string) (*info, error) {
	name := base(path)
	if unitname.Valid(name) != nil {
		return nil, &Fault{Code: BadName, Name: name}
	}
	data, _, stat, err := v.Catalog.Read(path)
	switch {
	case err != nil:
		return nil, &Fault{Code: Missing, Name: path, Err: err}
	case stat.Size == 0:
		return nil, &Fault{Code: Masked, Name: path}
	}
	if f, ok := v.Catalog.Lookup(name); ok && f.Path == path {
		return v.find(name)
	}
	i := &info{name: name, path: path, linked: true}
	v.section(i, path, data)
	return i, nil
}

// planner collects the edits of one directory.
type planner struct {
	*View
	dir   string
	force bool
	plan  Plan
}

// enable plans the symlinks of one unit: the file itself if it is outside, aliases, then those of dependencies.
func (p *planner) enable(i *info) {
	s := &i.install
	if i.hasRules() || len(s.Also) > 0 {
		p.plan.CarriesInstallInfo = true
	}
	if i.fault != nil {
		p.fault(i.fault)
	}
	for _, alias := range s.Aliases {
		p.alias(i, alias)
	}
	for _, wanted := range []struct {
		names  []string
		suffix string
	}{{s.WantedBy, ".wants/"}, {s.RequiredBy, ".requires/"}, {s.UpheldBy, ".upholds/"}} {
		for _, name := range wanted.names {
			p.dependency(i, name, wanted.suffix)
		}
	}
	if f, _ := p.Catalog.Lookup(i.name); i.linked && f.Linked != i.path {
		p.symlink(p.dir+"/"+i.name, i.path)
	}
}

func (p *planner) fault(f *Fault) { p.plan.Faults = append(p.plan.Faults, f) }

// alias plans a further name.
func (p *planner) alias(i *info, alias string) {
	name := i.aliasName(alias)
	if load.RefuseAlias(name, i.name) != "" {
		p.fault(&Fault{Code: BadAlias, Name: i.name, Other: alias})
		return
	}
	p.symlink(p.dir+"/"+name, i.path)
}

// dependency plans a symlink in another unit's directory. A template without a default instance can only be wanted by
// templates, which hand their instance on.
func (p *planner) dependency(i *info, by, suffix string) {
	name := i.instance()
	switch {
	case unitname.Valid(by) != nil:
		p.fault(&Fault{Code: BadName, Name: by, Other: i.name})
		return
	case unitname.IsTemplate(name) && !unitname.IsTemplate(by):
		p.fault(&Fault{Code: NoTemplate, Name: i.name, Other: by})
		return
	}
	p.symlink(p.dir+"/"+by+suffix+name, i.path)
}

// symlink plans one symlink, unless it is there.
func (p *planner) symlink(path, target string) {
	if slices.Contains(p.plan.Changes, Change{Type: "symlink", Path: path, Target: target}) {
		return
	}
	stat, err := p.files.Lstat(p.real(path))
	if err == nil {
		if stat.Kind != load.Symlink {
			p.fault(&Fault{Code: Exists, Name: path})
			return
		}
		there, err := p.files.Readlink(p.real(path))
		if err == nil && p.same(parent(path), there, target) {
			return
		}
		if !p.force {
			p.fault(&Fault{Code: Exists, Name: path, Other: there})
			return
		}
		p.plan.Changes = append(p.plan.Changes, Change{Type: "unlink", Path: path})
	}
	p.plan.Changes = append(p.plan.Changes, Change{Type: "symlink", Path: path, Target: target})
}

// real resolves the directory of a path, which may be reached by symlinks.
func (p *planner) real(path string) string {
	dir, _, _ := load.Resolve(p.files, parent(path)) // what doesn't exist is its own path
	return dir + "/" + base(path)
}

// same says whether a symlink in dir leads where it should.
func (p *planner) same(dir, there, target string) bool {
	if !strings.HasPrefix(there, "/") {
		there = dir + "/" + there
	}
	if there = load.Clean(there); there == target {
		return true
	}
	a, _, err := load.Resolve(p.files, there)
	b, _, err2 := load.Resolve(p.files, target)
	return err == nil && err2 == nil && a == b
}

// Disable plans the removal of every symlink in the configuration directory that is named as one of the units or leads
// to its file, whether enable would make it or not. The units that Also= names are disabled too.
func (v *View) Disable(names []string, o Options) (Plan, error) {
	p := planner{View: v, dir: v.config(o)}
	remove := map[string]bool{}
	for queue := slices.Clone(names); len(queue) > 0; queue = queue[1:] {
		name := base(queue[0])
		if unitname.Valid(name) != nil {
			return Plan{}, &Fault{Code: BadName, Name: queue[0]}
		}
		if remove[name] {
			continue
		}
		i, err := v.find(name)
		if fault, ok := err.(*Fault); ok {
			if fault.Code == Masked || fault.Code == Missing {
				p.fault(fault)
			}
			if fault.Code == Masked {
				continue
			}
		}
		remove[name] = true
		if i != nil {
			remove[i.name] = true
			p.plan.CarriesInstallInfo = p.plan.CarriesInstallInfo || i.hasRules() || len(i.install.Also) > 0
			queue = append(queue, i.install.Also...)
		}
	}
	p.disable(remove)
	return p.plan, nil
}

// disable plans the removals. A removed link's own name may be what others lead to, so that it goes on until nothing
// more is found.
func (p *planner) disable(remove map[string]bool) {
	gone := map[string]bool{}
	for again := true; again; {
		again = false
		look := func(dir, path, target string) {
			name := base(path)
			if dir != p.dir || gone[path] || !remove[name] && !remove[unitname.Template(name)] && !remove[base(target)] {
				return
			}
			gone[path] = true
			p.plan.Changes = append(p.plan.Changes, Change{Type: "unlink", Path: path})
			if !remove[name] && !unitname.IsInstance(name) {
				remove[name], again = true, true
			}
		}
		for dir, s := range p.Catalog.Links() {
			if s.Kind == load.Symlink {
				look(dir, s.Path, s.Target)
			}
		}
		for dir, f := range p.Catalog.Entries() {
			if f.Symlink {
				look(dir, f.Path, f.Target)
			}
		}
	}
}

// Default returns the unit that default.target is another name of.
func (v *View) Default() (string, error) {
	found := v.Catalog.Find("default.target")
	if found.File.Path == "" {
		return "", &Fault{Code: Missing, Name: "default.target"}
	}
	return found.Name, nil
}

// SetDefault plans the symlink that makes a target the default.
func (v *View) SetDefault(name string, force bool) (Plan, error) {
	if unitname.TypeOf(name) != unitname.Target || name == "default.target" {
		return Plan{}, &Fault{Code: NotTarget, Name: name}
	}
	i, err := v.target(name)
	if err != nil {
		return Plan{}, err
	}
	p := planner{View: v, dir: v.path.Config, force: force}
	p.symlink(p.dir+"/default.target", i.path)
	return p.plan, nil
}
