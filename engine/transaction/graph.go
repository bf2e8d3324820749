package transaction

import (
	"iter"
	"slices"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/dependency"
)

// Node is a unit as the graph of dependencies knows it.
type Node struct {
	Unit *model.Unit
	// Index is the owner's number for the unit.
	Index int32
	// Active is the unit's state, kept up to date by its owner.
	Active model.ActiveState
	Can    Ability
	// Job is the installed job, Nop the installed job of type nop, which excludes no other.
	Job, Nop *Job

	edges   []Edge // the first sorted ones are in order, without repetitions
	sorted  int
	kinds   dependency.Set
	stale   bool // edges may lead to dead nodes
	dead    bool
	planned *Job   // the first job that the plan in work has for this unit
	mark    uint32 // the number of the last walk that came by
	onPath  bool   // the walk in work is below this node
}

// Ability is what can be asked of a unit.
type Ability uint8

// The abilities.
const (
	CanStart Ability = 1 << iota
	CanStop
	CanReload
)

// Edge is one dependency of the node that holds it. An inverse edge is stated by the other unit; one that is not may be
// stated by the other unit too.
type Edge struct {
	To      *Node
	Kind    model.Dependency
	Inverse bool
	Mutual  bool  // stated by both
	index   int32 // in Unit.Edges of the unit that states it
}

// Origin says where the edge, held by n, was stated.
func (e Edge) Origin(n *Node) model.Origin {
	if e.Inverse {
		n = e.To
	}
	if int(e.index) >= len(n.Unit.Edges) {
		return model.Origin{Implied: model.FromInverse}
	}
	return n.Unit.Edges[e.index].Origin
}

// Connect adds the edges that a node's own unit states, and their inverses. resolve finds the node of a name.
func Connect(n *Node, resolve func(name string) *Node) {
	const inverses = 2 // as a service has that a target wants
	n.edges = slices.Grow(n.edges, len(n.Unit.Edges)+inverses)
	for i := range n.Unit.Edges {
		edge := &n.Unit.Edges[i]
		to := resolve(edge.Unit)
		if to == n {
			continue // an alias of the unit itself
		}
		n.add(Edge{To: to, Kind: edge.Kind, index: int32(i)})
		to.add(Edge{To: n, Kind: dependency.Of(edge.Kind).Inverse, Inverse: true, index: int32(i)})
	}
}

func (n *Node) add(e Edge) {
	n.edges = append(n.edges, e)
	n.kinds |= 1 << e.Kind
}

// Reset forgets all edges of a node, before every node is connected anew.
func (n *Node) Reset() { n.edges, n.sorted, n.kinds, n.stale = nil, 0, 0, false }

// Remove marks a node as dead. Its neighbours forget it when they next look at their edges.
func Remove(n *Node) {
	n.dead = true
	for _, e := range n.edges {
		e.To.stale = true
	}
	n.edges = nil
}

// settle brings edges into an order that does not depend on when they were added, and drops those that say the same or
// lead to the dead. It is done when edges are next looked at, and sorts only what is new, since keeping a list in order
// all the time would make loading many units that all refer to one quadratic.
func (n *Node) settle() {
	if n.stale {
		kept := n.edges[:0]
		sorted := 0
		for i, e := range n.edges {
			if e.To.dead {
				continue
			}
			if i < n.sorted {
				sorted++
			}
			kept = append(kept, e)
		}
		clear(n.edges[len(kept):])
		n.edges, n.sorted, n.stale = kept, sorted, false
	}
	if n.sorted == len(n.edges) {
		return
	}
	if n.sorted == 0 {
		slices.SortFunc(n.edges, compare)
		n.compact()
		n.sorted = len(n.edges)
		return
	}
	fresh := slices.Clone(n.edges[n.sorted:])
	slices.SortFunc(fresh, compare)
	// Merge from behind: there is room for the new ones after the old ones.
	old := n.sorted - 1
	for at, next := len(n.edges)-1, len(fresh)-1; next >= 0; at-- {
		if old >= 0 && compare(n.edges[old], fresh[next]) > 0 {
			n.edges[at] = n.edges[old]
			old--
		} else {
			n.edges[at] = fresh[next]
			next--
		}
	}
	n.compact()
	n.sorted = len(n.edges)
}

// compact keeps the first of edges that say the same, which is the unit's own if there is one.
func (n *Node) compact() {
	kept := n.edges[:0]
	for _, e := range n.edges {
		if last := len(kept) - 1; last >= 0 && kept[last].Kind == e.Kind && kept[last].To == e.To {
			kept[last].Mutual = !kept[last].Inverse && (kept[last].Mutual || e.Inverse || e.Mutual)
			continue
		}
		kept = append(kept, e)
	}
	clear(n.edges[len(kept):])
	n.edges = kept
}

// IsReferred reports an edge that the other unit states.
func (e Edge) IsReferred() bool { return e.Inverse || e.Mutual }

// compare orders edges by kind and the other unit's name, and a unit's own statement before that of the other.
func compare(a, b Edge) int {
	switch {
	case a.Kind != b.Kind:
		return int(a.Kind) - int(b.Kind)
	case a.To != b.To:
		return strings.Compare(a.To.Unit.Name, b.To.Unit.Name)
	case a.Inverse != b.Inverse && b.Inverse:
		return -1
	case a.Inverse != b.Inverse:
		return 1
	}
	return int(a.index) - int(b.index)
}

// Each iterates over the edges of some kinds, in the table's order of kinds and by name. None
// must be added meanwhile.
func (n *Node) Each(kinds dependency.Set) iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		if n.stale || n.sorted < len(n.edges) {
			n.settle()
		}
		if n.kinds&kinds == 0 {
			return
		}
		for at := 0; at < len(n.edges); {
			kind := n.edges[at].Kind
			if kinds&(1<<kind) == 0 {
				at = n.next(at)
				continue
			}
			if !yield(n.edges[at]) {
				return
			}
			at++
		}
	}
}

// next returns the index of the first edge of another kind after at.
func (n *Node) next(at int) int {
	kind := n.edges[at].Kind
	for end := at + 8; at < len(n.edges) && at < end; at++ {
		if n.edges[at].Kind != kind {
			return at
		}
	}
	rest, _ := slices.BinarySearchFunc(n.edges[at:], kind, func(e Edge, k model.Dependency) int {
		if e.Kind <= k {
			return -1
		}
		return 1
	})
	return at + rest
}

// The sets of kinds that transactions ask for.
var (
	pullStart        = dependency.With(dependency.PullStart)
	pullStartIgnored = dependency.With(dependency.PullStartIgnored)
	pullVerify       = dependency.With(dependency.PullVerify)
	pullStop         = dependency.With(dependency.PullStop)
	pullStopIgnored  = dependency.With(dependency.PullStopIgnored)
	propagateStop    = dependency.With(dependency.PropagateStop)
	propagateRestart = dependency.With(dependency.PropagateRestart)
	propagateReload  = dependency.With(dependency.PropagateReload)
	triggeredBy      = dependency.With(dependency.Triggered)
	ordered          = dependency.With(dependency.OrderBefore | dependency.OrderAfter)
)
