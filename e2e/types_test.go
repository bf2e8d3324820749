//tidy:table
package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTypes: when a service of each Type= is up, and when its job ends. systemd.service(5), Type=.
func TestTypes(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{
			"simple.service":     "[Service]\nExecStart=/nonexistent\n",
			"exec.service":       "[Service]\nType=exec\nExecStart=/bin/sleep infinity\n",
			"exec-bad.service":   "[Service]\nType=exec\nExecStart=/nonexistent\n",
			"oneshot.service":    "[Service]\nType=oneshot\nExecStart=/bin/echo one\nExecStart=/bin/echo two\n",
			"remain.service":     "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nExecStop=/bin/echo undone\n",
			"oneshot-no.service": "[Service]\nType=oneshot\nExecStart=/bin/false\nExecStart=/bin/echo never\n",
			"ignored.service":    "[Service]\nType=oneshot\nExecStart=-/bin/false\nExecStart=/bin/echo after\n",
			"idle.service":       "[Service]\nType=idle\nExecStart=/bin/sleep infinity\n",
			"order.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecCondition=/bin/echo 1\nExecStartPre=/bin/echo 2\n" +
				"ExecStart=/bin/echo 3\nExecStartPost=/bin/echo 4\nExecStop=/bin/echo 5\nExecStopPost=/bin/echo 6 $SERVICE_RESULT\n",
			"skipped.service": "[Service]\nExecCondition=/bin/false\nExecStart=/bin/sleep infinity\n",
			"nothing.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStop=/bin/echo bye\n",
		}})
		m.up("simple.service", "exec.service", "oneshot.service", "remain.service", "ignored.service", "idle.service",
			"order.service", "skipped.service", "nothing.service")
		for _, unit := range []string{"exec-bad.service", "oneshot-no.service"} {
			if result := m.job("StartUnit", unit); result != "failed" {
				t.Errorf("%s: %s", unit, result)
			}
		}
		m.awaitState("simple.service", "failed/failed")
		for unit, want := range map[string]string{"exec.service": "active/running", "oneshot.service": "inactive/dead",
			"remain.service": "active/exited", "idle.service": "active/running", "skipped.service": "inactive/dead",
			"order.service": "active/exited", "exec-bad.service": "failed/failed", "ignored.service": "inactive/dead",
			"nothing.service": "active/exited"} {
			if got := m.state(unit); got != want {
				t.Errorf("%s is %s, want %s", unit, got, want)
			}
		}
		m.down("order.service", "remain.service")
		m.awaitLog("order.service", "6 success")
		if got := said(m.logs("order.service")); got != "1 2 3 4 5 6 success" {
			t.Errorf("the commands ran in the order %s", got)
		}
		m.awaitLog("remain.service", "undone")
		m.awaitLog("oneshot.service", "two")
		m.awaitLog("ignored.service", "after")
		m.awaitLog("skipped.service", "Skipped due to 'exec-condition'.")
		for _, line := range m.logs("oneshot-no.service") {
			if line == "never" {
				t.Error("a command after one that failed ran")
			}
		}
	})
}

// said joins the lines that begin with a digit.
func said(lines []string) string {
	var list []string
	for _, line := range lines {
		if line[0] >= '0' && line[0] <= '9' {
			list = append(list, line)
		}
	}
	return strings.Join(list, " ")
}

// twice is a daemon that forks twice, as daemon(7) has it for old ones, and writes a PID file for "pid".
const twice = `#!/bin/sh
(
	setsid sh -c '
		[ -z "$2" ] || echo $$ >"$2"
		exec sleep infinity
	' sh "$@" </dev/null &
)
# The parent leaves when the daemon is there, as daemon(7) demands.
[ -z "$2" ] || until [ -s "$2" ]; do :; done
exit 0
`

