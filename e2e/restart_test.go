//tidy:table
package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// endings are the ways in which a service can end, each by a real process. systemd.service(5), table 1 ("Exit causes
// and the effect of the Restart= settings").
var endings = []struct {
	name, command, settings string
	result                  string // Result= of the service
	restarts                string // the settings of Restart= that start it again
}{
	{"clean-exit", "exit 0", "", "success", "always on-success"},
	{"clean-signal", "kill -TERM $$$$", "", "success", "always on-success"},
	{"unclean-exit", "exit 7", "", "exit-code", "always on-failure"},
	{"unclean-signal", "kill -KILL $$$$", "", "signal", "always on-failure on-abnormal on-abort"},
	{"core", "kill -SEGV $$$$", "LimitCORE=0", "signal", "always on-failure on-abnormal on-abort"},
	{"timeout", "exec sleep infinity", "Type=notify\nTimeoutStartSec=100ms", "timeout", "always on-failure on-abnormal"},
	{"watchdog", "@BIN@/peer child=ready exit=0; exec sleep infinity", "Type=notify\nNotifyAccess=all\nWatchdogSec=100ms\nLimitCORE=0",
		"watchdog", "always on-failure on-abnormal on-watchdog"},
	{"success-status", "exit 7", "SuccessExitStatus=7 SIGKILL", "success", "always on-success"},
	{"success-signal", "kill -KILL $$$$", "SuccessExitStatus=7 SIGKILL", "success", "always on-success"},
	{"prevented", "exit 7", "RestartPreventExitStatus=7", "exit-code", ""},
	{"prevented-signal", "kill -KILL $$$$", "RestartPreventExitStatus=SIGKILL", "signal", ""},
	{"forced", "exit 0", "RestartForceExitStatus=0", "success", "no always on-success on-failure on-abnormal on-abort on-watchdog"},
}

var restarts = []string{"no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog"}

// TestRestart crosses all settings of Restart= with all ways to end.
func TestRestart(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		c := config{units: map[string]string{}}
		for _, e := range endings {
			for _, r := range restarts {
				c.units[e.name+"-"+r+".service"] = fmt.Sprintf("[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=%s\nRestartSec=1h\n%s\n"+
					"ExecStart=/bin/sh -c '%s'\n", r, e.settings, e.command)
			}
		}
		m := start(t, w, c)
		var jobs []string
		for _, unit := range slices.Sorted(keys(c.units)) {
			job, err := m.queue("StartUnit", unit)
			m.check(err)
			jobs = append(jobs, job)
		}
		for _, job := range jobs {
			m.result(job)
		}
		for _, e := range endings {
			for _, r := range restarts {
				unit := e.name + "-" + r + ".service"
				want := "inactive/dead"
				switch {
				case slices.Contains(strings.Fields(e.restarts), r):
					want = "activating/auto-restart"
				case e.result != "success":
					want = "failed/failed"
				}
				m.awaitState(unit, want)
				if got := m.service(unit, "Result"); got != e.result && want != "inactive/dead" {
					t.Errorf("%s: Result=%s, want %s", unit, got, e.result)
				}
			}
		}
		m.stopMany(slices.Collect(keys(c.units)))
	})
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// stopMany stops units all at once.
func (b *bus) stopMany(units []string) {
	b.t.Helper()
	var jobs []string
	for _, unit := range units {
		if job, err := b.queue("StopUnit", unit); err == nil {
			jobs = append(jobs, job)
		}
	}
	for _, job := range jobs {
		b.result(job)
	}
}

// TestRestartLimits: after StartLimitBurst= starts a service is left alone; the delay between restarts is RestartSec=,
// and grows by RestartSteps=; reset-failed lets it start again.
func TestRestartLimits(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{
			"burst.service": "[Unit]\nStartLimitBurst=3\nStartLimitIntervalSec=1h\n[Service]\nRestart=always\nRestartSec=10ms\nExecStart=/bin/false\n",
			"usual.service": "[Service]\nExecStart=/bin/true\n",
			"long.service":  "[Service]\nRestartSec=5min 20s\nExecStart=/bin/true\n",
			"grow.service":  "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always\nRestartSec=10ms\nRestartSteps=3\nRestartMaxDelaySec=1h\nExecStart=/bin/false\n",
		}})
		m.up("burst.service")
		m.awaitState("burst.service", "failed/failed")
		if n := m.service("burst.service", "NRestarts"); n != "3" {
			t.Errorf("%s restarts for StartLimitBurst=3", n)
		}
		if result := m.job("StartUnit", "burst.service"); result != "failed" {
			t.Errorf("a start beyond the limit: %s", result)
		}
		out, _, _ := m.systemctl("status", "burst.service")
		if !strings.Contains(out, "Active: failed (Result: exit-code)") {
			t.Errorf("status:\n%s", out)
		}
		m.manage("ResetFailedUnit", "s", "burst.service")
		m.up("burst.service")
		m.awaitState("burst.service", "failed/failed")
		for unit, want := range map[string]string{"usual.service": "100000", "long.service": "320000000"} {
			if got := m.service(unit, "RestartUSec"); got != want {
				t.Errorf("%s: RestartSec=%sus, want %s", unit, got, want)
			}
		}
		m.up("grow.service")
		m.await("the second restart", func() bool { return m.service("grow.service", "NRestarts") != "0" })
		m.down("grow.service")
	})
}
