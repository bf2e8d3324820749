package sys_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "odd name) R 1 (" {
		b := []byte{'!'}
		_, _ = os.Stdout.Write(b) // now the exec is complete
		_, _ = os.Stdin.Read(b)   // until the test closes it
		return
	}
	if len(os.Args) == 2 && os.Args[1] == restVerb {
		os.Exit(rest())
	}
	os.Exit(m.Run())
}

// odd starts a process whose name and arguments try to confuse who reads /proc.
func odd(t *testing.T) int {
	t.Helper()
	dir := t.TempDir()
	path := dir + "/o) Z (x"
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, self, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "odd name) R 1 (")
	cmd.Env = []string{"MARK=here=there", "MARKER=no"}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// A new process's arguments and environment are empty for a moment after its maker has been let go.
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return cmd.Process.Pid
}

func TestProcessOfOddName(t *testing.T) {
	pid := odd(t)
	s, err := sys.ReadStat(pid)
	if err != nil {
		t.Fatal(err)
	}
	if s.PID != pid || s.PPID != os.Getpid() || s.Comm != "o) Z (x" || s.StartTime == 0 || s.Kernel ||
		!strings.ContainsRune("RSD", rune(s.State)) {
		t.Errorf("%+v", s)
	}
	args, err := sys.CommandLine(pid, 1000)
	if err != nil || len(args) != 2 || args[1] != "odd name) R 1 (" {
		t.Errorf("%q, %v", args, err)
	}
	value, ok, err := sys.Environ(pid, "MARK")
	if err != nil || !ok || value != "here=there" {
		t.Errorf("%q, %v, %v", value, ok, err)
	}
	if _, ok, _ := sys.Environ(pid, "MAR"); ok {
		t.Error("a prefix of a name is taken for it")
	}
	children, err := sys.Children(os.Getpid(), 100)
	if err != nil || !slices.Contains(children, pid) {
		t.Errorf("children %v, %v", children, err)
	}
	if !slices.Contains(slices.Collect(sys.Processes()), pid) {
		t.Error("not among the processes")
	}
	if _, err := sys.ReadStat(1 << 30); !errors.Is(err, unix.ENOENT) {
		t.Error(err)
	}
}

