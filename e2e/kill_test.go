//tidy:table
package e2e_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/sys"
)

// family is a service with a main process, a child, and a grandchild that has left the session and whose parent has
// ended: what a KillMode= says is about all of them. Each writes its PID to a file of its name.
const family = `#!/bin/sh
# A trap is not inherited by the programs that sleep.
echo $$ >$1.main
sh -c 'echo $$ >$0.child; exec sleep infinity' $1 &
setsid sh -c 'sh -c "echo \$\$ >$0.orphan; exec sleep infinity" $0 & exit 0' $1
until [ -s $1.child ] && [ -s $1.orphan ]; do :; done
echo all >$1.ready
exec sleep infinity
`

// TestKillMode: who is signalled when a service is stopped. systemd.kill(5), KillMode=.
func TestKillMode(t *testing.T) {
	survivors := map[string]string{"control-group": "", "mixed": "", "process": "child orphan", "none": "main child orphan"}
	each(t, func(t *testing.T, w who) {
		units := map[string]string{}
		for mode := range survivors {
			units[mode+".service"] = "[Service]\nKillMode=" + mode + "\nTimeoutStopSec=1s\nExecStart=@HOME@/family @HOME@/" + mode + "\n"
		}
		m := start(t, w, config{units: units, files: map[string]string{"family": family}})
		var left []int
		for mode, want := range survivors {
			m.up(mode + ".service")
			m.awaitText(mode + ".ready")
			pids := map[string]int{}
			for _, name := range []string{"main", "child", "orphan"} {
				pids[name] = number(t, m.awaitText(mode+"."+name))
			}
			listed := m.processes(mode + ".service")
			m.job("StopUnit", mode+".service")
			var alives []string
			for _, name := range []string{"main", "child", "orphan"} {
				if !slices.Contains(listed, pids[name]) {
					t.Errorf("%s: %s, process %d, is not listed among %v", mode, name, pids[name], listed)
				}
				if alive(pids[name]) {
					alives = append(alives, name)
					left = append(left, pids[name])
				}
			}
			if got := strings.Join(alives, " "); got != want {
				t.Errorf("KillMode=%s leaves %q, want %q (%s)", mode, got, want, m.state(mode+".service"))
			}
		}
		for _, pid := range left {
			m.check(sys.Signal(pid, 9))
		}
	})
}

// TestStubborn: a process that ignores the stop signal gets the final one after TimeoutStopSec=, SendSIGHUP= adds a
// SIGHUP, KillSignal= is what is sent first, and SendSIGKILL=no leaves it alone.
func TestStubborn(t *testing.T) {
	const deaf = `/bin/sh -c 'trap "" TERM HUP; echo deaf; while :; do sleep 60 & wait $$!; done'`
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{
			"kill.service":  "[Service]\nTimeoutStopSec=200ms\nExecStart=" + deaf + "\n",
			"final.service": "[Service]\nTimeoutStopSec=200ms\nFinalKillSignal=SIGUSR1\nExecStart=" + deaf + "\n",
			"int.service": "[Service]\nKillMode=mixed\nKillSignal=SIGINT\nExecStart=/bin/sh -c 'trap \"echo got INT; exit 0\" INT; echo deaf; " +
				"while :; do sleep 60 & wait $$!; done'\n",
			"hup.service": "[Service]\nSendSIGHUP=yes\nExecStart=/bin/sh -c 'trap \"\" TERM; trap \"echo got HUP; exit 0\" HUP;" +
				" echo deaf; while :; do sleep 60 & wait $$!; done'\n",
			"spare.service":   "[Service]\nTimeoutStopSec=200ms\nSendSIGKILL=no\nExecStart=" + deaf + "\n",
			"restart.service": "[Service]\nKillMode=mixed\nRestartKillSignal=SIGUSR2\nExecStart=/bin/sleep infinity\n",
		}})
		want := map[string]string{"kill.service": "timeout", "final.service": "timeout", "int.service": "success",
			"hup.service": "success", "spare.service": "timeout"}
		pids := map[string]int{}
		for unit := range want {
			m.up(unit)
			m.awaitLog(unit, "deaf") // its traps are set
			pids[unit] = m.mainPID(unit)
		}
		spared := m.processes("spare.service")
		for unit, result := range want {
			m.job("StopUnit", unit)
			if got := m.service(unit, "Result"); got != result {
				t.Errorf("%s: Result=%s, want %s", unit, got, result)
			}
			if alive(pids[unit]) != (unit == "spare.service") {
				t.Errorf("%s: process %d is alive: %t", unit, pids[unit], alive(pids[unit]))
			}
		}
		m.awaitLog("int.service", "got INT")
		m.awaitLog("hup.service", "got HUP")
		for _, pid := range spared {
			m.check(sys.Signal(pid, 9))
		}
		m.up("restart.service")
		first := m.mainPID("restart.service")
		m.do("RestartUnit", "restart.service")
		if alive(first) || m.mainPID("restart.service") == first {
			t.Errorf("process %d was not replaced", first)
		}
	})
}

// TestZombies: what a service leaves behind is reaped.
func TestZombies(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{"orphans.service": `
[Service]
ExecStart=/bin/sh -c 'for i in 1 2 3 4 5 6 7 8 9; do setsid sh -c "true & exit 0"; done; echo made; exec sleep infinity'
`}})
		m.up("orphans.service")
		m.awaitLog("orphans.service", "made")
		m.await("all to be reaped", func() bool {
			m.manager("Version") // a round trip, with signals or not
			return zombies(m.pid()) == 0
		})
	})
}

func zombies(parent int) int {
	n := 0
	for pid := range sys.Processes() {
		if stat, err := sys.ReadStat(pid); err == nil && stat.PPID == parent && stat.State == 'Z' {
			n++
		}
	}
	return n
}

// TestKillUnit: systemctl kill reaches those it names.
func TestKillUnit(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{
			"kill.service": "[Service]\nExecStart=/bin/sh -c 'trap \"echo got it\" USR1; echo set; while :; do sleep 60 & wait $$!; done'\n",
		}})
		m.up("kill.service")
		m.awaitLog("kill.service", "set")
		if _, errs, status := m.systemctl("kill", "--kill-whom=main", "-s", "USR1", "kill.service"); status != 0 {
			t.Errorf("systemctl kill: %s", errs)
		}
		m.awaitLog("kill.service", "got it")
		if _, errs, status := m.systemctl("kill", "nothing.service"); status == 0 || !strings.Contains(errs, "not loaded") {
			t.Errorf("systemctl kill of nothing: %d %s", status, errs)
		}
	})
}
