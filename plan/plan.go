// Package plan answers what a command would do, and why, without doing it: the jobs that would be queued, and the
// symlinks that would be made and removed.
//
// It exists so that a running manager, a root without one and a test give one answer in one shape. It must not know how
// the answer is shown or sent.
package plan

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
)

// Plan is what a command would do. Jobs are in the order in which they were found: each stands behind the one that
// pulled it in. Refused is set if it would be refused as a whole.
type Plan struct {
	Verb    string   `json:"verb"`
	Units   []string `json:"units"`
	Source  string   `json:"source"` // "manager" or "files"
	Jobs    []Job    `json:"jobs"`
	Edits   []Edit   `json:"edits"`
	Notes   []string `json:"notes,omitempty"`
	Refused *Refusal `json:"refused,omitempty"`
}

// Job is a job that would be queued. Job is its type as list-jobs shows it, or "cancel" for a queued one that would go.
// After are the units of this plan whose jobs it would wait for, sorted. Idle jobs find nothing to do.
type Job struct {
	Unit  string   `json:"unit"`
	Job   string   `json:"job"`
	State string   `json:"state"` // ActiveState now
	Idle  bool     `json:"idle,omitempty"`
	Cause Cause    `json:"cause"`
	After []string `json:"after,omitempty"`
}

// Cause is why a job or an edit is in the plan. Unit is whose job pulled it in, by Dependency, which Origin states:
// "file:line", a symlink, or the name of one of the manager's rules. Of what was asked for only Kind is set.
type Cause struct {
	Kind       string `json:"kind"`
	Unit       string `json:"unit,omitempty"`
	Dependency string `json:"dependency,omitempty"`
	Origin     string `json:"origin,omitempty"`
	// Through is the line by which the unit of an edit came into it: of another unit's Also=, or of a preset.
	Through string `json:"through,omitempty"`
}

// Edit is a change of a file. Change is "symlink" or "unlink"; Target is what a symlink would say.
type Edit struct {
	Change string `json:"change"`
	Path   string `json:"path"`
	Target string `json:"target,omitempty"`
	Cause  Cause  `json:"cause"`
}

// Edit adds the edits of a plan of package install, and what it says besides.
func (p *Plan) Edit(edits install.Plan) {
	for i := range edits.Changes {
		c := &edits.Changes[i]
		if !c.Edits() {
			p.note(note(c))
			continue
		}
		why := Cause{Kind: "request", Unit: c.Reason.Unit}
		if by := c.Reason.By; by.Directive != "" {
			why = Cause{Kind: "install", Unit: c.Reason.Unit, Dependency: by.Directive, Origin: place(by)}
		}
		if through := c.Reason.Through; through.Directive != "" {
			why.Through = through.Directive + "=" + through.Value + ", " + place(through)
		}
		p.Edits = append(p.Edits, Edit{Change: string(c.Type), Path: c.Path, Target: c.Target, Cause: why})
	}
	failure := edits.Failure()
	for _, f := range edits.Faults {
		if failure == nil || f.Error() != failure.Error() {
			p.note(f.Error())
		}
	}
	if failure != nil {
		p.Refuse(failure)
	}
}

// note adds a remark, once.
func (p *Plan) note(text string) {
	if !slices.Contains(p.Notes, text) {
		p.Notes = append(p.Notes, text)
	}
}

// Refuse notes why the command as a whole would fail.
func (p *Plan) Refuse(err error) {
	if p.Refused != nil {
		return
	}
	p.Refused = &Refusal{Message: err.Error()}
	var fault *install.Fault
	if errors.As(err, &fault) {
		p.Refused.Error = fault.BusError()
	}
}

// note is a remark of package install as a sentence.
func note(c *install.Change) string {
	switch c.Type {
	case install.IsMaskedBy:
		return c.Path + " is masked, and left alone."
	case install.Dangling:
		return c.Path + " leads to a unit that does not exist, and is left alone."
	case install.NoSuchUnit:
		return c.Target + " would be linked below " + c.Path + ", which does not exist."
	case install.NoSuchAlso:
		return c.Path + ", which Also= names, can not be enabled."
	}
	return string(c.Type) + " " + c.Path
}

func place(o install.Origin) string {
	if o.Line == 0 {
		return o.File
	}
	return o.File + ":" + strconv.Itoa(o.Line)
}

// Refusal is why a command would fail: a D-Bus error name and its text.
type Refusal struct {
	Error   string `json:"error"`
	Message string `json:"message"`
}

// Changes says whether anything would be done.
func (p *Plan) Changes() bool {
	return len(p.Edits) > 0 || slices.ContainsFunc(p.Jobs, func(j Job) bool { return !j.Idle })
}

// Verb is a command that queues jobs. Aliases are further names of it, between blanks. Unit is what a command is about
// that is given none.
type Verb struct {
	Name, Aliases, Unit string

	Job model.JobType
	// Reload makes it a reload where the unit can.
	Reload bool
	Mode   model.JobMode // if the command sets it; else the zero value, ModeFail, stands for what the user asks
}

