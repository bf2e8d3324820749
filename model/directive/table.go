package directive

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/steward-init/steward/model"
)

// Section is one section of a unit file, with the groups of options that it mounts.
type Section struct {
	Name string
	// Types are the unit types that can have the section; nil for all.
	Types []model.Type
	// Unrun says that this version does not run units that have it.
	Unrun bool

	groups func() []mounted
	index  func() index
	// byProperty finds rows by the name of their property on D-Bus.
	byProperty func() index
}

// index finds rows by a name of theirs, in whose order they stand. A map would take as much room as all the rows.
type index []indexed

type indexed struct {
	name string
	place
}

// find returns the row of a name; without a directive there is none.
func (x index) find(name string) place {
	at, ok := slices.BinarySearchFunc(x, name, func(e indexed, name string) int { return strings.Compare(e.name, name) })
	if !ok {
		return place{}
	}
	return x[at].place
}

// place is where a section has a row.
type place struct {
	group     mounted
	row       int
	directive *Directive
}

// table is the list of sections: in use, or left for whoever still holds it.
var table struct {
	used atomic.Pointer[[]*Section]
	mu   sync.Mutex
	left weak.Pointer[[]*Section]
}

// Sections lists the sections of unit files, in the oracle's order.
func Sections() []*Section {
	if s := table.used.Load(); s != nil {
		return *s
	}
	table.mu.Lock()
	defer table.mu.Unlock()
	s := table.used.Load()
	if s == nil {
		s = table.left.Value()
	}
	if s == nil {
		made := newSections()
		s = &made
	}
	table.used.Store(s)
	return *s
}

// Leave lets go of the table, some 200 KiB, until it is asked for again, for a manager that has come to rest.
func Leave() {
	table.mu.Lock()
	defer table.mu.Unlock()
	table.left = weak.Make(table.used.Swap(nil))
}

// newSections makes the list. The rows of a section are made when they are first asked for, as most units are of a few
// types.
func newSections() []*Section {
	exec, kill, control := sync.OnceValue(execGroup), sync.OnceValue(killGroup), sync.OnceValue(controlGroup)
	common := func() []mounted {
		return []mounted{mount[model.Exec]{exec(), execOf}, mount[model.Control]{control(), controlOf},
			mount[model.Kill]{kill(), killOf}}
	}
	// Of types that are not run, there are those with options that services have too, and those without.
	alone := func(own func() *group[unrun]) func() []mounted {
		return func() []mounted { return []mounted{mount[unrun]{own(), nowhere[unrun]}} }
	}
	withCommon := func(own func() *group[unrun]) func() []mounted {
		return func() []mounted {
			return append(alone(own)(), mount[model.Exec]{exec(), nowhere[model.Exec]},
				mount[model.Control]{control(), nowhere[model.Control]}, mount[model.Kill]{kill(), nowhere[model.Kill]})
		}
	}
	all := []*Section{
		{Name: "Unit", groups: func() []mounted {
			return []mounted{mount[model.Unit]{unitGroup(), func(u *model.Unit) *model.Unit { return u }}}
		}},
		{Name: "Service", Types: []model.Type{model.TypeService}, groups: func() []mounted {
			at := func(u *model.Unit) *model.Service { return u.Service }
			return append([]mounted{mount[model.Service]{serviceGroup(), at}}, common()...)
		}},
		{Name: "Socket", Types: []model.Type{model.TypeSocket}, groups: func() []mounted {
			at := func(u *model.Unit) *model.Socket { return u.Socket }
			return append([]mounted{mount[model.Socket]{socketGroup(), at}}, common()...)
		}},
		{Name: "Mount", Types: []model.Type{model.TypeMount}, Unrun: true, groups: withCommon(mountGroup)},
		{Name: "Automount", Types: []model.Type{model.TypeAutomount}, Unrun: true, groups: alone(automountGroup)},
		{Name: "Swap", Types: []model.Type{model.TypeSwap}, Unrun: true, groups: withCommon(swapGroup)},
		{Name: "Timer", Types: []model.Type{model.TypeTimer}, Unrun: true, groups: alone(timerGroup)},
		{Name: "Path", Types: []model.Type{model.TypePath}, Unrun: true, groups: alone(pathGroup)},
		{Name: "Slice", Types: []model.Type{model.TypeSlice}, groups: func() []mounted {
			return []mounted{mount[model.Control]{control(), controlOf}}
		}},
		{Name: "Scope", Types: []model.Type{model.TypeScope}, groups: func() []mounted {
			return []mounted{mount[model.Control]{control(), controlOf}, mount[model.Kill]{kill(), killOf},
				mount[model.Scope]{scopeGroup(), func(u *model.Unit) *model.Scope { return u.Scope }}}
		}},
		{Name: "Install", groups: func() []mounted { return []mounted{mount[model.Install]{installGroup(), installOf}} }},
	}
	for _, s := range all {
		s.groups = sync.OnceValue(s.groups)
		s.index = sync.OnceValue(func() index {
			return s.buildIndex(func(d *Directive) string { return d.Name })
		})
		s.byProperty = sync.OnceValue(func() index {
			return s.buildIndex(func(d *Directive) string { return d.Property })
		})
	}
	return all
}

