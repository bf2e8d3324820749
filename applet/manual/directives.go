package manual

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/model/directive"
)

// directives is steward.directives(5): all options of units, by section.
func directives() string {
	r := begin("steward.directives", "5", "options of units and what becomes of them")
	r.head("DESCRIPTION")
	r.paragraphs([]string{"All options that systemd 252 knows, and some newer ones. What they mean is in the pages that " +
		"are named, which are systemd's.",
		"An option that is planned is accepted, kept and shown, but has no effect in this version; a unit that has it is " +
			"told so, with file and line. One that is ignored has no effect for good, for the reason given. All others " +
			"are implemented."})
	for _, s := range directive.Sections() {
		title := "[" + strings.ToUpper(s.Name) + "] SECTION"
		r.head(title)
		if s.Unrun {
			r.text("Units of this type are not run yet: all of it is planned.")
		}
		for _, g := range s.Groups() {
			r.line(".SS " + escape(g.Manual))
			rows(r, g.Directives)
		}
	}
	r.head("[MANAGER] SECTION")
	r.text("In system.conf and user.conf.")
	rows(r, directive.ManagerDirectives())
	r.head("SEE ALSO")
	r.line(".BR steward (1),")
	r.line(".BR systemd.directives (7)")
	return r.String()
}

func rows(r *roff, list []*directive.Directive) {
	for _, d := range list {
		var text []string
		if d.Status != directive.Implemented {
			text = append(text, d.Status.String())
		}
		if d.Target != "" {
			text = append(text, "old name of "+d.Target+"=")
		}
		if d.Since > 0 {
			text = append(text, fmt.Sprintf("of systemd %d", d.Since))
		}
		if d.Reason != "" {
			text = append(text, d.Reason)
		}
		if len(d.Words) > 0 {
			text = append(text, "words: "+strings.Join(d.Words, ", "))
		}
		if len(text) == 0 {
			text = append(text, d.Status.String())
		}
		line := strings.Join(text, "; ")
		r.item(bold(d.Name+"="), strings.ToUpper(line[:1])+line[1:]+".")
	}
}
