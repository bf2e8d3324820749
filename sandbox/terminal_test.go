package sandbox_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/sys"
)

// describeTerminal is a child that tells what it has for a terminal.
func describeTerminal() int {
	s, err := sys.ReadStat(0)
	if err != nil {
		return 1
	}
	in, _ := os.Readlink("/proc/self/fd/0")
	_, err = os.OpenFile("/dev/tty", os.O_RDWR, 0)
	fmt.Println("leader", s.Session == s.PID, "in", in, "controlling", err == nil)
	if len(os.Args) > 1 {
		b := make([]byte, 100)
		_, _ = os.Stdin.Read(b) // until the test writes a line
	}
	return 0
}

// terminal is a pseudo terminal for one test.
type terminal struct {
	master int
	path   string
}

func newTerminal(t *testing.T) terminal {
	t.Helper()
	master, err := sys.Open("/dev/ptmx", unix.O_RDWR, 0)
	if err != nil {
		t.Skipf("needs pseudo terminals: %v", err)
	}
	t.Cleanup(func() { sys.Close(master) })
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	path := "/dev/pts/" + strconv.Itoa(n)
	slave, err := sys.Open(path, unix.O_RDWR, 0) // or the master would fail while nobody has it open
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sys.Close(slave) })
	return terminal{master: master, path: path}
}

// line reads what the terminal shows up to the end of a line.
func (term terminal) line(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	b := make([]byte, 1)
	for {
		p := []unix.PollFd{{Fd: int32(term.master), Events: unix.POLLIN}}
		if n, err := unix.Poll(p, int((20 * time.Second).Milliseconds())); n == 0 && err == nil {
			t.Fatalf("the terminal is silent after %q", out.String())
		}
		n, err := sys.Read(term.master, b)
		if n == 1 && b[0] == '\n' || err != nil {
			return strings.TrimSpace(out.String())
		}
		out.Write(b[:n])
	}
}

func (term terminal) spec(acquire sandbox.Acquire, wait bool) *sandbox.Spec {
	argv := []string{"terminal"}
	if wait {
		argv = append(argv, "wait")
	}
	return &sandbox.Spec{
		Path: "/proc/self/exe", Argv: argv, Stdin: sandbox.TerminalFD, Stdout: sandbox.TerminalFD,
		Stderr: sandbox.TerminalFD, Terminal: &sandbox.Terminal{Path: term.path, Acquire: acquire, Reset: true},
	}
}

func (term terminal) spawn(t *testing.T, spec *sandbox.Spec) sandbox.Child {
	t.Helper()
	child, failure := sandbox.Spawn(spec)
	if failure != nil {
		t.Fatal(failure)
	}
	t.Cleanup(func() { sys.Close(child.PIDFD) })
	return child
}

func waitStatus(t *testing.T, child sandbox.Child) int {
	t.Helper()
	exit, _, err := sys.WaitPIDFD(child.PIDFD, false)
	if err != nil {
		t.Fatal(err)
	}
	if exit.Code != sys.CLDExited {
		return -exit.Status
	}
	return exit.Status
}

func TestTerminalBecomesTheControllingOne(t *testing.T) {
	term := newTerminal(t)
	for _, acquire := range []sandbox.Acquire{sandbox.AcquireWait, sandbox.AcquireFail, sandbox.AcquireForce} {
		child := term.spawn(t, term.spec(acquire, false))
		if f := sandbox.ReadReport(child.ReportFD, "x"); f != nil {
			t.Error(f)
		}
		if got := term.line(t); got != "leader true in "+term.path+" controlling true" {
			t.Errorf("%d: %q", acquire, got)
		}
		if status := waitStatus(t, child); status != 0 {
			t.Errorf("status %d", status)
		}
	}
}

func TestTerminalForOutputOnly(t *testing.T) {
	term := newTerminal(t)
	spec := term.spec(sandbox.AcquireNone, false)
	spec.Stdin = openNull(t)
	child := term.spawn(t, spec)
	if got := term.line(t); got != "leader true in /dev/null controlling false" {
		t.Errorf("%q", got)
	}
	if f := sandbox.ReadReport(child.ReportFD, "x"); f != nil {
		t.Error(f)
	}
	waitStatus(t, child)
}

// TestTerminalOfAnother has a terminal that is taken: one child fails, one waits until it is released.
func TestTerminalOfAnother(t *testing.T) {
	term := newTerminal(t)
	first := term.spawn(t, term.spec(sandbox.AcquireFail, true))
	sandbox.ReadReport(first.ReportFD, "x")
	term.line(t)

	failing := term.spawn(t, term.spec(sandbox.AcquireFail, false))
	f := sandbox.ReadReport(failing.ReportFD, "x")
	if f == nil || f.Step != "stdin" || f.Status != 208 || f.Errno != syscall.EPERM {
		t.Errorf("failure %+v", f)
	}
	if status := waitStatus(t, failing); status != 208 {
		t.Errorf("status %d", status)
	}

	spec := term.spec(sandbox.AcquireWait, false)
	spec.Terminal.Reset = false // it would throw away the line below
	waiting := term.spawn(t, spec)
	if _, err := unix.Write(term.master, []byte("\n")); err != nil {
		t.Fatal(err)
	}
	if status := waitStatus(t, first); status != 0 {
		t.Errorf("status %d", status)
	}
	if f := sandbox.ReadReport(waiting.ReportFD, "x"); f != nil {
		t.Error(f)
	}
	for range 3 { // the echo of the line may come first
		if got := term.line(t); strings.HasPrefix(got, "leader true") {
			waitStatus(t, waiting)
			return
		}
	}
	t.Error("the waiting child never got the terminal")
}

func TestTerminalThatIsNone(t *testing.T) {
	for path, errno := range map[string]syscall.Errno{"/dev/null": syscall.ENOTTY, "/nonexistent": syscall.ENOENT} {
		term := terminal{path: path}
		child := term.spawn(t, term.spec(sandbox.AcquireFail, false))
		f := sandbox.ReadReport(child.ReportFD, "x")
		if status := waitStatus(t, child); f == nil || f.Errno != errno || status != 208 {
			t.Errorf("%s: failure %v, status %d", path, f, status)
		}
	}
}
