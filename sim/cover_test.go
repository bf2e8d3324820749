package sim_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/sim"
)

// uncrossed are edges that nothing can take, with the reason: they stand in the tables because states share edges, or
// because every state that does something must be able to be done.
var uncrossed = map[string]string{
	"service: condition on last process ended → stop-sigterm": "only the end of the command in work counts",
	"service: start-pre on last process ended → stop-sigterm": "only the end of the command in work counts",
	"service: exited on runtime limit → stop":                 "RuntimeMaxSec= is over when the main process is gone",
	"service: reload on failed by is it up?":                  "a reload that failed is done",
	"service: reload-signal on done by is it up?":             "only a notification ends it well",
	"service: reload-signal on failed by is it up?":           "only a notification or a timeout ends it",
	"socket: start-chown on traffic → running":                "nobody looks for traffic before the socket listens",
}

// TestEveryEdgeIsCrossed plays all scenarios and demands that they take every edge of every unit type's table, and
// have every decision come to each of its results.
func TestEveryEdgeIsCrossed(t *testing.T) {
	taken := map[kind.Crossing]bool{}
	eachFile(t, func(path, text string) {
		script, err := sim.Parse(text)
		if err != nil {
			t.Fatal(path, err)
		}
		runner := sim.NewRunner(script, engine.Config{})
		runner.World.Crossings = map[kind.Crossing]bool{}
		if err := sim.Play(script, runner); err != nil {
			t.Fatal(path, err)
		}
		for c := range runner.World.Crossings {
			taken[c.Edge()] = true
			taken[c.Result()] = true
		}
	})
	for n := range len(model.Types()) {
		typ := model.Type(n)
		if kind.Of(typ).Pending {
			continue
		}
		for _, c := range slices.Concat(kind.Crossings(typ), kind.Results(typ)) {
			reason, isKnown := uncrossed[c.String()]
			switch {
			case !taken[c] && !isKnown:
				t.Errorf("no scenario takes %s", c)
			case taken[c] && isKnown:
				t.Errorf("%s is taken, though %s", c, reason)
			}
		}
	}
}

// TestEveryJobIsAsked demands every verb of systemctl that makes a job and every job mode.
func TestEveryJobIsAsked(t *testing.T) {
	var all strings.Builder
	eachFile(t, func(_, text string) { all.WriteString(text) })
	text := all.String()
	for _, verb := range []string{"start", "stop", "restart", "reload", "try-restart", "reload-or-restart",
		"try-reload-or-restart", "isolate", "verify-active", "nop"} {
		if !strings.Contains(text, "\n"+verb+" ") {
			t.Errorf("no scenario has %s", verb)
		}
	}
	for _, mode := range model.JobModes() {
		if !strings.Contains(text, "--mode="+mode) && mode != "isolate" {
			t.Errorf("no scenario has --mode=%s", mode)
		}
	}
}

// eachFile calls f for every scenario.
func eachFile(t *testing.T, f func(path, text string)) {
	t.Helper()
	paths, err := filepath.Glob(scenarios + "/*/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d scenarios: %v", len(paths), err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f(path, string(text))
	}
}
