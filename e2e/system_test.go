//tidy:table
package e2e_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/machine"
)

// TestSystemManager boots steward in a throw-away machine: a template with User= runs as that user, and Debian's
// systemctl shows both outputs in its status.
func TestSystemManager(t *testing.T) {
	t.Parallel()
	m := machine.Start(t, machine.Config{Init: []string{"/usr/local/bin/steward", "--system", "--unit=lab.target"},
		Env:   []string{"SYSTEMD_UNIT_PATH=/etc/systemd/system:"},
		Binds: map[string]string{bin + "/steward": "/usr/local/bin/steward"},
		Files: map[string]string{
			"/etc/systemd/system/lab.target": "[Unit]\nWants=SatelliteSomething@one.service SatelliteSomething@two.service\n",
			"/etc/systemd/system/SatelliteSomething@.service": strings.NewReplacer("%h", "/opt", "@HOME@", "/opt",
				"Type=exec", "Type=exec\nUser=nobody\nGroup=nogroup\nSupplementaryGroups=daemon").Replace(satelliteUnit),
			"/opt/satellite.env":          satelliteFiles("")["satellite.env"],
			"/opt/bin/SatelliteSomething": satelliteFiles("")["bin/SatelliteSomething"],
		}})
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	if err := m.WaitNotice(ctx, "READY=1"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		unit := "SatelliteSomething@" + name + ".service"
		_, _, _ = m.Exec(ctx, "sh", "-c", "until journalctl -u "+unit+" | grep -q 'a warning of'; do :; done") // up is not said yet
		out, errs, _ := m.Exec(ctx, "systemctl", "--no-pager", "status", unit)
		for _, part := range []string{"active (running)", "nobody: 4: -g edda -n " + name, "a warning of " + name} {
			if !strings.Contains(out, part) {
				t.Errorf("status lacks %q:\n%s%s", part, out, errs)
			}
		}
	}
	out, errs, _ := m.Exec(ctx, "sh", "-c", "grep -h ^Groups: /proc/$(systemctl show -P MainPID SatelliteSomething@one)/status")
	if got := strings.Join(strings.Fields(out), " "); got != "Groups: 1 65534" {
		t.Errorf("supplementary groups: %q %s", got, errs)
	}
}

// children are services whose process shows what it finds, for the comparison with the oracle's.
var children = map[string]string{
	"plain":   "",
	"user":    "User=nobody",
	"group":   "Group=daemon",
	"number":  "User=4711\nGroup=4712",
	"env":     "Environment=A=1 B=%n \"C=two words\" PATH=/bin\nUnsetEnvironment=LANG",
	"file":    "EnvironmentFile=/opt/env\nEnvironment=A=unit",
	"dirs":    "User=nobody\nRuntimeDirectory=a b/c\nStateDirectory=s\nCacheDirectory=c\nLogsDirectory=l\nConfigurationDirectory=f",
	"notify":  "NotifyAccess=all\nWatchdogSec=0",
	"login":   "User=daemon\nWorkingDirectory=~",
	"null":    "StandardError=null",
	"limits":  "LimitNOFILE=100:200\nLimitCORE=0\nLimitNPROC=99\nLimitMEMLOCK=64K",
	"sched":   "Nice=5\nOOMScoreAdjust=100\nUMask=0077\nTimerSlackNSec=100us\nCPUSchedulingPolicy=batch",
	"caps":    "CapabilityBoundingSet=CAP_CHOWN CAP_KILL\nNoNewPrivileges=yes",
	"ambient": "User=nobody\nAmbientCapabilities=CAP_NET_BIND_SERVICE",
	"bounded": "CapabilityBoundingSet=~CAP_SYS_ADMIN\nSecureBits=noroot",
	// What is shown is ExecStartPre=, which root runs; ExecStart= can't write that file.
	"legacy": "User=nobody\nGroup=daemon\nNoNewPrivileges=yes\nCapabilityBoundingSet=CAP_CHOWN\nUMask=0077\nPermissionsStartOnly=yes\n" +
		"ExecStartPre=/bin/sh -c 'exec >/tmp/shown/legacy; id -un; id -gn; umask; env | sort | grep -E \"^(USER|LOGNAME|HOME|SHELL)=\";" +
		" grep -E \"^(Cap|NoNewPrivs)\" /proc/self/status'",
	"shell": "User=nobody\nGroup=daemon\nSupplementaryGroups=adm tty",
}

