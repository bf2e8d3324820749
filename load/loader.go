package load

import (
	"hash/maphash"
	"slices"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/dependency"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitname"
)

// Loader makes units of names and remembers them, so that what has not changed is not read again. One goroutine at a
// time may use it.
type Loader struct {
	path     SearchPath
	files    Files
	embedded []string // the directories of embedded units
	machine  *Machine
	defaults *directive.Defaults
	parallel func(n int, f func(i int))
	mounted  func(unit string) string
	watcher  Watcher

	catalog *Catalog
	units   map[string]*entry // by primary name
	// transient are the units that no file defines.
	transient map[string]*entry
	epoch     uint64 // counts calls: within one, an entry is checked once
	shares    *shares
}

// Options are what a Loader is made of. Embedded may have no Files; Defaults nil stands for those of an unconfigured
// manager; Parallel runs f(0) to f(n-1) and returns when all have, nil runs them one after the other.
type Options struct {
	Files    Files
	Path     SearchPath
	Embedded Embedded
	// Provided go before all others, the last of them first: what the manager does itself, or does not do.
	Provided []Embedded
	Machine  *Machine
	Defaults *directive.Defaults
	Parallel func(n int, f func(i int))
	// Mounted says where a mount unit is mounted now, "" for one that is not: such a unit needs no file. It may be nil,
	// and is called by several goroutines.
	Mounted func(unit string) string
	// Watcher saves looking at directories that have not changed. It may be nil.
	Watcher Watcher
}

// entry is one loaded unit.
type entry struct {
	unit  *model.Unit
	base  *model.Unit // unit without what depends on the contents of other units' files
	sum   uint64      // of all that it was made of, see shares.sum
	epoch uint64
}

// input is a file that a unit was made of, as it was; or a dependency link, which has a path only.
type input struct {
	path string
	stat Stat
}

// New makes a Loader. Nothing is read before the first use.
func New(o Options) *Loader {
	l := &Loader{path: o.Path, files: o.Files, machine: o.Machine, defaults: o.Defaults, parallel: o.Parallel,
		mounted: o.Mounted, watcher: o.Watcher, units: map[string]*entry{}, transient: map[string]*entry{},
		shares: &shares{seed: maphash.MakeSeed()}}
	if o.Embedded.Files != nil {
		l.embedded = append(l.embedded, o.Embedded.Dir)
		l.files = overlay{l.files, o.Embedded}
		l.path.Dirs = append(slices.Clip(l.path.Dirs), o.Embedded.Dir)
	}
	for _, p := range o.Provided {
		l.embedded = append(l.embedded, p.Dir)
		l.files = overlay{l.files, p}
		l.path.Dirs = append([]string{p.Dir}, l.path.Dirs...)
	}
	if l.machine == nil {
		m := SystemMachine()
		l.machine = &m
	}
	if l.parallel == nil {
		l.parallel = func(n int, f func(i int)) {
			for i := range n {
				f(i)
			}
		}
	}
	return l
}

// Catalog returns the names and files of the search path as they are now.
func (l *Loader) Catalog() *Catalog {
	l.refresh()
	return l.catalog
}

// Configure changes the manager's defaults; every unit is made anew at its next use.
func (l *Loader) Configure(d *directive.Defaults) {
	l.defaults = d
	clear(l.units)
}

// Unit loads one unit, without those it refers to.
func (l *Loader) Unit(name string) *model.Unit {
	l.refresh()
	return l.get(l.catalog.Primary(name)).unit
}

// Closure loads the named units and all that they refer to in any way, as far as known (which may be nil) does not
// say that the caller has them already. What has no file is there as a stub whose Load says so. Names in edges are
// primary names. An unchanged unit is the same pointer as before.
func (l *Loader) Closure(names []string, known func(name string) bool) []*model.Unit {
	l.refresh()
	return l.closure(names, known)
}

// Reload is Closure after a daemon-reload: everything is compared with its files, and what is not reached is
// forgotten.
func (l *Loader) Reload(names []string) []*model.Unit {
	l.look() // whatever the watcher says: there are file systems which others change
	units := l.closure(names, nil)
	for name, e := range l.units {
		if e.epoch != l.epoch {
			delete(l.units, name)
			delete(l.transient, name)
		}
	}
	l.catalog.lists.prune()
	return units
}

// refresh looks whether directories have changed. Where names now lead elsewhere, no unit's edges can be trusted.
func (l *Loader) refresh() {
	if l.catalog.Unchanged(l.watcher) {
		l.epoch++
		return
	}
	l.look()
}

