// Package verify finds out what is wrong with unit files, without a manager: what loading says of them and of all they
// refer to, whether they could be started, whether their programs and manual pages are there, and what the guideline
// says. systemd-analyze(1), verify.
//
// It exists so that a package's build finds what its users would. It must not know how findings are shown.
package verify

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/lint"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/offline"
	"github.com/steward-init/steward/plan"
	"github.com/steward-init/steward/syntax/unitfile"
)

// Target is a unit to verify. Path is its file, as an absolute path inside the root, or only what is shown for Data,
// which then is the file's text. Unit is the name that the file is loaded under.
type Target struct {
	Path string
	Unit string
	Data []byte // nil for what is at Path
}

// Options say what to verify and how.
type Options struct {
	Files   offline.Options
	Targets []Target
	Rules   []lint.Rule
	// Manual tells whether a manual page such as "foo(5)" is there; nil doesn't ask.
	Manual func(page string) error
	// Vendor says that the files are part of a package or an image.
	Vendor bool
}

// Reach says how far from what was asked for a finding is.
type Reach uint8

// The reaches: a unit that was asked for, one that it refers to, any other.
const (
	Own Reach = iota
	Near
	Far
)

// Finding is something that is wrong. Code is a rule's, or the sort of problem: "load", "start", "command", "manual",
// "service". Failure is what keeps a unit from being of use; others are diagnostics of a file. Rule findings have Lint.
type Finding struct {
	Unit       string
	Code       string
	Reach      Reach
	Failure    bool
	Diagnostic unitfile.Diagnostic
	Lint       *lint.Finding
}

// Result is what was found, in the order of the targets, and for each target its file as it was read.
type Result struct {
	Findings []Finding
	Files    []*unitfile.File
}

// shadow is where targets that are in no file of their own name appear to be.
const shadow = "/.verify"

// Run verifies.
func Run(o Options) Result {
	over := &shadowed{}
	for _, t := range o.Targets {
		if t.Data != nil || path.Base(t.Path) != t.Unit {
			over.targets = append(over.targets, t)
		} else if dir := path.Dir(t.Path); !slices.Contains(o.Files.First, dir) {
			o.Files.First = append(o.Files.First, dir)
		}
	}
	if len(over.targets) > 0 {
		o.Files.First = append([]string{shadow}, o.Files.First...)
		o.Files.Over = func(f load.Files) load.Files { over.Files = f; return over }
	}
	loader, bad := o.Files.Loader()
	v := &verifier{Options: o, loader: loader, over: over, reach: map[string]Reach{}}
	for _, d := range bad {
		v.add(Finding{Code: "load", Reach: Far, Diagnostic: d})
	}
	var names []string
	for _, t := range o.Targets {
		names = append(names, instance(t.Unit))
	}
	// Loaded once, so that a unit which several targets need says only once what is wrong with it.
	all := loader.Closure(append(load.Perpetual(o.Files.Mode()), names...), nil)
	v.measure(names)
	for _, u := range all {
		v.diagnostics(u)
	}
	e := plan.Resting(o.Files.Mode(), all)
	for i, t := range o.Targets {
		v.target(e, t, names[i])
	}
	v.dropTwice()
	return v.result
}

// dropTwice leaves out what loading says at the very place where a rule says it better.
func (v *verifier) dropTwice() {
	places := map[unitfile.Pos]bool{}
	for _, f := range v.result.Findings {
		places[f.Diagnostic.Pos] = places[f.Diagnostic.Pos] || f.Lint != nil
	}
	v.result.Findings = slices.DeleteFunc(v.result.Findings, func(f Finding) bool {
		return f.Code == "load" && f.Diagnostic.Severity < unitfile.Error && places[f.Diagnostic.Pos]
	})
}

// verifier is a run under way.
type verifier struct {
	Options
	loader *load.Loader
	over   *shadowed
	reach  map[string]Reach
	result Result
}

