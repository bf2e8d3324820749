package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// limit bounds every wait. It is long, since the machine may be busy; nothing waits for it when all is well.
const limit = 60 * time.Second

// bound is a context for one wait. It is not the test's, which has ended when managers are stopped.
func bound() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), limit)
}

// who runs a manager.
type who struct {
	name     string
	uid, gid uint32
	groups   bool // may make control groups
}

const nobodyID = 65534

// callers are those a test can run a manager as: the caller itself, and for root also nobody, whom no kernel lets make
// control groups.
func callers() []who {
	self := who{name: "caller", uid: uint32(os.Getuid()), gid: uint32(os.Getgid())}
	if self.uid != 0 {
		return []who{self}
	}
	if mount, err := sys.Cgroup2Mount(); err == nil {
		self.groups = unix.Access(filepath.Join(mount, "cgroup.procs"), unix.W_OK) == nil
	}
	return []who{self, {name: "nobody", uid: nobodyID, gid: nobodyID}}
}

// each runs a test as every caller, at once.
func each(t *testing.T, test func(t *testing.T, w who)) {
	t.Helper()
	t.Parallel()
	for _, w := range callers() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			test(t, w)
		})
	}
}

// config is what a manager starts with.
type config struct {
	units map[string]string // below the only directory of units; "a.service.d/x.conf" and "x -> y" (a link) work too
	files map[string]string // below the home directory, likewise
	env   []string
	args  []string
	// search leaves the manager its usual search path below the home directory instead of units.
	search bool
}

// manager is a running user manager.
type manager struct {
	*bus
	t       *testing.T
	who     who
	home    string // also its TMPDIR; runtime is below
	runtime string
	cmd     *exec.Cmd
	errors  lockedBuffer
	ended   chan struct{}
	status  *os.ProcessState
	fds     []string // what it had open when it began
}

// start runs a manager until the test ends, and then makes sure that nothing of it is left.
func start(t *testing.T, w who, c config) *manager {
	t.Helper()
	m := prepare(t, w, c)
	m.launch(c)
	return m
}

// prepare lays the files out.
func prepare(t *testing.T, w who, c config) *manager {
	t.Helper()
	home, err := os.MkdirTemp("", "se") // short: the names of sockets below it must fit
	if err != nil {
		t.Fatal(err)
	}
	m := &manager{t: t, who: w, home: home, runtime: filepath.Join(home, "run"), ended: make(chan struct{})}
	t.Cleanup(func() {
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	for name, text := range c.files {
		m.write(name, text)
	}
	if c.search { // a bus that comes up and goes again is not what such a test is about
		m.write(".config/systemd/user/dbus.socket -> /dev/null", "")
	}
	m.mkdir("units")
	for name, text := range c.units {
		m.write("units/"+name, text)
	}
	m.mkdir("run")
	m.check(os.Chmod(m.runtime, 0o700))
	m.own(".")
	return m
}

func (m *manager) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *manager) mkdir(name string) {
	m.t.Helper()
	m.check(os.MkdirAll(filepath.Join(m.home, name), 0o755))
}

// write makes a file below the home directory, or for "name -> target" a link. @HOME@ and @BIN@ stand for folders.
func (m *manager) write(name, text string) {
	m.t.Helper()
	name, target, link := strings.Cut(name, " -> ")
	m.mkdir(filepath.Dir(name))
	path := filepath.Join(m.home, name)
	if link {
		m.check(os.Symlink(target, path))
		return
	}
	mode := fs.FileMode(0o644)
	if strings.HasPrefix(text, "#!") {
		mode = 0o755
	}
	text = strings.NewReplacer("@HOME@", m.home, "@BIN@", bin).Replace(text)
	m.check(os.WriteFile(path, []byte(text), mode))
	m.own(name)
}

// own gives what is below the home directory to the manager's user.
func (m *manager) own(name string) {
	m.t.Helper()
	if m.who.uid == uint32(os.Getuid()) {
		return
	}
	m.check(filepath.WalkDir(filepath.Join(m.home, name), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(m.who.uid), int(m.who.gid))
	}))
}

// environment is that of the manager and of its clients.
func (m *manager) environment() []string {
	return []string{"PATH=" + bin + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + m.home,
		"TMPDIR=" + m.home, "XDG_RUNTIME_DIR=" + m.runtime, "LANG=C.UTF-8", "SHELL=/bin/sh",
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + m.runtime + "/no-bus"}
}

