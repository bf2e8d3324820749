package transaction

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model/dependency"
)

// walker goes depth first through the order of jobs. Its number marks where it came by, so that no mark has to be taken
// off again.
type walker struct {
	mark uint32
	path []hop
}

// hop is a job on the way and the edge to the job before which it has to wait.
type hop struct {
	job  *Job
	edge Edge
}

// jobOf is the job that a plan means for a unit: the planned one, else the installed one.
func jobOf(n *Node) *Job {
	if n.planned != nil {
		return n.planned
	}
	return n.Job
}

// breakCycle looks for an ordering cycle and drops a unit's jobs from it which the anchor can do without. It reports
// true if it did, and a refusal that prints the cycle if there is none such.
func (b *builder) breakCycle() (again bool, refusal *port.Refusal) {
	b.graph.walks++
	w := walker{mark: b.graph.walks}
	for _, j := range b.jobs {
		if j.dropped || j.Node.planned != j || j.Node.mark == w.mark {
			continue
		}
		if cycle := w.visit(j); cycle != nil {
			for _, h := range w.path {
				h.job.Node.onPath = false
			}
			return true, b.cut(cycle)
		}
	}
	return false, nil
}

// visit walks from a job to those it waits for; it returns the cycle if it comes back to the path.
func (w *walker) visit(j *Job) []hop {
	j.Node.mark, j.Node.onPath = w.mark, true
	at := len(w.path)
	w.path = append(w.path, hop{job: j})
	for e := range j.Node.Each(ordered) {
		other := jobOf(e.To)
		if other == nil {
			continue
		}
		if waits, _ := waits(j, e, other); !waits {
			continue
		}
		w.path[at].edge = e
		if e.To.mark == w.mark {
			if e.To.onPath {
				return w.back(e.To)
			}
			continue
		}
		if cycle := w.visit(other); cycle != nil {
			return cycle
		}
	}
	w.path = w.path[:at]
	j.Node.onPath = false
	return nil
}

// back returns the part of the path that begins at a node.
func (w *walker) back(n *Node) []hop {
	for i, h := range w.path {
		if h.job.Node == n {
			return w.path[i:]
		}
	}
	return w.path
}

// cut drops the jobs of the first unit of a cycle that the anchor can do without.
func (b *builder) cut(cycle []hop) *port.Refusal {
	first := cycle[0].job
	for i, h := range cycle {
		next, found := cycle[(i+1)%len(cycle)].job, "Found dependency on "
		if i == 0 {
			found = "Found ordering cycle on "
		}
		b.note(first.Node, 3, fmt.Sprintf("%s: %s%s/%s by %s", first.Node.Unit.Name, found, next.Node.Unit.Name, next.Type,
			h.relation()))
	}
	for _, h := range cycle {
		n := h.job.Node
		if n.planned == nil || mattersToAnchor(n) {
			continue
		}
		b.note(n, 3, fmt.Sprintf("%s: Job %s/%s deleted to break ordering cycle starting with %s/%s",
			first.Node.Unit.Name, n.Unit.Name, h.job.Type, first.Node.Unit.Name, first.Type))
		for n.planned != nil {
			b.drop(n.planned, true)
		}
		return nil
	}
	b.note(first.Node, 3, fmt.Sprintf("%s: Unable to break cycle starting with %s/%s",
		first.Node.Unit.Name, first.Node.Unit.Name, first.Type))
	return refuse(ErrCyclic, "Transaction order is cyclic: %s", describe(cycle))
}

func mattersToAnchor(n *Node) bool {
	for j := n.planned; j != nil; j = j.next {
		if j.matters {
			return true
		}
	}
	return false
}

// describe prints a cycle, each edge with the place where it was stated.
func describe(cycle []hop) string {
	var b strings.Builder
	for i, h := range cycle {
		next := cycle[(i+1)%len(cycle)].job
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s/%s waits for %s/%s by %s", h.job.Node.Unit.Name, h.job.Type, next.Node.Unit.Name, next.Type,
			h.relation())
	}
	return b.String()
}

// relation prints the edge of a hop as the user wrote it: "After=b.service (/etc/systemd/system/a.service:7)".
func (h hop) relation() string {
	from, to, kind := h.job.Node.Unit.Name, h.edge.To.Unit.Name, h.edge.Kind
	if h.edge.Inverse {
		from, to, kind = to, from, dependency.Of(kind).Inverse
	}
	s := fmt.Sprintf("%s=%s (%s)", kind, to, h.edge.Origin(h.job.Node))
	if h.edge.Inverse {
		s += " of " + from
	}
	return s
}
