package debian_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/steward-init/steward/machine"
)

// initScript is a daemon as Debian's old packages start one.
const initScript = `#!/bin/sh
### BEGIN INIT INFO
# Provides:          legacy
# Required-Start:    $remote_fs $syslog
# Required-Stop:     $remote_fs $syslog
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: An old daemon
### END INIT INFO
. /lib/lsb/init-functions
case $1 in
start) start-stop-daemon --start --quiet --background --make-pidfile --pidfile /run/legacy.pid \
	--exec /bin/sleep -- 12345 ;;
stop) start-stop-daemon --stop --quiet --retry=TERM/5/KILL/5 --remove-pidfile --pidfile /run/legacy.pid ;;
status) status_of_proc -p /run/legacy.pid /bin/sleep legacy ;;
restart|force-reload) $0 stop; $0 start ;;
*) echo "usage: $0" >&2; exit 3 ;;
esac
`

// up waits for the daemon: its start does not wait until it is executed.
const up = "until pgrep -f '^/bin/sleep 12345' >/dev/null; do sleep 0.05; done"

// operations are what an administrator and packages do with an init script, after the boot has started it.
var operations = []string{
	"systemctl is-active legacy", up, "service legacy stop", "systemctl is-active legacy",
	"service legacy status | grep -c 'inactive (dead)'", "service legacy start", up, "service legacy restart", up,
	"service legacy status | grep -c 'active (exited)\\|active (running)'",
	"invoke-rc.d legacy stop", "systemctl is-active legacy", "invoke-rc.d legacy start", up, "systemctl is-active legacy",
	"invoke-rc.d legacy status >/dev/null", "/etc/init.d/legacy status >/dev/null",
	"systemctl show --property=Description,After,SourcePath,UnitFileState legacy | tr ' =' '\\n\\n' | sort",
	"systemctl is-enabled legacy", "systemctl disable legacy",
	"ls /etc/rc5.d | grep legacy", "systemctl is-enabled legacy",
	"systemctl enable legacy", "ls /etc/rc5.d | grep legacy", "systemctl is-enabled --quiet legacy",
	"systemctl stop legacy; rm /etc/init.d/legacy; update-rc.d legacy remove; systemctl daemon-reload",
	"pgrep -fc '^/bin/sleep 12345'",
	"systemctl show --property=LoadState legacy",
}

// operate boots a machine with an init script that is on, and tells what each operation printed. Programs that are
// missing are removed before.
func operate(t *testing.T, who string, init string, missing ...string) []string {
	t.Helper()
	c := machine.Config{Files: map[string]string{"/etc/init.d/legacy": initScript, "/usr/sbin/policy-rc.d": allow},
		Links: map[string]string{}}
	c.Init = []string{"/bin/sh", "-c", "rm -rf " + strings.Join(missing, " ") +
		"; update-rc.d legacy defaults >/dev/null; exec " + init}
	b := boots(t, who, c)
	if err := b.WaitNotice(b.ctx, "READY=1"); err != nil {
		t.Fatal(err)
	}
	var told []string
	for i, o := range operations {
		out, stderr, status := b.Exec(b.ctx, "sh", "-c", o)
		told = append(told, fmt.Sprintf("%02d %s: status %d\n%s%s", i, o, status, out, stderr))
	}
	return told
}

// TestInitScript leads an init script through its life, by service(8), invoke-rc.d(8), update-rc.d(8) and systemctl: in
// a machine that systemd booted, one that we booted, and one without the distribution's programs for init scripts.
func TestInitScript(t *testing.T) {
	const generators, install = "/lib/systemd/system-generators", "/lib/systemd/systemd-sysv-install"
	want := operate(t, oracle, "/lib/systemd/systemd")
	for _, got := range [][]string{operate(t, ours, stewardPath+" --system"),
		operate(t, ours, stewardPath+" --system", generators, install)} {
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s\nwant %s", got[i], want[i])
			}
		}
	}
	t.Log(strings.Join(want, ""))
}