func execOf(u *model.Unit) *model.Exec {
	switch {
	case u.Service != nil:
		return u.Service.Exec
	case u.Socket != nil:
		return &u.Socket.Exec
	}
	return nil
}

func killOf(u *model.Unit) *model.Kill {
	switch {
	case u.Service != nil:
		return &u.Service.Kill
	case u.Scope != nil:
		return &u.Scope.Kill
	case u.Socket != nil:
		return &u.Socket.Kill
	}
	return nil
}

func controlOf(u *model.Unit) *model.Control {
	switch {
	case u.Service != nil:
		return &u.Service.Control
	case u.Scope != nil:
		return &u.Scope.Control
	case u.Socket != nil:
		return &u.Socket.Control
	case u.Slice != nil:
		return &u.Slice.Control
	}
	return nil
}

// installOf makes the section's values when the first of them is read.
func installOf(u *model.Unit) *model.Install {
	if u.Install == nil {
		u.Install = &model.Install{}
	}
	return u.Install
}

// buildIndex sorts rows by a name of theirs; "" is none, and of several with one name it is the first.
func (s *Section) buildIndex(key func(*Directive) string) index {
	n := 0
	for _, g := range s.groups() {
		n += len(g.directives())
	}
	all := make(index, 0, n)
	for _, g := range s.groups() {
		for i, d := range g.directives() {
			if name := key(d); name != "" {
				all = append(all, indexed{name, place{g, i, d}})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b indexed) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(all, func(a, b indexed) bool { return a.name == b.name })
}

// Directives lists the section's options in the oracle's order, then those newer than it.
func (s *Section) Directives() []*Directive {
	var known, newer []*Directive
	for _, g := range s.groups() {
		for _, d := range g.directives() {
			if d.Since > 0 {
				newer = append(newer, d)
			} else {
				known = append(known, d)
			}
		}
	}
	return append(known, newer...)
}

// Group is the options that one manual page describes, as a section has them.
type Group struct {
	Manual     string
	Directives []*Directive
}

// Groups lists the section's options by the page that describes them.
func (s *Section) Groups() []Group {
	list := make([]Group, len(s.groups()))
	for i, g := range s.groups() {
		list[i] = Group{g.page(), g.directives()}
	}
	return list
}

// FindSection returns the section of a name, nil for none. Names are case-sensitive.
func FindSection(name string) *Section {
	for _, s := range Sections() {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Find returns an option's row, nil for none.
func Find(section, name string) *Directive {
	s := FindSection(section)
	if s == nil {
		return nil
	}
	return s.index().find(name).directive
}

// Items is the list of all options that the oracle knows, as --dump-configuration-items prints it.
func Items() string {
	var b strings.Builder
	for i, s := range Sections() {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("[" + s.Name + "]\n")
		for _, d := range s.Directives() {
			if d.Since == 0 {
				b.WriteString(d.Name + "=" + d.Hint + "\n")
			}
		}
	}
	return b.String()
}

// DidYouMean returns what a name that isn't known may have been meant for: "Restart", or "[Unit] After" where another
// section has it; "" for nothing near.
func DidYouMean(section, name string) string {
	own := FindSection(section)
	if own != nil {
		if near := nearest(name, own.names()); near != "" {
			return near
		}
	}
	for _, s := range Sections() {
		if s == own || s.Unrun {
			continue
		}
		if s.index().find(name).directive != nil {
			return "[" + s.Name + "] " + name
		}
	}
	return ""
}

func (s *Section) names() []string {
	var list []string
	for _, d := range s.Directives() {
		if d.Target == "" {
			list = append(list, d.Name)
		}
	}
	return list
}

// nearest returns the word of a list that needs the fewest changes to become word, "" if all need too many. Of equally
// near ones it is the first.
func nearest(word string, list []string) string {
	best, least := "", 1+len(word)/3
	if least > 4 {
		least = 4
	}
	for _, candidate := range list {
		if strings.EqualFold(candidate, word) {
			return candidate
		}
		if d := distance(word, candidate, least); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that make b of a; from limit on it
// may be anything not below.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i]|0x20 == b[j]|0x20 {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		if slices.Min(row) >= limit {
			return limit
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
