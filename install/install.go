// Package install is what systemctl enable, disable and is-enabled are about: the [Install] sections of unit files, the
// symlinks which they ask for, and presets.
//
// It exists so that the manager and the tools share one answer, of one scan of the search path. What is to be changed
// comes out as a Plan of symlink edits, a plain list which can be shown or applied. It must not know running units,
// jobs, or the bus.
package install

import (
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/unitname"
)

// View is what the search path says about which units are enabled, at one moment.
type View struct {
	Catalog *load.Catalog

	files   load.Files
	path    load.SearchPath
	machine *load.Machine
	// links are the symlinks that may enable a unit: named as it, or leading to a file named as it.
	byName, byTarget map[string][]link
	// aliased are units that were found by another name, by their own: a unit may have very many.
	aliased map[string]*info
}

// link is a symlink in the search path or in a dependency directory.
type link struct {
	name, target string // the link's own name, and the base name of what it leads to
	dir          string // the directory of the search path that it is in or below
	top          bool   // it stands in the directory itself: an alias, or a linked file
}

// New looks at the search path. before may be nil, or a View of the same path that saves reading what is unchanged.
func New(files load.Files, path load.SearchPath, machine *load.Machine, before *View) *View {
	var old *load.Catalog
	if before != nil {
		old = before.Catalog
	}
	catalog := load.Scan(files, path, old)
	if before != nil && catalog == old {
		before.Forget()
		return before
	}
	v := &View{Catalog: catalog, files: files, path: path, machine: machine,
		byName: map[string][]link{}, byTarget: map[string][]link{}, aliased: map[string]*info{}}
	for dir, f := range catalog.Entries() {
		if f.Symlink && !f.Masked {
			v.record(link{base(f.Path), base(f.Target), dir, true})
		}
	}
	for dir, s := range catalog.Links() {
		if s.Kind == load.Symlink && unitname.Valid(s.Name) == nil {
			v.record(link{s.Name, base(s.Target), dir, false})
		}
	}
	return v
}

// Blind is a View that has not looked at the search path. It will do for Mask, Unmask and Link, which change what is at
// the paths they are given whatever else is there.
func Blind(files load.Files, path load.SearchPath) *View {
	return &View{Catalog: &load.Catalog{Path: path}, files: files, path: path, aliased: map[string]*info{}}
}

// Forget drops what was read of files, which may have changed in their places.
func (v *View) Forget() { clear(v.aliased) }

func (v *View) record(l link) {
	v.byName[l.name] = append(v.byName[l.name], l)
	v.byTarget[l.target] = append(v.byTarget[l.target], l)
	if template := unitname.Template(l.target); template != "" && !l.top {
		v.byTarget[template] = append(v.byTarget[template], l)
	}
}

// find looks for the file of a name and reads its [Install] section. A name that leads elsewhere by symlinks gives the
// unit that it leads to.
func (v *View) find(name string) (*info, error) {
	if unitname.Valid(name) != nil {
		return nil, &Fault{Code: BadName, Name: name}
	}
	primary, f := v.Catalog.Fragment(name)
	if i := v.aliased[primary]; i != nil && primary != name {
		known := *i
		return &known, nil
	}
	switch {
	case f.Path == "" && v.isAlias(name):
		return nil, &Fault{Code: Severed, Name: name, Other: primary}
	case f.Path == "":
		return nil, &Fault{Code: Missing, Name: name}
	case f.Masked:
		return nil, &Fault{Code: Masked, Name: f.Path}
	}
	i := &info{name: primary, path: f.Path, entry: f.Path}
	if f.Linked != "" {
		i.path, i.linked = f.Linked, true
	}
	data, _, stat, err := v.Catalog.Read(f.Path)
	switch {
	case err == nil && stat.Size == 0:
		return nil, &Fault{Code: Masked, Name: i.path}
	case err != nil:
		return nil, &Fault{Code: Unreadable, Name: name, Other: f.Path, Err: err}
	}
	if err := v.section(i, f.Path, data); err != nil {
		return nil, err
	}
	if primary != name {
		known := *i
		v.aliased[primary] = &known
	}
	return i, nil
}

// isAlias says whether a name, or its template, is a symlink to another unit.
func (v *View) isAlias(name string) bool {
	f, ok := v.Catalog.Lookup(name)
	if !ok {
		f, ok = v.Catalog.Lookup(unitname.Template(name))
	}
	return ok && f.Alias != ""
}
