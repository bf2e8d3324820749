package condition

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/host/cmdline"
	"github.com/steward-init/steward/model"
)

// verdict is what the real systemd says of a condition where the machine was booted with a line.
func verdict(t *testing.T, line, kind, value string) bool {
	t.Helper()
	cmd := exec.Command("systemd-analyze", "condition", "Condition"+kind+"="+value)
	cmd.Env = append(os.Environ(), "SYSTEMD_PROC_CMDLINE="+line)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatalf("systemd-analyze: %v, %s", err, out)
	}
	return err == nil
}

func needOracle(t *testing.T) {
	out, err := exec.Command("systemd-analyze", "--version").Output()
	if err != nil || !strings.HasPrefix(string(out), "systemd 252") {
		t.Skip("systemd-analyze of systemd 252 is not installed")
	}
}

// TestKernelCommandLineAsTheOracle holds the words of a command line against the oracle's.
func TestKernelCommandLineAsTheOracle(t *testing.T) {
	needOracle(t)
	const line = `quiet a=1 "b=x y" c="p q" 'd=single q' e\ f=1 g="it's" h=a\nb i-j k_l=2 -x --y=3 a=4 m= "unclosed q=1`
	for _, value := range []string{"quiet", "a", "a=1", "a=2", "a=4", "b", "b=x y", "c=p q", `c="p q"`, "d=single q",
		"e f=1",
		"e f", "e", "f=1", "g=it's", "h=anb", `h=a\nb`, "h", "i-j", "i_j", "k_l", "k-l", "unclosed", "unclosed q=1",
		"unclosed q",
		"q=1", "-x", "--y", "--y=3", "no", "a=", "m", "m="} {
		c := Checker{CommandLine: cmdline.Parse(line)}
		if got, want := holds(t, &c, "KernelCommandLine", value), verdict(t, line, "KernelCommandLine", value); got != want {
			t.Errorf("%s: %v, the oracle says %v", value, got, want)
		}
	}
}

// TestNeedsUpdateAsTheOracle has stamps around the time of /usr, with and without a command line that overrides them.
func TestNeedsUpdateAsTheOracle(t *testing.T) {
	needOracle(t)
	info, err := os.Stat("/usr")
	if err != nil {
		t.Fatal(err)
	}
	usr := info.ModTime()
	stamps := map[string]struct {
		at   time.Time
		text string
	}{
		"same": {usr, ""}, "older": {usr.Add(-time.Hour), ""}, "newer": {usr.Add(time.Hour), ""},
		"slightly newer": {usr.Add(1), ""}, "slightly older": {usr.Add(-1), ""},
		"whole second":         {usr.Truncate(time.Second), ""},
		"told, but unreadably": {usr.Truncate(time.Second), "TIMESTAMP_NSEC=late\n"},
		"told the same":        {usr.Truncate(time.Second), "TIMESTAMP_NSEC=" + nanoseconds(usr) + "\n"},
		"told older":           {usr.Truncate(time.Second), "TIMESTAMP_NSEC=" + nanoseconds(usr.Add(-1)) + "\n"},
		"told, but late":       {usr.Add(-time.Hour), "TIMESTAMP_NSEC=" + nanoseconds(usr) + "\n"},
	}
	dir := t.TempDir()
	for name, stamp := range stamps {
		below := filepath.Join(dir, name)
		file := filepath.Join(below, ".updated")
		if err := os.Mkdir(below, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(stamp.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, stamp.at, stamp.at); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{"", "systemd.condition-needs-update", "systemd.condition_needs_update=no",
		"systemd.condition-needs-update=yes systemd.condition_needs_update=0", "systemd.condition-needs-update=what"} {
		for name := range stamps {
			c := Checker{CommandLine: cmdline.Parse(line)}
			path := filepath.Join(dir, name)
			if got, want := holds(t, &c, "NeedsUpdate", path), verdict(t, line, "NeedsUpdate", path); got != want {
				t.Errorf("%s, booted with %q: %v, the oracle says %v", name, line, got, want)
			}
		}
	}
}

func nanoseconds(at time.Time) string { return strconv.FormatInt(at.UnixNano(), 10) }

// TestReadOnlyNeedsNoUpdate asks about a file system that can't be written to: one whose every mount is so.
func TestReadOnlyNeedsNoUpdate(t *testing.T) {
	needOracle(t)
	dir := t.TempDir()
	if err := unix.Mount("test", dir, "tmpfs", unix.MS_RDONLY, ""); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	for _, line := range []string{"", "systemd.condition-needs-update"} {
		c := Checker{CommandLine: cmdline.Parse(line)}
		got, want := holds(t, &c, "NeedsUpdate", dir), verdict(t, line, "NeedsUpdate", dir)
		if got != want || got != (line != "") {
			t.Errorf("booted with %q: %v, the oracle says %v", line, got, want)
		}
	}
}

func holds(t *testing.T, c *Checker, kind, value string) bool {
	t.Helper()
	verdicts, _ := c.Check(&model.Unit{Conditions: []model.Condition{{Kind: kind, Value: value}}})
	if verdicts[0].Err != "" {
		t.Errorf("%s=%s: %s", kind, value, verdicts[0].Err)
	}
	return verdicts[0].True
}
