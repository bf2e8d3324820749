package load_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/span"
)

// TestPathsAgainstAnalyze compares the search paths with those of systemd-analyze.
func TestPathsAgainstAnalyze(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze to compare with")
	}
	for _, env := range [][]string{
		{"HOME=/home/x"},
		{"HOME=/home/x", "XDG_RUNTIME_DIR=/run/user/1"},
		{"HOME=/home/x", "XDG_CONFIG_HOME=/c/", "XDG_DATA_HOME=/d//e", "XDG_RUNTIME_DIR=/run/user/1"},
		{"HOME=/home/x", "XDG_CONFIG_DIRS=/c:/d", "XDG_DATA_DIRS=/e:/f"},
		{"HOME=/home/x", "SYSTEMD_UNIT_PATH=/a:/b"},
		{"HOME=/home/x", "SYSTEMD_UNIT_PATH=/a:/b:/a:"},
		{"HOME=/home/x", "SYSTEMD_UNIT_PATH=/a//b/./c"},
	} {
		lookup := func(name string) string {
			for _, e := range env {
				if value, ok := strings.CutPrefix(e, name+"="); ok {
					return value
				}
			}
			return ""
		}
		for _, c := range []struct {
			option string
			path   load.SearchPath
		}{{"--system", load.Paths(load.System, lookup)}, {"--user", load.Paths(load.User, lookup)}} {
			cmd := exec.Command(analyze, c.option, "unit-paths")
			cmd.Env = env
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Fields(string(out)); !slices.Equal(c.path.Dirs, want) {
				t.Errorf("%s %v:\nours   %v\ntheirs %v", c.option, env, c.path.Dirs, want)
			}
		}
	}
	out, err := exec.Command(analyze, "--global", "unit-paths").Output()
	if want := strings.Fields(string(out)); err != nil || !slices.Equal(load.Global().Dirs, want) {
		t.Errorf("--global:\nours   %v\ntheirs %v %v", load.Global().Dirs, want, err)
	}
}

func TestConfig(t *testing.T) {
	m := memory("/etc/systemd/system.conf", "[Manager]\nDefaultTimeoutStartSec=1\nDefaultTimeoutStopSec=1\nNonsense=1",
		"/usr/lib/systemd/system.conf", "[Manager]\nDefaultRestartSec=1",
		"/usr/lib/systemd/system.conf.d/a.conf", "[Manager]\nDefaultTimeoutStopSec=2",
		"/etc/systemd/system.conf.d/b.conf", "[Manager]\nDefaultTimeoutStopSec=3",
		"/usr/lib/systemd/system.conf.d/b.conf", "[Manager]\nDefaultTimeoutStartSec=4",
		"/etc/systemd/system.conf.d/c.conf", "-> /dev/null",
		"/usr/lib/systemd/system.conf.d/c.conf", "[Manager]\nDefaultTimeoutStartSec=5")
	d := directive.NewDefaults(false)
	found := load.Config(m, load.System, nil, d)
	if d.TimeoutStart != span.Second || d.TimeoutStop != 3*span.Second || d.RestartSec == span.Second {
		t.Errorf("start %v, stop %v, restart %v", d.TimeoutStart, d.TimeoutStop, d.RestartSec)
	}
	if len(found) != 1 || !strings.HasPrefix(found[0].String(), "/etc/systemd/system.conf:4:1: warning: ") {
		t.Errorf("diagnostics: %v", found)
	}
}
