package conform_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/sim"
	"github.com/steward-init/steward/syntax/span"
)

// command is one command of a scenario, and what it leads to in the words that all sides have.
type command struct {
	text, body string
	expect     []string
}

func (c command) words() []string { return fields(c.text) }

// play is a scenario ready to be played: a command at a time, with all times multiplied by scale.
type play struct {
	script   *sim.Script
	commands []command
	simple   []string // services that are up as soon as they have a process
	scale    float64
}

// onlySimulated are verbs that need a world which does what it is told: nobody makes a real kernel refuse a process or
// answer late.
var onlySimulated = map[string]string{
	"hold": "answers of the world that come late", "take": "answers of the world that come late",
	"release": "answers of the world that come late", "stray": "events that are not so",
	"spawn-fails": "a kernel that makes no process", "condition": "conditions that change by order",
	"bus-name": "needs a message bus", "oom-kill": "a kernel that is out of memory",
	"hang-up":   "needs the other end of a stored descriptor",
	"transient": "not said in D-Bus calls yet", "ref": "needs a message bus", "unref": "needs a message bus",
	"vanish": "needs a message bus", "abandon": "needs a scope", "boot": "a job of the manager's own",
	"clean": "nobody holds the process that cleans: e2e.TestClean is beside the oracle",
	"load":  "not said in D-Bus calls yet", "traffic": "needs a client of the socket",
}

// newer are settings that systemd 252 does not have, and types that need what the machine has not.
var newer = []string{"Type=notify-reload", "RestartMode=", "RestartSteps=", "RestartMaxDelaySec=", "ReloadSignal=",
	"BusName=", "FileDescriptorStorePreserve=", "NOTIFYACCESS="}

// constant are settings with times that no setting changes.
var constant = []string{"Type=idle", "Upholds="}

// prepare splits a scenario into single commands and lets the simulator say what each leads to. reason is not "" where
// a scenario can be played in the simulator only.
func prepare(text string) (p *play, reason string, err error) {
	script, err := sim.Parse(text)
	if err != nil {
		return nil, "", err
	}
	for _, setting := range []string{"FailureAction=", "SuccessAction=", "StartLimitAction=", "JobTimeoutAction="} {
		if strings.Contains(text, "\n"+setting) {
			return nil, setting + ": ends the machine", nil
		}
	}
	for _, setting := range newer {
		if strings.Contains(text, "\n"+setting) || strings.Contains(text, " "+setting) {
			return nil, setting + ": not in systemd 252, or needs a message bus", nil
		}
	}
	single := &sim.Script{Claim: script.Claim, Files: script.Files}
	for _, step := range script.Steps {
		split(single, step)
	}
	p = &play{script: script}
	var advances []span.Span
	for _, step := range single.Steps {
		words := fields(step.Commands[0])
		if why := onlySimulated[words[0]]; why != "" {
			return nil, words[0] + ": " + why, nil
		}
		if words[0] == "exec-fails" && words[2] != "203" {
			return nil, "exec-fails: a step of the sandbox that fails", nil
		}
		if words[0] == "advance" {
			d, err := span.Parse(strings.Join(words[1:], " "))
			if err != nil {
				return nil, "", err
			}
			advances = append(advances, d)
		}
	}
	if len(advances) > 0 && slices.Max(advances) > min(60*slices.Min(advances), 10*span.Minute) {
		return nil, "advance: times too far apart to wait for", nil
	}
	p.scale = scale(advances)
	if slices.ContainsFunc(constant, func(setting string) bool { return strings.Contains(text, "\n"+setting) }) {
		p.scale = 1
	}
	runner := sim.NewRunner(single, engine.Config{})
	told := runner.World.Told
	runner.World.Told = func(h sim.Happening) {
		if s, ok := h.Effect.(port.Spawn); ok && s.Kind == model.ExecStart && !slices.Contains(p.simple, s.Unit.Name) &&
			s.Unit.Service.Type == model.ServiceSimple {
			p.simple = append(p.simple, s.Unit.Name)
		}
		told(h)
	}
	if err := sim.Play(single, runner); err != nil {
		return nil, "", err
	}
	failing := ""
	for _, step := range single.Steps {
		c := command{text: step.Commands[0], expect: canonical(step.Output, failing)}
		for _, line := range step.Commands[1:] {
			c.body += strings.TrimPrefix(line, "  ") + "\n"
		}
		if w := c.words(); w[0] == "exec-fails" {
			failing = w[1]
		} else if strings.Contains(step.Output, failing) {
			failing = ""
		}
		if c.words()[0] == "daemon-reload" || len(c.expect) > 0 || c.words()[0] != "show" {
			p.commands = append(p.commands, c)
		}
	}
	return p, "", nil
}