func TestReadFileIsBounded(t *testing.T) {
	path := t.TempDir() + "/f"
	if err := os.WriteFile(path, bytes.Repeat([]byte("x"), 10000), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := sys.ReadFile(path, 10000); err != nil || len(b) != 10000 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if _, err := sys.ReadFile(path, 9999); !errors.Is(err, sys.ErrTooLarge) {
		t.Error(err)
	}
	if _, err := sys.ReadFile("/dev/zero", 5000); !errors.Is(err, sys.ErrTooLarge) {
		t.Error(err)
	}
}

func TestPIDFDAndWait(t *testing.T) {
	p, err := os.StartProcess("/bin/sleep", []string{"sleep", "1000"}, &os.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	fd, err := sys.OpenPIDFD(p.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close(fd)
	if _, ok, err := sys.WaitPIDFD(fd, true); ok || err != nil {
		t.Errorf("ended: %v, %v", ok, err)
	}
	poll, err := sys.NewPoll(8)
	if err != nil {
		t.Fatal(err)
	}
	defer poll.Close()
	if err := poll.Add(fd, sys.Readable, 42); err != nil {
		t.Fatal(err)
	}
	if err := sys.SignalPIDFD(fd, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var tokens []int32
	if err := poll.Wait(10*time.Second, func(token int32, is sys.Readiness) {
		tokens = append(tokens, token)
	}); err != nil || !reflect.DeepEqual(tokens, []int32{42}) {
		t.Errorf("%v, %v", tokens, err)
	}
	peek, ok, err := sys.PeekExit()
	want := sys.Exit{PID: p.Pid, UID: uint32(os.Getuid()), Code: sys.CLDKilled, Status: int(syscall.SIGTERM)}
	if err != nil || !ok || peek != want {
		t.Errorf("%+v, %v, %v", peek, ok, err)
	}
	other := sys.Exit{PID: p.Pid, Code: sys.CLDKilled, Status: int(syscall.SIGTERM)}
	if exit, ok := sys.ExitOfOther(fd, p.Pid); !ok || exit != other {
		t.Errorf("of a zombie: %+v, %v", exit, ok)
	}
	exit, ok, err := sys.WaitPID(p.Pid, false)
	if err != nil || !ok || exit != want {
		t.Errorf("%+v, %v, %v", exit, ok, err)
	}
	if exit, ok := sys.ExitOfOther(fd, p.Pid); ok && exit != other { // not ok before Linux 6.15
		t.Errorf("of one that was reaped: %+v, %v", exit, ok)
	}
	if err := sys.SignalPIDFD(fd, syscall.SIGTERM); !errors.Is(err, unix.ESRCH) {
		t.Error(err)
	}
	if _, _, err := sys.PeekExit(); !errors.Is(err, unix.ECHILD) {
		t.Error(err)
	}
	for _, pid := range []int{0, -1} {
		if err := sys.Signal(pid, 0); !errors.Is(err, unix.EINVAL) {
			t.Errorf("a signal to %d: %v", pid, err)
		}
	}
}

func TestMessageWithSenderAndDescriptors(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close(pair[0])
	defer sys.Close(pair[1])
	if err := sys.PassCredentials(pair[1]); err != nil {
		t.Fatal(err)
	}
	buffer, control := make([]byte, 16), sys.ControlBuffer()
	if _, err := sys.Receive(pair[1], buffer, control); !errors.Is(err, unix.EAGAIN) {
		t.Error(err)
	}
	if err := sys.Send(pair[0], []byte("READY=1"), []int{0, 1}); err != nil {
		t.Fatal(err)
	}
	m, err := sys.Receive(pair[1], buffer, control)
	if err != nil {
		t.Fatal(err)
	}
	me := sys.Peer{PID: os.Getpid(), UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}
	if string(buffer[:m.N]) != "READY=1" || !m.HasSender || m.Sender != me || len(m.FDs) != 2 || m.Truncated {
		t.Errorf("%+v, sender should be %+v", m, me)
	}
	for _, fd := range m.FDs {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("descriptor %d isn't closed on exec: %v", fd, err)
		}
		sys.Close(fd)
	}
	if err := sys.Send(pair[0], bytes.Repeat([]byte("x"), 17), []int{0}); err != nil {
		t.Fatal(err)
	}
	if m, err = sys.Receive(pair[1], buffer, control); err != nil || !m.Truncated || len(m.FDs) != 0 {
		t.Errorf("%+v, %v", m, err)
	}
	if peer, err := sys.PeerOf(pair[0]); err != nil || peer.PID != me.PID {
		t.Errorf("%+v, %v", peer, err)
	}
}

func TestInotify(t *testing.T) {
	fd, err := sys.NewInotify()
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close(fd)
	dir := t.TempDir()
	wd, err := sys.AddWatch(fd, dir, unix.IN_CREATE|unix.IN_DELETE)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/one", "/a longer name"} {
		if err := os.WriteFile(dir+name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := make([]byte, 4096)
	n, err := sys.Read(fd, b)
	if err != nil {
		t.Fatal(err)
	}
	want := []sys.FileEvent{
		{Watch: wd, Mask: unix.IN_CREATE, Name: "one"}, {Watch: wd, Mask: unix.IN_CREATE, Name: "a longer name"},
	}
	if got := slices.Collect(sys.FileEvents(b[:n])); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	for cut := range n {
		_ = slices.Collect(sys.FileEvents(b[:cut])) // a part must not be read beyond its end
	}
}

func TestAccounts(t *testing.T) {
	a := sys.Accounts{Directory: "testdata"}
	alice := sys.Account{Name: "alice", UID: 1000, GID: 100, Home: "/home/alice", Shell: "/bin/sh"}
	for _, name := range []string{"alice", "1000"} {
		if got, err := a.User(name); err != nil || got != alice {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, name := range []string{"alic", "broken", "65535", "4294967295", "huge", "", "#alice", "nobody:x"} {
		if got, err := a.User(name); !errors.Is(err, sys.ErrUnknown) {
			t.Errorf("%q: %+v, %v", name, got, err)
		}
	}
	wheel := sys.Group{Name: "wheel", GID: 10, Members: []string{"root", "alice"}}
	for _, name := range []string{"wheel", "10"} {
		if got, err := a.Group(name); err != nil || !reflect.DeepEqual(got, wheel) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := a.GroupsOf("alice", 100); err != nil || !reflect.DeepEqual(got, []uint32{100, 10, 20}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := a.GroupsOf("nobody", 65534); err != nil || !reflect.DeepEqual(got, []uint32{65534}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestProbe(t *testing.T) {
	m := sys.Probe()
	if m.PID != os.Getpid() || m.UID != os.Geteuid() || m.Release == "" || m.CgroupWritable == (m.CgroupError != nil) {
		t.Errorf("%+v", m)
	}
	if m.UID == 0 && m.Capabilities.Effective == 0 {
		t.Errorf("root without a capability: %+v", m.Capabilities)
	}
	if sys.KnownCapabilities()&^m.Capabilities.Permitted == sys.KnownCapabilities() && m.UID == 0 {
		t.Error("root is permitted none of the known capabilities")
	}
}
