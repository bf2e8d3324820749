package sdk

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain lets the test program be the daemon that a manager starts.
func TestMain(m *testing.M) {
	daemon := map[string]func() error{"list": daemonList, "serve": daemonServe}[os.Getenv("SDK_TEST_DAEMON")]
	if daemon == nil {
		os.Exit(m.Run())
	}
	if err := daemon(); err != nil {
		fmt.Println("error:", err)
	}
}

// daemonList prints what it was passed, and that a child of its own would get nothing.
func daemonList() error {
	list, err := ListenFDs(true)
	if err != nil {
		return err
	}
	for _, fd := range list {
		flags, err := unix.FcntlInt(uintptr(fd.Number), unix.F_GETFD, 0)
		if err != nil {
			return err
		}
		fmt.Println(fd.Number, fd.Name, flags == unix.FD_CLOEXEC)
	}
	again, err := ListenFDs(false)
	fmt.Println(len(again), err, os.Getenv("LISTEN_FDS")+os.Getenv("LISTEN_PID")+os.Getenv("LISTEN_FDNAMES"))
	return nil
}

// daemonServe answers one connection on each listener with the listener's name.
func daemonServe() error {
	list, err := Listeners()
	if err != nil {
		return err
	}
	fmt.Println(len(list), len(Named(list, "web")), len(Named(list, "nobody")))
	for _, l := range list {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		if _, err := c.Write([]byte(l.Name)); err != nil {
			return err
		}
		if err := c.Close(); err != nil {
			return err
		}
	}
	return nil
}

// start starts the test program as that daemon with files from descriptor 3 on, as a manager would: LISTEN_PID is the
// process itself.
func start(t *testing.T, daemon string, files []*os.File, environment ...string) (wait func() string) {
	t.Helper()
	c := exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ exec "$0"`, os.Args[0])
	c.ExtraFiles = files
	c.Env = append(os.Environ(), append(environment, "SDK_TEST_DAEMON="+daemon)...)
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() }) // best effort: the test fails then
	return func() string {
		t.Helper()
		defer timer.Stop()
		if err := c.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		return out.String()
	}
}

func null(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() }) // best effort: the test is over
	return f
}

func TestListenFDs(t *testing.T) {
	n := null(t)
	for _, test := range []struct {
		name        string
		environment []string
		want        string // the end of what it prints
	}{
		{"names", []string{"LISTEN_FDS=2", "LISTEN_FDNAMES=web:store"}, "3 web true\n4 store true\n0 <nil> \n"},
		{"no names", []string{"LISTEN_FDS=2"}, "3 unknown true\n4 unknown true\n0 <nil> \n"},
		{"too few names", []string{"LISTEN_FDS=2", "LISTEN_FDNAMES=:"}, "3 unknown true\n4 unknown true\n0 <nil> \n"},
		{"none", []string{"LISTEN_FDS=0"}, "0 <nil> \n"},
		{"nothing said", nil, "0 <nil> \n"},
		{"too many", []string{"LISTEN_FDS=99"}, " passed by the manager: bad file descriptor\n"},
		{"no number", []string{"LISTEN_FDS=x"}, "error: environment LISTEN_FDS=\"x\": invalid argument\n"},
		{"huge", []string{"LISTEN_FDS=2000000000"}, "error: environment LISTEN_FDS=\"2000000000\": invalid argument\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := start(t, "list", []*os.File{n, n}, test.environment...)(); !strings.HasSuffix(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestListenFDsOfAnother(t *testing.T) {
	t.Setenv("LISTEN_FDS", "1")
	t.Setenv("LISTEN_PID", strconv.Itoa(os.Getppid()))
	if list, err := ListenFDs(false); len(list) != 0 || err != nil {
		t.Errorf("got %v, %v", list, err)
	}
	t.Setenv("LISTEN_PID", "-1")
	if _, err := ListenFDs(false); !errors.Is(err, unix.EINVAL) {
		t.Errorf("got %v", err)
	}
}

func TestListeners(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	one, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	two, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	oneFile, err := one.File()
	if err != nil {
		t.Fatal(err)
	}
	defer oneFile.Close()
	twoFile, err := two.File()
	if err != nil {
		t.Fatal(err)
	}
	defer twoFile.Close()
	wait := start(t, "serve", []*os.File{oneFile, null(t), twoFile}, "LISTEN_FDS=3", "LISTEN_FDNAMES=web:state:admin")
	for _, address := range []net.Addr{one.Addr(), two.Addr()} {
		c, err := net.Dial(address.Network(), address.String())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 99)
		n, err := c.Read(b)
		if want := map[string]string{"unix": "web", "tcp": "admin"}[address.Network()]; string(b[:n]) != want || err != nil {
			t.Errorf("%s: got %q, %v", address.Network(), b[:n], err)
		}
		_ = c.Close() // the test is over with it
	}
	if got := wait(); got != "2 1 0\n" {
		t.Errorf("daemon says %q", got)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the daemon removed the manager's socket: %v", err)
	}
}

func TestWatchdogInterval(t *testing.T) {
	own, other := strconv.Itoa(os.Getpid()), strconv.Itoa(os.Getppid())
	for _, test := range []struct {
		usec, pid string
		want      time.Duration
		err       error
	}{
		{"", "", 0, nil},
		{"", own, 0, nil},
		{"1500000", "", 1500 * time.Millisecond, nil},
		{"1500000", own, 1500 * time.Millisecond, nil},
		{"1500000", other, 0, nil},
		{"1500000", "me", 0, unix.EINVAL},
		{"0", "", 0, unix.EINVAL},
		{"-1", "", 0, unix.EINVAL},
		{"18446744073709551615", "", 0, unix.EINVAL},
	} {
		t.Setenv("WATCHDOG_USEC", test.usec)
		t.Setenv("WATCHDOG_PID", test.pid)
		if got, err := WatchdogInterval(false); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%q for %q: got %v, %v", test.usec, test.pid, got, err)
		}
		if _, err := WatchdogInterval(true); !errors.Is(err, test.err) {
			t.Errorf("%q for %q: %v", test.usec, test.pid, err)
		}
		if got, err := WatchdogInterval(false); got != 0 || err != nil {
			t.Errorf("after unset: %v, %v", got, err)
		}
	}
}

func TestDropEnvironment(t *testing.T) {
	names := []string{"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID"}
	for _, name := range names {
		t.Setenv(name, "1")
	}
	DropEnvironment()
	if left := slices.DeleteFunc(names, func(name string) bool { return os.Getenv(name) == "" }); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestBooted(t *testing.T) {
	info, err := os.Stat("/run/systemd/system")
	if got := Booted(); got != (err == nil && info.IsDir()) {
		t.Errorf("got %v, and stat says %v", got, err)
	}
}
