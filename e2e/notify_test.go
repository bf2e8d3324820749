//tidy:table
package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// fifo makes a FIFO below the home directory, which a peer can wait for.
func (m *manager) fifo(name string) {
	m.t.Helper()
	m.check(unix.Mkfifo(filepath.Join(m.home, name), 0o666))
	m.check(os.Chmod(filepath.Join(m.home, name), 0o666))
}

// release lets whoever awaits a FIFO go on.
func (m *manager) release(name string) {
	m.t.Helper()
	f, err := os.OpenFile(filepath.Join(m.home, name), os.O_WRONLY, 0)
	m.check(err)
	m.check(f.Close())
}

// TestReady: a notify service is activating until READY=1, and what is ordered after it waits for that.
func TestReady(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := prepare(t, w, config{units: map[string]string{
			"first.service": "[Service]\nType=notify\nExecStart=@BIN@/peer status=warming_up await=@HOME@/go ready status=up\n",
			"after.service": "[Unit]\nAfter=first.service\nWants=first.service\n[Service]\nExecStart=/bin/sleep infinity\n",
		}})
		m.fifo("go")
		m.launch(config{})
		job, err := m.queue("StartUnit", "after.service")
		m.check(err)
		m.await("the status", func() bool { return m.service("first.service", "StatusText") == "warming_up" })
		if state := m.state("first.service"); state != "activating/start" {
			t.Errorf("before READY=1: %s", state)
		}
		if state := m.state("after.service"); state != "inactive/dead" {
			t.Errorf("what is ordered after it is %s before READY=1", state)
		}
		out, _, status := m.systemctl("status", "first.service")
		if !strings.Contains(out, "Status: \"warming_up\"") || !strings.Contains(out, "activating (start)") || status != 3 {
			t.Errorf("systemctl status, exit status %d:\n%s", status, out)
		}
		m.release("go")
		if result := m.result(job); result != "done" {
			t.Errorf("the job of what waited: %s", result)
		}
		if first, after := m.index("JobRemoved first.service done"), m.index("JobRemoved after.service done"); first > after {
			t.Errorf("signals %d and %d are in the wrong order", first, after)
		}
		m.await("the status", func() bool { return m.service("first.service", "StatusText") == "up" })
		if state := m.state("first.service"); state != "active/running" {
			t.Errorf("after READY=1: %s", state)
		}
	})
}

// TestNotifyFields: what a daemon says in each field of sd_notify(3) becomes the property or the state it is to be.
func TestNotifyFields(t *testing.T) {
	unit := func(acts string) string {
		return "[Service]\nType=notify\nNotifyAccess=all\nWatchdogSec=50s\nTimeoutStopSec=500ms\n" +
			"FileDescriptorStoreMax=4\nExecStart=@BIN@/peer " + acts + "\n"
	}
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{
			"errno.service":    unit("notify=READY=1;ERRNO=5;BUSERROR=org.example.Broken;STATUS=odd"),
			"watchdog.service": unit("notify=READY=1;WATCHDOG_USEC=200000"),
			"main.service":     unit("main=say=second"),
			"stopping.service": unit("ready notify=STOPPING=1 say=going"),
			"unknown.service":  unit("notify=X_OWN=1;=;nonsense;READY=1"),
			"twice.service":    unit("notify=READY=1;STATUS=a notify=STATUS=b barrier notify=STATUS=c"),
			"exit.service":     unit("ready notify=EXIT_STATUS=0 exit=7"),
		}})
		m.up("errno.service", "watchdog.service", "main.service", "unknown.service", "twice.service")
		for _, c := range [][3]string{{"errno.service", "StatusErrno", "5"}, {"errno.service", "StatusText", "odd"},
			{"watchdog.service", "Result", "watchdog"},
			{"twice.service", "StatusText", "c"}} {
			m.await(c[0]+" "+c[1], func() bool { return m.service(c[0], c[1]) == c[2] })
		}
		m.awaitLog("main.service", "second")
		main := m.mainPID("main.service")
		if stat := m.service("main.service", "ExecMainPID"); stat != fmt.Sprint(main) || !alive(main) {
			t.Errorf("MAINPID=%d does not run, or is not the main process %s", main, stat)
		}
		m.up("stopping.service")
		m.awaitState("stopping.service", "deactivating/stop-sigterm")
		m.job("StartUnit", "exit.service")
		m.awaitState("exit.service", "failed/failed")
	})
}

// TestNotifyAccess: who may speak for a service.
func TestNotifyAccess(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		units := map[string]string{}
		for _, access := range []string{"none", "main", "exec", "all"} {
			units[access+".service"] = "[Service]\nNotifyAccess=" + access +
				"\nExecStart=@BIN@/peer status=main child=status=child,barrier,exit=0 say=done\n"
		}
		m := start(t, w, config{units: units})
		for access, want := range map[string]string{"none": "", "main": "main", "exec": "main", "all": "child"} {
			unit := access + ".service"
			m.up(unit)
			m.awaitLog(unit, "done")
			if got := m.service(unit, "StatusText"); got != want {
				t.Errorf("NotifyAccess=%s: status %q, want %q", access, got, want)
			}
		}
		m.awaitLog("main.service", "reception only permitted for main PID")
	})
}

