// Package install is what systemctl enable, disable and is-enabled are about: the [Install] sections of unit files, the
// symlinks which they ask for, and presets.
//
// It exists so that the manager and the tools share one answer, of one scan of the search path. What is to be changed
// comes out as a Plan of symlink edits, a plain list which can be shown or applied. It must not know running units,
// jobs, or the bus.
package install

import (
	"bytes"
	"strings"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitfile"
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
		return before
	}
	v := &View{Catalog: catalog, files: files, path: path, machine: machine,
		byName: map[string][]link{}, byTarget: map[string][]link{}}
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

func (v *View) record(l link) {
	v.byName[l.name] = append(v.byName[l.name], l)
	v.byTarget[l.target] = append(v.byTarget[l.target], l)
	if template := unitname.Template(l.target); template != "" && !l.top {
		v.byTarget[template] = append(v.byTarget[template], l)
	}
}

// base is the last component of a path.
func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// parent is the directory of a path.
func parent(path string) string { return path[:max(strings.LastIndexByte(path, '/'), 0)] }

// info is a unit file with its [Install] section, specifiers expanded.
type info struct {
	name    string // of the unit; the file may be its template
	path    string // what symlinks to it say
	linked  bool   // the file is outside of the search path
	install model.Install
	fault   *Fault // what is wrong with a specifier
}

// hasRules says whether enabling the unit makes any symlink.
func (i *info) hasRules() bool {
	s := &i.install
	return len(s.Aliases)+len(s.WantedBy)+len(s.RequiredBy)+len(s.UpheldBy) > 0
}

// find looks for the file of a name and reads its [Install] section. A name that leads elsewhere by symlinks gives the
// unit that it leads to.
func (v *View) find(name string) (*info, error) {
	if unitname.Valid(name) != nil {
		return nil, &Fault{Code: BadName, Name: name}
	}
	found := v.Catalog.Find(name)
	f := found.File
	switch {
	case f.Path == "":
		return nil, &Fault{Code: Missing, Name: name}
	case f.Masked:
		return nil, &Fault{Code: Masked, Name: f.Path}
	}
	i := &info{name: found.Name, path: f.Path}
	if f.Linked != "" {
		i.path, i.linked = f.Linked, true
	}
	data, _, stat, err := v.Catalog.Read(f.Path)
	switch {
	case err == nil && stat.Size == 0:
		return nil, &Fault{Code: Masked, Name: f.Path}
	case err != nil:
		return nil, &Fault{Code: Unreadable, Name: name, Other: f.Path, Err: err}
	}
	v.section(i, f.Path, data)
	return i, nil
}

// section reads the [Install] section of a unit file and of its drop-ins.
func (v *View) section(i *info, path string, data []byte) {
	u := model.Unit{Name: i.name}
	u.Type, _ = model.ParseType(string(unitname.TypeOf(i.name)))
	apply(&u, path, data)
	for _, d := range v.Catalog.DropIns(v.Catalog.Find(i.name)) {
		if data, real, _, err := v.Catalog.Read(d.Path); err == nil {
			apply(&u, real, data)
		}
	}
	if u.Install != nil {
		v.expand(i, u.Install)
	}
}

// apply reads the [Install] lines of one file into a unit. Wrong lines are ignored; the loader tells of them.
func apply(u *model.Unit, path string, data []byte) {
	if !bytes.Contains(data, []byte("[Install]")) {
		return // most files of a machine have none, and need not be taken apart
	}
	file, _ := unitfile.ParseLean(path, data)
	var ctx directive.Context
	for line := range file.Assignments() {
		if line.Section == "Install" {
			directive.Apply(u, line, &ctx)
		}
	}
}

// expand replaces the specifiers of an [Install] section. systemd.unit(5), SPECIFIERS.
func (v *View) expand(i *info, s *model.Install) {
	names := func(list []string) []string {
		var out []string
		for _, text := range list {
			name, err := v.machine.InstallExpander(i.name)(text)
			if err != nil {
				i.fault = &Fault{Code: BadSpecifier, Name: text, Other: i.name}
				continue
			}
			out = append(out, name)
		}
		return out
	}
	i.install = model.Install{Aliases: names(s.Aliases), WantedBy: names(s.WantedBy), RequiredBy: names(s.RequiredBy),
		UpheldBy: names(s.UpheldBy), Also: names(s.Also)}
	if s.DefaultInstance != "" && unitname.IsTemplate(i.name) {
		if list := names([]string{s.DefaultInstance}); len(list) == 1 {
			i.install.DefaultInstance = list[0]
		}
	}
}

// aliasName is the name of an alias: a template gives an instance its own instance.
func (i *info) aliasName(alias string) string {
	if unitname.IsInstance(i.name) && unitname.IsTemplate(alias) {
		if name, err := unitname.ReplaceInstance(alias, unitname.Instance(i.name)); err == nil {
			return name
		}
	}
	return alias
}

// instance is the name that symlinks for the unit have: a template stands for its default instance. It is the
// template's own name if there is none.
func (i *info) instance() string {
	if i.install.DefaultInstance == "" {
		return i.name
	}
	name, err := unitname.ReplaceInstance(i.name, i.install.DefaultInstance)
	if err != nil {
		return i.name
	}
	return name
}
