package main

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/model"
)

// stateDocuments are a table and a diagram for each unit type that can be started.
func stateDocuments() []document {
	var all []document
	for n, word := range model.Types() {
		t := model.Type(n)
		if kind.Of(t).Pending {
			continue
		}
		all = append(all,
			document{"docs/states/" + word + ".md", func() string { return stateTable(t) }},
			document{"docs/states/" + word + ".dot", func() string { return stateDiagram(t) }})
	}
	return all
}

// stateTable is the table of a unit type's states in Markdown: a row for each edge.
func stateTable(t model.Type) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# States of a .%s\n\n", t)
	b.WriteString("Written by `go generate ./gen` from the table in `engine/kind`. A state is shown as the ActiveState\n" +
		"beside it. Where settings decide what follows, the setting or question stands before the states that it\n" +
		"chooses from.\n\n")
	b.WriteString("| state | shown as | on | leads to |\n|---|---|---|---|\n")
	for _, row := range kind.Describe(t) {
		name, active := row.Sub, row.Active.String()
		for _, e := range row.Edges {
			to := strings.Join(e.To, ", ")
			if e.Decision != "" {
				to = e.Decision + ": " + to
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, active, e.Outcome, to)
			name, active = "", ""
		}
		if len(row.Edges) == 0 {
			fmt.Fprintf(&b, "| %s | %s | | |\n", name, active)
		}
	}
	return b.String()
}

// stateDiagram is the same for Graphviz. States that look alike from outside are one node.
func stateDiagram(t model.Type) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// Written by go generate ./gen.\ndigraph %q {\n\tnode [shape=box];\n", t.String())
	colours := map[string]string{"active": "palegreen", "reloading": "palegreen", "failed": "salmon",
		"activating": "lightyellow", "deactivating": "lightyellow", "inactive": "white"}
	seen := map[string]bool{}
	add := func(line string) {
		if !seen[line] {
			seen[line] = true
			b.WriteString(line)
		}
	}
	for _, row := range kind.Describe(t) {
		add(fmt.Sprintf("\t%q [style=filled, fillcolor=%s];\n", row.Sub, colours[row.Active.String()]))
	}
	for _, row := range kind.Describe(t) {
		for _, e := range row.Edges {
			for _, to := range e.To {
				add(fmt.Sprintf("\t%q -> %q [label=%q];\n", row.Sub, to, e.Outcome))
			}
		}
	}
	b.WriteString("}\n")
	return b.String()
}
