package conform_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recordOf is the file with what the real systemd did in a scenario.
func recordOf(name string) string { return filepath.Join("testdata", name+".txt") }

// isRecorded says whether there is a record of a scenario as it is now, command by command.
func isRecorded(name string, p *play) bool {
	text, err := os.ReadFile(recordOf(name))
	if err != nil {
		return false
	}
	blocks := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n\n")
	for i, block := range blocks {
		head, _, _ := strings.Cut(block, "\n----")
		if i >= len(p.commands) || head != p.commands[i].text {
			return false
		}
	}
	return len(blocks) == len(p.commands)
}

// write records what the real systemd did: each command, four dashes, what it led to.
func write(t *testing.T, name string, p *play, got [][]string) {
	t.Helper()
	var b strings.Builder
	for i, c := range p.commands {
		b.WriteString(c.text + "\n----\n")
		if i < len(got) {
			for _, line := range got[i] {
				b.WriteString(line + "\n")
			}
		}
		b.WriteString("\n")
	}
	path := recordOf(name)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(strings.TrimSuffix(b.String(), "\n")), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// recorded is what the real systemd did, command by command.
func recorded(t *testing.T, name string, p *play) [][]string {
	t.Helper()
	text, err := os.ReadFile(recordOf(name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no record of %s: run with -update, as root with systemd 252", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for i, block := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n\n") {
		head, body, _ := strings.Cut(block, "\n----")
		if i >= len(p.commands) || head != p.commands[i].text {
			t.Fatalf("the record of %s is of another scenario (command %d is %q): run with -update", name, i+1, head)
		}
		all = append(all, slices.DeleteFunc(strings.Split(body, "\n"), func(s string) bool { return s == "" }))
	}
	return all
}

// reasonOpen stands in for the reason of a difference that nobody has explained yet.
const reasonOpen = "? words of a line of docs/compat.md"

const differencesFile = "testdata/differences.txt"

// TestRecorded holds the simulator against what the real systemd did. Every difference stands in differences.txt below
// a line with its scenario and its reason, which is the words of a line of docs/compat.md: - is steward, + is systemd.
func TestRecorded(t *testing.T) {
	text, err := os.ReadFile(differencesFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	compat, err := os.ReadFile("../docs/compat.md")
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if head, ok := strings.CutPrefix(strings.TrimSpace(line), "== "); ok {
			name, reason, _ := strings.Cut(head, ": ")
			reasons[name] = reason
		}
	}
	var b strings.Builder
	same, different, simulated := 0, 0, 0
	for _, name := range scenarioNames(t) {
		p, reason := load(t, name)
		if reason != "" {
			simulated++
			continue
		}
		if !isRecorded(name, p) {
			t.Errorf("no record of %s as it is now: as root with systemd 252, go test ./conform -run Oracle/%s -update", name,
				name)
			continue
		}
		found := compare(p, p.expectedOfOracle(), recorded(t, name, p))
		if len(found) == 0 {
			same++
			continue
		}
		different++
		if reasons[name] == "" {
			reasons[name] = reasonOpen
		}
		if !strings.Contains(string(compat), reasons[name]) {
			t.Errorf("%s: systemd does otherwise, and %s has no reason out of docs/compat.md:\n%s", name, differencesFile,
				strings.Join(found, "\n"))
		}
		b.WriteString("== " + name + ": " + reasons[name] + "\n" + strings.Join(found, "\n") + "\n\n")
	}
	t.Logf("%d scenarios are the same, %d differ, %d are for the simulator only", same, different, simulated)
	if files, err := filepath.Glob(recordOf("*/*")); err != nil || len(files) > same+different {
		t.Errorf("%d records of %d scenarios: some are of scenarios that are gone (%v)", len(files), same+different, err)
	}
	got := strings.TrimSuffix(b.String(), "\n")
	if *update {
		if err := os.WriteFile(differencesFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != string(text) {
		t.Errorf("differences are not those of %s; run with -update and read the diff. They are:\n%s", differencesFile, got)
	}
}
