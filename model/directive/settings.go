package directive

import (
	"strings"

	"github.com/steward-init/steward/model"
)

// Settings is what each option of a unit says, as lines NAME=value of a unit file: those of the section of its type,
// then those of [Unit], none for an option that has no value. All units of a type have as many, in the same order.
func Settings(u *model.Unit) [][]string {
	own := u.Type.String()
	var list [][]string
	for _, name := range []string{strings.ToUpper(own[:1]) + own[1:], "Unit"} {
		s := FindSection(name)
		if s == nil || s.Unrun {
			continue
		}
		for _, g := range s.groups() {
			for i, d := range g.directives() {
				if d.Target != "" {
					continue
				}
				list = append(list, g.lines(u, i))
			}
		}
	}
	return list
}