// command is a program run by the manager's user.
func (m *manager) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Dir = m.environment(), m.home
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if m.who.uid != uint32(os.Getuid()) {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: m.who.uid, Gid: m.who.gid}
	}
	return cmd
}

func (m *manager) launch(c config) {
	m.t.Helper()
	args := append([]string{"--user"}, c.args...)
	m.cmd = m.command(filepath.Join(bin, "steward"), args...)
	m.cmd.SysProcAttr.Setpgid = true
	m.cmd.Env = append(m.cmd.Env, c.env...)
	if !c.search {
		m.cmd.Env = append(m.cmd.Env, "SYSTEMD_UNIT_PATH="+m.home+"/units")
	}
	m.cmd.Stderr = &m.errors
	notices, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(m.home, "ready"), Net: "unixgram"})
	m.check(err)
	m.t.Cleanup(func() { _ = notices.Close() }) // best effort: it may be closed by then
	m.own("ready")
	m.cmd.Env = append(m.cmd.Env, "NOTIFY_SOCKET="+m.home+"/ready")
	m.check(m.cmd.Start())
	go func() {
		_ = m.cmd.Wait() // the state has it
		m.status = m.cmd.ProcessState
		close(m.ended)
	}()
	m.t.Cleanup(m.show)
	m.t.Cleanup(m.stop)
	m.awaitReady(notices)
	m.bus = dial(m.t, filepath.Join(m.runtime, "systemd/private"))
	m.bus.hung = func() {
		_ = m.cmd.Process.Signal(unix.SIGQUIT) // best effort: it tells where it hangs, and ends
		<-m.ended
	}
	m.manager("Version") // the connection is where it stays
	m.fds = descriptors(m.pid())
}

func (m *manager) pid() int { return m.cmd.Process.Pid }

// awaitReady waits for the manager's own READY=1.
func (m *manager) awaitReady(notices *net.UnixConn) {
	m.t.Helper()
	go func() {
		<-m.ended
		_ = notices.Close() // best effort: ends the wait
	}()
	m.check(notices.SetReadDeadline(time.Now().Add(limit)))
	buffer := make([]byte, 4096)
	n, err := notices.Read(buffer)
	if err != nil {
		m.t.Fatalf("the manager does not come up: %v\n%s", err, m.errors.String())
	}
	if text := string(buffer[:n]); !strings.HasPrefix(text, "READY=1\nSTATUS=Startup finished in ") {
		m.t.Errorf("the manager says %q", text)
	}
}

// awaitText waits until a file below the home directory has content, and returns it.
func (m *manager) awaitText(name string) string {
	m.t.Helper()
	path := filepath.Join(m.home, name)
	m.awaitChange(filepath.Dir(path), name, func() bool {
		data, err := os.ReadFile(path)
		return err == nil && bytes.HasSuffix(data, []byte("\n"))
	})
	data, err := os.ReadFile(path)
	m.check(err)
	return strings.TrimSuffix(string(data), "\n")
}

// awaitChange waits until done, which can become so when a file in dir changes.
func (m *manager) awaitChange(dir, what string, done func() bool) {
	m.t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	m.check(err)
	watch := os.NewFile(uintptr(fd), "inotify")
	defer watch.Close()
	watchAll := func() { // directories that have come since, too
		for top := dir; ; top = filepath.Dir(top) { // or the nearest one that is there
			if _, err := os.Stat(top); err == nil {
				_, err = unix.InotifyAddWatch(fd, top, fileEvents)
				m.check(err)
				break
			}
		}
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error { // best effort: it may not be there
			if err == nil && d.IsDir() {
				_, _ = unix.InotifyAddWatch(fd, path, fileEvents) // best effort: it may be gone again
			}
			return nil
		})
	}
	m.check(watch.SetReadDeadline(time.Now().Add(limit)))
	buffer := make([]byte, 4096)
	for watchAll(); !done(); watchAll() {
		select {
		case <-m.ended:
			m.t.Fatalf("the manager ended while %s was awaited: %v\n%s", what, m.status, m.errors.String())
		default:
		}
		if _, err := watch.Read(buffer); err != nil {
			m.t.Fatalf("%s does not come: %v\n%s", what, err, m.errors.String())
		}
	}
}

