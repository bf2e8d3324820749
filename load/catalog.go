package load

import (
	"iter"
	"slices"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitname"
)

// Catalog is what the directories of a search path hold, by name: one scan serves every question about unit files. It
// is never changed; Scan makes a new one, which takes over what is unchanged.
type Catalog struct {
	Path SearchPath
	// Diagnostics are the directory entries that were refused: an alias to another type, a directory named as a unit.
	Refused []Refusal

	files Files
	dirs  []dir               // one for each place of Path.Dirs that exists and was not seen before
	real  map[string]string   // what the symlinks of a directory of the path lead to
	units map[string]*File    // by name, of the highest precedence
	from  map[string][]string // the names whose symlinks lead to a name
	known map[string]bool     // directories of the path, as written and resolved: a symlink into one is an alias
	sub   map[string][]int    // which directories hold a subdirectory, by its name
	lists *listings

	shaped []string // see shape
	looked []string // paths that were asked for on the way to the directories
}

// Refusal is a directory entry that cannot be used, and why.
type Refusal struct {
	Path    string
	Message string
}

// dir is one directory of the search path as it was when it was read.
type dir struct {
	path, real string
	stat       Stat
	units      []named // valid unit names
	subs       []string
}

type named struct {
	name string
	file File
}

// File is where a name's definition is.
type File struct {
	// Path is the directory entry.
	Path string
	// Alias is the unit that a symlink makes the name another name of; "" for other files.
	Alias string
	// Linked is the unresolved target of a symlink that leads out of the search path; "" for others.
	Linked string
	// Masked is set for a symlink to /dev/null and for device nodes. An empty file masks too, which a scan can't see.
	Masked bool
	// Self is set for a symlink to a file of the same name in another directory of the path. It defines nothing.
	Self bool
	// Refused is set for a symlink that can't be an alias. It defines nothing either.
	Refused bool
	// Symlink is set if Path is a symlink of any sort; Target is what it says.
	Symlink bool
	Target  string
}

// Scan reads the directories of the path. before, which may be nil, is a former catalog of the same path: a directory
// that has not changed since is not read again. When nothing at all has changed, before itself is returned.
func Scan(files Files, path SearchPath, before *Catalog) *Catalog {
	if before == nil {
		before = &Catalog{lists: &listings{files: files}}
	}
	c := &Catalog{Path: path, files: files, lists: before.lists}
	same := c.find(before)
	if c.lists.refresh() && same && before.units != nil {
		before.looked = c.looked // the one thing that may differ: other ways to the same directories
		return before
	}
	for i := range c.dirs {
		if c.dirs[i].units == nil {
			c.read(&c.dirs[i])
		}
	}
	c.merge()
	return c
}

// find resolves the directories and takes from before those that are as they were; it says whether all were.
func (c *Catalog) find(before *Catalog) bool {
	old := map[string]*dir{}
	for i := range before.dirs {
		old[before.dirs[i].path] = &before.dirs[i]
	}
	c.known = make(map[string]bool, 2*len(c.Path.Dirs))
	seen := map[[2]uint64]bool{}
	same := true
	glance := glance{Files: c.files, seen: make(map[string]sight, 2*len(c.Path.Dirs))}
	for _, path := range c.Path.Dirs {
		c.known[path] = true
		real, stat, err := Resolve(glance, path)
		c.known[real] = true
		if err != nil || stat.Kind != Directory {
			continue
		}
		if id := [2]uint64{stat.Device, stat.Inode}; stat.Inode != 0 {
			if seen[id] {
				continue // /usr/lib is /lib where these are merged
			}
			seen[id] = true
		}
		if was := old[path]; was != nil && was.real == real && was.stat == stat {
			c.dirs = append(c.dirs, *was)
			continue
		}
		same = false
		c.dirs = append(c.dirs, dir{path: path, real: real, stat: stat})
	}
	for path := range glance.seen {
		c.looked = append(c.looked, path)
	}
	return same && len(c.dirs) == len(before.dirs)
}

// glance looks at each path only once: the directories of a search path share most of their parents, and they are
// looked at before every job.
type glance struct {
	Files
	seen map[string]sight
}

// sight is what was seen at a path.
type sight struct {
	stat Stat
	err  error
}

// Lstat is that of Files.
func (g glance) Lstat(path string) (Stat, error) {
	s, known := g.seen[path]
	if !known {
		s.stat, s.err = g.Files.Lstat(path)
		g.seen[path] = s
	}
	return s.stat, s.err
}

