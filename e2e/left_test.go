package e2e_test

import (
	"context"
	"strings"
	"testing"

	"github.com/steward-init/steward/machine"
)

// TestControlGroups: what becomes of the control groups of units, seen by Debian's systemctl: the manager is in one of
// its own, processes that outlive their unit keep theirs and are told, and a service that is up without any process
// has none.
func TestControlGroups(t *testing.T) {
	t.Parallel()
	m := machine.Start(t, machine.Config{Init: []string{"/usr/local/bin/steward", "--system", "--unit=lab.target"},
		Env:   []string{"SYSTEMD_UNIT_PATH=/etc/systemd/system:"},
		Binds: map[string]string{bin + "/steward": "/usr/local/bin/steward"},
		Files: map[string]string{
			"/etc/systemd/system/lab.target": "[Unit]\nWants=stay.service exited.service\n",
			"/etc/systemd/system/stay.service": "[Service]\nKillMode=process\nType=notify\nNotifyAccess=all\n" +
				"ExecStart=/bin/sh -c 'sleep infinity & systemd-notify --ready; wait'\n",
			"/etc/systemd/system/exited.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n" +
				"ExecStop=/bin/cat /proc/self/cgroup\n",
		}})
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	if err := m.WaitNotice(ctx, "READY=1"); err != nil {
		t.Fatal(err)
	}
	said := func(script string) string {
		t.Helper()
		out, errs, _ := m.Exec(ctx, "sh", "-c", script)
		return strings.TrimSpace(out + errs)
	}
	const group = "/sys/fs/cgroup/system.slice/stay.service"
	for _, c := range []struct{ script, want string }{
		{"systemctl show -P ControlGroup init.scope; grep -c '0::/init.scope' /proc/1/cgroup", "/init.scope\n1"},
		{"systemctl list-units --no-legend init.scope",
			"init.scope loaded active running System and Service Manager"},
		{"systemctl is-active exited; systemctl show -P ControlGroup exited", "active"},
		{"systemctl stop exited; journalctl -u exited -o cat | grep 0::", "0::/system.slice/exited.service"},
		{"systemctl stop stay; systemctl is-active stay; systemctl show -P ControlGroup stay; " +
			"wc -l <" + group + "/cgroup.procs",
			"inactive\n/system.slice/stay.service\n1"},
		{"journalctl -u stay -o cat | grep -c '(sleep) remains running after unit stopped'", "1"},
		{"systemctl start stay; journalctl -u stay -o cat | grep -c 'left-over process .* (sleep) in control group'", "1"},
		{"systemctl stop stay; systemctl kill -s KILL stay; " +
			"while [ -e " + group + " ]; do :; done; systemctl show -P ControlGroup stay", ""},
		{"kill -56 1; until [ $(systemctl log-level) = debug ]; do :; done; " + // SIGRTMIN+22, +23, +21: systemd(1)
			"kill -57 1; until [ $(systemctl log-level) = info ]; do :; done; " +
			"kill -55 1; until [ $(systemctl show -P ShowStatus) = no ]; do :; done", ""},
	} {
		got := said(c.script)
		if got != c.want {
			t.Errorf("%s\n%q, want %q", c.script, got, c.want)
		}
	}
}