// split adds the commands of a step one by one, and then asks for what is left of each service that changed.
func split(single *sim.Script, step sim.Step) {
	for n := 0; n < len(step.Commands); n++ {
		one := sim.Step{Line: step.Line, Commands: []string{step.Commands[n]}}
		for n+1 < len(step.Commands) && strings.HasPrefix(step.Commands[n+1], "  ") {
			n++
			one.Commands = append(one.Commands, step.Commands[n])
		}
		if !slices.Contains(unseen, fields(one.Commands[0])[0]) {
			single.Steps = append(single.Steps, one)
		}
	}
	var seen []string
	for line := range strings.Lines(step.Output) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		ends := strings.HasSuffix(rest, "→ dead") || !strings.Contains(rest, "→")
		if strings.HasSuffix(name, ".service") && !slices.Contains(seen, name) && !ends {
			seen = append(seen, name)
			single.Steps = append(single.Steps, sim.Step{Line: step.Line,
				Commands: []string{"show " + name + " ActiveState SubState Result ExecMain NRestarts"}})
		}
	}
}

// unseen are commands that print what no client can see.
var unseen = []string{"timers", "forgotten", "plan", "snapshot", "log"}

// scale makes the shortest wait long enough for a busy machine and the sum of all short enough for us.
func scale(advances []span.Span) float64 {
	if len(advances) == 0 {
		return 20
	}
	least, sum := slices.Min(advances), span.Span(0)
	for _, d := range advances {
		sum += d
	}
	return min(1.5*float64(span.Second)/float64(least), 16*float64(span.Second)/float64(sum))
}

var (
	timed    = regexp.MustCompile(`(?m)^(\w*Sec|StartLimitInterval|EXTEND_TIMEOUT_USEC|WATCHDOG_USEC)=(.*)$`)
	sleeping = regexp.MustCompile(`(?m)(/sleep) (\S+)`)
	executed = regexp.MustCompile(`(?m)^(?:Exec\w+|ReloadSignal)=[-@:+!]*(/\S+)`)
)

// scaled is a text with its times multiplied.
func (p *play) scaled(text string) string {
	text = timed.ReplaceAllStringFunc(text, func(line string) string {
		name, value, _ := strings.Cut(line, "=")
		if strings.HasSuffix(name, "_USEC") {
			value += "us"
		}
		d, err := span.Parse(value)
		if err != nil || d == 0 || d == span.Infinity {
			return line
		}
		micro := int64(float64(d) * p.scale)
		if strings.HasSuffix(name, "_USEC") {
			return fmt.Sprintf("%s=%d", name, micro)
		}
		return fmt.Sprintf("%s=%dus", name, micro)
	})
	return sleeping.ReplaceAllStringFunc(text, func(word string) string {
		m := sleeping.FindStringSubmatch(word)
		d, err := span.Parse(m[2])
		if err != nil {
			return word
		}
		return fmt.Sprintf("%s %dus", m[1], int64(float64(d)*p.scale))
	})
}

// programs are the commands of the scenario's units.
func (p *play) programs() []string {
	text := ""
	for _, f := range p.script.Files {
		text += f.Text
	}
	for _, c := range p.commands {
		text += c.body
	}
	var all []string
	for _, m := range executed.FindAllStringSubmatch(text, -1) {
		if path := m[1]; !slices.Contains(all, path) && filepath.Base(path) != "sh" && !strings.Contains(path, "%") {
			all = append(all, path)
		}
	}
	return all
}

