package machine_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/machine"
	"github.com/steward-init/steward/sys"
)

func TestMain(m *testing.M) {
	machine.Init()
	if os.Args[0] == abandon {
		abandonMachine(os.Args[1])
	}
	os.Exit(m.Run())
}

// within bounds a test by time.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestOracle boots the real systemd to basic.target, talks to it, and powers it off from inside.
func TestOracle(t *testing.T) {
	const oracle = "/lib/systemd/systemd"
	if _, err := os.Stat(oracle); err != nil {
		t.Skip("the oracle is not installed")
	}
	ctx := within(t)
	m := machine.Start(t, machine.Config{Init: []string{oracle, "--unit=basic.target"}})
	if err := m.WaitNotice(ctx, "READY=1"); err != nil {
		t.Fatal(err)
	}
	if out, stderr, status := m.Exec(ctx, "systemctl", "is-system-running"); out != "running\n" || status != 0 {
		failed, _, _ := m.Exec(ctx, "systemctl", "--failed")
		t.Errorf("is-system-running: %q, %q, status %d\n%s", out, stderr, status, failed)
	}
	if out, _, status := m.Exec(ctx, "systemctl", "is-active", "basic.target"); out != "active\n" || status != 0 {
		t.Errorf("basic.target is %q", out)
	}
	if _, stderr, status := m.Exec(ctx, "systemctl", "--no-block", "poweroff"); status != 0 {
		t.Errorf("poweroff: %q, status %d", stderr, status)
	}
	if _, err := m.Wait(ctx); err != nil {
		t.Errorf("after poweroff: %v", err)
	}
	if !strings.Contains(m.Console(), "Basic System") {
		t.Error("nothing of the boot on the console")
	}
}

// shell is a machine whose init runs a script and then waits to be stopped.
func shell(script string, c machine.Config) machine.Config {
	c.Init = []string{"sh", "-c", script + "\necho booted\nexec sleep infinity"}
	return c
}

func TestIsolation(t *testing.T) {
	ctx := within(t)
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "given"), []byte("from outside"), 0o644); err != nil {
		t.Fatal(err)
	}
	const mark = "/etc/steward-machine-test"
	m := machine.Start(t, shell("echo changed > "+mark, machine.Config{
		Files: map[string]string{"/etc/hostname": "laid\n", "/var/run/tool": "#!/bin/sh\necho ran\n"},
		Links: map[string]string{"/etc/machine-id": "/dev/null"},
		Binds: map[string]string{outside: "/opt/bound"},
		Env:   []string{"WHO=me"},
	}))
	if err := m.WaitConsole(ctx, "booted"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Errorf("%s of the real root was written", mark)
	}
	for command, want := range map[string]string{
		"cat " + mark:                "changed\n",
		"cat /etc/hostname":          "laid\n",
		"/run/tool":                  "ran\n",
		"readlink /etc/machine-id":   "/dev/null\n",
		"cat /opt/bound/given":       "from outside",
		"hostname":                   "machine\n",
		"grep ^0: /proc/1/cgroup":    "0::/\n",
		"grep ^0: /proc/self/cgroup": "0::/outside\n",
		"tr '\\0' '\\n' < /proc/1/environ | grep WHO":    "WHO=me\n",
		"ls /sys/class/net":                              "lo\n",
		"mkdir /sys/fs/cgroup/new && echo made":          "made\n",
		"echo 1 > /proc/sys/vm/swappiness || echo no":    "no\n",
		"echo 0 > /proc/sys/net/ipv4/ip_forward && echo": "\n",
		"echo x > /proc/sysrq-trigger || echo no":        "no\n",
		"date -s @0 >/dev/null || echo no":               "no\n",
		"exit 3":                                         "",
	} {
		out, stderr, status := m.Exec(ctx, "sh", "-c", command)
		if out != want || status != map[bool]int{true: 3}[command == "exit 3"] {
			t.Errorf("%s: %q, %q, status %d; want %q", command, out, stderr, status, want)
		}
	}
	if text, err := os.ReadFile(m.Path("/etc/hostname")); err != nil || string(text) != "laid\n" {
		t.Errorf("Path: %q, %v", text, err)
	}
}

