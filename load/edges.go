package load

import (
	"cmp"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitname"
)

// edgeSet adds edges to a unit, each kind to each unit once: the first origin stays.
type edgeSet struct {
	unit *model.Unit
	seen map[edgeKey]bool // nil while the list is short enough to look through
}

type edgeKey struct {
	kind model.Dependency
	unit string
}

const shortList = 24

// add adds one edge, unless it is there or leads to the unit itself.
func (s *edgeSet) add(kind model.Dependency, name string, origin model.Origin) {
	if name == s.unit.Name || name == "" || s.has(kind, name) {
		return
	}
	s.unit.Edges = append(s.unit.Edges, model.Edge{Kind: kind, Unit: name, Origin: origin})
	if s.seen != nil {
		s.seen[edgeKey{kind, name}] = true
	}
}

// has says whether the unit has the edge.
func (s *edgeSet) has(kind model.Dependency, name string) bool {
	if s.seen == nil && len(s.unit.Edges) > shortList {
		s.seen = make(map[edgeKey]bool, 2*len(s.unit.Edges))
		for i := range s.unit.Edges {
			s.seen[edgeKey{s.unit.Edges[i].Kind, s.unit.Edges[i].Unit}] = true
		}
	}
	if s.seen != nil {
		return s.seen[edgeKey{kind, name}]
	}
	for i := range s.unit.Edges {
		if s.unit.Edges[i].Kind == kind && s.unit.Edges[i].Unit == name {
			return true
		}
	}
	return false
}

// resolve gives the edges that the files stated their primary names, and drops doubles and those to the unit itself.
func (s *edgeSet) resolve(c *Catalog) {
	stated := s.unit.Edges
	s.unit.Edges, s.seen = make([]model.Edge, 0, len(stated)+8), nil
	for _, e := range stated {
		s.add(e.Kind, c.Primary(e.Unit), e.Origin)
	}
}

// dependencyDirs are the directories beside a unit file whose symlinks are dependencies. systemd.unit(5).
var dependencyDirs = [...]struct {
	suffix string
	kind   model.Dependency
}{{".wants", model.Wants}, {".requires", model.Requires}, {".upholds", model.Upholds}}

// instanceFor is the instance that a unit gives to the templates it refers to: its own, or else its prefix.
func instanceFor(name string) string {
	return cmp.Or(unitname.Instance(name), unitname.Prefix(name))
}

// links adds the dependencies which the symlinks in the unit's dependency directories state.
func (b *builder) links() {
	for _, place := range dependencyDirs {
		for _, s := range b.source.links[place.kind] {
			name := s.Name
			origin := model.Origin{Path: s.Path}
			switch {
			case s.Masks():
				continue
			case s.Kind != Symlink:
				b.warn(s.Path, 0, "dependency dropin is not a symlink, ignoring", "make it a symlink to the unit's file")
				continue
			case unitname.Valid(name) != nil:
				b.warn(s.Path, 0, "dependency dropin is not named as a unit, ignoring", "")
				continue
			case unitname.IsTemplate(name):
				made, err := unitname.ReplaceInstance(name, instanceFor(b.unit.Name))
				if err != nil {
					b.warn(s.Path, 0, "dependency dropin names a template, ignoring", "name an instance of it")
					continue
				}
				name = made
			}
			b.edges.add(place.kind, b.catalog.Primary(name), origin)
		}
	}
}
