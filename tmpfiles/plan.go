package tmpfiles

import (
	"cmp"
	"slices"
	"strings"
)

// Plan is what all lines together want, by path, in the order in which to do it.
type Plan struct {
	items, globs []*Entry // in the order of their first lines
	byPath       [2]map[string]*Entry
	linked       bool
}

// Entry is all items of one path. Items that say what is there come before those that change it.
type Entry struct {
	Path     string
	Items    []*Item
	Parent   *Entry // the entry of the nearest directory above that has one
	Children []*Entry

	first, last *Item // of those that say what is there
}

// add takes an item in, unless it is in conflict with an earlier one of the same path.
func (p *Plan) add(i *Item) bool {
	n := 0
	if i.Kind.Globs() {
		n = 1
	}
	e := p.byPath[n][i.Path]
	if e == nil {
		e = &Entry{Path: i.Path}
		if p.byPath[n] == nil {
			p.byPath[n] = map[string]*Entry{}
		}
		p.byPath[n][i.Path] = e
		if n == 0 {
			p.items = append(p.items, e)
		} else {
			p.globs = append(p.globs, e)
		}
	}
	if i.Kind.Owns() {
		// What is there already agrees with each other, so that two of them stand for all.
		if e.first != nil && (e.first.conflicts(i) || e.last.conflicts(i)) {
			return false
		}
		if e.last = i; e.first == nil {
			e.first = i
		}
	}
	e.Items = append(e.Items, i)
	p.linked = false
	return true
}

// before orders the items of one path: first the node, then what is changed of it, always in the same order.
func before(a, b *Item) int {
	if a.Kind.Owns() != b.Kind.Owns() {
		if a.Kind.Owns() {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.Kind, b.Kind)
}

// Entries are all entries: those of plain paths, which usually create things, before patterns, which usually alter
// them.
func (p *Plan) Entries() []*Entry {
	if !p.linked {
		p.link()
	}
	return append(slices.Clip(p.items), p.globs...)
}

// Plain says whether there is an entry for exactly this path.
func (p *Plan) Plain(path string) bool { return p.byPath[0][path] != nil }

// Patterns are the entries whose paths may be patterns.
func (p *Plan) Patterns() []*Entry { return p.globs }

// link finds each entry's parent, and orders its items.
func (p *Plan) link() {
	p.linked = true
	for _, list := range [][]*Entry{p.items, p.globs} {
		for _, e := range list {
			e.Parent, e.Children = nil, nil
			slices.SortStableFunc(e.Items, before)
		}
	}
	for _, list := range [][]*Entry{p.items, p.globs} {
		for _, e := range list {
			if e.Parent = p.above(e.Path); e.Parent != nil {
				e.Parent.Children = append(e.Parent.Children, e)
			}
		}
	}
}

func (p *Plan) above(path string) *Entry {
	for path != "/" {
		if path = path[:strings.LastIndexByte(path, '/')]; path == "" {
			path = "/"
		}
		for _, known := range p.byPath {
			if e := known[path]; e != nil {
				return e
			}
		}
	}
	return nil
}
