package bus

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/units"
)

// serve makes a world's server listen where "systemctl --user" looks, and returns that command with its arguments.
func serve(t testing.TB, w *world) func(args ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "systemd"), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "systemd/private"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })                                      // best effort: the test is over
	go func() { _ = w.server.Serve(l, func(uint32) bool { return true }) }() // ends with the listener
	w.socket = filepath.Join(dir, "systemd/private")
	systemctl, err := exec.LookPath("systemctl")
	return func(args ...string) (string, error) {
		if err != nil {
			t.Skip("there is no systemctl to ask with")
		}
		cmd := exec.CommandContext(t.Context(), systemctl, append([]string{"--user", "--no-pager"}, args...)...)
		cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+dir, "LC_ALL=C.UTF-8")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

// ofTheRun are properties whose values are of one run or machine: the test compares that they are there.
var ofTheRun = []string{"*Timestamp", "*TimestampMonotonic", "MainPID", "ExecMainPID", "ControlPID", "InvocationID",
	"ControlGroup", "ControlGroupId", "CPUUsageNSec", "MemoryAvailable", "Limit*", "TasksMax", "Exec*", "Job", "UID",
	"GID"}

// ofTheOthers are properties that follow from the units of the oracle's machine, which are not here.
var ofTheOthers = []string{"Before", "After", "Requires", "Wants", "WantedBy", "RequiredBy", "Conflicts",
	"ConflictedBy", "SliceOf", "RequiresMountsFor"}

// different are values that are not the oracle's, with the reason: by property, or by unit and property.
var different = map[string]string{
	"CanFreeze":                "this version freezes nothing",
	"service DeviceAllow":      "not applied by this version, and not shown",
	"service IPAddressDeny":    "not applied by this version, and not shown",
	"service SystemCallFilter": "not applied by this version, and not shown",
	"service UnitFileState":    "the test has no catalogue of unit files",
	"notfound Type":            "a unit without a file shows the defaults, not what the oracle has before it read one",
	"notfound WatchdogUSec":    "as Type",
	"notfound OOMPolicy":       "as Type",
}

// TestShowIsTheOracles lets the unmodified systemctl show units, and compares with what it showed of the same units
// under the oracle.
func TestShowIsTheOracles(t *testing.T) {
	w := newWorld()
	w.load(t)
	for _, name := range []string{"sample.service", "plain.service", "sample.target", "sample.slice", "waiting.service",
		"failing.service"} {
		w.Do(startOf(w, name))
	}
	w.Do(port.ProcessExited{Unit: "failing.service", PID: w.pids["failing.service"], Code: port.Exited, Status: 3})
	systemctl := serve(t, w)
	for _, test := range [][2]string{{"service", "sample.service"}, {"plain", "plain.service"},
		{"failed", "failing.service"}, {"activating", "waiting.service"}, {"notfound", "nothing-like-that.service"},
		{"target", "sample.target"}, {"slice", "sample.slice"}} {
		t.Run(test[0], func(t *testing.T) {
			want, err := os.ReadFile("testdata/oracle-show-all-" + test[0] + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			out, err := systemctl("show", "--all", test[1])
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			got, wanted := masked(out), masked(string(want))
			for _, line := range less(wanted, got) {
				name, _, _ := strings.Cut(line, "=")
				if different[name] != "" || different[test[0]+" "+name] != "" {
					continue
				}
				i := slices.IndexFunc(got, func(l string) bool { return strings.HasPrefix(l, name+"=") })
				if i < 0 {
					t.Errorf("missing: %s", line)
					continue
				}
				if got[i] != line {
					t.Errorf("got  %s\nwant %s", got[i], line)
				}
			}
		})
	}
}

// The manager shows the oracle's properties, in its order; values are of the machine.
func TestShowManagerIsTheOracles(t *testing.T) {
	w := newWorld()
	w.facts.Times = map[string]port.Time{"Userspace": w.clock}
	out, err := serve(t, w)("show", "--all")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want, err := os.ReadFile("testdata/oracle-show-all-manager.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := func(text string) (list []string) {
		for line := range strings.Lines(text) {
			name, _, _ := strings.Cut(line, "=")
			list = append(list, name)
		}
		return list
	}
	compareLists(t, "manager", names(out), names(string(want)))
	same := []string{"DefaultTimerAccuracyUSec", "DefaultTimeoutStartUSec", "DefaultTimeoutAbortUSec", "DefaultOOMPolicy",
		"DefaultStartLimitBurst", "DefaultRestartUSec", "TimerSlackNSec", "WatchdogLastPingTimestampMonotonic",
		"RebootWatchdogUSec", "DefaultCPUAccounting", "DefaultMemoryAccounting", "DefaultTasksAccounting",
		"DefaultStandardOutput", "DefaultStandardError", "CtrlAltDelBurstAction", "DefaultBlockIOAccounting"}
	for line := range strings.Lines(string(want)) {
		if name, _, _ := strings.Cut(line, "="); slices.Contains(same, name) && !strings.Contains("\n"+out, "\n"+line) {
			t.Errorf("differs: %s", line)
		}
	}
}

func less(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// masked are the lines with the values left out that are of the run.
func masked(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		name, _, _ := strings.Cut(line, "=")
		if matchesAny(name, ofTheRun) || slices.Contains(ofTheOthers, name) {
			line = name + "=(of the run)"
		}
		lines = append(lines, line)
	}
	return lines
}

// load gives the world the sample units, and the embedded ones that they need.
func (w *world) load(t *testing.T) {
	samples, err := filepath.Glob("../gen/oracle/testdata/*.*")
	if err != nil || len(samples) == 0 {
		t.Fatal("no sample units", err)
	}
	var files load.Memory
	for _, path := range samples {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files.Write("/run/systemd/system/"+filepath.Base(path), string(text))
	}
	w.loader = load.New(load.Options{Files: &files, Path: load.Paths(load.System, nil), Defaults: w.defaults,
		Embedded: load.Embedded{Dir: "/usr/lib/steward/system", Files: units.System(), Links: units.SystemLinks()}})
}