// read lists one directory.
func (c *Catalog) read(d *dir) {
	d.units = []named{}
	entries, err := c.files.ReadDir(d.real)
	if err != nil {
		c.refuse(d.path, "directory: "+err.Error())
		return
	}
	if len(entries) > maxEntries {
		c.refuse(d.path, "directory has too many entries, the rest is left out")
		entries = entries[:maxEntries]
	}
	d.units = make([]named, 0, len(entries))
	for _, e := range entries {
		switch {
		case isSubdirectory(e.Name):
			d.subs = append(d.subs, e.Name)
		case unitname.Valid(e.Name) == nil:
			c.unit(d, e)
		}
	}
}

// isSubdirectory says whether a name is one of those that stand beside a unit file.
func isSubdirectory(name string) bool {
	for _, suffix := range []string{".d", ".wants", ".requires", ".upholds"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// unit takes up one entry that is named as a unit.
func (c *Catalog) unit(d *dir, e Entry) {
	f := File{Path: d.path + "/" + e.Name}
	switch e.Kind {
	case Regular:
	case Null:
		f.Masked = true
	case Symlink:
		target, err := c.files.Readlink(d.real + "/" + e.Name)
		if err != nil {
			c.refuse(f.Path, "symlink: "+err.Error())
			return
		}
		f.Symlink, f.Target = true, target
		if !c.follow(d, e.Name, target, &f) {
			return
		}
	case Directory:
		c.refuse(f.Path, "a directory is no unit file")
		return
	default:
		c.refuse(f.Path, "only a regular file or a symlink is a unit file")
		return
	}
	d.units = append(d.units, named{e.Name, f})
}

// follow says what a symlink in the search path means: a mask, an alias, or a unit file elsewhere.
func (c *Catalog) follow(d *dir, name, target string, f *File) bool {
	if !strings.HasPrefix(target, "/") {
		target = d.real + "/" + target
	}
	target = Clean(target)
	if target == "/dev/null" {
		f.Masked = true
		return true
	}
	if !c.known[parent(target)] {
		// The directory may itself be reached by symlinks, as /lib is where it is merged with /usr/lib.
		real, _, err := Resolve(c.files, parent(target))
		if err != nil || !c.known[real] {
			f.Linked = target
			return true
		}
	}
	alias := base(target)
	if alias == name {
		f.Self = true // the same name further down: that file is found by itself
		return true
	}
	if why := RefuseAlias(name, alias); why != "" {
		c.refuse(f.Path, why)
		f.Refused = true
		return true
	}
	f.Alias = alias
	return true
}

func (c *Catalog) refuse(path, why string) { c.Refused = append(c.Refused, Refusal{path, why}) }

// merge makes the tables of names of the directories, the first of which that has a name wins.
func (c *Catalog) merge() {
	n := 0
	for _, d := range c.dirs {
		n += len(d.units)
	}
	c.units = make(map[string]*File, n)
	c.from = map[string][]string{}
	c.sub = map[string][]int{}
	c.real = make(map[string]string, len(c.dirs))
	for i, d := range c.dirs {
		c.real[d.path] = d.real
		for j := range d.units {
			u := &d.units[j]
			if _, taken := c.units[u.name]; !taken && !u.file.Self && !u.file.Refused {
				c.units[u.name] = &u.file
			}
		}
		for _, name := range d.subs {
			c.sub[name] = append(c.sub[name], i)
		}
	}
	for name, f := range c.units {
		if f.Alias != "" {
			c.from[f.Alias] = append(c.from[f.Alias], name)
		}
	}
	for _, names := range c.from {
		slices.Sort(names)
	}
}

// Real is a directory of the search path with its symlinks resolved, "" for one that is not there.
func (c *Catalog) Real(dir string) string { return c.real[dir] }

// Lookup returns the file of exactly this name.
func (c *Catalog) Lookup(name string) (File, bool) {
	if f := c.units[name]; f != nil {
		return *f, true
	}
	return File{}, false
}

// Names returns every name that has a file, sorted.
func (c *Catalog) Names() []string {
	names := make([]string, 0, len(c.units))
	for name := range c.units {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Entries yields everything that is named as a unit, in every directory of the path: the directory, and the file.
func (c *Catalog) Entries() iter.Seq2[string, File] {
	return func(yield func(string, File) bool) {
		for _, d := range c.dirs {
			for _, u := range d.units {
				if !yield(d.path, u.file) {
					return
				}
			}
		}
	}
}

// Links yields the entries of all dependency directories: the directory of the path that each is below, and the entry.
func (c *Catalog) Links() iter.Seq2[string, Sibling] {
	return func(yield func(string, Sibling) bool) {
		for _, d := range c.dirs {
			for _, sub := range d.subs {
				if strings.HasSuffix(sub, ".d") {
					continue
				}
				for _, s := range c.collect(nil, d.path+"/"+sub, "") {
					if !yield(d.path, s) {
						return
					}
				}
			}
		}
	}
}

// DropIns returns the drop-ins of a unit in the order in which they are applied.
func (c *Catalog) DropIns(f Found) []Sibling {
	return c.siblings(append([]string{f.Name}, f.Aliases...), ".d", ".conf")
}

// Read reads what a directory entry leads to: the data, its resolved path, and the state of the file.
func (c *Catalog) Read(path string) ([]byte, string, Stat, error) {
	dir, ok := c.real[parent(path)]
	if !ok {
		dir, path = "", Clean(path)
	} else {
		path = base(path)
	}
	real, stat, err := resolve(c.files, dir, path)
	if err != nil {
		return nil, real, stat, err
	}
	data, stat, err := c.files.ReadFile(real, maxFile)
	return data, real, stat, err
}

// Found is how a name is resolved.
type Found struct {
	// Name is the primary name, Aliases the others, sorted; the name asked for is among them.
	Name    string
	Aliases []string
	// File is the fragment; its Path is "" if there is none.
	File File
}

const (
	maxAliases = 8    // symlinks from name to name, as the oracle follows
	maxNames   = 1000 // names of one unit
)

// Find resolves a name: its own file first, then its template's; a symlink between unit files is followed. A name
// without a file is its own primary name.
func (c *Catalog) Find(name string) Found {
	primary, f := c.Fragment(name)
	found := Found{Name: primary, File: f}
	if f.Path != "" && len(c.from) > 0 {
		found.Aliases = c.aliases(primary, name)
	}
	return found
}

// Fragment is Find without the aliases.
func (c *Catalog) Fragment(name string) (primary string, f File) {
	primary, f, ok := c.primary(name)
	if !ok {
		return name, File{}
	}
	return primary, f
}

// primary follows aliases from name to the name that has a file.
func (c *Catalog) primary(name string) (string, File, bool) {
	for range maxAliases {
		f, ok := c.units[name]
		if !ok {
			template := unitname.Template(name)
			if template == "" {
				return name, File{}, false
			}
			if f, ok = c.units[template]; !ok {
				return name, File{}, false
			}
		}
		if f.Alias == "" {
			return name, *f, true
		}
		next := f.Alias
		if unitname.IsTemplate(next) && unitname.IsInstance(name) {
			made, err := unitname.ReplaceInstance(next, unitname.Instance(name))
			if err != nil {
				return name, File{}, false
			}
			if next, ok = c.instance(name, next, made); !ok {
				return name, File{}, false
			}
			if next == name {
				return name, *c.units[unitname.Template(name)], true
			}
		}
		name = next
	}
	return name, File{}, false
}

// instance is where an instance leads whose symlink says a template: made, the template's instance of the same name.
// Where that is the instance itself, it is defined by the template's file, or by what the template is another name of.
func (c *Catalog) instance(name, template, made string) (next string, ok bool) {
	if made != name {
		return made, true
	}
	f, ok := c.units[template]
	if !ok || f.Alias == "" {
		return name, ok
	}
	next, err := unitname.ReplaceInstance(f.Alias, unitname.Instance(name))
	return next, err == nil && next != name
}

// Primary is the name that an alias stands for; a name that is none, or leads nowhere, is returned as it is.
func (c *Catalog) Primary(name string) string {
	if f, ok := c.units[name]; ok && f.Alias == "" || len(c.from) == 0 {
		return name
	}
	if primary, _, ok := c.primary(name); ok {
		return primary
	}
	return name
}

// aliases collects the names that lead to primary, but for itself.
func (c *Catalog) aliases(primary, asked string) []string {
	var found []string
	if asked != primary {
		found = append(found, asked)
	}
	add := func(name string) {
		if name != primary && !slices.Contains(found, name) && c.Primary(name) == primary {
			found = append(found, name)
		}
	}
	instance, template := unitname.Instance(primary), unitname.Template(primary)
	for queue := []string{primary, template}; len(queue) > 0 && len(found) < maxNames; queue = queue[1:] {
		for _, name := range c.from[queue[0]] {
			if unitname.IsTemplate(name) && template != "" {
				if made, err := unitname.ReplaceInstance(name, instance); err == nil {
					add(made)
				}
			} else if queue[0] == primary || unitname.Instance(name) == instance {
				add(name)
			}
			queue = append(queue, name) // ends: a name leads to one other, so that these make a tree
		}
	}
	slices.Sort(found)
	return found
}

// typeOf reads a unit's type from its name.
func typeOf(name string) (model.Type, bool) { return model.ParseType(string(unitname.TypeOf(name))) }
