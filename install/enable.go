package install

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/unitname"
)

// request is a unit that is to be enabled: a name or a path, and the line that brought it in.
type request struct {
	name    string
	also    bool // an Also= names it, and the user does not: it may be missing
	through Origin
}

// Enable plans the symlinks that the [Install] sections of units and of those named by Also= ask for. A name may be the
// absolute path of a unit file outside of the search path. An error, a *Fault, means that nothing is to be done.
// systemctl(1), enable.
func (v *View) Enable(names []string, o Options) (Plan, error) {
	var list []request
	for _, name := range names {
		list = append(list, request{name: name})
	}
	p := v.planner(o)
	err := p.enableAll(list)
	return p.plan, err
}

// enableAll enables units, and those that they name by Also=.
func (p *planner) enableAll(list []request) error {
	queue, err := p.queue(list)
	if err != nil {
		return err
	}
	p.work(queue)
	return nil
}

// work enables what is in a queue, and what is added to it meanwhile.
func (p *planner) work(queue *queue) {
	seen := map[string]bool{}
	for at := 0; at < len(queue.list); at++ {
		r := queue.list[at]
		i, err := p.target(r.name)
		p.reason = Reason{Unit: base(r.name), Through: r.through}
		var f *Fault
		if errors.As(err, &f) && f.Code == IsLink && !r.also {
			p.fault(f)
			return // what comes before it is done all the same
		}
		if err != nil {
			p.skip(r, err)
			continue
		}
		if seen[i.name] {
			continue
		}
		if r.also && i.linked { // an Also= leaves a file outside alone
			p.add(Change{Type: NoSuchAlso, Path: r.name})
			continue
		}
		seen[i.name] = true
		p.reason.Unit = i.name
		p.enable(i)
		queue.also(i)
	}
}

// queue is the units that are to be enabled, each once.
type queue struct {
	list  []request
	known map[string]int
}

func (q *queue) add(r request) {
	if at, known := q.known[base(r.name)]; known {
		q.list[at].also = q.list[at].also && r.also
		return
	}
	q.known[base(r.name)] = len(q.list)
	q.list = append(q.list, r)
}

func (q *queue) also(i *info) {
	for _, a := range i.also {
		q.add(request{a.name, true, a.from})
	}
}

// queue puts those who are named by Also= behind each unit, and refuses all if one can't be enabled. Only of a name
// that the administrator has made this is found out later.
func (p *planner) queue(list []request) (*queue, error) {
	q := &queue{known: map[string]int{}}
	for _, r := range list {
		i, err := p.target(r.name)
		var f *Fault
		if errors.As(err, &f) && f.Code == IsLink {
			q.add(r)
			continue
		}
		if err != nil {
			return nil, err
		}
		q.add(r)
		q.also(i)
	}
	return q, nil
}

// skip notes why a unit of an Also= is not enabled.
func (p *planner) skip(r request, err error) {
	var f *Fault
	switch {
	case errors.As(err, &f) && f.Code == Masked:
		p.add(Change{Type: IsMaskedBy, Path: f.Name})
		p.plan.CarriesInstallInfo = true // something was to be done
	case f != nil && f.Code == Generated: // that is how it is enabled
	default:
		p.add(Change{Type: NoSuchAlso, Path: r.name})
	}
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
	if f, ok := v.Catalog.Lookup(name); ok && f.Symlink && f.Alias != "" && v.rank(parent(f.Path)) > 0 {
		return nil, &Fault{Code: IsLink, Name: name}
	}
	if v.isMade(i) {
		return nil, &Fault{Code: Generated, Name: i.entry}
	}
	return i, nil
}

// isMade says whether a unit file was made by a program, a generator or a client of the manager.
func (v *View) isMade(i *info) bool {
	dir := parent(i.entry)
	return v.isGenerated(dir) || v.path.Transient != "" && dir == v.path.Transient
}

// outside reads a unit file by its path.
func (v *View) outside(path string) (*info, error) {
	name := base(path)
	if unitname.Valid(name) != nil {
		return nil, &Fault{Code: Unreadable, Name: path, Err: syscall.EINVAL}
	}
	data, _, stat, err := v.Catalog.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Fault{Code: Missing, Name: path, Err: err}
	case err != nil:
		return nil, &Fault{Code: Unreadable, Name: path, Err: err}
	case stat.Size == 0:
		return nil, &Fault{Code: Masked, Name: path}
	}
	if f, ok := v.Catalog.Lookup(name); ok && f.Path == path {
		return v.find(name)
	}
	i := &info{name: name, path: path, entry: path, linked: true}
	if err := v.section(i, path, data); err != nil {
		return nil, err
	}
	return i, nil
}

// enable plans the symlinks of one unit: the file itself if it is outside, aliases, then those of dependencies.
func (p *planner) enable(i *info) {
	p.settled = false
	if carries := p.plan.CarriesInstallInfo; i.linked {
		if !p.symlink(p.dir+"/"+i.name, i.path, p.force) {
			return
		}
		p.plan.CarriesInstallInfo = carries // nothing in the file asks for it
	}
	each := func(list []asked, plan func(a asked)) {
		p.group(func() {
			for _, a := range list {
				p.reason.By = a.from
				plan(a)
			}
		})
	}
	each(i.aliases, func(a asked) { p.alias(i, a) })
	each(i.wantedBy, func(a asked) { p.dependency(i, a, ".wants/") })
	each(i.requiredBy, func(a asked) { p.dependency(i, a, ".requires/") })
	each(i.upheldBy, func(a asked) { p.dependency(i, a, ".upholds/") })
	p.reason.By, p.settled = Origin{}, false
}

