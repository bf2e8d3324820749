package load

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/steward-init/steward/syntax/unitname"
)

// listings remembers what is in the directories beside unit files. Loads that run in parallel share it.
type listings struct {
	files  Files
	lock   sync.Mutex
	byPath map[string]*listing
	grown  bool // since looked was called
}

// listing is one such directory.
type listing struct {
	real    string
	stat    Stat
	entries []sibling
}

// sibling is an entry of a drop-in or dependency directory; target is what a symlink says.
type sibling struct {
	name   string
	kind   Kind
	target string
}

// get reads a directory, or recalls it. One that can't be read counts as empty.
func (l *listings) get(path string) *listing {
	l.lock.Lock()
	defer l.lock.Unlock()
	if known := l.byPath[path]; known != nil {
		return known
	}
	made := &listing{}
	var err error
	if made.real, made.stat, err = Resolve(l.files, path); err == nil && made.stat.Kind == Directory {
		entries, _ := l.files.ReadDir(made.real) // an unreadable drop-in directory is an empty one, as for the oracle
		for _, e := range entries[:min(len(entries), maxEntries)] {
			s := sibling{name: e.Name, kind: e.Kind}
			if e.Kind == Symlink {
				s.target, _ = l.files.Readlink(made.real + "/" + e.Name) // gone since: a dangling link
			}
			made.entries = append(made.entries, s)
		}
		slices.SortFunc(made.entries, func(a, b sibling) int { return strings.Compare(a.name, b.name) })
	}
	if l.byPath == nil {
		l.byPath = map[string]*listing{}
	}
	l.byPath[path], l.grown = made, true
	return made
}

// refresh forgets the directories that have changed and says whether there was none.
func (l *listings) refresh() bool {
	same := true
	for path, known := range l.byPath {
		stat, err := l.files.Lstat(known.real)
		if err != nil && known.stat.Kind == 0 || err == nil && stat == known.stat {
			continue
		}
		delete(l.byPath, path)
		same = false
	}
	return same
}

// looked returns the directories that are there, and the paths of those that are not.
func (l *listings) looked() (dirs, missing []string) {
	l.grown = false
	for _, known := range l.byPath {
		switch {
		case known.stat.Kind != Directory:
			missing = append(missing, known.real)
		case known.stat.Inode != 0:
			dirs = append(dirs, known.real)
		}
	}
	return dirs, missing
}

// hasGrown says whether there are directories that looked has not told of.
func (l *listings) hasGrown() bool { return l.grown }

// prune forgets directories that have vanished.
func (l *listings) prune() {
	for path, known := range l.byPath {
		if known.stat.Kind != Directory {
			delete(l.byPath, path)
		}
	}
}

// Sibling is a file in a directory that belongs to a unit's names: a drop-in or a dependency link.
type Sibling struct {
	Name   string
	Path   string // as found by the search path
	Real   string // the same with its directory's symlinks resolved
	Kind   Kind
	Target string // of a symlink, as it says
}

// Masks says whether the file only hides others of its name.
func (s Sibling) Masks() bool { return s.Kind == Null || s.Target == "/dev/null" }

// siblings collects what is in the directories with a suffix (".d", ".wants", …) of the names of a unit, the primary
// one first, sorted by file name. Of files with one name, the first in this order counts: by names, by the search
// path, by how exact the directory's name is; those for a whole type come last.
func (c *Catalog) siblings(names []string, suffix, only string) []Sibling {
	if len(c.sub) == 0 {
		return nil
	}
	var found []Sibling
	type place struct{ dir, rank int }
	for i, name := range append(slices.Clip(names), string(unitname.TypeOf(names[0]))) {
		stems := []string{name}
		if i < len(names) {
			stems = stemsOf(name)
		}
		var places []place
		for rank, stem := range stems {
			for _, dir := range c.sub[stem+suffix] {
				places = append(places, place{dir, rank})
			}
		}
		slices.SortFunc(places, func(a, b place) int { return cmp.Or(a.dir-b.dir, a.rank-b.rank) })
		for _, p := range places {
			found = c.collect(found, c.dirs[p.dir].path+"/"+stems[p.rank]+suffix, only)
		}
	}
	slices.SortStableFunc(found, func(a, b Sibling) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(found, func(a, b Sibling) bool { return a.Name == b.Name })
}

// collect adds the entries of one directory whose names end in only.
func (c *Catalog) collect(found []Sibling, path, only string) []Sibling {
	list, most := c.lists.get(path), maxEntries
	if only != "" {
		most = maxDropIns
	}
	for _, e := range list.entries {
		if !strings.HasSuffix(e.name, only) || strings.HasPrefix(e.name, ".") || e.kind == Directory {
			continue
		}
		if len(found) >= most {
			return found
		}
		found = append(found, Sibling{Name: e.name, Path: path + "/" + e.name, Real: list.real + "/" + e.name,
			Kind: e.kind, Target: e.target})
	}
	return found
}

// stemsOf lists the names whose directories apply to a unit's name, the most exact first: the name, the template, and
// the beginnings up to each dash, of an instance with its instance, without, and as
// if it were none.
func stemsOf(name string) []string {
	stems := []string{name}
	prefix, suffix, at := strings.Cut(name, "@")
	if !at {
		if strings.Contains(name, "-") {
			stems = append(stems, unitname.DashPrefixes(name)...)
		}
		return stems
	}
	template := unitname.Template(name)
	if template != "" {
		stems = append(stems, template)
	}
	if !strings.Contains(prefix, "-") {
		return stems
	}
	var plain []string
	for _, stem := range unitname.DashPrefixes(prefix + ".service") {
		stem = strings.TrimSuffix(stem, ".service")
		plain = append(plain, stem+suffix[strings.LastIndexByte(suffix, '.'):])
		if template != "" {
			stems = append(stems, stem+"@"+template[strings.LastIndexByte(template, '.'):])
		}
		stems = append(stems, stem+"@"+suffix)
	}
	return append(stems, plain...)
}