func (l *Loader) look() {
	l.epoch++
	before := l.catalog
	l.catalog = Scan(l.files, l.path, before)
	l.catalog.Cover(l.watcher)
	if before != nil && before != l.catalog && !slices.Equal(before.shape(), l.catalog.shape()) {
		clear(l.units)
	}
}

// closure walks the edges in waves; each wave is loaded in parallel.
func (l *Loader) closure(names []string, known func(string) bool) []*model.Unit {
	var all []*model.Unit
	seen := map[string]bool{}
	var wave []string
	reach := func(name string) {
		if !seen[name] {
			seen[name] = true
			if known == nil || !known(name) {
				wave = append(wave, name)
			}
		}
	}
	for _, name := range names {
		reach(l.catalog.Primary(name))
	}
	for len(wave) > 0 {
		loaded := l.fetch(wave)
		wave = nil
		for _, e := range loaded {
			all = append(all, e.base)
			for i := range e.base.Edges {
				reach(e.base.Edges[i].Unit)
			}
		}
	}
	for i, u := range all {
		all[i] = l.complete(u)
	}
	return all
}

// fetch loads units by their primary names.
func (l *Loader) fetch(names []string) []*entry {
	loaded := make([]*entry, len(names))
	l.parallel(len(names), func(i int) { loaded[i] = l.check(names[i]) })
	for i, e := range loaded {
		l.units[names[i]] = e
		e.epoch = l.epoch
	}
	return loaded
}

// get loads one unit completely.
func (l *Loader) get(name string) *entry {
	e := l.units[name]
	if e == nil || e.epoch != l.epoch {
		e = l.fetch([]string{name})[0]
	}
	l.complete(e.base)
	return e
}

// check returns a unit's entry if it still is what its files say, else a new one. It changes nothing of the Loader.
func (l *Loader) check(name string) *entry {
	e := l.units[name]
	if e != nil && e.epoch == l.epoch {
		return e
	}
	s := l.sources(name)
	if t := l.transient[name]; t != nil && s.found.File.Path == "" {
		return t
	}
	sum := l.shares.sum(s.inputs)
	if e != nil && e.sum == sum && slices.Equal(e.base.Aliases, s.found.Aliases) {
		return e
	}
	base := l.build(name, s)
	return &entry{unit: base, base: base, sum: sum}
}

// complete adds to a unit what depends on the files of other units: a target is ordered after what it pulls in, unless
// one of the two has no default dependencies or they are ordered already. systemd.target(5), Default Dependencies.
func (l *Loader) complete(base *model.Unit) *model.Unit {
	e := l.units[base.Name]
	if e == nil || e.base != base {
		return base
	}
	if base.Type != model.TypeTarget || base.Load != model.LoadLoaded || !base.UnitSection.DefaultDependencies {
		e.unit = base
		return base
	}
	edges := slices.Clip(base.Edges) // so that appending copies
	ordered := map[string]bool{}
	for i := range edges {
		if edges[i].Kind == model.Before || edges[i].Kind == model.After {
			ordered[edges[i].Unit] = true
		}
	}
	n := len(edges)
	for _, edge := range base.Edges {
		if !dependency.Has(edge.Kind, dependency.DefaultTargetOrder) || ordered[edge.Unit] {
			continue
		}
		ordered[edge.Unit] = true
		if l.ordersAfter(base.Name, edge.Unit) {
			edges = append(edges, model.Edge{Kind: model.After, Unit: edge.Unit,
				Origin: model.Origin{Implied: model.FromDefault}})
		}
	}
	switch {
	case len(edges) == n:
		e.unit = base
	case !slices.Equal(edges, e.unit.Edges):
		completed := *base
		completed.Edges = edges
		e.unit = &completed
	}
	return e.unit
}

// ordersAfter says whether a target goes after a unit that it pulls in.
func (l *Loader) ordersAfter(target, name string) bool {
	e := l.units[name]
	if e == nil {
		e = l.fetch([]string{name})[0]
	}
	u := e.base
	if u.Load != model.LoadLoaded || !u.UnitSection.DefaultDependencies {
		return false
	}
	return !slices.ContainsFunc(u.Edges, func(edge model.Edge) bool {
		return edge.Kind == model.After && edge.Unit == target
	})
}

// shape is what a unit's edges depend on besides its own files: which names are aliases, which instances have files of
// their own, and which mount units there are.
func (c *Catalog) shape() []string {
	if c.shaped != nil {
		return c.shaped
	}
	c.shaped = []string{}
	for name, f := range c.units {
		switch {
		case f.Alias != "":
			c.shaped = append(c.shaped, name+" "+f.Alias)
		case unitname.Instance(name) != "", unitname.TypeOf(name) == unitname.Mount:
			c.shaped = append(c.shaped, name)
		}
	}
	slices.Sort(c.shaped)
	return c.shaped
}
