package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/load"
)

// Runner plays a script in a world.
type Runner struct {
	World *World
	// Always writes the engine's state and reads it back after every event, which must not change anything.
	Always bool

	lines   []line
	log     []port.Log
	removed []string
	replies int
	request port.Request
	jobs    uint32 // that the world installed before the script began
	err     error
}

// NewRunner makes the world of a script.
func NewRunner(s *Script, config engine.Config) *Runner {
	r := &Runner{}
	r.World = New(config, func(m *load.Memory) {
		for _, f := range s.Files {
			place(m, f)
		}
	})
	r.World.Told = r.hear
	r.jobs = r.World.Engine.Totals().InstalledJobs
	return r
}

// place writes a file. "masked" units are links to /dev/null.
func place(m *load.Memory, f File) {
	path := f.Path
	if !strings.HasPrefix(path, "/") {
		path = unitDir + path
	}
	switch {
	case f.Target != "":
		target := f.Target
		if !strings.HasPrefix(target, "/") && strings.Contains(strings.TrimPrefix(path, unitDir), "/") {
			target = unitDir + target
		}
		m.Link(path, target)
	case strings.HasSuffix(path, "/"):
		m.Mkdir(path)
	default:
		m.Write(path, f.Text)
	}
}

// Play runs a script and fills in what its steps lead to. An error is one of the script, with its line.
func Play(s *Script, r *Runner) error {
	for i := range s.Steps {
		step := &s.Steps[i]
		output, err := r.play(step)
		if err != nil {
			return fmt.Errorf("line %d: %w", step.Line, err)
		}
		step.Output = output
	}
	return nil
}

// play runs the commands of a step.
func (r *Runner) play(step *Step) (string, error) {
	r.lines, r.log, r.removed = nil, nil, nil
	for n := 0; n < len(step.Commands); n++ {
		line, body := step.Commands[n], ""
		for n+1 < len(step.Commands) && strings.HasPrefix(step.Commands[n+1], "  ") {
			n++
			body += strings.TrimPrefix(step.Commands[n], "  ") + "\n"
		}
		if err := r.Command(line, body); err != nil {
			return "", err
		}
	}
	return block(r.lines), nil
}

// Command runs one command, with the text that is indented below it.
func (r *Runner) Command(text, body string) error {
	words := fields(text)
	if len(words) == 0 {
		return fmt.Errorf("no command")
	}
	c, ok := verbs()[words[0]]
	if !ok {
		return fmt.Errorf("no command %q", words[0])
	}
	call := call{Runner: r, verb: words[0], body: body}
	for _, w := range words[1:] {
		if option, isOption := strings.CutPrefix(w, "--"); isOption {
			call.options = append(call.options, option)
		} else {
			call.args = append(call.args, w)
		}
	}
	if len(call.args) < c.least {
		return fmt.Errorf("%s: needs %d arguments", words[0], c.least)
	}
	if err := c.run(&call); err != nil {
		return fmt.Errorf("%s: %w", words[0], err)
	}
	return r.err
}

func (r *Runner) say(head, rest string) { r.lines = append(r.lines, line{head, rest}) }

// send gives the engine an event and all that follows from it.
func (r *Runner) send(ev port.Event) {
	w := r.World
	if w.Held {
		w.Step(ev)
		return
	}
	w.Inbox = append(w.Inbox, ev)
	r.run()
}

// maxSteps is more than any command needs.
const maxSteps = 10_000

// run takes what waits, unless it is held.
func (r *Runner) run() {
	w := r.World
	for n := 0; len(w.Inbox) > 0 && !w.Held; n++ {
		w.Take(0)
		if r.Always && r.err == nil {
			r.err = w.Snapshot()
		}
		if n == maxSteps {
			r.err = fmt.Errorf("no end after %d steps", n)
			return
		}
	}
}

// ask is send for a request, which needs a reply.
func (r *Runner) ask(make func(port.Request) port.Event) error {
	r.request++
	before := r.replies
	r.send(make(r.request))
	if r.replies != before+1 {
		return fmt.Errorf("%d replies to one request", r.replies-before)
	}
	return nil
}

// job numbers jobs from 1, whatever the world needed to come up.
func (r *Runner) job(id uint32) uint32 { return id - r.jobs }

// process finds the process that a script means: main, control, or child; the newest one of that role.
func (r *Runner) process(unit, role string) (*Process, error) {
	all := r.World.Of(r.name(unit))
	for _, p := range slices.Backward(all) {
		if p.Role == role {
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s has no %s process", unit, role)
}

// name resolves an alias.
func (r *Runner) name(unit string) string {
	if u := r.World.Engine.Unit(unit); u != nil {
		return u.Unit.Name
	}
	return unit
}
