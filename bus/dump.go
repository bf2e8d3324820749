package bus

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/wire/dbus"
)

// dump answers with the manager's state as text for people, in the body or as a descriptor to read it from.
func (c *call) dump(patterns []string, asFD bool) {
	if !c.read() {
		return
	}
	text := c.server.dump(patterns)
	if !asFD {
		c.reply("s", func(w *dbus.Writer) { w.String(text) })
		return
	}
	if !c.client.conn.UnixFDs() {
		c.refuse(errorNotSupported, "The connection can't pass file descriptors.")
		return
	}
	fd, err := c.server.manager.File(text)
	if err != nil {
		c.refuse(errorFailed, "%v", err)
		return
	}
	c.replyFD(fd)
}

func (s *Server) dump(patterns []string) string {
	var b strings.Builder
	e := s.manager.Engine()
	if len(patterns) == 0 {
		facts, totals := s.manager.Facts(), e.Totals()
		fmt.Fprintf(&b, "Manager: %s\nFeatures: %s\nState: %s\nUnits: %d (%d failed)\nJobs: %d (%d ever, %d failed)\n",
			facts.Version, facts.Features, e.SystemState(), totals.Units, totals.FailedUnits, totals.Jobs,
			totals.InstalledJobs, totals.FailedJobs)
	}
	for _, u := range e.Units() {
		if matchesNames(u.Unit, patterns) {
			s.dumpUnit(&b, u)
		}
	}
	if len(patterns) > 0 {
		return b.String()
	}
	for _, job := range e.Jobs() {
		fmt.Fprintf(&b, "-> Job %d:\n\tAction: %s -> %s\n\tState: %s\n\tCause: %s\n", job.ID, job.Unit, job.Type, job.State,
			causeText(&job.Cause))
	}
	return b.String()
}

func (s *Server) dumpUnit(b *strings.Builder, u *port.UnitStatus) {
	def := u.Unit
	fmt.Fprintf(b, "-> Unit %s:\n\tDescription: %s\n\tLoad State: %s\n\tActive State: %s (%s)\n", def.Name,
		description(def), def.Load, u.Active, u.Sub)
	for _, place := range [][2]string{{"Fragment Path", def.Fragment}, {"Source Path", def.SourcePath},
		{"Control Group", s.manager.Group(def.Name)}} {
		if place[1] != "" {
			fmt.Fprintf(b, "\t%s: %s\n", place[0], place[1])
		}
	}
	for _, path := range def.DropIns {
		fmt.Fprintf(b, "\tDropIn Path: %s\n", path)
	}
	if u.HasInvocation {
		fmt.Fprintf(b, "\tInvocation ID: %x\n\tStarted because: %s\n", u.Invocation, causeText(&u.LastCause))
	}
	for _, edge := range def.Edges {
		fmt.Fprintf(b, "\t%s: %s (%s)\n", edge.Kind, edge.Unit, edge.Origin)
	}
	for _, verdict := range verdicts(def) {
		fmt.Fprintf(b, "\tVerdict: %s\n", verdict)
	}
}

// causeText is why a job was made, for people.
func causeText(c *port.Cause) string {
	switch {
	case c.Client != "":
		return "asked for by " + c.Client
	case c.Kind == port.CauseBoot:
		return "boot"
	case c.Origin != (model.Origin{}):
		return fmt.Sprintf("%s of %s (%s)", c.Edge, c.Unit, c.Origin)
	case c.Unit != "":
		return "state of " + c.Unit
	}
	return "unknown"
}

// verdicts are the lines of a unit's files that are accepted but not applied, each with its place.
func verdicts(u *model.Unit) []string {
	var list []string
	for i := range u.Diagnostics {
		if d := &u.Diagnostics[i]; d.Severity == unitfile.Info {
			list = append(list, d.Message+" ("+d.Pos.String()+")")
		}
	}
	return list
}
