package sim_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/sim"
)

var update = flag.Bool("update", false, "write what the scenarios lead to into their files")

// maxLines is the length of a scenario that somebody still reads.
const maxLines = 120

const scenarios = "../scenario"

// eachScenario calls f for every scenario, by its path.
func eachScenario(t *testing.T, f func(t *testing.T, path, text string)) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(scenarios, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".txt" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		name, _ := filepath.Rel(scenarios, strings.TrimSuffix(path, ".txt"))
		t.Run(name, func(t *testing.T) { f(t, path, string(text)) })
		return nil
	})
	if err != nil || seen == 0 {
		t.Fatalf("%d scenarios: %v", seen, err)
	}
}

// TestScenarios plays every scenario and compares what happens with what it says.
func TestScenarios(t *testing.T) {
	eachScenario(t, func(t *testing.T, path, text string) {
		script, err := sim.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := sim.Play(script, sim.NewRunner(script, engine.Config{})); err != nil {
			t.Fatal(err)
		}
		got := script.Format()
		if *update && got != text {
			if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
			return
		}
		if got != text {
			t.Errorf("it happens otherwise (run with -update and read the diff):\n%s", got)
		}
		if n := strings.Count(got, "\n"); n > maxLines {
			t.Errorf("%d lines, at most %d: it is two scenarios", n, maxLines)
		}
	})
}

// TestScenariosSurviveSnapshots plays every scenario with the state written down and read back after every event.
func TestScenariosSurviveSnapshots(t *testing.T) {
	eachScenario(t, func(t *testing.T, _, text string) {
		script, err := sim.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		runner := sim.NewRunner(script, engine.Config{})
		runner.Always = true
		if err := sim.Play(script, runner); err != nil {
			t.Fatal(err)
		}
		if got := script.Format(); got != text {
			t.Errorf("it happens otherwise:\n%s", got)
		}
	})
}
