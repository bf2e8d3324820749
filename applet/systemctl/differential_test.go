package systemctl_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/all"
	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/machine"
)

// TestMain lets this test program be the project's one binary too, under its names.
func TestMain(m *testing.M) {
	machine.Init()
	switch filepath.Base(os.Args[0]) {
	case "systemctl", "steward":
		os.Exit(applet.Main(context.Background(), ui.Std(), all.Table(), os.Args, os.Getpid() == 1))
	}
	os.Exit(m.Run())
}

// where the machines have our binary.
const ours = "/opt/ours"

// withUnits is a machine with the units of testdata/units.txt and our binary.
func withUnits(t *testing.T, init ...string) machine.Config {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := machine.Config{Init: init, Files: map[string]string{}, Binds: map[string]string{self: ours + "/steward"},
		Links: map[string]string{ours + "/systemctl": "steward"}}
	text, err := os.ReadFile("testdata/units.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(text), "\n-- ")[1:] {
		name, body, _ := strings.Cut(part, " --\n")
		if target, isLink := strings.CutPrefix(strings.TrimSpace(body), "-> "); isLink {
			c.Links["/etc/systemd/system/"+name] = target
		} else {
			c.Files["/etc/systemd/system/"+name] = body + "\n"
		}
	}
	return c
}

// compareScript runs each command line of /compare by the oracle, by us, and by the oracle again.
const compareScript = `#!/bin/sh
export SYSTEMD_PAGER= TERM=xterm-256color
n=0
mkdir -p /out
while IFS= read -r line; do
	n=$((n + 1))
	case $line in "" | \#*) continue ;; "! "*) eval "${line#! }" >/dev/null 2>&1 </dev/null; continue ;; esac
	for who in before ours after; do
		path=/usr/bin:$PATH
		[ $who = ours ] && path=` + ours + `:$PATH
		PATH=$path; export PATH
		eval "timeout 30 systemctl ${line#- }" >/out/$n.$who 2>/out/$n.$who.err </dev/null
		echo "status $?" >>/out/$n.$who.err
		case $line in "- "*) continue ;; esac
		echo "stty cols 80; systemctl ${line#- }; echo status \$?" >/command
		timeout 30 script -qec "sh /command" /dev/null >/out/$n.$who.pty 2>&1 </dev/null
	done
done </compare
`

// TestOracle compares what we print with what the oracle prints, byte for byte, piped and on a terminal, on the same
// manager. The oracle is asked before and after: where its own answers differ, ours may be like one of them.
func TestOracle(t *testing.T) {
	if _, err := os.Stat("/usr/bin/systemctl"); err != nil {
		t.Skip("the oracle is not installed")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	commands, err := os.ReadFile("testdata/commands.txt")
	if err != nil {
		t.Fatal(err)
	}
	c := withUnits(t, "/lib/systemd/systemd", "--unit=multi-user.target")
	c.Files["/compare"], c.Files["/compare-all"] = string(commands), compareScript
	for _, name := range []string{"postgresql.service", "systemd-timesyncd.service"} { // what else this host may have
		c.Links["/etc/systemd/system/"+name] = "/dev/null"
	}
	m := machine.Start(t, c)
	if err := m.WaitNotice(ctx, "READY=1"); err != nil {
		t.Fatal(err)
	}
	if out, stderr, status := m.Exec(ctx, "/compare-all"); status != 0 {
		t.Fatalf("comparing: %q, %q, status %d", out, stderr, status)
	}
	compared := 0
	for i, line := range strings.Split(string(commands), "\n") {
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		for _, kind := range []string{"", ".err", ".pty"} {
			read := func(who string) string {
				text, err := os.ReadFile(m.Path("/out/" + strconv.Itoa(i+1) + "." + who + kind))
				if err != nil && (kind != ".pty" || line[0] != '-') {
					t.Fatal(err)
				}
				return normalize(string(text))
			}
			before, we, after := read("before"), read("ours"), read("after")
			compared++
			if we != before && we != after {
				t.Errorf("systemctl %s%s: we differ from the oracle:\n%s", line, kind, firstDifference(before, we))
			}
		}
	}
	if compared < 300 {
		t.Errorf("compared %d answers only", compared)
	}
}

// normalize takes out of an answer what changes from one moment to the next: the use of the CPU, numbers of jobs, how
// long ago something was.
func normalize(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "CPU: ") || strings.HasPrefix(line, "CPUUsageNSec=") ||
			strings.Contains(line, "journal has been rotated") {
			continue
		}
		if strings.Contains(line, "__CURSOR") && strings.Contains(line, "{") { // an entry in JSON, in no order there
			letters := []byte(line)
			slices.Sort(letters)
			line = string(letters)
		}
		if i := strings.LastIndex(line, "; "); i > 0 && (strings.Contains(line, " ago") || strings.Contains(line, " left")) {
			line = line[:i] + "\n"
		}
		name, value, _ := strings.Cut(line, "=")
		switch name {
		case "After", "Before", "Requires", "Wants", "Conflicts", "RequiresMountsFor": // sets, in no order
			words := strings.Fields(value)
			slices.Sort(words)
			line = name + "=" + strings.Join(words, " ") + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// firstDifference shows the first line that differs.
func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(x), len(y)) {
		var left, right string
		if i < len(x) {
			left = x[i]
		}
		if i < len(y) {
			right = y[i]
		}
		if left != right {
			return fmt.Sprintf("  line %d\n  oracle %q\n  ours   %q", i+1, left, right)
		}
	}
	return ""
}

