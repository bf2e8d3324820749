package conform_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const scenarios = "../scenario"

// scenarioNames are the names of all scenarios, "topic/claim".
func scenarioNames(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(scenarios, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".txt" {
			name, _ := filepath.Rel(scenarios, strings.TrimSuffix(path, ".txt"))
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	return names
}

// load prepares a scenario.
func load(t *testing.T, name string) (*play, string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(scenarios, name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	p, reason, err := prepare(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return p, reason
}

// on plays a scenario on a side.
func (p *play) on(t *testing.T, s side) (got [][]string, l *lab) {
	t.Helper()
	l = boot(t, s, p)
	for _, c := range p.commands {
		lines, err := l.play1(c)
		if err != nil {
			lines = append(lines, "error   "+err.Error())
		}
		got = append(got, lines)
		if err != nil {
			break
		}
	}
	return got, l
}

// differences are the lines that only one side has, "-" before what was wanted.
func differences(want, got []string) []string {
	var out []string
	left := slices.Clone(got)
	for _, w := range want {
		i := slices.IndexFunc(left, func(g string) bool { return g == w })
		if i < 0 {
			out = append(out, "- "+w)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, g := range left {
		out = append(out, "+ "+g)
	}
	return out
}

// compare says where a side differs from what is wanted, command by command.
func compare(p *play, want, got [][]string) []string {
	var out []string
	for i, c := range p.commands {
		var w, g []string
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if d := differences(w, g); len(d) > 0 {
			out = append(out, c.text)
			out = append(out, d...)
		}
	}
	return out
}

// conflicting is the refusal of a transaction that contradicts itself. Which of the units in it systemd names is a
// matter of its hash tables, and differs from one boot to the next.
var conflicting = regexp.MustCompile(`(contains conflicting jobs '[a-z-]+' and '[a-z-]+' for )\S+(\. Probably)`)

// steady takes out of what the oracle did, and of its record, what is chance. Nothing else is compared by it: steward
// and its simulator have no such excuse.
func steady(commands [][]string) [][]string {
	var out [][]string
	for _, lines := range commands {
		lines = slices.Clone(lines)
		for i := range lines {
			lines[i] = conflicting.ReplaceAllString(lines[i], "${1}UNIT${2}")
		}
		out = append(out, lines)
	}
	return out
}

func (p *play) expected() [][]string {
	var all [][]string
	for _, c := range p.commands {
		all = append(all, c.expect)
	}
	return all
}

// expectedOfOracle is what is expected without the states that only we show, docs/compat.md: a simple service is in
// "start" until it has a process and a socket in "start-chown" until it is open, where systemd does both in one step.
func (p *play) expectedOfOracle() [][]string {
	var all [][]string
	for _, lines := range p.expected() {
		lines = slices.Clone(lines)
		for i, line := range lines {
			switch words := strings.Fields(line); {
			case words[0] != "state":
			case slices.Contains(p.simple, words[1]):
				lines[i] = strings.ReplaceAll(line, " → start → ", " → ")
			case strings.HasSuffix(words[1], ".socket"):
				lines[i] = strings.ReplaceAll(line, " → start-chown → ", " → ")
			}
		}
		all = append(all, lines)
	}
	return all
}

// chosen are the scenarios of a run: all, or of every topic the first that needs neither time to go by nor a core dump.
func chosen(t *testing.T, names []string) []string {
	t.Helper()
	if *playAll || *update {
		return names
	}
	var out []string
	topic := ""
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(scenarios, name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		p, _ := load(t, name)
		slow := strings.Contains(string(text), "\nadvance ") || strings.Contains(string(text), "dumped")
		if filepath.Dir(name) != topic && p != nil && !slow {
			out = append(out, name)
			topic = filepath.Dir(name)
		}
	}
	return out
}

// TestOracle plays scenarios on the real systemd, which must do what testdata says it did.
func TestOracle(t *testing.T) {
	if _, err := os.Stat(oracle); err != nil {
		t.Skip("the oracle is not installed")
	}
	playOn(t, theOracle, func(t *testing.T, name string, p *play) [][]string { return recorded(t, name, p) })
}

// TestSteward plays scenarios on steward, which must do what its simulator does.
func TestSteward(t *testing.T) {
	playOn(t, steward, func(t *testing.T, _ string, p *play) [][]string { return p.expected() })
}

// tries is how often a scenario is played that does not go as it should: what only chance has caused goes away, and
// each time all times are twice as long. What is recorded is the first that the driver could carry out, whatever the
// outcome: a record of the try that agreed would prove nothing.
const tries = 3

func playOn(t *testing.T, s side, want func(*testing.T, string, *play) [][]string) {
	if os.Getuid() != 0 {
		t.Skip("a machine of its own needs root")
	}
	for _, name := range chosen(t, scenarioNames(t)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, reason := load(t, name)
			if reason != "" {
				t.Skip("only in the simulator: " + reason)
			}
			if *update {
				if s.name == theOracle.name {
					p.record(t, name)
				}
				return
			}
			wanted := want(t, name, p)
			var found []string
			for range tries {
				got, l := p.on(t, s)
				if s.name == theOracle.name {
					wanted, got = steady(wanted), steady(got)
				}
				if found = compare(p, wanted, got); len(found) == 0 {
					return
				}
				if *verbose {
					t.Log(l.machine.Console())
				}
				p.scale *= 2
			}
			t.Errorf("%s differs:\n%s", s.name, strings.Join(found, "\n"))
		})
	}
}

// record plays a scenario on the oracle and writes down what it did.
func (p *play) record(t *testing.T, name string) {
	for range tries {
		got, l := p.on(t, theOracle)
		if *verbose {
			t.Log(l.machine.Console())
		}
		last := got[len(got)-1]
		if len(last) == 0 || !strings.HasPrefix(last[len(last)-1], "error ") {
			write(t, name, p, got)
			return
		}
		t.Logf("the driver failed, once more: %s", last[len(last)-1])
		p.scale *= 2
	}
	t.Errorf("the driver failed %d times: nothing is recorded", tries)
}