// instance makes a template's name one of an instance, because a template itself can't be started.
func instance(name string) string {
	if stem, suffix, ok := strings.Cut(name, "@."); ok {
		return stem + "@i." + suffix
	}
	return name
}

// measure notes how far units are from those asked for.
func (v *verifier) measure(names []string) {
	for _, name := range names {
		u := v.loader.Unit(name)
		for _, e := range u.Edges {
			if _, known := v.reach[e.Unit]; !known {
				v.reach[e.Unit] = Near
			}
		}
	}
	for _, name := range names {
		v.reach[v.loader.Unit(name).Name] = Own
	}
}

func (v *verifier) reachOf(name string) Reach {
	if r, known := v.reach[name]; known {
		return r
	}
	return Far
}

// add notes a finding, with the name of the file that the user knows.
func (v *verifier) add(f Finding) {
	f.Diagnostic.Pos.File = v.over.shown(f.Diagnostic.Pos.File)
	f.Diagnostic.Message = v.over.shown(f.Diagnostic.Message)
	v.result.Findings = append(v.result.Findings, f)
}

// diagnostics adds what loading said of a unit. That an option is not applied is of interest only where the unit's
// author looks.
func (v *verifier) diagnostics(u *model.Unit) {
	reach := v.reachOf(u.Name)
	for _, d := range u.Diagnostics {
		if reach == Own || d.Severity > unitfile.Info {
			v.add(Finding{Unit: u.Name, Code: "load", Reach: reach, Diagnostic: d})
		}
	}
}

// fail adds what keeps a unit from being of use.
func (v *verifier) fail(u *model.Unit, code, message string) {
	v.add(Finding{Unit: u.Name, Code: code, Reach: Own, Failure: true, Diagnostic: unitfile.Diagnostic{
		Pos: unitfile.Pos{File: u.Fragment}, Severity: unitfile.Error, Message: message}})
}

// target verifies one unit. Where it can't be loaded its file is still held to the rules.
func (v *verifier) target(e *engine.Engine, t Target, name string) {
	u := v.loader.Unit(name)
	verb, _ := plan.FindVerb("start")
	_, notes, refusal := plan.Ask(e, u.Name, verb, model.ModeReplace)
	for _, n := range notes {
		v.add(Finding{Unit: u.Name, Code: "start", Diagnostic: unitfile.Diagnostic{Pos: unitfile.Pos{File: u.Fragment},
			Severity: unitfile.Warning, Message: n}})
	}
	switch {
	case u.Load != model.LoadLoaded && refusal != nil:
		message, _, _ := strings.Cut(refusal.Message, " (") // the diagnostics in brackets were told
		v.fail(u, "load", message)
	case refusal != nil:
		v.fail(u, "start", "Failed to create "+u.Name+"/start: "+refusal.Message)
	}
	if u.Load == model.LoadLoaded {
		v.commands(u)
		v.manuals(u)
		v.activated(u)
	}
	v.rules(t, u)
}

// rules holds a target's own file to the rules.
func (v *verifier) rules(t Target, u *model.Unit) {
	data, mode, err := t.Data, fs.FileMode(0), error(nil)
	if data == nil {
		data, mode, err = v.read(t.Path)
	}
	if err != nil {
		v.result.Files = append(v.result.Files, nil) // that it can't be read was said
		return
	}
	file, _ := unitfile.Parse(t.Path, data)
	v.result.Files = append(v.result.Files, file)
	own := *u
	own.Fragment = t.Path
	own.Edges = slices.Clone(u.Edges)
	for i := range own.Edges {
		own.Edges[i].Origin.Path = v.over.shown(own.Edges[i].Origin.Path)
	}
	for _, f := range lint.Check(&lint.Subject{Unit: &own, File: file, Mode: mode, Vendor: v.Vendor}, v.Rules) {
		v.add(Finding{Unit: u.Name, Code: f.Rule.Code, Diagnostic: f.Diagnostic(), Lint: &f})
	}
}
