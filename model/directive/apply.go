package directive

import (
	"slices"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitfile"
)

// Apply sets the option of one line of a unit file, for which a section's header has none, and says what is wrong with
// the line or has no effect. An Error among the diagnostics makes the whole unit unusable (systemd's "bad-setting").
// The result holds until the next call.
func Apply(u *model.Unit, line *unitfile.Line, ctx *Context) []unitfile.Diagnostic {
	ctx.unit, ctx.line, ctx.found = u, line, nil
	ctx.origin = model.Origin{Path: line.Pos.File, Line: int32(line.Pos.Line)}
	s := ctx.section()
	if s == nil || line.Kind == unitfile.Section {
		return ctx.found
	}
	p := s.index().find(line.Key)
	if p.directive == nil {
		ctx.unknownName(s)
		return ctx.found
	}
	if p.directive.Target != "" && p.directive.Status == Implemented && s.Name == "Service" {
		// These moved to [Unit] long ago and still work from here.
		p = FindSection("Unit").index().find(p.directive.Target)
	}
	told := p.directive.Status != Implemented && ctx.toldBefore(p.directive.Name)
	if p.directive.Outdated {
		ctx.warn(odd("the name is obsolete").advise("write %s=", p.directive.Target))
	}
	if err := p.group.apply(u, p.row, line.Value, ctx); err != nil {
		ctx.warn(err)
		return ctx.found
	}
	if p.directive.Status != Implemented && !told && line.Value != "" {
		ctx.notApplied(p.directive)
	}
	return ctx.found
}

// section is the section of the line, nil for one that is passed over, which is told where it begins.
func (c *Context) section() *Section {
	s := FindSection(c.line.Section)
	switch {
	case s == nil || s.Types != nil && !slices.Contains(s.Types, c.unit.Type):
		c.unknownSection(c.unit, s)
		return nil
	case s.Unrun:
		c.unrunSection(s)
		return nil
	}
	return s
}

// notApplied tells of an option that is known but has no effect.
func (c *Context) notApplied(d *Directive) {
	message := d.Name + "=" + shorten(c.line.Value)
	switch {
	case d.Status == Ignored:
		message += " has no effect: " + d.Reason
	case d.Reason != "":
		message += " is not applied by this version: " + d.Reason
	default:
		message += " is not applied by this version"
	}
	c.found = append(c.found, unitfile.Diagnostic{Pos: c.line.Pos, Severity: unitfile.Info, Message: message})
}

// shorten keeps messages to one line of a terminal.
func shorten(value string) string {
	const most = 60
	if len(value) <= most {
		return value
	}
	return strings.ToValidUTF8(value[:most], "") + "…"
}

// toldBefore remembers what the unit's files were told once.
func (c *Context) toldBefore(what string) bool {
	if slices.Contains(c.told, what) {
		return true
	}
	c.told = append(c.told, what)
	return false
}

// unknownSection tells of a section that the unit can't have, once. Names that begin with X- are for others.
func (c *Context) unknownSection(u *model.Unit, s *Section) {
	name := c.line.Section
	if strings.HasPrefix(name, "X-") || name == "" || c.toldBefore("["+name+"]") {
		return
	}
	d := unitfile.Diagnostic{Pos: c.line.Pos, Severity: unitfile.Warning,
		Message: "unknown section [" + name + "], ignoring"}
	var names []string
	for _, known := range Sections() {
		if known.Types == nil || slices.Contains(known.Types, u.Type) {
			names = append(names, known.Name)
		}
	}
	switch near := nearest(name, names); {
	case s != nil:
		d.Message = "a " + u.Type.String() + " has no section [" + name + "], ignoring"
	case near != "":
		d.Advice = "did you mean [" + near + "]?"
	default:
		d.Advice = "put X- before the name if it is for another program"
	}
	c.found = append(c.found, d)
}

// unrunSection tells that a type of units isn't run, once.
func (c *Context) unrunSection(s *Section) {
	if c.toldBefore("[" + s.Name + "]") {
		return
	}
	c.found = append(c.found, unitfile.Diagnostic{Pos: c.line.Pos, Severity: unitfile.Info,
		Message: "[" + s.Name + "] is not applied: " + strings.ToLower(s.Name) + " units are not run by this version"})
}

// unknownName tells of an option that isn't known.
func (c *Context) unknownName(s *Section) { c.unknownKey(s.Name, DidYouMean(s.Name, c.line.Key)) }

func (c *Context) unknownKey(section, near string) {
	name := c.line.Key
	if strings.HasPrefix(name, "X-") {
		return
	}
	d := unitfile.Diagnostic{Pos: c.line.Pos, Severity: unitfile.Warning,
		Message: "unknown key " + name + "= in section [" + section + "], ignoring"}
	if near != "" {
		d.Advice = "did you mean " + near + "=?"
	}
	c.found = append(c.found, d)
}