// TestForking: the main process of a daemon that forks away is known by its PID file, or guessed; its end is noticed.
func TestForking(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{files: map[string]string{"twice": twice}, units: map[string]string{
			"file.service":  "[Service]\nType=forking\nPIDFile=@HOME@/pid\nExecStart=@HOME@/twice - @HOME@/pid\n",
			"guess.service": "[Service]\nType=forking\nExecStart=@HOME@/twice\n",
			"blind.service": "[Service]\nType=forking\nGuessMainPID=no\nExecStart=@HOME@/twice\n",
			"fails.service": "[Service]\nType=forking\nExecStart=/bin/false\n",
			"quick.service": "[Service]\nType=forking\nExecStart=/bin/true\n",
			"never.service": "[Service]\nType=forking\nPIDFile=@HOME@/never\nTimeoutStartSec=300ms\nExecStart=@HOME@/twice\n",
		}})
		m.up("file.service", "guess.service", "blind.service")
		file := number(t, m.awaitText("pid"))
		for unit, want := range map[string]string{"file.service": fmt.Sprint(file), "blind.service": "0"} {
			if got := m.service(unit, "MainPID"); got != want {
				t.Errorf("%s: main process %s, want %s", unit, got, want)
			}
			if state := m.state(unit); state != "active/running" {
				t.Errorf("%s is %s", unit, state)
			}
		}
		guessed := m.mainPID("guess.service")
		if !alive(guessed) {
			t.Fatalf("the guessed main process %d does not run", guessed)
		}
		blind := m.processes("blind.service")
		if len(blind) != 1 {
			t.Errorf("processes of blind.service: %v", blind)
		}
		m.signal("KillUnit", "guess.service", "main", 9)
		m.awaitState("guess.service", "failed/failed")
		m.down("file.service", "blind.service")
		for _, pid := range append(blind, file, guessed) {
			if alive(pid) {
				t.Errorf("process %d outlives its service", pid)
			}
		}
		if _, err := os.Stat(filepath.Join(m.home, "pid")); err == nil {
			t.Error("the PID file is left behind")
		}
		for unit, want := range map[string]string{"fails.service": "exit-code", "never.service": "timeout"} {
			if result := m.job("StartUnit", unit); result != "failed" && result != "timeout" {
				t.Errorf("%s: %s", unit, result)
			}
			if got := m.service(unit, "Result"); got != want {
				t.Errorf("%s: Result=%s, want %s", unit, got, want)
			}
		}
		m.job("StartUnit", "quick.service")
		m.awaitState("quick.service", "inactive/dead")
	})
}

// processes lists a unit's processes.
func (b *bus) processes(unit string) []int {
	b.t.Helper()
	var pids []int
	for _, row := range b.manage("GetUnitProcesses", "s", unit)[0].([]any) {
		pids = append(pids, int(row.(structure)[1].(uint32)))
	}
	return pids
}

func (b *bus) signal(method, unit, whom string, signal int32) {
	b.t.Helper()
	b.manage(method, "ssi", unit, whom, signal)
}

// TestStrangers: a PID file or a MAINPID= that names somebody else's process makes it nobody's: it is not signalled.
func TestStrangers(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := prepare(t, w, config{files: map[string]string{"twice": twice}})
		stranger := m.command("/bin/sleep", "infinity")
		m.check(stranger.Start())
		defer func(c *exec.Cmd) {
			_ = c.Process.Kill() // best effort: the test's own
			_ = c.Wait()         // killed
		}(stranger)
		pid := stranger.Process.Pid
		m.write("stranger", fmt.Sprintf("%d\n", pid))
		m.check(os.Chown(filepath.Join(m.home, "stranger"), nobodyOr(w), -1))
		m.write("units/file.service", "[Service]\nType=forking\nPIDFile=@HOME@/stranger\nTimeoutStartSec=500ms\n"+
			"TimeoutStopSec=500ms\nExecStart=@HOME@/twice\n")
		m.write("units/notify.service", fmt.Sprintf("[Service]\nType=notify\nTimeoutStopSec=500ms\n"+
			"ExecStart=@BIN@/peer notify=MAINPID=%d;READY=1\n", pid))
		m.launch(config{})
		m.job("StartUnit", "file.service")
		m.job("StopUnit", "file.service")
		m.up("notify.service")
		m.signal("KillUnit", "notify.service", "all", 15)
		m.job("StopUnit", "notify.service")
		if !alive(pid) {
			t.Errorf("the stranger's process %d was ended", pid)
		}
		for _, line := range m.logs("notify.service") {
			t.Log(line)
		}
	})
}

// nobodyOr is the manager's user, but never root: root's PID file is believed.
func nobodyOr(w who) int {
	if w.uid == 0 {
		return nobodyID
	}
	return int(w.uid)
}