// fields splits a command at spaces; quotes keep a text together.
func fields(line string) []string {
	var out []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 && len(out) > 0 {
			out[len(out)-1] += part
			continue
		}
		words := strings.Fields(part)
		if strings.HasSuffix(part, " ") && i%2 == 0 && strings.Contains(line, `"`) {
			words = append(words, "")
		}
		out = append(out, words...)
	}
	return slices.DeleteFunc(out, func(w string) bool { return w == "" })
}

// canonical is the part of a simulator's output that can be seen from outside, unit by unit. failing is a unit whose
// command can't be executed, so that nobody tells of it.
func canonical(output, failing string) []string {
	r := &record{}
	for line := range strings.Lines(output) {
		head, rest, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		rest = strings.TrimSpace(rest)
		words := strings.Fields(rest)
		switch head {
		case "spawn":
			if words[0] != failing {
				r.spawn(words[0], words[2:])
			}
		case "job":
			r.lines = append(r.lines, "job     "+strings.Join(words[1:], " "))
		case "queued":
			text, _, _ := strings.Cut(strings.Join(words[1:], " "), " after ")
			r.lines = append(r.lines, "queued  "+text)
		case "refused":
			r.lines = append(r.lines, "refused "+rest)
		case "env":
			r.lines = append(r.lines, "env     "+environmentLine(rest))
		case "elapsed", "timer", "kill", "exit", "await", "guess", "watch", "act", "preserve", "forgotten", "store",
			"close", "plan", "log":
		default:
			if strings.Contains(rest, " → ") {
				for i, sub := range strings.Split(rest, " → ") {
					r.move(head, sub, i == 0)
				}
			} else if !unsaid(rest) {
				r.lines = append(r.lines, "show    "+head+" "+rest)
			}
		}
	}
	return r.all()
}

// unsaid are properties that only the simulator has, or whose value is a time.
func unsaid(assignment string) bool {
	name, _, _ := strings.Cut(assignment, "=")
	return slices.Contains([]string{"Cause", "Job", "RestartUSecNext", "WatchdogUSec", "StatusBusError", "is",
		"References", "ReferencedBy"}, strings.Fields(name)[0])
}

// environmentLine hides what is different each time.
func environmentLine(line string) string {
	name, _, _ := strings.Cut(line, "=")
	if strings.HasSuffix(name, "PID") || strings.HasSuffix(name, "INVOCATION_ID") {
		return name + "=…"
	}
	return line
}

// record is what happens while a command is carried out.
type record struct {
	units  []string
	chains map[string][]string
	spawns []string
	lines  []string
}

// move adds a state of a unit. from says that it is the one it was in before.
func (r *record) move(unit, sub string, from bool) {
	if r.chains == nil {
		r.chains = map[string][]string{}
	}
	chain := r.chains[unit]
	if chain == nil {
		r.units = append(r.units, unit)
	}
	if from && len(chain) > 0 && chain[len(chain)-1] == sub {
		return
	}
	r.chains[unit] = append(chain, sub)
}

func (r *record) spawn(unit string, argv []string) {
	if strings.HasSuffix(argv[0], "/sleep") {
		argv = argv[:1] // its time is scaled
	}
	argv = slices.DeleteFunc(slices.Clone(argv), func(w string) bool { return strings.HasPrefix(w, "fd:") })
	r.spawns = append(r.spawns, "spawn   "+unit+" "+strings.Join(argv, " "))
}

// all is the record as lines in an order that does not depend on chance.
func (r *record) all() []string {
	var all []string
	for _, unit := range r.units {
		all = append(all, "state   "+unit+" "+strings.Join(r.chains[unit], " → "))
	}
	all = append(all, r.spawns...)
	all = append(all, r.lines...)
	slices.Sort(all)
	return all
}
