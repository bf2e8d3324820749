package host

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/output"
	"github.com/steward-init/steward/host/process"
	"github.com/steward-init/steward/model"
)

// family starts a shell with a child that the shell reaps: as the manager sees it, a process of a unit which is not its
// own child. It returns both, and a function that ends the child and waits until it has been reaped.
func family(t *testing.T) (parent, child int, reap func()) {
	t.Helper()
	c := exec.Command("/bin/sh", "-c", `sleep 1000 & echo $!; wait; echo reaped; read x`)
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
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err = strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	reap = func() {
		_ = unix.Kill(child, unix.SIGKILL) // best effort: the test may have ended it
		if line, err := lines.ReadString('\n'); err != nil || line != "reaped\n" {
			t.Fatalf("%q, %v", line, err)
		}
	}
	t.Cleanup(func() {
		_ = unix.Kill(child, unix.SIGKILL) // best effort: as above
		_ = in.Close()
		_ = c.Wait() // best effort: how it ends says nothing
	})
	return c.Process.Pid, child, reap
}

// TestKillAimsAtTheProcess: a signal to a process that is not our child goes to that process or to nobody, never to
// who has its number by then.
func TestKillAimsAtTheProcess(t *testing.T) {
	parent, child, reap := family(t)
	w := &World{tracker: process.NewTracker(os.Getpid()),
		running: map[int]offspring{parent: {unit: "a.service", pidfd: -1}}}
	w.tracker.Started(parent, "a.service", "")

	if to, ok := w.aim(parent, "a.service"); !ok || to.fd >= 0 {
		t.Errorf("a child of ours: %+v, %v", to, ok)
	}
	to, ok := w.aim(child, "a.service")
	if !ok || to.fd < 0 {
		t.Fatalf("a child's child: %+v, %v", to, ok)
	}
	defer to.close()
	if err := to.send(0); err != nil {
		t.Errorf("while it runs: %v", err)
	}
	reap()
	to.pid = parent // the number is another's now: one that must not get the signal
	if err := to.send(unix.SIGKILL); !errors.Is(err, unix.ESRCH) {
		t.Errorf("after its end: %v", err)
	}
	if err := unix.Kill(parent, 0); err != nil {
		t.Errorf("the number's new owner: %v", err)
	}
	if _, ok := w.aim(child, "a.service"); ok {
		t.Error("what has ended is no target")
	}
}

// TestKillSparesStrangers: what the engine believes to be a unit's main process is signalled only if it is.
func TestKillSparesStrangers(t *testing.T) {
	parent, child, reap := family(t)
	l := &Loop{}
	w := &World{loop: l, running: map[int]offspring{}, tracker: process.NewTracker(os.Getpid())}
	l.world = w
	w.kill(&port.Kill{Unit: "a.service", Token: 7, Signal: int32(unix.SIGKILL), Target: port.KillMainOnly, MainPID: parent,
		ControlPID: child})
	if sent, ok := l.queue[0].(port.KillSent); !ok || sent.Waiting {
		t.Errorf("%+v", l.queue)
	}
	if err := unix.Kill(parent, 0); err != nil {
		t.Error(err)
	}
	w.running[parent] = offspring{unit: "a.service", pidfd: -1}
	w.tracker.Started(parent, "a.service", "")
	w.kill(&port.Kill{Unit: "a.service", Token: 8, Signal: int32(unix.SIGKILL), Target: port.KillMainOnly,
		ControlPID: child})
	if sent, ok := l.queue[1].(port.KillSent); !ok || !sent.Waiting {
		t.Errorf("%+v", l.queue)
	}
	reap()
}

// TestKillWaitsItsTurn puts a stop's signal off: it is sent once it may be, unless something else came in between.
func TestKillWaitsItsTurn(t *testing.T) {
	var proceed func()
	l := &Loop{}
	w := &World{loop: l, running: map[int]offspring{}, late: map[string]uint64{}, tracker: process.NewTracker(os.Getpid())}
	w.Before = func(unit string, f func()) bool {
		proceed = f
		return unit == "bus.service"
	}
	l.world = w
	kill := func(unit string, token uint64, signal unix.Signal) {
		w.perform(port.Kill{Unit: unit, Token: token, Signal: int32(signal), Target: port.KillMainOnly})
	}
	sent := func(want ...uint64) {
		t.Helper()
		var got []uint64
		for _, event := range l.queue {
			got = append(got, event.(port.KillSent).Token)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("sent %v, want %v", got, want)
		}
		l.queue = nil
	}
	kill("other.service", 1, unix.SIGTERM)
	sent(1)
	kill("bus.service", 2, unix.SIGTERM)
	kill("bus.service", 0, unix.SIGHUP) // a reload is no stop
	sent()
	proceed()
	sent(2)
	proceed()
	sent()
	kill("bus.service", 3, unix.SIGTERM)
	kill("bus.service", 4, unix.SIGKILL) // it took too long
	sent(4)
	proceed()
	sent()
	kill("bus.service", 5, unix.SIGTERM)
	w.release(&port.ReleaseUnit{Unit: &model.Unit{Name: "bus.service"}}) // it ended by itself
	proceed()
	sent()
}

// TestClientSignals: a signal that a client asks for is sent alone, or SIGSTOP would stop nothing, and is told.
func TestClientSignals(t *testing.T) {
	c := exec.Command("/bin/sleep", "1000")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill() // best effort: the test may have ended it
		_ = c.Wait()
	})
	var said []string
	out, err := output.Open(output.Config{MaxLevel: 7, Echo: func(l output.Line) { said = append(said, string(l.Text)) }})
	if err != nil {
		t.Fatal(err)
	}
	pid := c.Process.Pid
	w := &World{loop: &Loop{}, output: out, tracker: process.NewTracker(os.Getpid()),
		running: map[int]offspring{pid: {unit: "a.service", pidfd: -1}}}
	w.kill(&port.Kill{Unit: "a.service", Signal: int32(unix.SIGSTOP), Target: port.KillMainOnly, MainPID: pid,
		Client: true})
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, unix.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("%v, %v: not stopped", err, status)
	}
	if stopped, err := unix.Wait4(pid, &status, unix.WCONTINUED|unix.WNOHANG, nil); err != nil || stopped != 0 {
		t.Errorf("%v, %v: it goes on", err, status)
	}
	out.Close()
	want := fmt.Sprintf("a.service: Sent signal SIGSTOP to main process %d (sleep) on client request.", pid)
	if len(said) != 1 || said[0] != want {
		t.Errorf("said %q, want %q", said, want)
	}
}
