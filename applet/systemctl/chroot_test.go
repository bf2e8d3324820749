package systemctl_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/machine"
)

// makeChroot makes another root, /c, of what the machine has, with a /run of its own.
const makeChroot = `set -e
mkdir /c; mount -t tmpfs none /c; cd /c
mkdir run tmp proc dev
mount -t proc proc proc; mount --rbind /dev dev
for d in etc opt usr var; do mkdir $d; mount --rbind /$d $d; done
for d in bin sbin lib lib64; do if [ -L /$d ]; then cp -a /$d $d; else mkdir $d; mount --bind /$d $d; fi; done
`

// inChroot starts a machine without a manager that has another root, /c.
func inChroot(ctx context.Context, t *testing.T) *machine.Machine {
	t.Helper()
	c := withUnits(t, "sh", "-c", "echo booted; exec sleep infinity")
	c.Files["/make-chroot"] = makeChroot
	c.Files["/etc/systemd/system/stubborn.service"] = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\n" +
		"ExecStop=sh -c 'sleep 0.3; echo stopped >/run/stopped'\n"
	m := machine.Start(t, c)
	if err := m.WaitConsole(ctx, "booted"); err != nil {
		t.Fatal(err)
	}
	if _, stderr, status := m.Exec(ctx, "sh", "/make-chroot"); status != 0 {
		t.Fatalf("making another root: %s", stderr)
	}
	return m
}

// TestChrootAgainstOracle lets both do in a chroot what scripts of packages do there: the oracle says the same to the
// byte.
func TestChrootAgainstOracle(t *testing.T) {
	if _, err := os.Stat("/usr/bin/systemctl"); err != nil {
		t.Skip("the oracle is not installed")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	m := inChroot(ctx, t)
	var script strings.Builder
	commands := []string{"start sleeper", "-q start sleeper", "stop sleeper", "restart sleeper", "try-restart sleeper",
		"reload sleeper", "daemon-reload", "daemon-reexec", "is-active sleeper", "is-failed sleeper", "status sleeper",
		"show sleeper", "list-units", "kill sleeper", "isolate multi-user.target", "reset-failed", "halt", "reboot",
		"set-property sleeper CPUWeight=3", "is-system-running", "get-default", "start", "isolate a b", "switch-root /x",
		"list-dependencies sleeper", "list-timers", "--user start x", "--user daemon-reload", "is-enabled sleeper",
		"mask sleeper", "is-enabled sleeper", "unmask sleeper", "enable sleeper", "disable sleeper", "--global is-enabled x",
		"enable none", "disable none", "preset none", "revert none", "link sleeper.service", "suspend", "condstop sleeper"}
	for _, command := range commands {
		for _, env := range []string{"", "SYSTEMD_OFFLINE=1"} {
			script.WriteString(env + " systemctl " + command + " 2>&1; echo status $?\n")
		}
	}
	answers := map[string]string{}
	for _, path := range []string{"/usr/bin", ours} {
		out, stderr, status := m.Exec(ctx, "chroot", "/c", "env", "PATH="+path+":/usr/bin:/bin", "sh", "-c", script.String())
		if status != 0 {
			t.Fatalf("%q, %q, status %d", out, stderr, status)
		}
		answers[path] = out
	}
	if want, got := answers["/usr/bin"], answers[ours]; want != got {
		t.Errorf("we differ from the oracle:\n%s", firstDifference(want, got))
	}
	if n := strings.Count(answers[ours], "Running in chroot, ignoring command"); n < 50 {
		t.Errorf("%d commands were passed over:\n%s", n, answers[ours])
	}
}

// TestReally starts services in a chroot: for the length of a command, and until they are told to end.
func TestReally(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	m := inChroot(ctx, t)
	const systemctl = ours + "/systemctl "
	const gone = "timeout 20 sh -c 'while readlink /proc/[0-9]*/exe | grep -q steward; do :; done'"
	const shared = "mount --rbind /run /c/run && mkdir -p /run/systemd && touch /run/systemd/private && chroot /c " +
		systemctl + "--really is-active sleeper; status=$?; umount -R /c/run; rm -r /run/systemd; exit $status"
	out, stderr, status := m.Exec(ctx, "sh", "-c", shared)
	if status == 0 || !strings.Contains(stderr, "outside of this root") {
		t.Errorf("the manager of another root: %q, %q, status %d", out, stderr, status)
	}
	for _, c := range []struct {
		command, out string
		status       int
	}{
		{systemctl + "with-manager sh -c '" + systemctl + "start sleeper; " + systemctl + "is-active sleeper; exit 7'",
			"active\n", 7},
		{gone, "", 0},
		{systemctl + "with-manager -- " + systemctl + "is-active -q sleeper", "", 3},
		{systemctl + "with-manager /none", "", 1},
		{gone, "", 0},
		{systemctl + "--really start sleeper", "", 0},
		{"STEWARD_REALLY=1 " + systemctl + "is-active sleeper", "active\n", 0},
		{systemctl + "is-active sleeper", "", 0},
		{systemctl + "--really with-manager " + systemctl + "is-active sleeper", "active\n", 0},
		{systemctl + "--really is-active sleeper", "active\n", 0},
		{systemctl + "--really with-manager " + systemctl + "exit", "", 0},
		{systemctl + "--really exit", "", 0},
		{"readlink /proc/[0-9]*/exe | grep steward", "", 1},
		{systemctl + "--really start stubborn && " + systemctl + "--really exit && cat /run/stopped && " + systemctl +
			"--really daemon-reload && " + systemctl + "--really exit", "stopped\n", 0},
		{systemctl + "with-manager sh -c 'kill -KILL $$'", "", 128 + 9},
	} {
		out, stderr, status := m.Exec(ctx, "chroot", "/c", "sh", "-c", c.command)
		if out != c.out || status != c.status {
			t.Errorf("%s: %q, %q, status %d; want %q, %d", c.command, out, stderr, status, c.out, c.status)
		}
	}
}
