package analyze

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// beside runs command lines of systemd-analyze in place, ours and the oracle's, and compares them.
type beside struct {
	t                   *testing.T
	manager             *fakeManager
	socket, ours, other string
}

func besideOracle(t *testing.T) *beside {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a mount namespace of its own needs root")
	}
	other, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("the oracle's systemd-analyze is not installed")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := &beside{t: t, manager: newFake(), ours: filepath.Join(t.TempDir(), "systemd-analyze"), other: other}
	if err := os.Symlink(self, b.ours); err != nil {
		t.Fatal(err)
	}
	b.socket = b.manager.listen(t)
	return b
}

// second is one, in µs.
const second = 1000000

// newFake is a manager that started a machine: 9 s of firmware with 2 s of loader at their end, 3 s of kernel, 7 s of
// initrd, 10 s of userspace.
func newFake() *fakeManager {
	f := &fakeManager{dump: "the dump\n", texts: map[string]string{"LogLevel": "info", "LogTarget": "journal"},
		times: map[string]uint64{}}
	for _, name := range []string{"KernelTimestamp", "InitRDSecurityStart", "InitRDSecurityFinish",
		"InitRDGeneratorsStart", "InitRDGeneratorsFinish", "InitRDUnitsLoadStart", "InitRDUnitsLoadFinish"} {
		f.stage(strings.TrimSuffix(name, "Timestamp"), 0)
	}
	f.times["KernelTimestamp"] = 5
	for i, name := range []string{"Firmware", "Loader", "InitRD", "Userspace", "SecurityStart", "SecurityFinish",
		"GeneratorsStart", "GeneratorsFinish", "UnitsLoadStart", "UnitsLoadFinish", "Finish"} {
		at := []float64{9, 2, 3, 10, 10.001, 10.01, 10.02, 10.1, 10.11, 10.2, 20}[i]
		f.stage(name, uint64(at*second))
	}
	return f
}

// stage sets one of the manager's times.
func (f *fakeManager) stage(name string, at uint64) { f.times[name+"TimestampMonotonic"] = at }

// container makes the manager one whose clock ran long before.
func (f *fakeManager) container() {
	for _, name := range []string{"Firmware", "Loader", "InitRD", "SecurityStart", "SecurityFinish"} {
		f.stage(name, 0)
	}
}

// both runs a command line on both sides.
func (b *beside) both(line string) (got, want result) {
	b.t.Helper()
	command := func(path string) string { return strings.ReplaceAll(line, "ANALYZE", path) }
	return inPlace(b.t, b.socket, command(b.ours)), inPlace(b.t, b.socket, command(b.other))
}

// same compares command lines.
func (b *beside) same(lines ...string) {
	b.t.Helper()
	for _, line := range lines {
		b.manager.set = nil
		got, want := b.both(line)
		if got != want {
			b.t.Errorf("%s:\n got %d %s%s\nwant %d %s%s", line, got.status, got.out, got.err, want.status, want.out, want.err)
		}
		if n := len(b.manager.set); n%2 != 0 || n > 0 && !slices.Equal(b.manager.set[:n/2], b.manager.set[n/2:]) {
			b.t.Errorf("%s: set %q", line, b.manager.set)
		}
	}
}

