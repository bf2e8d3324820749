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
	"github.com/steward-init/steward/image"
	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/load"
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
	{Long: "root", Arg: ui.NeedsArg}, {Long: "image", Arg: ui.NeedsArg},
	{Long: "offline"},
	{Long: "job-mode", Arg: ui.NeedsArg},
	{Long: "json", Arg: ui.NeedsArg},
	{Long: "all", Short: "a"},
	{Long: "now"}, {Long: "runtime"}, {Long: "force", Short: "f"}, {Long: "global"},
	{Long: "preset-mode", Arg: ui.NeedsArg},
}

const help = `steward plan [OPTIONS...] VERB UNIT...

Show what a command would do and why, without doing it. A running manager is
asked; where none runs the unit files are read, and nothing counts as started.
Each unit is planned by itself, from the state that everything is in now.

Commands that queue jobs:
  start stop reload restart try-restart reload-or-restart
  try-reload-or-restart isolate default rescue emergency halt
  poweroff reboot kexec exit suspend hibernate hybrid-sleep
  suspend-then-hibernate

Commands that edit unit files, which are read here in any case:
  enable disable reenable preset preset-all mask unmask link revert
  add-wants add-requires set-default

  -h --help            Show this help
     --version         Show the version
     --system          Plan for the system's manager (default)
     --user            Plan for the user's manager
     --root=PATH       Read the unit files below a directory, ask no manager
     --image=PATH      Read those in a disk image, ask no manager
     --offline         Read this machine's unit files, ask no manager
     --job-mode=MODE   What to do with jobs that are queued already
     --json=MODE       Print JSON: pretty, short, or off
     --global          Plan edits for all users
     --runtime         Plan edits until the next boot
  -f --force           Plan edits that replace other symlinks
     --now             Plan what enable starts, and disable and mask stop, too
     --preset-mode=full|enable-only|disable-only
                       What presets may do
  -a --all             List jobs that would find nothing to do, too

Exit status: 0 nothing would be done, 2 something would, 1 it would fail.
`

// command is a command line, understood.
type command struct {
	ui.IO
	help, version      bool
	user, offline, all bool
	now, global        bool
	root, json, mode   string
	image              string
	verb               string
	names              []string
	edits              install.Options
	presetMode         install.PresetMode
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
	if c.image == "" {
		return c.tell()
	}
	opened, err := image.Open(c.image, image.Options{ReadOnly: true, AnyFiles: true})
	if err != nil {
		return u.Fail("%v", err)
	}
	c.root = opened.Directory()
	status := c.tell()
	if err := opened.Close(); err != nil {
		return u.Fail("%v", err)
	}
	return status
}

// tell plans, and prints it.
func (c *command) tell() int {
	p, err := c.plan()
	if err == nil {
		err = c.show(p)
	}
	switch {
	case err != nil:
		return c.Fail("%v", err)
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
		case "image":
			c.image = g.Value
		case "offline":
			c.offline = true
		case "all":
			c.all = true
		case "job-mode":
			c.mode = g.Value
		case "json":
			c.json = g.Value
		case "now":
			c.now = true
		case "runtime":
			c.edits.Runtime = true
		case "force":
			c.edits.Force = true
		case "global":
			c.global, c.user = true, true
		case "preset-mode":
			c.presetMode = install.PresetMode(g.Value)
		}
	}
	switch {
	case err != nil || c.help || c.version:
		return err
	case !slices.Contains([]string{"", "pretty", "short", "off"}, c.json):
		return fmt.Errorf("Unknown JSON output mode: %s", c.json)
	case c.image != "" && c.root != "":
		return errors.New("Please specify either --root= or --image=, the combination of both is not supported.")
	case len(words) == 0:
		return errors.New("Which command? \"steward plan --help\" lists them.")
	case c.presetMode != "" && !c.presetMode.Valid():
		return fmt.Errorf("Failed to parse preset mode: %s", c.presetMode)
	}
	c.verb, c.names = words[0], words[1:]
	return c.count()
}

// plan finds out.
func (c *command) plan() (*plan.Plan, error) {
	p := &plan.Plan{Verb: c.verb, Units: []string{}, Source: "files", Jobs: []plan.Job{}, Edits: []plan.Edit{}}
	verb, queues := plan.FindVerb(c.verb)
	edits := slices.Contains(install.Verbs(), c.verb)
	mode := model.ModeReplace
	if c.mode != "" {
		var ok bool
		if mode, ok = model.ParseJobMode(c.mode); !ok {
			return nil, fmt.Errorf("Failed to parse argument to --job-mode=: %s", c.mode)
		}
	}
	if verb.Mode != model.ModeFail {
		mode = verb.Mode
	}
	if err := c.mangle(p); err != nil {
		return nil, err
	}
	if verb.Unit != "" {
		p.Units = []string{verb.Unit}
	}
	if edits {
		c.edit(p)
		verb, queues = c.nowVerb()
	}
	if !queues || p.Refused != nil {
		return p, nil
	}
	return p, c.jobs(p, verb, mode)
}

// files is where unit files are.
func (c *command) files() offline.Options {
	return offline.Options{Root: c.root, User: c.user, Env: c.Getenv}
}

// edit plans what the command changes in unit files.
func (c *command) edit(p *plan.Plan) {
	o := c.files()
	path := o.Path()
	if c.global {
		path = load.Global()
	}
	view := install.New(o.Files(), path, o.Machine(), nil)
	edits, err := view.Plan(install.Request{Verb: c.verb, Names: p.Units, Options: c.edits,
		Presets: install.ReadPresets(o.Files(), o.Mode()), Mode: c.presetMode})
	if err != nil {
		p.Refuse(err)
		return
	}
	p.Edit(edits)
}

// nowVerb is what --now does besides editing.
func (c *command) nowVerb() (plan.Verb, bool) {
	if !c.now {
		return plan.Verb{}, false
	}
	switch c.verb {
	case "enable", "reenable":
		return plan.FindVerb("start")
	case "disable", "mask":
		return plan.FindVerb("stop")
	}
	return plan.Verb{}, false
}

// jobs plans jobs: a manager is asked, or the files.
func (c *command) jobs(p *plan.Plan, verb plan.Verb, mode model.JobMode) error {
	if c.root == "" && !c.offline {
		if m, err := connect.Open(c.IO, c.user); err == nil {
			defer m.Close()
			p.Source = "manager"
			if err := match(m, p); err != nil {
				return err
			}
			return ask(m, p, verb, mode)
		}
	}
	p.Units = slices.DeleteFunc(p.Units, unitname.IsGlob) // they stand for what is loaded, and nothing is
	loader, bad := c.files().Loader()
	for _, d := range bad {
		fmt.Fprintln(c.Err, d)
	}
	plan.Offline(loader, c.files().Mode(), p, verb, mode)
	return nil
}

// ask has a manager plan.
func ask(m *connect.Manager, p *plan.Plan, verb plan.Verb, mode model.JobMode) error {
	for _, name := range p.Units {
		r, err := m.Call("StewardPlan", "sss", func(w *dbus.Writer) {
			w.String(verb.Name)
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
		fmt.Fprintf(c.Err, "%s would fail: %s\n", strings.Join(append([]string{p.Verb}, p.Units...), " "),
			p.Refused.Message)
		return nil
	}
	text := edits(p) + tree(p, c.all)
	if text == "" {
		text = "Nothing would be done.\n"
	}
	_, err := io.WriteString(c.Out, text)
	return err
}
