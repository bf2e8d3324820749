package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/steward-init/steward/model/directive"
)

const directivesHead = `# Options of units

Every option that systemd 252 knows, and what steward does with it. Written by "go generate ./gen" from the table in
model/directive; don't edit.

* **implemented**: has its effect.
* **planned**: accepted, kept and shown, but without its effect in this version. A unit that uses it is told so, once,
  with file and line.
* **ignored**: accepted and without effect for good, for the reason given.

A number in brackets is the version of systemd that added the option, where 252 does not have it.

`

// count is how many options have each status.
type count [3]int

func (c *count) add(list []*directive.Directive, unrun bool) {
	for _, d := range list {
		switch {
		case d.Since > 0:
		case unrun:
			c[directive.Planned]++
		default:
			c[d.Status]++
		}
	}
}

func (c count) String() string {
	return fmt.Sprintf("%d | %d | %d | %d |", c[0]+c[1]+c[2], c[0], c[1], c[2])
}

// directives is docs/directives.md.
func directives() string {
	var b strings.Builder
	b.WriteString(directivesHead)
	countTable(&b)
	b.WriteString("\nThe groups stand in these sections:\n\n")
	written := map[string]bool{}
	var tables strings.Builder
	for _, s := range directive.Sections() {
		var pages []string
		for _, g := range s.Groups() {
			pages = append(pages, g.Manual)
			if !written[g.Manual] {
				written[g.Manual] = true
				groupTable(&tables, g.Manual, g.Directives)
			}
		}
		fmt.Fprintf(&b, "* `[%s]`: %s", s.Name, strings.Join(pages, ", "))
		if s.Unrun {
			b.WriteString(" (units of this type are not run yet, so all of it is planned here)")
		}
		b.WriteString("\n")
	}
	b.WriteString("* `[Manager]` of system.conf and user.conf: systemd-system.conf(5)\n")
	b.WriteString(tables.String())
	groupTable(&b, "systemd-system.conf(5)", directive.ManagerDirectives())
	return b.String()
}

// countTable counts by section, as the oracle lists options.
func countTable(b *strings.Builder) {
	b.WriteString("| section | options | implemented | planned | ignored |\n|---|---:|---:|---:|---:|\n")
	var all count
	for _, s := range directive.Sections() {
		var c count
		c.add(s.Directives(), s.Unrun)
		fmt.Fprintf(b, "| `[%s]` | %s\n", s.Name, c)
		for i := range c {
			all[i] += c[i]
		}
	}
	fmt.Fprintf(b, "| together | %s\n", all)
	var c count
	c.add(directive.ManagerDirectives(), false)
	fmt.Fprintf(b, "| `[Manager]` | %s\n", c)
}

func groupTable(b *strings.Builder, title string, list []*directive.Directive) {
	var c count
	c.add(list, false)
	fmt.Fprintf(b, "\n## %s\n\n%d implemented, %d planned, %d ignored.\n\n", title, c[0], c[1], c[2])
	b.WriteString("| option | status | D-Bus | values and remarks |\n|---|---|---|---|\n")
	for _, d := range list {
		name := "`" + d.Name + "=`"
		if d.Since > 0 {
			name += " [" + strconv.Itoa(d.Since) + "]"
		}
		property := ""
		if d.Property != "" && d.Signature != "" {
			property = "`" + d.Property + " " + d.Signature + "`"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, d.Status, property, remarks(d))
	}
}

// remarks are what stands beside an option.
func remarks(d *directive.Directive) string {
	var list []string
	if d.Target != "" {
		list = append(list, "old name of `"+d.Target+"=`")
	}
	if d.Reason != "" {
		list = append(list, d.Reason)
	}
	const most = 12
	if len(d.Words) > 2 && len(d.Words) <= most {
		list = append(list, strings.Join(d.Words, ", "))
	}
	return strings.Join(list, "; ")
}
