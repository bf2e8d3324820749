package systemctl_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/machine"
)

// fakeSSH is an ssh(1) that goes nowhere: it tells how it was called, and runs the command on this machine.
const fakeSSH = `#!/bin/sh
echo "$*" >/ssh-called
while [ "$1" != -- ]; do shift; done
shift 2
exec "$@"
`

// TestRemote asks a manager by way of systemd-stdio-bridge, as on another host.
func TestRemote(t *testing.T) {
	if _, err := os.Stat("/usr/bin/systemd-stdio-bridge"); err != nil {
		t.Skip("there is no systemd-stdio-bridge")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := withUnits(t, "/lib/systemd/systemd", "--unit=basic.target")
	c.Files["/opt/ssh/ssh"] = fakeSSH
	c.Links["/etc/systemd/system/basic.target.wants/dbus.socket"] = "/lib/systemd/system/dbus.socket"
	m := machine.Start(t, c)
	if err := m.WaitNotice(ctx, "READY=1"); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"-H root@other:22 is-active dbus.socket sleeper.service",
		"-M .host is-active dbus.socket",
		"--host=other start sleeper", "-H other is-active sleeper", "-H other show -P Id sleeper", "-H other stop sleeper",
		"-H other is-enabled installed", "-H other disable -q installed", "-H other cat sleeper",
		"-H other list-units --no-legend dbus.socket", "-H other start none"} {
		var answers [2]string
		for i, path := range []string{"/usr/bin", ours} {
			out, stderr, status := m.Exec(ctx, "env", "PATH=/opt/ssh:"+path+":/usr/bin:/bin", "sh", "-c",
				"chmod +x /opt/ssh/ssh; timeout 8 systemctl "+command+" 2>&1; echo status $?; cat /ssh-called 2>&1")
			if status != 0 {
				t.Fatal(stderr)
			}
			answers[i] = out
		}
		if answers[0] != answers[1] {
			t.Errorf("systemctl %s: we differ from the oracle:\n%s", command, firstDifference(answers[0], answers[1]))
		}
	}
	if out, _, _ := m.Exec(ctx, "cat", "/ssh-called"); !strings.Contains(out, "systemd-stdio-bridge") {
		t.Errorf("ssh was called with %q", out)
	}
}
