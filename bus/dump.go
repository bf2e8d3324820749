package bus

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/unitname"
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

// Dump is the state of everything, a text for the manager itself, one for each unit and one for each job.
func (s *Server) Dump() []string {
	texts := strings.Split(strings.TrimSuffix(s.dump(nil), "\n"), "\n-> ")
	for i := range texts[1:] {
		texts[i+1] = "-> " + texts[i+1]
	}
	return texts
}

// dump is the state of the units that patterns choose; without patterns of all, and of the manager and its jobs. The
// words are the oracle's where it has them.
func (s *Server) dump(patterns []string) string {
	d := dumper{server: s, blank: map[model.Type][][]string{}}
	e := s.manager.Engine()
	if len(patterns) == 0 {
		d.manager()
	}
	for _, u := range e.Units() {
		if matchesNames(u.Unit, patterns) {
			d.unit(u)
		}
	}
	if len(patterns) == 0 {
		for _, job := range e.Jobs() {
			d.job("", &job)
		}
	}
	return d.String()
}

// dumper writes state down.
type dumper struct {
	strings.Builder
	server *Server
	blank  map[model.Type][][]string // what units say whose files say nothing
}

func (d *dumper) line(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

// time prints a moment, "n/a" for never.
func (d *dumper) time(name string, t port.Time) {
	text := "n/a"
	if t.Realtime > 0 {
		text = span.FormatTimestamp(uint64(t.Realtime), time.Local)
	}
	d.line("%s: %s", name, text)
}

func (d *dumper) manager() {
	facts, e := d.server.manager.Facts(), d.server.manager.Engine()
	totals := e.Totals()
	d.line("Manager: systemd %s", facts.Version)
	d.line("Features: %s", facts.Features)
	for _, stage := range stages {
		if t := facts.Times[stage]; t.Realtime > 0 {
			d.time("Timestamp "+dashed(stage), t)
		}
	}
	d.line("State: %s\nUnits: %d (%d failed)\nJobs: %d (%d ever, %d failed)", e.SystemState(), totals.Units,
		totals.FailedUnits, totals.Jobs, totals.InstalledJobs, totals.FailedJobs)
}

// dashed is a name such as UnitsLoadStart as the oracle prints it here: units-load-start.
func dashed(name string) string {
	var b strings.Builder
	for i, c := range strings.ReplaceAll(name, "InitRD", "Initrd") {
		if unicode.IsUpper(c) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

func (d *dumper) unit(u *port.UnitStatus) {
	def := u.Unit
	d.line("-> Unit %s:", def.Name)
	for _, alias := range def.Aliases {
		d.line("\tAlias: %s", alias)
	}
	d.line("\tDescription: %s", description(def))
	d.line("\tInstance: %s", cmp.Or(unitname.Instance(def.Name), "n/a"))
	d.line("\tUnit Load State: %s\n\tUnit Active State: %s", def.Load, u.Active)
	d.time("\tState Change Timestamp", u.StateChange)
	d.time("\tInactive Exit Timestamp", u.InactiveExit)
	d.time("\tActive Enter Timestamp", u.ActiveEnter)
	d.time("\tActive Exit Timestamp", u.ActiveExit)
	d.time("\tInactive Enter Timestamp", u.InactiveEnter)
	d.flag("Need Daemon Reload", d.server.manager.NeedsReload(def))
	d.flag("Transient", def.Transient)
	d.flag("Perpetual", def.Perpetual)
	d.places(def)
	if u.CheckTime.Realtime > 0 {
		d.time("\tCondition Timestamp", u.CheckTime)
		d.flag("Condition Result", u.ConditionResult)
		d.flag("Assert Result", u.AssertResult)
	}
	if u.HasInvocation {
		d.line("\tInvocation ID: %x\n\tStarted because: %s", u.Invocation, causeText(&u.LastCause))
	}
	for _, edge := range def.Edges {
		d.line("\t%s: %s (%s)", edge.Kind, edge.Unit, edge.Origin)
	}
	word := def.Type.String()
	d.line("\t%s State: %s", strings.ToUpper(word[:1])+word[1:], u.Sub)
	d.run(u)
	d.settings(def)
	for _, verdict := range verdicts(def) {
		d.line("\tVerdict: %s", verdict)
	}
	if job, ok := d.server.manager.Engine().Job(u.Job); ok {
		d.job("\t", &job)
	}
}

func (d *dumper) flag(name string, is bool) {
	d.line("\t%s: %s", name, quantity.FormatBool(is))
}

// places are where a unit comes from and where its processes are.
func (d *dumper) places(def *model.Unit) {
	for _, place := range [][2]string{{"CGroup", d.server.manager.Group(def.Name)}, {"Fragment Path", def.Fragment},
		{"Source Path", def.SourcePath}} {
		if place[1] != "" {
			d.line("\t%s: %s", place[0], place[1])
		}
	}
	for _, path := range def.DropIns {
		d.line("\tDropIn Path: %s", path)
	}
}

// run is the state of a service besides its state.
func (d *dumper) run(u *port.UnitStatus) {
	s := u.Service
	if s == nil {
		return
	}
	d.line("\tResult: %s\n\tReload Result: %s\n\tClean Result: %s", s.Result, s.ReloadResult, s.CleanResult)
	for _, process := range []struct {
		name string
		pid  int
	}{{"Main", s.MainPID}, {"Control", s.ControlPID}} {
		if process.pid > 0 {
			d.line("\t%s PID: %d", process.name, process.pid)
		}
	}
	if s.StatusText != "" {
		d.line("\tStatus Text: %s", s.StatusText)
	}
	if s.Restarts > 0 {
		d.line("\tRestarts: %d", s.Restarts)
	}
}

// settings are what a unit's options say that they would not say by themselves, but for its name and its dependencies,
// which stand above with their reasons.
func (d *dumper) settings(def *model.Unit) {
	blank, ok := d.blank[def.Type]
	if !ok {
		blank = directive.Settings(directive.NewUnit("", def.Type, d.server.manager.Defaults()))
		d.blank[def.Type] = blank
	}
	for i, lines := range directive.Settings(def) {
		if slices.Equal(lines, blank[i]) {
			continue
		}
		for _, line := range lines {
			name, value, _ := strings.Cut(line, "=")
			if value != "" && name != "Description" && !hasEdge(def, name) {
				d.line("\t%s: %s", name, value)
			}
		}
	}
}

// hasEdge says whether a unit has a dependency of the kind of a name.
func hasEdge(u *model.Unit, kind string) bool {
	return slices.ContainsFunc(u.Edges, func(e model.Edge) bool { return e.Kind.String() == kind })
}

func (d *dumper) job(indent string, job *port.JobStatus) {
	d.line("%s-> Job %d:\n%s\tAction: %s -> %s", indent, job.ID, indent, job.Unit, job.Type)
	d.line("%s\tState: %s\n%s\tIrreversible: %s", indent, job.State, indent, quantity.FormatBool(job.Irreversible))
	d.line("%s\tCause: %s", indent, causeText(&job.Cause))
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
