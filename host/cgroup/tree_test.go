package cgroup

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

func TestPath(t *testing.T) {
	for _, c := range []struct {
		slices []string
		unit   string
		want   string
	}{
		{[]string{"system.slice"}, "a.service", "system.slice/a.service"},
		{[]string{"-.slice"}, "a.service", "a.service"},
		{nil, "-.slice", ""},
		{[]string{"a.slice", "a-b.slice"}, "", "a.slice/a-b.slice"},
		{[]string{"system.slice"}, "cpu.service", "system.slice/_cpu.service"},
		{[]string{"system.slice"}, "cgroup.procs.service", "system.slice/_cgroup.procs.service"},
		{[]string{"system.slice"}, "_x.service", "system.slice/__x.service"},
		{[]string{"system.slice"}, ".hidden.service", "system.slice/_.hidden.service"},
	} {
		if got := Path(c.slices, c.unit); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.slices, c.unit, got, c.want)
		}
	}
}

// TestControllers: they are read of the manager's own group, and none where it has no such file.
func TestControllers(t *testing.T) {
	dir := t.TempDir()
	tree := &Tree{mount: dir, root: "machine"}
	if got := tree.Controllers(); len(got) != 0 {
		t.Errorf("without a file: %q", got)
	}
	err := os.Mkdir(tree.Dir(""), 0o755)
	if err == nil {
		err = os.WriteFile(tree.Dir("cgroup.controllers"), []byte("cpu memory pids\n"), 0o644)
	}
	if got := tree.Controllers(); err != nil || !slices.Equal(got, []string{"cpu", "memory", "pids"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestUnitOf(t *testing.T) {
	for group, want := range map[string]string{
		"system.slice/a.service":                "a.service",
		"system.slice/a.service/.control":       "a.service",
		"a.slice/a-b.slice/_cpu.service/deeper": "cpu.service",
		"init.scope":                            "init.scope",
		"system.slice":                          "",
		"":                                      "",
	} {
		if got := UnitOf(group); got != want {
			t.Errorf("%q: %q, want %q", group, got, want)
		}
	}
}

// own makes a tree in a group of the test's own, without moving the test into it.
func own(t *testing.T) *Tree {
	t.Helper()
	mount, err := sys.Cgroup2Mount()
	if err != nil {
		t.Skipf("this machine has no cgroup2: %v", err)
	}
	dir, err := os.MkdirTemp(mount, "steward-test-")
	if err != nil {
		t.Skipf("no group can be made here: %v", err)
	}
	tree := &Tree{mount: mount, root: filepath.Base(dir)}
	t.Cleanup(func() {
		if _, err := tree.Remove(""); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s is left", dir)
		}
	})
	return tree
}

func TestTree(t *testing.T) {
	tree := own(t)
	if err := tree.probe(); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(tree.Dir("cgroup.controllers")); strings.Join(tree.Controllers(), " ") !=
		strings.TrimSpace(string(raw)) {
		t.Errorf("controllers %q, in the file %q, %v", tree.Controllers(), raw, err)
	}
	const group = "system.slice/a.service"
	fd, err := tree.Make(group)
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close(fd)
	if tree.Populated(group) || len(tree.Processes(group, 0)) != 0 {
		t.Error("a new group is populated")
	}
	c := exec.Command("/bin/sh", "-c", "sleep 1000 & wait")
	c.SysProcAttr = &unix.SysProcAttr{UseCgroupFD: true, CgroupFD: fd}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if got, ok := tree.Of(c.Process.Pid); !ok || got != group {
		t.Errorf("the process is in %q, %v", got, ok)
	}
	if !tree.Populated(group) {
		t.Error("the group is not populated")
	}
	if _, err := tree.Remove(group); err != nil {
		t.Errorf("a busy group: %v, want no error", err)
	}
	if _, ok := tree.Of(os.Getpid()); ok {
		t.Error("the test itself is in the tree")
	}
	if err := tree.KillAll(group); err != nil {
		t.Skipf("this kernel has no cgroup.kill: %v", err)
	}
	_ = c.Wait() // best effort: it was killed
	events, err := os.Open(filepath.Join(tree.Dir(group), "cgroup.events"))
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	for tree.Populated(group) { // the kernel tells of the end of the shell's child here
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(events.Fd()), Events: unix.POLLPRI}}, 10_000)
		if err != nil || n == 0 {
			t.Fatalf("still populated: %v", err)
		}
	}
	if _, err := tree.Remove(group); err != nil {
		t.Error(err)
	}
	if _, err := tree.Remove(group); err != nil {
		t.Errorf("a group that is gone: %v", err)
	}
}