// someUnits is a world with what makes a difference: units that were started before the manager, that are not up yet,
// that did their work, failed, or wait for each other in a circle.
func someUnits() []*fakeUnit {
	return []*fakeUnit{
		{id: "default.target", active: "active", exited: 13 * second, activated: 13 * second, lists: map[string][]string{
			"After": {"a.service", "b.service", "c.service", "x.service"}, "Requires": {"a.service"}}},
		{id: "a.service", active: "active", exited: 11 * second, activated: 12 * second, lists: map[string][]string{
			"After": {"d.service", "e.service", "default.target"}, "Requires": {"e.service"}, "Wants": {"w.service"},
			"Conflicts": {"k.service"}, "Requisite": {"q.service"}}},
		{id: "b.service", active: "activating", exited: 11 * second},
		{id: "c.service", active: "failed", exited: 11 * second, deactivated: 12*second + 500},
		{id: "d.service", active: "inactive", exited: 11 * second, activated: 11*second + 50,
			deactivating: 11*second + 70, deactivated: 12*second + 500},
		{id: "e.service", active: "active", exited: 10 * second, activated: 11*second + 50, lists: map[string][]string{
			"After": {"g.service", "h.service"}}},
		{id: "g.service", active: "active", exited: 10 * second, activated: 10 * second},
		{id: "h.service", active: "active", exited: 10*second + 1, activated: 10*second + 1},
		{id: "late.service", active: "active", exited: 30 * second, activated: 31 * second},
		{id: "idle.service", active: "inactive"},
	}
}

// TestLiveBesideOracle compares every verb that asks a manager, what it prints, where, and what it changes.
func TestLiveBesideOracle(t *testing.T) {
	b := besideOracle(t)
	b.manager.units = someUnits()
	b.same("ANALYZE", "ANALYZE time", "ANALYZE blame", "ANALYZE critical-chain", "ANALYZE critical-chain --fuzz=2s",
		"SYSTEMD_COLORS=1 ANALYZE critical-chain a.service e.service nix.service g.service",
		"ANALYZE dot", "ANALYZE dot a", "ANALYZE dot a.service", "ANALYZE dot --order '*.target'", "ANALYZE dot --require",
		"ANALYZE dot --from-pattern='a*' '*.target'", "ANALYZE dot --to-pattern='a*'",
		"ANALYZE dot --require --order e.service",
		"ANALYZE dot --from-pattern=e.service --to-pattern=h.service", "SYSTEMD_COLORS=1 ANALYZE dot --quiet nothing",
		"ANALYZE dump", "ANALYZE log-level", "ANALYZE log-level debug", "ANALYZE log-level bad", "ANALYZE log-level a b",
		"ANALYZE log-target", "ANALYZE log-target console", "ANALYZE service-watchdogs", "ANALYZE service-watchdogs no",
		"ANALYZE service-watchdogs bad", "ANALYZE get-log-level", "ANALYZE get-log-level 1", "ANALYZE set-log-level",
		"ANALYZE set-log-level err", "ANALYZE get-log-target", "ANALYZE set-log-target kmsg", "ANALYZE blame x",
		"ANALYZE time x", "ANALYZE plot x", "ANALYZE service-watchdogs 1 2", "ANALYZE --global dot a.service",
		"TERM=xterm SYSTEMD_PAGER=cat script -qc 'ANALYZE critical-chain --no-pager' /dev/null",
		"TERM=xterm script -qc 'ANALYZE dot a.service' /dev/null",
		"TERM=xterm script -qc 'ANALYZE blame --no-pager' /dev/null")
	b.manager.units[0].activated = 0
	b.same("ANALYZE", "ANALYZE critical-chain")
	b.manager.units = someUnits()
	b.manager.container()
	b.same("ANALYZE", "ANALYZE --user", "ANALYZE --user blame", "ANALYZE blame", "ANALYZE --user critical-chain")
	b.manager.stage("Finish", 0)
	b.same("ANALYZE", "SYSTEMD_COLORS=1 ANALYZE --user blame", "ANALYZE plot", "ANALYZE critical-chain",
		"ANALYZE dot a.service")
	b.manager.texts = nil
	b.same("ANALYZE log-level", "ANALYZE log-target", "ANALYZE log-level debug")
}

// TestNoManager is what is said where there is none.
func TestNoManager(t *testing.T) {
	b := besideOracle(t)
	b.same("rm -r /run/systemd; umount /run/systemd/private; ANALYZE")
	for _, verb := range []string{"time", "blame", "critical-chain", "plot", "dot", "dump", "log-level",
		"service-watchdogs"} {
		b.same("umount /run/systemd/private; rm /run/systemd/private; ANALYZE " + verb)
	}
	b.same("umount /run/systemd/private; rm -r /run/systemd; ANALYZE", "unset XDG_RUNTIME_DIR; ANALYZE --user")
}

