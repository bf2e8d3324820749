// Package machine boots an init as PID 1 of a throw-away machine: own mount, PID, UTS, IPC, network and cgroup
// namespaces over an overlay of the root file system whose upper layer is lost with the machine.
//
// It exists so that tests and benchmarks can boot steward and the real systemd alike without touching the machine they
// run on. It must not know which init it boots, nor anything about units. It needs root, cgroup2 (unless Cgroup is
// CgroupNone), and nsenter and setpriv of util-linux.
package machine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Cgroup says what a machine finds at /sys/fs/cgroup.
type Cgroup string

// By default a machine has a cgroup2 hierarchy of its own.
const (
	CgroupOwn      Cgroup = ""
	CgroupReadOnly Cgroup = "read-only"
	CgroupNone     Cgroup = "none"
)

// Unprivileged is the user and group id of machines booted with Config.Unprivileged.
const Unprivileged = 1000

// Config describes a machine.
type Config struct {
	Init         []string          // argv of PID 1; the path is looked up inside
	Env          []string          // added to PATH, TERM, container=, NOTIFY_SOCKET=
	Root         string            // the read-only lower root; "" is /
	Files        map[string]string // laid over it: path to content; mode 0755 if it begins with #!, else 0644
	Links        map[string]string // symbolic links laid over it: path to target; an existing file is replaced
	Binds        map[string]string // path outside to path inside
	Cgroup       Cgroup
	HostNetwork  bool // keep the caller's network instead of an empty one with a loopback
	Unprivileged bool // PID 1 runs as user 1000 without any capability, with HOME and XDG_RUNTIME_DIR
}

// Machine is a running machine. Its methods may be called from several goroutines.
type Machine struct {
	pid     int
	cgroup  string // "" if there is none
	network bool
	console *record
	notices *record
	closers []io.Closer
	done    chan struct{} // closed when PID 1 has ended
	ended   *os.ProcessState
}

// stage is argv[0] of the process that becomes PID 1. Init looks for it.
const stage = "steward-machine-stage"

// Init must be the first thing that TestMain, or main, of a program using this package does: a machine's PID 1 is the
// same program until it has set the machine up, and Init is where it does so. In any other process it does nothing.
func Init() {
	if len(os.Args) == 2 && os.Args[0] == stage {
		inside(os.Args[1])
	}
}

// Start boots a machine for a test, which is skipped for callers that are not root, and stops it at the test's end.
func Start(t testing.TB, c Config) *Machine {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a machine of its own needs root")
	}
	m, err := Boot(t.TempDir(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("console of the machine:\n%s", m.Console())
		}
	})
	return m
}

// plan is what the stage needs to know.
type plan struct {
	Config
	Dir     string   // scratch folder outside
	Console string   // path of the terminal that becomes /dev/console
	Outside []string // what the namespaces of the caller are called: the stage must not be in them
}

// Boot starts a machine with an empty scratch folder of the caller's. It returns when PID 1 has been executed.
func Boot(dir string, c Config) (*Machine, error) {
	m := &Machine{network: !c.HostNetwork, console: newRecord(), notices: newRecord(), done: make(chan struct{})}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fmt.Errorf("scratch folder: %w", err)
	}
	p := plan{Config: c, Dir: dir}
	p.Binds = make(map[string]string, len(c.Binds))
	for outside, inside := range c.Binds {
		resolved, err := filepath.EvalSymlinks(outside)
		if err != nil {
			return nil, fmt.Errorf("bind: %w", err)
		}
		if resolved, err = filepath.Abs(resolved); err != nil {
			return nil, fmt.Errorf("bind: %w", err)
		}
		p.Binds[resolved] = inside
	}
	for _, name := range namespaces(c) {
		id, err := os.Readlink("/proc/self/ns/" + name)
		if err != nil {
			return nil, fmt.Errorf("namespaces: %w", err)
		}
		p.Outside = append(p.Outside, id)
	}
	if err := m.boot(p); err != nil {
		return nil, errors.Join(fmt.Errorf("boot machine: %w", err), m.Stop())
	}
	return m, nil
}

func (m *Machine) boot(p plan) error {
	if err := m.listen(p.Dir); err != nil {
		return err
	}
	terminal, err := m.openConsole()
	if err != nil {
		return err
	}
	p.Console = terminal.Name()
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	file := filepath.Join(p.Dir, "plan.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	attr := &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Setsid:     true,
		Pdeathsig:  syscall.SIGKILL,
	}
	if !p.HostNetwork {
		attr.Cloneflags |= syscall.CLONE_NEWNET
	}
	if p.Cgroup == CgroupOwn || p.Cgroup == CgroupReadOnly {
		if m.cgroup, err = makeCgroup(); err != nil {
			return err
		}
		fd, err := os.Open(m.cgroup)
		if err != nil {
			return err
		}
		defer func() { _ = fd.Close() }() // best effort: it was only read
		attr.UseCgroupFD, attr.CgroupFD = true, int(fd.Fd())
	}
	return m.spawn(file, attr, terminal)
}