func TestCgroups(t *testing.T) {
	ctx := within(t)
	for cgroup, want := range map[machine.Cgroup]string{
		machine.CgroupNone:     "No such file or directory",
		machine.CgroupReadOnly: "Read-only file system",
	} {
		m := machine.Start(t, shell("", machine.Config{Cgroup: cgroup}))
		_, stderr, status := m.Exec(ctx, "sh", "-c", "cat /sys/fs/cgroup/cgroup.procs >&2; mkdir /sys/fs/cgroup/new")
		if status == 0 || !strings.Contains(stderr, want) {
			t.Errorf("cgroup %q: status %d, %q, want %q", cgroup, status, stderr, want)
		}
	}
}

func TestUnprivileged(t *testing.T) {
	ctx := within(t)
	script := "id -u; grep CapEff /proc/self/status; touch $XDG_RUNTIME_DIR/x $HOME/y && touch /etc/z || echo refused"
	m := machine.Start(t, shell(script, machine.Config{Unprivileged: true, Cgroup: machine.CgroupNone}))
	if err := m.WaitConsole(ctx, "booted"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1000\n", "CapEff:\t0000000000000000", "refused"} {
		if !strings.Contains(m.Console(), want) {
			t.Errorf("console misses %q: %s", want, m.Console())
		}
	}
}

// abandon is argv[0] of a process that boots a machine and is killed before it can stop it.
const abandon = "steward-machine-abandon"

func abandonMachine(dir string) {
	m, err := machine.Boot(dir, shell("mkdir -p /sys/fs/cgroup/a/b", machine.Config{}))
	if err == nil {
		err = m.WaitConsole(context.Background(), "booted")
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(m.PID())
	err = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	fmt.Println("still alive:", err)
}

// TestAfterKilledRun wants a killed caller's machine to die with it, and its cgroups to be removed by the next.
func TestAfterKilledRun(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("a machine of its own needs root")
	}
	cmd := exec.Cmd{Path: "/proc/self/exe", Args: []string{abandon, t.TempDir()}}
	out, err := cmd.Output()
	if err == nil || cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("%q, %v", out, err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err == nil {
		_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
		_ = unix.Close(fd) // best effort: it was only waited for
	} else if err == unix.ESRCH {
		err = nil
	}
	if err != nil {
		t.Error(err)
	}
	mount, err := sys.Cgroup2Mount()
	if err != nil {
		t.Fatal(err)
	}
	pattern := filepath.Join(mount, fmt.Sprintf("steward-machine-%d-*", cmd.Process.Pid))
	// Another test may have booted a machine by now, and removed them.
	machine.Start(t, shell("", machine.Config{}))
	if left, _ := filepath.Glob(pattern); len(left) != 0 {
		t.Errorf("cgroups left: %v", left)
	}
}

// TestFailures wants an error that names the step, and nothing left.
func TestFailures(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("a machine of its own needs root")
	}
	for want, c := range map[string]machine.Config{
		"init: ":  {Init: []string{"/nothing/like/that"}},
		"root: ":  {Init: []string{"true"}, Root: "/nothing/like/that"},
		"bind: ":  {Init: []string{"true"}, Binds: map[string]string{"/nothing/like/that": "/x"}},
		"files: ": {Init: []string{"true"}, Files: map[string]string{"/etc": "a folder can not be a file"}},
	} {
		if m, err := machine.Boot(t.TempDir(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
			if err == nil {
				_ = m.Stop() // best effort: the test has failed already
			}
		}
	}
}

func TestWait(t *testing.T) {
	ctx := within(t)
	m := machine.Start(t, machine.Config{Init: []string{"sh", "-c", "exit 9"}})
	if state, err := m.Wait(ctx); err != nil || state.ExitCode() != 9 {
		t.Errorf("init ended as %v, %v", state, err)
	}
	if err := m.WaitConsole(ctx, "never said"); err == nil || ctx.Err() != nil {
		t.Error("a machine that ended still lets wait")
	}
	if _, _, status := m.Exec(ctx, "true"); status == 0 {
		t.Error("a machine that ended still runs commands")
	}
}