const fileEvents = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_MODIFY | unix.IN_CLOSE_WRITE | unix.IN_DELETE

// stop asks the manager to exit, as a session's end does, and looks at what it leaves behind.
func (m *manager) stop() {
	m.t.Helper()
	if m.status == nil {
		if m.bus != nil {
			m.leaks()
			m.bus.client.Close()
		}
		below := descendants(m.pid())
		m.check(m.cmd.Process.Signal(unix.SIGTERM))
		m.ends(0)
		for pid, start := range below {
			if stat, err := sys.ReadStat(pid); err == nil && stat.StartTime == start && stat.State != 'Z' {
				m.t.Errorf("process %d (%s) outlives the manager", pid, stat.Comm)
				_ = unix.Kill(pid, unix.SIGKILL) // best effort: tidying up
			}
		}
	}
	if _, err := os.Lstat(filepath.Join(m.runtime, "systemd/private")); err == nil {
		m.t.Error("the private socket is left behind")
	}
	if mount, err := sys.Cgroup2Mount(); err == nil {
		left, _ := filepath.Glob(fmt.Sprintf("%s/*/steward-%d", mount, m.pid())) // the pattern is fine
		top, _ := filepath.Glob(fmt.Sprintf("%s/steward-%d", mount, m.pid()))    // as above
		for _, dir := range append(left, top...) {
			m.t.Errorf("control group %s is left behind", dir)
		}
	}
}

// show tells what the manager said, where a test failed.
func (m *manager) show() {
	m.t.Helper()
	if m.t.Failed() {
		m.t.Logf("standard error of the manager:\n%s", m.errors.String())
		for _, line := range m.allLogs() {
			m.t.Log(line)
		}
	}
}

// ends waits for the manager's end and checks its exit status.
func (m *manager) ends(status int) {
	m.t.Helper()
	select {
	case <-m.ended:
	case <-time.After(limit):
		_ = m.cmd.Process.Signal(unix.SIGQUIT) // best effort: to see where it hangs
		<-m.ended
		m.t.Error("the manager does not end")
	}
	if code := m.status.ExitCode(); code != status {
		m.t.Errorf("the manager ended with %v, want exit status %d", m.status, status)
	}
}

// leaks compares the descriptors of the manager at rest with those it began with.
func (m *manager) leaks() {
	m.t.Helper()
	m.check(m.bus.stopAll())
	late := time.Now().Add(limit)
	for len(descriptors(m.pid())) > len(m.fds) {
		m.manager("Version") // a round trip: whoever closes descriptors has had its turn
		if time.Now().After(late) {
			m.t.Errorf("descriptors leak: %q, but at the beginning %q", descriptors(m.pid()), m.fds)
			return
		}
	}
}

func descriptors(pid int) []string {
	var list []string
	entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)) // a process that is gone has none
	for _, entry := range entries {
		target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, entry.Name()))
		if err == nil {
			list = append(list, entry.Name()+" "+target)
		}
	}
	return list
}

// descendants are the processes below one, with the time they began at, which tells them from later ones of that PID.
func descendants(of int) map[int]uint64 {
	parents, begun := map[int]int{}, map[int]uint64{}
	for pid := range sys.Processes() {
		if stat, err := sys.ReadStat(pid); err == nil {
			parents[pid], begun[pid] = stat.PPID, stat.StartTime
		}
	}
	below := map[int]uint64{}
	for pid := range parents {
		for up := parents[pid]; up > 1; up = parents[up] {
			if up == of {
				below[pid] = begun[pid]
				break
			}
		}
	}
	return below
}

// systemctl runs Debian's systemctl, unmodified, on the manager.
func (m *manager) systemctl(args ...string) (stdout, stderr string, status int) {
	m.t.Helper()
	path, err := exec.LookPath("systemctl")
	if err != nil {
		m.t.Skip("systemctl is not installed")
	}
	cmd := m.command(path, append([]string{"--user", "--no-pager", "--no-ask-password"}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	m.check(cmd.Start())
	late := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() }) // best effort: it hangs
	defer late.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// alive says whether a process exists and is no zombie.
func alive(pid int) bool {
	stat, err := sys.ReadStat(pid)
	return err == nil && stat.State != 'Z' && stat.State != 'X'
}

// lockedBuffer can be written and read at once.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
