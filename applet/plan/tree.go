package plan

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/plan"
)

// tree prints jobs below those that pulled them in, each with the reason. Jobs that find nothing to do are left out
// unless all are wanted or others hang below them.
func tree(p *plan.Plan, all bool) string {
	t := &forest{below: map[string][]int{}, jobs: p.Jobs, all: all, seen: make([]bool, len(p.Jobs))}
	planned := map[string]bool{}
	for _, j := range p.Jobs {
		planned[j.Unit] = true
	}
	for i, j := range p.Jobs {
		above := j.Cause.Unit
		if !planned[above] || above == j.Unit {
			above = ""
		}
		t.below[above] = append(t.below[above], i)
	}
	t.print("", "")
	// What hangs in a ring of causes has no place in the tree.
	for i := range p.Jobs {
		if !t.seen[i] && t.wanted(i) {
			t.line(i, "")
		}
	}
	var b strings.Builder
	width := 0
	for _, row := range t.rows {
		width = max(width, len([]rune(row.what)))
	}
	for _, row := range t.rows {
		b.WriteString(row.what)
		b.WriteString(strings.Repeat(" ", width-len([]rune(row.what))+2))
		b.WriteString(row.why)
		b.WriteByte('\n')
	}
	return b.String()
}

// forest is a plan being printed.
type forest struct {
	jobs  []plan.Job
	below map[string][]int // by the unit whose job pulled them in
	all   bool
	seen  []bool
	rows  []row
}

type row struct{ what, why string }

// wanted says whether a job is to be seen: it does something, or something below it does.
func (t *forest) wanted(i int) bool { return t.wants(i, map[int]bool{}) }

func (t *forest) wants(i int, ring map[int]bool) bool {
	if t.all || !t.jobs[i].Idle {
		return true
	}
	if ring[i] {
		return false
	}
	ring[i] = true
	for _, b := range t.below[t.jobs[i].Unit] {
		if t.wants(b, ring) {
			return true
		}
	}
	return false
}

// print prints the jobs that one unit's pulled in. lead is what the lines of their own children begin with.
func (t *forest) print(unit, lead string) {
	var list []int
	for _, i := range t.below[unit] {
		if !t.seen[i] && t.wanted(i) {
			list = append(list, i)
			t.seen[i] = true
		}
	}
	for n, i := range list {
		branch, next := "├─", "│ "
		if n == len(list)-1 {
			branch, next = "└─", "  "
		}
		if unit == "" {
			branch, next = "", ""
		}
		t.line(i, lead+branch)
		t.print(t.jobs[i].Unit, lead+next)
	}
}

// line prints one job.
func (t *forest) line(i int, lead string) {
	j := t.jobs[i]
	t.rows = append(t.rows, row{lead + j.Job + " " + j.Unit + " (" + j.State + ")", why(j)})
}

// why says in a few words what a job is there for.
func why(j plan.Job) string {
	switch c := j.Cause; {
	case c.Kind == "isolate":
		return "not wanted by what is isolated"
	case c.Unit == "":
		return "asked for"
	}
	return fmt.Sprintf("%s= of %s, %s", j.Cause.Dependency, j.Cause.Unit, j.Cause.Origin)
}

// edits prints the edits, each with the reason.
func edits(p *plan.Plan) string {
	var b strings.Builder
	for _, e := range p.Edits {
		what := "remove " + e.Path
		if e.Target != "" {
			what = "link " + e.Path + " → " + e.Target
		}
		reason := "asked for"
		if e.Cause.Kind == "install" {
			reason = e.Cause.Dependency + "= of " + e.Cause.Unit + ", " + e.Cause.Origin
		}
		if e.Cause.Through != "" {
			reason += ", through " + e.Cause.Through
		}
		b.WriteString(what + "  " + reason + "\n")
	}
	return b.String()
}