// TestLaunch starts a service in a machine whose first process is no manager: one is started, and stays.
func TestLaunch(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	config := withUnits(t, "sh", "-c", "mkdir -p /run/user/0; echo booted; exec sleep infinity")
	for _, mode := range []string{"system", "user"} {
		config.Files["/etc/systemd/"+mode+"/brief.service"] = "[Service]\nExecStart=/bin/sleep 0.1\n"
		config.Files["/etc/systemd/"+mode+"/broken.service"] = "[Service]\nExecStart=/bin/false\n"
	}
	m := machine.Start(t, config)
	if err := m.WaitConsole(ctx, "booted"); err != nil {
		t.Fatal(err)
	}
	const user = "XDG_RUNTIME_DIR=/run/user/0 " + ours + "/systemctl --user "
	for _, c := range []struct {
		command, out string
		status       int
	}{
		{"STEWARD_LAUNCH=no " + ours + "/systemctl is-active sleeper", "", 1},
		{ours + "/systemctl --no-pager", "", 1}, // who only asks, or stops something, launches no manager
		{ours + "/systemctl status sleeper", "", 1},
		{ours + "/systemctl daemon-reload", "", 1},
		{ours + "/systemctl stop sleeper", "", 1},
		{ours + "/systemctl is-system-running", "offline\n", 1},
		{ours + "/systemctl is-active sleeper", "inactive\n", 3},
		{"SYSTEMD_OFFLINE=1 " + ours + "/systemctl start sleeper", "", 0},
		{ours + "/systemctl is-active sleeper", "inactive\n", 3},
		{ours + "/systemctl is-enabled sleeper", "disabled\n", 1},
		{ours + "/systemctl enable -q sleeper; " + ours + "/systemctl is-enabled sleeper", "enabled\n", 0},
		{"STEWARD_LAUNCH=no " + ours + "/systemctl start sleeper", "", 1},
		{ours + "/systemctl start sleeper", "", 0},
		{ours + "/systemctl is-active sleeper", "active\n", 0},
		{"STEWARD_LAUNCH=no " + ours + "/systemctl is-active sleeper", "active\n", 0},
		{ours + "/systemctl stop sleeper && " + ours + "/systemctl is-active sleeper", "inactive\n", 3},
		{"timeout 10 " + ours + "/systemctl start --wait brief && " + ours + "/systemctl is-active brief", "inactive\n", 3},
		{"timeout 10 " + ours + "/systemctl start --wait broken", "", 1},
		{user + "is-active brief", "inactive\n", 3},
		{"STEWARD_LAUNCH=no " + user + "start brief", "", 1},
		{user + "start --wait brief", "", 0},
		{user + "show -P Result brief", "success\n", 0},
		{user + "start --wait broken", "", 1},
		{ours + "/systemctl --user is-active brief", "", 1}, // there is no telling where
	} {
		out, stderr, status := m.Exec(ctx, "sh", "-c", c.command)
		if out != c.out || status != c.status {
			t.Errorf("%s: %q, %q, status %d; want %q, %d", c.command, out, stderr, status, c.out, c.status)
		}
	}
}