// Verbs are the commands that queue jobs. systemctl(1), Unit Commands.
func Verbs() []Verb {
	return []Verb{
		{Name: "start", Job: model.JobStart},
		{Name: "stop", Job: model.JobStop},
		{Name: "reload", Job: model.JobReload},
		{Name: "restart", Job: model.JobRestart},
		{Name: "try-restart", Aliases: "condrestart", Job: model.JobTryRestart},
		{Name: "reload-or-restart", Job: model.JobRestart, Reload: true},
		{Name: "try-reload-or-restart", Aliases: "reload-or-try-restart force-reload condreload",
			Job: model.JobTryRestart, Reload: true},
		{Name: "isolate", Job: model.JobStart, Mode: model.ModeIsolate},
		{Name: "default", Unit: "default.target", Job: model.JobStart, Mode: model.ModeIsolate},
		{Name: "rescue", Unit: "rescue.target", Job: model.JobStart, Mode: model.ModeIsolate},
		{Name: "emergency", Unit: "emergency.target", Job: model.JobStart, Mode: model.ModeIsolate},
		ending("halt"), ending("poweroff"), ending("reboot"), ending("kexec"), ending("exit"),
		ending("suspend"), ending("hibernate"), ending("hybrid-sleep"), ending("suspend-then-hibernate"),
	}
}

// ending is a command that leads to the target of its name, and can't be revoked.
func ending(name string) Verb {
	return Verb{Name: name, Unit: name + ".target", Job: model.JobStart, Mode: model.ModeReplaceIrreversibly}
}

// FindVerb finds a command by one of its names.
func FindVerb(name string) (Verb, bool) {
	i := slices.IndexFunc(Verbs(), func(v Verb) bool {
		return v.Name == name || slices.Contains(strings.Fields(v.Aliases), name)
	})
	if i < 0 {
		return Verb{}, false
	}
	return Verbs()[i], true
}

// Ask returns the jobs that a job for one unit would lead to, in an engine that has the unit loaded, and what would be
// left out.
func Ask(e *engine.Engine, unit string, v Verb, mode model.JobMode) ([]Job, []string, *port.Refusal) {
	planned, refusal := e.Plan(port.JobRequested{Unit: unit, Type: v.Job, ReloadIfPossible: v.Reload, Mode: mode})
	var jobs []Job
	for _, j := range planned.Jobs {
		jobs = append(jobs, Job{Unit: j.Unit, Job: j.Type.String(), State: j.From.String(), Idle: j.Idle,
			Cause: cause(j.Cause), After: j.After})
	}
	for _, j := range planned.Gone {
		jobs = append(jobs, Job{Unit: j.Unit, Job: "cancel", State: e.Unit(j.Unit).Active.String(),
			Cause: Cause{Kind: "request"}})
	}
	return jobs, planned.Notes, refusal
}

// Add adds an answer about one more unit. A job that the plan has already, of the same type on the same unit, is not
// listed twice.
func (p *Plan) Add(jobs []Job, notes []string, refusal *Refusal) {
	for _, j := range jobs {
		if !slices.ContainsFunc(p.Jobs, func(k Job) bool { return k.Unit == j.Unit && k.Job == j.Job }) {
			p.Jobs = append(p.Jobs, j)
		}
	}
	p.Notes = append(p.Notes, notes...)
	if p.Refused == nil {
		p.Refused = refusal
	}
}

// kinds are the words for the sorts of causes that plans have.
var kinds = map[port.CauseKind]string{port.CauseClient: "request", port.CauseBoot: "boot",
	port.CauseDependency: "dependency", port.CausePropagation: "propagation", port.CauseIsolate: "isolate",
	port.CauseTrigger: "trigger"}

func cause(c port.Cause) Cause {
	out := Cause{Kind: cmp.Or(kinds[c.Kind], "manager"), Unit: c.Unit}
	if c.Unit != "" && c.Kind != port.CauseIsolate {
		out.Dependency, out.Origin = c.Edge.String(), c.Origin.String()
	}
	return out
}

// Resting is an engine that has units, none of them started but those that always are.
func Resting(mode load.Mode, units []*model.Unit) *engine.Engine {
	e := engine.New(engine.Config{User: mode == load.User})
	e.Step(port.Time{}, port.UnitsLoaded{Loaded: units})
	return e
}

// Offline plans jobs where nothing runs: what a start from nothing, such as a boot, would do.
func Offline(l *load.Loader, mode load.Mode, p *Plan, v Verb, how model.JobMode) {
	// The units that are always active are there from the beginning, as in a manager.
	e := Resting(mode, l.Closure(append(load.Perpetual(mode), p.Units...), nil))
	p.Source = "files"
	for _, name := range p.Units {
		jobs, notes, refusal := Ask(e, name, v, how)
		var why *Refusal
		if refusal != nil {
			why = &Refusal{Error: refusal.Error, Message: refusal.Message}
		}
		p.Add(jobs, notes, why)
	}
}
