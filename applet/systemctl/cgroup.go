package systemctl

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/steward-init/steward/applet/ui"
)

// process is one row of GetUnitProcesses.
type process struct {
	group, name string
	pid         uint32
}

// cgroup prints the control group and the processes in it as a tree.
func (p *report) cgroup() {
	group := p.unit.text("ControlGroup")
	if group == "" {
		return
	}
	p.row("CGroup", "%s", group)
	p.session.dumpProcesses(p.unit.text("Id"), p.unit.text("Id"), group, indent)
}

// dumpProcesses prints the processes of a unit; called says what messages call it.
func (s *session) dumpProcesses(unit, called, group, prefix string) {
	m, err := s.call("GetUnitProcesses", unit)
	if err != nil {
		s.warn(fmt.Sprintf("Failed to dump process list for '%s', ignoring: %s", called, errorText(err)))
		return
	}
	root := &groupNode{path: strings.TrimSuffix(group, "/")}
	r, end := readerOf(m, 8)
	for r.More(end) {
		r.Struct()
		one := process{group: r.String(), pid: r.Uint32(), name: r.String()}
		root.add(one)
	}
	width := s.Width() - len(prefix)
	if s.wide() {
		width = 0
	}
	s.printGroup(root, prefix, width)
}

// groupNode is a control group with its processes and the groups below it.
type groupNode struct {
	path      string
	processes []process
	below     []*groupNode
}

// add puts a process where its group is below g, making the groups on the way.
func (g *groupNode) add(one process) {
	rest := strings.Trim(strings.TrimPrefix(one.group, g.path), "/")
	node := g
	for name := range strings.SplitSeq(rest, "/") {
		if name == "" {
			continue
		}
		full := node.path + "/" + name
		at := slices.IndexFunc(node.below, func(b *groupNode) bool { return b.path == full })
		if at < 0 {
			node.below = append(node.below, &groupNode{path: full})
			at = len(node.below) - 1
		}
		node = node.below[at]
	}
	node.processes = append(node.processes, one)
}

// printGroup prints what is in a group: its processes, then the groups below it.
func (s *session) printGroup(g *groupNode, prefix string, width int) {
	slices.SortFunc(g.processes, func(a, b process) int { return int(a.pid) - int(b.pid) })
	slices.SortFunc(g.below, func(a, b *groupNode) int { return strings.Compare(a.path, b.path) })
	digits := 0
	if n := len(g.processes); n > 0 {
		digits = len(strconv.Itoa(int(g.processes[n-1].pid)))
	}
	for i, one := range g.processes {
		branch := "├─"
		if i == len(g.processes)-1 && len(g.below) == 0 {
			branch = "└─"
		}
		name := one.name
		if width > 0 {
			name = ui.Shorten(name, max(width-digits-3, 20))
		}
		s.printf("%s%s%s\n", prefix, branch, s.Paint(ui.Grey, fmt.Sprintf("%*d %s", digits, one.pid, name)))
	}
	for i, below := range g.below {
		branch, inner := "├─", "│ "
		if i == len(g.below)-1 {
			branch, inner = "└─", "  "
		}
		s.printf("%s%s%s\n", prefix, branch, path.Base(below.path))
		if width > 2 {
			s.printGroup(below, prefix+inner, width-2)
		} else {
			s.printGroup(below, prefix+inner, width)
		}
	}
}
