package bus

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/model"
)

// TestDumpSaysWhatTheUnitSays looks for what distinguishes a unit: its places, its dependencies with their reasons,
// its state, and the settings that are not what they are by themselves.
func TestDumpSaysWhatTheUnitSays(t *testing.T) {
	w := newWorld()
	w.define("plain.service", nil)
	u := w.define("x@y.service", func(u *model.Unit) {
		u.Description, u.Aliases = "An example", []string{"z@y.service"}
		u.Edges = []model.Edge{{Kind: model.After, Unit: "plain.service", Origin: model.Origin{Path: "/x.service", Line: 3}}}
		u.Service.Restart = model.RestartAlways
	})
	u.Service.Commands[model.ExecStart] = command("/bin/true")
	w.Do(startOf(w, "x@y.service"))
	lines := strings.Split(w.server.dump([]string{"x@*"}), "\n")
	for _, want := range []string{"-> Unit x@y.service:", "\tAlias: z@y.service", "\tDescription: An example",
		"\tInstance: y", "\tUnit Load State: loaded", "\tUnit Active State: active", "\tActive Exit Timestamp: n/a",
		"\tPerpetual: no", "\tFragment Path: /etc/systemd/system/x@y.service", "\tAfter: plain.service (/x.service:3)",
		"\tService State: running", "\tResult: success", "\tRestart: always", "\tExecStart: /bin/true"} {
		if n := slices.Index(lines, want); n < 0 || slices.Index(lines[n+1:], want) >= 0 {
			t.Errorf("%q is not there once:\n%s", want, strings.Join(lines, "\n"))
		}
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "\tKillMode:") || strings.Contains(line, "plain.service:") {
			t.Errorf("%q is there", line)
		}
	}
}

// TestDumpInTexts has the same text in one piece and in several, each of which says what it is about.
func TestDumpInTexts(t *testing.T) {
	w := newWorld()
	w.define("one.service", nil).Service.Commands[model.ExecStart] = command("/bin/true")
	w.Do(startOf(w, "one.service"))
	texts := w.server.Dump()
	if got, want := strings.Join(texts, "\n")+"\n", w.server.dump(nil); got != want {
		t.Errorf("in pieces\n%s\nwant\n%s", got, want)
	}
	for i, text := range texts {
		if start := map[bool]string{true: "Manager: ", false: "-> "}[i == 0]; !strings.HasPrefix(text, start) {
			t.Errorf("text %d does not begin with %q: %s", i, start, text)
		}
	}
	if !strings.HasPrefix(texts[len(texts)-1], "-> Unit one.service:\n") {
		t.Errorf("one.service has no text of its own: %q", texts)
	}
}

// TestDumpWordsAreTheOracles has every line about a service that nobody asked for in words that the oracle has, too,
// but for what only we know.
func TestDumpWordsAreTheOracles(t *testing.T) {
	data, err := os.ReadFile("testdata/oracle-dump.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Split(string(data), "\n")
	known = append(known, "State", "Units", "Jobs", "Started because", "-> Unit plain.service", "ExecStart")
	w := newWorld()
	w.define("plain.service", nil).Service.Commands[model.ExecStart] = command("/bin/true")
	w.Do(startOf(w, "plain.service"))
	for line := range strings.SplitSeq(w.server.dump(nil), "\n") {
		name, _, _ := strings.Cut(strings.TrimLeft(line, "\t"), ":")
		if !slices.Contains(known, name) {
			t.Errorf("the oracle has no %q: %s", name, line)
		}
	}
}