// TestFDStore: descriptors given to the manager come back to the next process, by name, until they are removed.
func TestFDStore(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{"store.service": `
[Service]
Type=notify
FileDescriptorStoreMax=2
ExecStart=@BIN@/peer listen store=a:one store=b:two store=c:three barrier ready
`, "drop.service": `
[Service]
Type=notify
FileDescriptorStoreMax=5
ExecStart=@BIN@/peer listen store=a:one store=b:two notify=FDSTOREREMOVE=1;FDNAME=a barrier ready
`, "pipe.service": `
[Service]
Type=notify
NotifyAccess=all
FileDescriptorStoreMax=5
ExecStart=@BIN@/peer pipe barrier ready
`}})
		m.up("store.service", "drop.service")
		if n := m.service("store.service", "NFileDescriptorStore"); n != "2" {
			t.Errorf("%s descriptors are stored of 3, where 2 are allowed", n)
		}
		m.do("RestartUnit", "store.service", "drop.service")
		m.awaitLog("store.service", "passed 0:")
		m.awaitLog("store.service", "passed 2: a=one b=two")
		m.awaitLog("drop.service", "passed 1: b=two")
		m.down("store.service")
		if n := m.service("store.service", "NFileDescriptorStore"); n != "0" {
			t.Errorf("%s descriptors are kept of a service that was stopped", n)
		}
		m.up("pipe.service")
		m.await("the closed pipe to be dropped", func() bool {
			return m.service("pipe.service", "NFileDescriptorStore") == "1"
		})
	})
}

// TestWatchdog: a service that stops pinging gets SIGABRT and is restarted; one that was told of the watchdog and pings
// lives.
func TestWatchdog(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{"hangs.service": `
[Service]
Type=notify
NotifyAccess=all
WatchdogSec=300ms
Restart=on-watchdog
RestartSec=100ms
StartLimitBurst=0
TimeoutStopSec=1s
LimitCORE=0
ExecStart=/bin/sh -c '@BIN@/peer child=ready exit=0; exec sleep infinity'
`, "fed.service": `
[Service]
Type=notify
WatchdogSec=2s
WatchdogSignal=SIGKILL
ExecStart=@BIN@/peer ready feed=4 say=hanging
`, "gentle.service": `
[Service]
Type=notify
WatchdogSec=300ms
WatchdogSignal=SIGTERM
ExecStart=@BIN@/peer ready
`, "trigger.service": `
[Service]
Type=notify
ExecStart=@BIN@/peer ready notify=WATCHDOG=trigger
`}})
		m.up("hangs.service")
		first := m.mainPID("hangs.service")
		m.up("fed.service")
		m.awaitLog("fed.service", "fed 4 times, each after 1s")
		m.await("a restart", func() bool { return m.service("hangs.service", "NRestarts") != "0" })
		m.awaitLog("hangs.service", "code=killed, status=6/ABRT")
		if alive(first) {
			t.Errorf("process %d, which hangs, is still there", first)
		}
		m.down("hangs.service")
		m.job("StartUnit", "gentle.service")
		m.job("StartUnit", "trigger.service")
		for _, unit := range []string{"gentle.service", "trigger.service", "fed.service"} {
			m.awaitState(unit, "failed/failed")
			if result := m.service(unit, "Result"); result != "watchdog" {
				t.Errorf("%s: Result=%s", unit, result)
			}
		}
	})
}

// TestReload: Type=notify-reload gets SIGHUP and is reloading until it says READY=1 again; ExecReload= runs for others.
func TestReload(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{
			"hup.service":   "[Service]\nType=notify-reload\nExecStart=@BIN@/peer ready\n",
			"exec.service":  "[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/echo again $MAINPID\n",
			"fails.service": "[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/false\n",
		}})
		m.up("hup.service", "exec.service", "fails.service")
		pid := m.mainPID("exec.service")
		m.do("ReloadUnit", "hup.service", "exec.service")
		m.awaitLog("hup.service", "reloaded")
		m.awaitLog("exec.service", fmt.Sprintf("again %d", pid))
		if m.mainPID("exec.service") != pid {
			t.Error("a reload made another process")
		}
		if result := m.job("ReloadUnit", "fails.service"); result != "failed" || m.state("fails.service") != "active/running" {
			t.Errorf("a reload that fails: %s, and the service is %s", result, m.state("fails.service"))
		}
		m.up("hup.service") // a second start of what runs does nothing
	})
}

// TestNotifyFromShell: systemd-notify and steward notify speak for a shell script.
func TestNotifyFromShell(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{"shell.service": `
[Service]
Type=notify
NotifyAccess=all
ExecStart=/bin/sh -c 'steward notify --status="from a shell" && systemd-notify --ready && exec sleep infinity'
`, "debian.service": `
[Service]
Type=notify
NotifyAccess=all
ExecStart=/bin/sh -c '/usr/bin/systemd-notify --status="by Debian" --ready && exec sleep infinity'
`}})
		m.up("shell.service")
		if got := m.service("shell.service", "StatusText"); got != "from a shell" {
			t.Errorf("status %q", got)
		}
		if _, err := exec.LookPath("/usr/bin/systemd-notify"); err != nil {
			t.Skip("systemd-notify is not installed")
		}
		m.up("debian.service")
		if got := m.service("debian.service", "StatusText"); got != "by Debian" {
			t.Errorf("status %q", got)
		}
	})
}