// spawn starts the stage and waits until it has become the init, or says why it has not.
func (m *Machine) spawn(plan string, attr *syscall.SysProcAttr, terminal *os.File) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // best effort: it was only read
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{stage, plan}, Env: []string{}, Dir: "/", SysProcAttr: attr,
		Stdout: terminal, Stderr: terminal, ExtraFiles: []*os.File{w},
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the death signal comes when the thread that cloned ends, so it stays
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in ProcessState
			m.ended = cmd.ProcessState
		}
		m.console.close()
		m.notices.close()
		close(m.done)
	}()
	err = <-started
	_ = w.Close() // best effort: the child has its own
	if err != nil {
		return err
	}
	m.pid = cmd.Process.Pid
	said, err := io.ReadAll(r)
	if err == nil && len(said) > 0 {
		err = errors.New(string(said))
	}
	return err
}

// listen opens the socket that PID 1 is told about as NOTIFY_SOCKET; an init sends READY=1 there when it has booted.
func (m *Machine) listen(dir string) error {
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		return err
	}
	if err := os.Chmod(filepath.Join(dir, "notify"), 0o666); err != nil {
		return err
	}
	m.closers = append(m.closers, socket)
	go m.notices.copy(socket, "\n")
	return nil
}

// openConsole makes the terminal that the machine sees as /dev/console, and records what is printed on it.
func (m *Machine) openConsole() (*os.File, error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	m.closers = append(m.closers, master)
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		return nil, fmt.Errorf("unlock terminal: %w", err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		return nil, fmt.Errorf("number of terminal: %w", err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	m.closers = append(m.closers, terminal) // kept open: the master must not end when the machine closes its console
	go m.console.copy(master, "")
	return terminal, nil
}

// PID is the process id of the machine's PID 1, as the caller sees it.
func (m *Machine) PID() int { return m.pid }

// Path is how the caller reaches a path of the machine, while it runs.
func (m *Machine) Path(inside string) string {
	return filepath.Join(fmt.Sprintf("/proc/%d/root", m.pid), inside)
}

// Console is what was printed on the console so far.
func (m *Machine) Console() string { return m.console.text() }

// WaitConsole waits until the console shows a text.
func (m *Machine) WaitConsole(ctx context.Context, text string) error {
	return m.console.wait(ctx, text)
}

// WaitNotice waits until PID 1 has sent an assignment, such as READY=1, to its NOTIFY_SOCKET.
func (m *Machine) WaitNotice(ctx context.Context, assignment string) error {
	return m.notices.wait(ctx, assignment)
}

// Wait waits until PID 1 has ended, by its own will or by Stop, and says how.
func (m *Machine) Wait(ctx context.Context) (*os.ProcessState, error) {
	select {
	case <-m.done:
		return m.ended, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Exec runs a command inside as root, with the bounded capabilities of the machine. A status of 128 and more is the
// signal that ended the command plus 128; -1 says that it could not be run, and stderr why.
func (m *Machine) Exec(ctx context.Context, argv ...string) (stdout, stderr string, status int) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, "setpriv", append(m.enter(), argv...)...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errs, time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if m.cgroup != "" {
		fd, err := os.Open(filepath.Join(m.cgroup, outsiders))
		if err != nil {
			return "", err.Error(), -1
		}
		defer func() { _ = fd.Close() }() // best effort: it was only read
		cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(fd.Fd())
	}
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return "", fmt.Sprint(err), -1
	}
	wait := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if wait.Signaled() {
		return out.String(), errs.String(), 128 + int(wait.Signal())
	}
	return out.String(), errs.String(), wait.ExitStatus()
}

// enter is the command line before a command that runs inside.
func (m *Machine) enter() []string {
	words := []string{
		"--inh-caps=" + withheld, "--bounding-set=" + withheld,
		"nsenter", "-t", fmt.Sprint(m.pid), "-m", "-p", "-u", "-i",
	}
	if m.network {
		words = append(words, "-n")
	}
	if m.cgroup != "" {
		words = append(words, "-C")
	}
	return append(words, "env", "-i", "container=machine", "HOME=/root", "TERM=dumb", path)
}

// Stop kills the machine and removes what it left. It fails if anything is left. Stopping twice is good.
func (m *Machine) Stop() error {
	var errs []error
	if m.pid != 0 {
		select {
		case <-m.done:
		default:
			errs = append(errs, ignore(syscall.Kill(m.pid, syscall.SIGKILL), syscall.ESRCH))
			<-m.done // with PID 1 the kernel kills, and waits for, every process of the namespace
		}
	}
	if m.cgroup != "" {
		errs = append(errs, removeCgroup(m.cgroup))
		m.cgroup = ""
	}
	for _, c := range m.closers {
		errs = append(errs, c.Close())
	}
	m.closers = nil
	return errors.Join(errs...)
}

// ignore turns an expected error into none.
func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}