// group plans the symlinks of one directive. The first that has any to make, or finds them there, settles that the unit
// can be enabled: what is wrong with later ones is told, and does not make the request fail.
func (p *planner) group(plan func()) {
	p.linked = false
	plan()
	p.settled = p.settled || p.linked
}

// alias plans a further name. Its own is none.
func (p *planner) alias(i *info, a asked) {
	name := i.aliasName(a.name)
	switch {
	case name == "":
		p.fault(&Fault{Code: BadSpecifier, Name: a.from.Value, Other: i.name})
		return
	case name == i.name:
		return
	case strings.Contains(name, "/"):
		p.aliasOfDependency(i, name)
		return
	case load.RefuseAlias(name, i.name) != "":
		p.fault(&Fault{Code: BadAlias, Name: i.name, Other: name})
		return
	}
	p.symlink(p.dir+"/"+name, i.path, p.force)
}

// aliasOfDependency plans the symlink of an alias such as "foo.target.wants/bar.service", as units had it before there
// was WantedBy=. It is a dependency on the unit itself, or on an instance of it.
func (p *planner) aliasOfDependency(i *info, alias string) {
	dir := strings.TrimRight(parent(alias), "/")
	by, ok := strings.CutSuffix(dir, ".wants")
	if !ok {
		by, ok = strings.CutSuffix(dir, ".requires")
	}
	if !ok || unitname.Valid(by) != nil {
		p.fault(&Fault{Code: BadReference, Name: alias})
		return
	}
	name := base(alias)
	same := name == i.name && (!unitname.IsTemplate(name) || unitname.IsTemplate(by))
	if !same && (!unitname.IsInstance(name) || unitname.Template(name) != i.name) {
		p.fault(&Fault{Code: BadAlias, Name: i.name, Other: alias})
		return
	}
	p.symlink(p.dir+"/"+dir+"/"+name, i.path, p.force)
}

// dependency plans a symlink in another unit's directory, instead of one that leads elsewhere. A template without a
// default instance can only be wanted by templates, which hand their instance on.
func (p *planner) dependency(i *info, a asked, suffix string) {
	name, by := i.instance(), a.name
	valid := unitname.Valid(by) == nil
	switch {
	case by == "" && a.from.Value != "":
		p.fault(&Fault{Code: BadSpecifier, Name: a.from.Value, Other: i.name})
		return
	case p.preset && (!valid || unitname.IsTemplate(name) && !unitname.IsTemplate(by)):
		return
	case !valid:
		p.fault(&Fault{Code: BadName, Name: by, Other: i.name})
		return
	case unitname.IsTemplate(name) && !unitname.IsTemplate(by):
		p.fault(&Fault{Code: NoTemplate, Name: i.name, Other: by})
		return
	}
	p.symlink(p.dir+"/"+by+suffix+name, i.path, true)
	if _, f := p.Catalog.Fragment(by); f.Path == "" {
		p.add(Change{Type: NoSuchUnit, Path: by, Target: i.path})
	}
}

// symlink plans one symlink, unless it is there. With force it takes the place of one that leads
// elsewhere. It says whether that is possible.
func (p *planner) symlink(path, target string, force bool) bool {
	real := p.files.real(path)
	stat, err := p.files.Lstat(real)
	switch {
	case err == nil && stat.Kind != load.Symlink:
		p.fault(&Fault{Code: Exists, Name: path})
		return false
	case err == nil:
		there, err := p.files.Readlink(real)
		if err == nil && p.same(parent(path), there, target) {
			p.plan.CarriesInstallInfo, p.linked = true, true
			return true
		}
		if !force {
			p.fault(&Fault{Code: Exists, Name: path, Other: there})
			return false
		}
		p.add(Change{Type: Unlinked, Path: path})
	}
	p.add(Change{Type: Symlinked, Path: path, Target: target, Replace: err == nil})
	p.files.symlink(real, target)
	p.plan.CarriesInstallInfo, p.linked = true, true
	return true
}

// same says whether a symlink in dir leads where it should: to the path, or to a file of that name anywhere in the
// search path, which is to say that its unit is meant.
func (p *planner) same(dir, there, target string) bool {
	if !strings.HasPrefix(there, "/") {
		there = dir + "/" + there
	}
	if there = load.Clean(there); there == target {
		return true
	}
	return base(there) == base(target) && p.inSearchPath(parent(there)) && p.inSearchPath(parent(target))
}

// inSearchPath says whether a directory is one of the search path, by whatever symlinks.
func (p *planner) inSearchPath(dir string) bool {
	if slices.Contains(p.path.Dirs, dir) {
		return true
	}
	real, _, err := load.Resolve(p.files, dir)
	return err == nil && slices.ContainsFunc(p.path.Dirs, func(d string) bool {
		known, _, err := load.Resolve(p.files, d)
		return err == nil && known == real
	})
}
