// Package plan is the command "steward plan VERB UNIT…": what would this command do, and why?
//
// It exists so that nobody has to try a restart on a live machine to learn what it takes along. It must not know how
// transactions are made; package plan does.
package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/steward-init/steward/applet/connect"
	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/offline"
	"github.com/steward-init/steward/plan"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
)

// Exit statuses. Changes is the status of a plan that would do something, as with other tools that plan.
const (
	nothing = 0
	failed  = 1
	changes = 2
)

var options = []ui.Option{
	{Long: "help", Short: "h"},
	{Long: "version"},
	{Long: "system"},
	{Long: "user"},
	{Long: "root", Arg: ui.NeedsArg},
	{Long: "offline"},
	{Long: "job-mode", Arg: ui.NeedsArg},
	{Long: "json", Arg: ui.NeedsArg},
	{Long: "all", Short: "a"},
}

const help = `steward plan [OPTIONS...] VERB UNIT...

Show what a command would do and why, without doing it. A running manager is
asked; where none runs the unit files are read, and nothing counts as started.

Commands that queue jobs:
  start stop reload restart try-restart reload-or-restart
  try-reload-or-restart isolate

  -h --help            Show this help
     --version         Show the version
     --system          Plan for the system's manager (default)
     --user            Plan for the user's manager
     --root=PATH       Read the unit files below a directory, ask no manager
     --offline         Read this machine's unit files, ask no manager
     --job-mode=MODE   What to do with jobs that are queued already
     --json=MODE       Print JSON: pretty, short, or off
  -a --all             List jobs that would find nothing to do, too

Exit status: 0 nothing would be done, 2 something would, 1 it would fail.
`

// command is a command line, understood.
type command struct {
	ui.IO
	help, version         bool
	user, offline, all    bool
	root, json, mode, doc string
	verb                  string
	names                 []string
}

// Run is the command.
func Run(_ context.Context, u ui.IO, args []string) int {
	c := command{IO: u}
	switch err := c.parse(args); {
	case err != nil:
		return u.Fail("%v", err)
	case c.help:
		_, _ = io.WriteString(u.Out, help) // best effort: the reader may have gone
		return nothing
	case c.version:
		fmt.Fprintln(u.Out, ui.Version)
		return nothing
	}
	p, err := c.plan()
	if err == nil {
		err = c.show(p)
	}
	switch {
	case err != nil:
		return u.Fail("%v", err)
	case p.Refused != nil:
		return failed
	case p.Changes():
		return changes
	}
	return nothing
}

// parse reads the command line.
func (c *command) parse(args []string) error {
	given, words, err := ui.Options(args[0], args[1:], options)
	for _, g := range given {
		switch g.Name {
		case "help":
			c.help = true
		case "version":
			c.version = true
		case "system":
			c.user = false
		case "user":
			c.user = true
		case "root":
			c.root = g.Value
		case "offline":
			c.offline = true
		case "all":
			c.all = true
		case "job-mode":
			c.mode = g.Value
		case "json":
			c.json = g.Value
		}
	}
	switch {
	case err != nil || c.help || c.version:
		return err
	case !slices.Contains([]string{"", "pretty", "short", "off"}, c.json):
		return fmt.Errorf("Unknown JSON output mode: %s", c.json)
	case len(words) == 0:
		return errors.New("Which command? \"steward plan --help\" lists them.")
	case len(words) == 1:
		return errors.New("Too few arguments.")
	}
	c.verb, c.names = words[0], words[1:]
	return nil
}

// plan finds out.
func (c *command) plan() (*plan.Plan, error) {
	verb, ok := plan.FindVerb(c.verb)
	if !ok {
		return nil, fmt.Errorf("Unknown command %s: \"steward plan --help\" lists them.", c.verb)
	}
	mode := model.ModeReplace
	if c.mode != "" {
		if mode, ok = model.ParseJobMode(c.mode); !ok {
			return nil, fmt.Errorf("Failed to parse argument to --job-mode=: %s", c.mode)
		}
	}
	if verb.Mode != model.ModeFail {
		mode = verb.Mode
	}
	p := &plan.Plan{Verb: c.verb, Source: "manager", Jobs: []plan.Job{}, Edits: []plan.Edit{}}
	suffix := ".service"
	if c.verb == "isolate" {
		suffix = ".target"
	}
	for _, word := range c.names {
		name, err := unitname.Mangle(word, suffix)
		if err != nil {
			return nil, fmt.Errorf("Failed to mangle unit name: %v", err)
		}
		p.Units = append(p.Units, name)
	}
	if c.root == "" && !c.offline {
		m, err := connect.Open(c.IO, c.user)
		if err == nil {
			defer m.Close()
			return p, ask(m, p, mode)
		}
	}
	o := offline.Options{Root: c.root, User: c.user, Env: c.Getenv}
	loader, bad := o.Loader()
	for _, d := range bad {
		fmt.Fprintln(c.Err, d)
	}
	plan.Offline(loader, o.Mode(), p, verb, mode)
	return p, nil
}

// ask has a manager plan.
func ask(m *connect.Manager, p *plan.Plan, mode model.JobMode) error {
	for _, name := range p.Units {
		r, err := m.Call("StewardPlan", "sss", func(w *dbus.Writer) {
			w.String(p.Verb)
			w.String(name)
			w.String(mode.String())
		})
		switch refusal := connect.Refusal(err); {
		case refusal != nil && refusal.Name == "org.freedesktop.DBus.Error.UnknownMethod":
			return errors.New("The manager that runs here is not steward and can't plan; --offline reads its unit files.")
		case refusal != nil:
			p.Add(nil, nil, &plan.Refusal{Error: refusal.Name, Message: refusal.Text})
			continue
		case err != nil:
			return fmt.Errorf("Failed to ask the manager: %w", err)
		}
		jobs := jobs(r)
		p.Add(jobs, r.StringArray(), nil)
		if err := r.Err(); err != nil {
			return fmt.Errorf("Failed to read the manager's answer: %w", err)
		}
	}
	return nil
}

// jobs reads the jobs in an answer of StewardPlan.
func jobs(r *dbus.Reader) (list []plan.Job) {
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		j := plan.Job{Job: r.String(), Unit: r.String(), State: r.String(), Idle: r.Bool()}
		j.Cause = plan.Cause{Kind: r.String(), Unit: r.String(), Dependency: r.String(), Origin: r.String()}
		j.After = r.StringArray()
		list = append(list, j)
	}
	return list
}

// show prints the plan.
func (c *command) show(p *plan.Plan) error {
	if c.json == "pretty" || c.json == "short" {
		encode := json.NewEncoder(c.Out)
		encode.SetEscapeHTML(false)
		if c.json == "pretty" {
			encode.SetIndent("", "\t")
		}
		return encode.Encode(p)
	}
	for _, note := range p.Notes {
		fmt.Fprintln(c.Err, note)
	}
	if p.Refused != nil {
		fmt.Fprintf(c.Err, "%s %s would fail: %s\n", p.Verb, strings.Join(p.Units, " "), p.Refused.Message)
		return nil
	}
	text := tree(p, c.all)
	if text == "" {
		text = "Nothing would be done.\n"
	}
	_, err := io.WriteString(c.Out, text)
	return err
}