// randomUnits makes a world up. All began after the manager did: what was before comes to 584542 years in the oracle.
func randomUnits(rnd *rand.Rand) []*fakeUnit {
	list := make([]*fakeUnit, 3+rnd.IntN(12))
	name := func(i int) string {
		if i == 0 {
			return "default.target"
		}
		return fmt.Sprintf("u%d.service", i)
	}
	moment := func(after uint64) uint64 {
		return after + []uint64{0, 1, 70, 1500, 250_000, 999_999, second, 3 * second, 70 * second}[rnd.IntN(9)]
	}
	for i := range list {
		u := &fakeUnit{id: name(i), active: "active", lists: map[string][]string{}}
		u.exited = moment(uint64(10+rnd.IntN(15)) * second)
		u.activated = moment(u.exited)
		if rnd.IntN(4) == 0 {
			u.deactivating = moment(u.activated)
			u.deactivated = moment(u.deactivating)
		}
		switch rnd.IntN(8) {
		case 0:
			u.activated = 0
		case 1:
			u.exited, u.activated, u.deactivating, u.deactivated = 0, 0, 0, 0
		}
		for range rnd.IntN(6) {
			u.lists["After"] = append(u.lists["After"], name(rnd.IntN(len(list)+1)))
		}
		slices.Sort(u.lists["After"])
		u.lists["After"] = slices.Compact(u.lists["After"])
		list[i] = u
	}
	return list
}

// TestRandomStartsBesideOracle compares times, blame and chains of made-up starts.
func TestRandomStartsBesideOracle(t *testing.T) {
	b := besideOracle(t)
	for seed := range uint64(12) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		*b.manager = fakeManager{times: newFake().times}
		if rnd.IntN(2) == 0 {
			b.manager.container()
		}
		b.manager.units = randomUnits(rnd)
		b.same("ANALYZE", "ANALYZE critical-chain --fuzz="+[]string{"0", "1s", "5s", "1h"}[rnd.IntN(4)])
		got, want := b.both("ANALYZE blame")
		if sortedLines(got.out) != sortedLines(want.out) || inOrder(got.out) != inOrder(want.out) {
			t.Errorf("seed %d, blame:\n got %s\nwant %s", seed, got.out, want.out)
		}
	}
}

func sortedLines(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// inOrder is the first column: units that took as long as each other have no order.
func inOrder(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, "abcdefghijklmnopqrstuvwxyz.0123456789\n") + "\n")
	}
	return b.String()
}

// TestPlotBesideOracle compares the rows of the picture.
func TestPlotBesideOracle(t *testing.T) {
	b := besideOracle(t)
	b.manager.units = someUnits()
	for _, line := range []string{"ANALYZE plot", "ANALYZE --user plot"} {
		got, want := b.both(line)
		if got.err != want.err || got.status != want.status {
			t.Errorf("%s: %d %s, want %d %s", line, got.status, got.err, want.status, want.err)
		}
		if g, w := labels(t, got.out), labels(t, want.out); !slices.Equal(g, w) {
			t.Errorf("%s:\n got %q\nwant %q", line, g, w)
		}
		b.manager.container()
	}
}

// labels are the texts of a picture, but those of the scale and the two lines at its head.
func labels(t *testing.T, svg string) []string {
	t.Helper()
	var list []string
	d := xml.NewDecoder(strings.NewReader(svg))
	for skip := true; ; {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			slices.Sort(list)
			return list
		case err != nil:
			t.Fatalf("%v\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			skip = token.Name.Local != "text"
			for _, a := range token.Attr {
				skip = skip || a.Value == "sec" || a.Value == "scale"
			}
		case xml.CharData:
			text := strings.TrimSpace(string(token))
			machine := strings.HasPrefix(text, "Startup ") || strings.HasSuffix(text, " in userspace.") ||
				strings.Contains(text, " (") && !strings.HasSuffix(text, "s)")
			if !skip && text != "" && !machine {
				list = append(list, text)
			}
		}
	}
}

