package process

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// shell starts a shell in a session of its own, as a launcher does, and returns it with the first line it prints. It
// runs until its standard input ends.
func shell(t *testing.T, script string) (pid int, line string, end func()) {
	t.Helper()
	c := exec.Command("/bin/sh", "-c", script)
	c.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	c.Env = []string{"PATH=/usr/bin:/bin", "INVOCATION_ID=mark-of-" + t.Name()}
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	end = func() {
		_ = in.Close()
		_ = c.Wait() // best effort: some of these are killed
	}
	t.Cleanup(end)
	return c.Process.Pid, strings.TrimSpace(line), end
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTrackerDescendants(t *testing.T) {
	pid, line, end := shell(t, `sh -c 'echo $$; exec sleep 1000' & wait_for=$!; read x; kill $wait_for`)
	child := number(t, line)
	tracker := NewTracker(os.Getpid())
	tracker.Started(pid, "a.service", "mark-of-"+t.Name())
	if unit := tracker.Of(child); unit != "a.service" {
		t.Errorf("the child's unit is %q", unit)
	}
	if pids := tracker.Processes("a.service"); !slices.Contains(pids, pid) || !slices.Contains(pids, child) {
		t.Errorf("processes %v, want %d and %d", pids, pid, child)
	}
	if pids := tracker.Processes("b.service"); len(pids) != 0 {
		t.Errorf("another unit has processes %v", pids)
	}
	if unit := tracker.Of(os.Getppid()); unit != "" {
		t.Errorf("a stranger is of unit %q", unit)
	}
	if unit := tracker.Of(1); unit != "" {
		t.Errorf("PID 1 is of unit %q", unit)
	}
	end()
	if unit := tracker.Reaped(pid); unit != "a.service" {
		t.Errorf("the ended shell was of unit %q", unit)
	}
}

// TestTrackerOrphan has a process whose parent ended and that made a session of its own: only the mark is left of it.
func TestTrackerOrphan(t *testing.T) {
	if err := sys.SetSubreaper(); err != nil {
		t.Fatal(err)
	}
	pid, line, end := shell(t, `setsid sh -c 'echo $$; exec sleep 1000' & read x`)
	orphan := number(t, line)
	t.Cleanup(func() { _ = unix.Kill(orphan, unix.SIGKILL) })
	tracker := NewTracker(os.Getpid())
	tracker.Started(pid, "a.service", "mark-of-"+t.Name())
	end()
	tracker.AdoptOrphans()
	tracker.Reaped(pid)
	if tracker.Empty("a.service") {
		t.Fatal("the unit counts as empty with an orphan left")
	}
	if unit := tracker.Of(orphan); unit != "a.service" {
		t.Errorf("the orphan's unit is %q", unit)
	}
	if err := unix.Kill(orphan, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, _, err := sys.WaitPID(orphan, false); err != nil {
		t.Fatal(err)
	}
	if unit := tracker.Reaped(orphan); unit != "a.service" || !tracker.Empty("a.service") {
		t.Errorf("after its end: unit %q, empty %v", unit, tracker.Empty("a.service"))
	}
	tracker.Released("a.service")
	if len(tracker.marks)+len(tracker.leaders)+len(tracker.owner)+len(tracker.count) != 0 {
		t.Errorf("a released unit is still remembered: %+v", tracker)
	}
}

// TestTrackerForgetsSessions has a unit that runs more and more commands and is never released.
func TestTrackerForgetsSessions(t *testing.T) {
	pid, _, _ := shell(t, "echo ready; read x")
	tracker := NewTracker(os.Getpid())
	tracker.Started(pid, "a.service", "")
	const gone = 1 << 23 // beyond every PID
	for i := range 10000 {
		tracker.Started(gone+i, "a.service", "")
		tracker.Reaped(gone + i)
	}
	if n := len(tracker.leaders); n > 3*fewLeaders || tracker.leaders[pid] != "a.service" {
		t.Errorf("%d leaders are remembered, the one that lives: %q", n, tracker.leaders[pid])
	}
}