const showChild = `#!/bin/sh
exec >"$1"
env -0 | tr '\0' '\n' | sort | sed -E 's/^(INVOCATION_ID|SYSTEMD_EXEC_PID|JOURNAL_STREAM|MAINPID)=.*/\1/'
pwd; umask; id; ulimit -a
cut -d' ' -f18,19,40,41 /proc/$$/stat
cat /proc/$$/oom_score_adj /proc/self/timerslack_ns
grep -E '^(Sig(Blk|Ign)|Cap|NoNewPrivs|Seccomp:|Groups)' /proc/self/status
readlink /proc/$$/fd/0
exit 0
`

// TestSameAsOracle: the process of a service finds the same environment, rights and limits as under systemd.
func TestSameAsOracle(t *testing.T) {
	t.Parallel()
	files := map[string]string{"/opt/show": showChild, "/opt/env": "A=file\nD=\"x y\"\n",
		"/etc/systemd/system/lab.target": "[Unit]\nDescription=Lab\n"}
	for name, lines := range children {
		files["/etc/systemd/system/"+name+".service"] = "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\n" + lines +
			"\nExecStart=/opt/show /tmp/shown/" + name + "\n"
	}
	said := map[string]map[string]string{}
	for who, init := range map[string]string{"steward": "/usr/local/bin/steward", "systemd": "/lib/systemd/systemd"} {
		if _, err := os.Stat(init); err != nil && who == "systemd" {
			t.Skip("systemd is not installed")
		}
		m := machine.Start(t, machine.Config{Init: []string{init, "--system", "--unit=lab.target"}, Files: files,
			Env: []string{"SYSTEMD_UNIT_PATH=/etc/systemd/system:"}, Binds: map[string]string{bin + "/steward": "/usr/local/bin/steward"}})
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		if err := m.WaitNotice(ctx, "READY=1"); err != nil {
			t.Fatal(err)
		}
		if _, errs, status := m.Exec(ctx, "sh", "-c", "mkdir -m 1777 /tmp/shown"); status != 0 {
			t.Fatal(errs)
		}
		said[who] = map[string]string{}
		for name := range children {
			_, _, _ = m.Exec(ctx, "systemctl", "start", name+".service") // some must fail, and in the same way
			said[who][name], _, _ = m.Exec(ctx, "sh", "-c", "systemctl show -P ExecMainStatus "+name+"; cat /tmp/shown/"+name)
		}
	}
	for name, want := range said["systemd"] {
		got := said["steward"][name]
		if got == want {
			continue
		}
		have := strings.Split(want, "\n")
		for i, line := range strings.Split(got, "\n") {
			if !slices.Contains(have, line) {
				t.Errorf("%s, line %d: %q", name, i, line)
			}
		}
		ours := strings.Split(got, "\n")
		for i, line := range have {
			if !slices.Contains(ours, line) {
				t.Errorf("%s, the oracle's line %d: %q", name, i, line)
			}
		}
	}
}

// TestLogExtraFields: what a service's processes write has the fields of LogExtraFields=, also what they write to the
// journal's own sockets, and journalctl finds it by them; what the manager says has none, as with systemd.
func TestLogExtraFields(t *testing.T) {
	t.Parallel()
	const find = "until journalctl -q FOO=extra.service 'BAR=two words' -o cat | grep -q streamed; do :; done;" +
		" journalctl -q FOO=extra.service 'BAR=two words' -o cat; systemctl show -p LogExtraFields extra.service;" +
		" journalctl -q -u extra.service -o cat | LC_ALL=C sort"
	said := map[string]string{}
	for who, init := range map[string]string{"steward": "/usr/local/bin/steward", "systemd": "/lib/systemd/systemd"} {
		if _, err := os.Stat("/lib/systemd/systemd"); err != nil {
			t.Skip("systemd is not installed")
		}
		m := machine.Start(t, machine.Config{Init: []string{init, "--system", "--unit=basic.target"},
			Binds: map[string]string{bin + "/steward": "/usr/local/bin/steward"},
			Files: map[string]string{"/etc/systemd/system/extra.service": "[Service]\nLogExtraFields=FOO=%n \"BAR=two words\"\n" +
				"ExecStart=/bin/sh -c \"echo out; exec systemd-cat sh -c 'echo streamed; exec sleep infinity'\"\n"}})
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		if err := m.WaitNotice(ctx, "READY=1"); err != nil {
			t.Fatal(err)
		}
		said[who], _, _ = m.Exec(ctx, "sh", "-c", "systemctl start extra.service;"+find)
	}
	const want = "out\nstreamed\nLogExtraFields=FOO=extra.service BAR=two words\nStarted extra.service.\nout\nstreamed\n" // sorted
	for who, got := range said {
		if got != want {
			t.Errorf("%s: %q, want %q", who, got, want)
		}
	}
}
