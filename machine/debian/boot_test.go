package debian_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/steward-init/steward/machine"
)

// TestBoot boots Debian's own units with and without control groups, and ends the machine by each verb.
func TestBoot(t *testing.T) {
	for _, c := range []struct {
		name   string
		cgroup machine.Cgroup
		end    []string
		signal syscall.Signal // by which the kernel reports the end of a PID namespace, reboot(2)
	}{
		{"poweroff", machine.CgroupOwn, []string{"systemctl", "poweroff"}, syscall.SIGINT},
		{"reboot", machine.CgroupOwn, []string{"systemctl", "reboot"}, syscall.SIGHUP},
		{"halt with read-only control groups", machine.CgroupReadOnly, []string{"systemctl", "halt"}, syscall.SIGINT},
		{"SIGRTMIN+4 without control groups", machine.CgroupNone, []string{"kill", "-s", "RTMIN+4", "1"}, syscall.SIGINT},
		{"ctrl-alt-del", machine.CgroupOwn, []string{"kill", "-s", "INT", "1"}, syscall.SIGHUP},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := boot(t, machine.Config{Cgroup: c.cgroup, Files: map[string]string{"/etc/hostname": "# a name\nbooted\n",
				"/etc/default/locale": "LANG=C.UTF-8\n", "/etc/machine-id": "",
				"/etc/systemd/system.conf.d/test.conf": "[Manager]\nDefaultTimeoutStopSec=42s\n"}})
			for _, want := range [][2]string{
				{"systemctl is-system-running", "running"},
				{"systemctl is-active multi-user.target dbus.service systemd-logind.service dbus.socket",
					"active\nactive\nactive\nactive"},
				{"hostname", "booted"},
				{"systemctl show-environment | grep LANG", "LANG=C.UTF-8"},
				{"tr -d '0-9a-f\n' < /etc/machine-id | wc -c", "0"},
				{"systemctl show -P TimeoutStopUSec systemd-logind", "42s"},
				{"systemctl --failed --no-legend --plain", ""},
				{"systemctl list-jobs --no-legend", ""},
				{"readlink /dev/log", "/run/systemd/journal/dev-log"},
				{"test -d /run/systemd/system && echo booted", "booted"},
				{"busctl call org.freedesktop.hostname1 /org/freedesktop/hostname1 org.freedesktop.DBus.Peer Ping && " +
					"systemctl is-active systemd-hostnamed", "active"},
			} {
				if got := b.text("sh", "-c", want[0]); got != want[1] {
					t.Errorf("%s: %q, want %q", want[0], got, want[1])
				}
			}
			b.logs()
			b.mounts()
			if out, stderr, _ := b.Exec(b.ctx, c.end...); out+stderr != "" { // the bus stays until logind has answered
				t.Errorf("%s: %s%s", c.end, out, stderr)
			}
			state, err := b.Wait(b.ctx)
			if err != nil {
				t.Fatal(err)
			}
			if ws := state.Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != c.signal {
				t.Errorf("PID 1 ended by %v, want %v", state, c.signal)
			}
			for _, want := range []string{"  OK  \x1b[0m] Reached target \x1b[0;1;39mmulti-user.target",
				"Stopped target \x1b[0;1;39mbasic.target"} {
				if !strings.Contains(b.Console(), want) {
					t.Errorf("the console does not show %q", want)
				}
			}
		})
	}
}

// TestKill stops a service whose processes have left its session and lost their parents, with and without control
// groups.
func TestKill(t *testing.T) {
	const unit = "[Service]\nExecStart=/bin/sh -c '(setsid sleep 1001 &); (setsid sh -c \"sleep 1002 & exit\" &); " +
		"exec sleep 1000'\n"
	for name, cgroup := range map[string]machine.Cgroup{"with": machine.CgroupOwn, "without": machine.CgroupNone} {
		t.Run(name, func(t *testing.T) {
			b := boot(t, machine.Config{Cgroup: cgroup, Init: []string{stewardPath, "--system", "--unit=basic.target"},
				Files: map[string]string{"/etc/systemd/system/forks.service": unit}})
			b.good("systemctl", "start", "forks")
			count := func() string { return b.text("pgrep", "-c", "^sleep$") }
			for count() != "3" {
				if b.ctx.Err() != nil {
					t.Fatalf("%s processes run, want 3", count())
				}
			}
			b.good("systemctl", "stop", "forks")
			if n := count(); n != "0" {
				t.Errorf("%s processes are left", n)
			}
		})
	}
}

// logs proves that what programs log is in a journal that journalctl accepts, by each way to log.
func (b *booted) logs() {
	b.t.Helper()
	b.good("logger", "-t", "by-syslog", "one")
	b.good("systemd-cat", "-t", "by-stdout", "echo", "two")
	b.good("sh", "-c", `printf 'MESSAGE=three\nSYSLOG_IDENTIFIER=by-native\nCOLOUR=red\n' | logger --journald`)
	for identifier, want := range map[string]string{"by-syslog": "one", "by-stdout": "two", "by-native": "three"} {
		b.awaitLog(identifier, want)
	}
	if got := b.text("journalctl", "-o", "cat", "COLOUR=red"); got != "three" {
		b.t.Errorf("journalctl COLOUR=red: %q", got)
	}
	if got := b.text("journalctl", "-u", "systemd-logind", "-o", "cat"); !strings.Contains(got, "New seat seat0.") {
		b.t.Errorf("journalctl -u systemd-logind: %q", got)
	}
	out, stderr, status := b.Exec(b.ctx, "journalctl", "--verify")
	if status != 0 || !strings.Contains(stderr, "PASS") {
		b.t.Errorf("journalctl --verify: %q, %q, status %d", out, stderr, status)
	}
}

// mounts proves that a mount unit follows what is mounted.
func (b *booted) mounts() {
	b.t.Helper()
	if got := b.text("systemctl", "is-active", "--", "-.mount", "tmp.mount"); got != "active\nactive" {
		b.t.Errorf("-.mount and tmp.mount are %q", got)
	}
	b.good("sh", "-c", "mkdir -p /mnt/test && mount -t tmpfs test /mnt/test")
	b.await("mnt-test.mount", "ActiveState", is("active"))
	b.good("umount", "/mnt/test")
	b.await("mnt-test.mount", "ActiveState", is("inactive"))
}

// awaitLog waits for a line: who logs does not wait until it is written.
func (b *booted) awaitLog(identifier, want string) {
	b.t.Helper()
	for {
		got := b.text("journalctl", "-o", "cat", "-t", identifier)
		if strings.Contains(got, want) {
			return
		}
		select {
		case <-b.ctx.Done():
			b.t.Fatalf("journalctl -t %s: %q, want %q", identifier, got, want)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