// TestUserManager is what is printed of a manager of a user's, without the oracle.
func TestUserManager(t *testing.T) {
	f := newFake()
	f.units = someUnits()
	env := map[string]string{"XDG_RUNTIME_DIR": filepath.Dir(filepath.Dir(f.listen(t)))}
	for _, c := range []struct{ line, want string }{
		{"time", "Startup finished in 10s (userspace) \ndefault.target reached after 3s in userspace.\n"},
		{"blame", "1.000s c.service\n    1s a.service\n    1s late.service\n  50us d.service\n"},
		{"critical-chain a.service", "The time when unit became active or started is printed after the \"@\" character.\n" +
			"The time the unit took to start is printed after the \"+\" character.\n\n" +
			"a.service +1s\n└─default.target @3s\n  └─a.service @1s +1s\n    └─...\n"},
		{"dot --order --from-pattern=e*", "digraph systemd {\n\t\"e.service\"->\"g.service\" [color=\"green\"];\n" +
			"\t\"e.service\"->\"h.service\" [color=\"green\"];\n}\n"},
		{"dump", "the dump\n"}, {"dump x *", "x.service\n*\n"}, {"service-watchdogs", "yes\n"}, {"log-level", "info\n"},
	} {
		got := ours(env, append([]string{"--user"}, strings.Fields(c.line)...)...)
		if got.out != c.want || got.status != 0 {
			t.Errorf("%s: status %d %s\n got %s\nwant %s", c.line, got.status, got.err, got.out, c.want)
		}
	}
	f.stage("Finish", 0)
	if got := ours(env, "--user", "blame"); got.status != 1 || !strings.Contains(got.err, "'systemctl --user list-jobs'") {
		t.Errorf("a start under way: status %d, %s", got.status, got.err)
	}
	if got := ours(env, "--user", "-M", "x", "blame"); got.status != 1 || !strings.Contains(got.err, "not supported") {
		t.Errorf("--machine=: status %d, %s", got.status, got.err)
	}
}

// TestPlotEscapes draws names that are none.
func TestPlotEscapes(t *testing.T) {
	f := newFake()
	for _, name := range []string{"a&b.service", "<script>.service", "\"'.service", "]]>.service", "a\x1b\\x2d.service"} {
		f.units = append(f.units, &fakeUnit{id: name, exited: 11 * second, activated: 12 * second})
	}
	env := map[string]string{"XDG_RUNTIME_DIR": filepath.Dir(filepath.Dir(f.listen(t)))}
	got := labels(t, ours(env, "--user", "plot").out)
	for _, want := range []string{"a&b.service (1s)", "<script>.service (1s)", "\"'.service (1s)", "]]>.service (1s)",
		"a\ufffd\\x2d.service (1s)"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among %q", want, got)
		}
	}
}

// TestPlotOfLongStarts bounds the scale of a start of a year.
func TestPlotOfLongStarts(t *testing.T) {
	f := newFake()
	f.stage("Finish", 365*24*3600*second)
	env := map[string]string{"XDG_RUNTIME_DIR": filepath.Dir(filepath.Dir(f.listen(t)))}
	if n := strings.Count(ours(env, "--user", "plot").out, "<line"); n < 300 || n > 3001 {
		t.Errorf("%d lines", n)
	}
}

// TestEscaped holds that any text can stand in a picture.
func TestEscaped(t *testing.T) {
	for text, want := range map[string]string{"plain é.service": "", `a<b>&"c'`: "", "a\tb": "",
		"bell\a\x00 \xff \uffff": "bell\ufffd\ufffd \ufffd \ufffd"} {
		if want == "" {
			want = text
		}
		var got string
		if err := xml.Unmarshal([]byte("<t>"+escaped(text)+"</t>"), &got); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
