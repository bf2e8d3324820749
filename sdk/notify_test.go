package sdk

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/wire/notify"
)

// inbox is a manager's socket.
type inbox struct {
	t    *testing.T
	conn *net.UnixConn
}

// listen makes a manager's socket and sets NOTIFY_SOCKET for the test.
func listen(t *testing.T, name string) inbox {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // best effort: the test is over
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	t.Setenv(notifySocket, name)
	return inbox{t, conn}
}

// next is the datagram that came next, with its descriptors.
func (in inbox) next() (string, []int) {
	in.t.Helper()
	b, oob := make([]byte, notify.MaxDatagram), make([]byte, 256)
	n, oobn, _, _, err := in.conn.ReadMsgUnix(b, oob)
	if err != nil {
		in.t.Fatal(err)
	}
	messages, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		in.t.Fatal(err)
	}
	var fds []int
	for i := range messages {
		list, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			in.t.Fatal(err)
		}
		fds = append(fds, list...)
	}
	return string(b[:n]), fds
}

func TestHelpers(t *testing.T) {
	in := listen(t, filepath.Join(t.TempDir(), "notify"))
	for _, test := range []struct {
		say  func() error
		want string
	}{
		{Ready, "READY=1\n"},
		{Stopping, "STOPPING=1\n"},
		{func() error { return Status("serving %d", 7) }, "STATUS=serving 7\n"},
		{func() error { return Status("two\nREADY=1") }, "STATUS=two READY=1\n"},
		{func() error { return MainPID(42) }, "MAINPID=42\n"},
		{func() error { return Failing(unix.ENOENT) }, "ERRNO=2\n"},
		{func() error { return ExtendTimeout(1500 * time.Millisecond) }, "EXTEND_TIMEOUT_USEC=1500000\n"},
		{func() error { return BusError("org.example.Broken") }, "BUSERROR=org.example.Broken\n"},
		{func() error { return ExitStatus(7) }, "EXIT_STATUS=7\n"},
		{Watchdog, "WATCHDOG=1\n"},
		{func() error { return SetWatchdogInterval(2 * time.Second) }, "WATCHDOG_USEC=2000000\n"},
		{func() error {
			_, err := NotifyFields(false, Field{"READY", "1"}, Field{"STATUS", "a\nSTOPPING=1"})
			return err
		}, "READY=1\nSTATUS=a STOPPING=1\n"},
		{WatchdogTrigger, "WATCHDOG=trigger\n"},
		{func() error { return Remove("state") }, "FDSTOREREMOVE=1\nFDNAME=state\n"},
		{func() error { _, err := Notify("X_OWN=1", false); return err }, "X_OWN=1"},
	} {
		if err := test.say(); err != nil {
			t.Errorf("%q: %v", test.want, err)
			continue
		}
		if got, _ := in.next(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestReloading(t *testing.T) {
	in := listen(t, filepath.Join(t.TempDir(), "notify"))
	clock := func() uint64 {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
			t.Fatal(err)
		}
		return uint64(now.Nano()) / 1000
	}
	before := clock()
	if err := Reloading(); err != nil {
		t.Fatal(err)
	}
	text, _ := in.next()
	m := notify.Parse([]byte(text))
	if !m.Has(notify.Reloading|notify.MonotonicUsec) || m.MonotonicUsec < before || m.MonotonicUsec > clock() {
		t.Errorf("got %q, sent after %d", text, before)
	}
}

func TestNotifyAbstract(t *testing.T) {
	in := listen(t, "@steward-sdk-test-"+strconv.Itoa(os.Getpid()))
	if sent, err := Notify("READY=1", true); !sent || err != nil {
		t.Fatalf("sent %v, %v", sent, err)
	}
	if got, _ := in.next(); got != "READY=1" {
		t.Errorf("got %q", got)
	}
	if _, set := os.LookupEnv(notifySocket); set {
		t.Error("NOTIFY_SOCKET is still set")
	}
	if sent, err := Notify("READY=1", true); sent || err != nil {
		t.Errorf("without a manager: sent %v, %v", sent, err)
	}
}

func TestNotifyFails(t *testing.T) {
	for address, want := range map[string]error{
		"/nonexistent/socket": unix.ENOENT, "relative": unix.EAFNOSUPPORT, "/": unix.EAFNOSUPPORT,
		"@": unix.EAFNOSUPPORT, "vsock:2:1": unix.EAFNOSUPPORT, "/" + strings.Repeat("x", 200): unix.EINVAL,
	} {
		t.Setenv(notifySocket, address)
		if sent, err := Notify("READY=1", false); sent || !errors.Is(err, want) {
			t.Errorf("%s: sent %v, %v; want %v", address, sent, err, want)
		}
		if sent, err := Notify("READY=1", true); sent || err == nil {
			t.Errorf("%s: sent %v, %v", address, sent, err)
		}
		if _, set := os.LookupEnv(notifySocket); set {
			t.Errorf("%s: still set", address)
		}
	}
	listen(t, filepath.Join(t.TempDir(), "notify"))
	if _, err := Notify("", false); !errors.Is(err, unix.EINVAL) {
		t.Errorf("empty state: %v", err)
	}
}

func TestBarrier(t *testing.T) {
	if err := Barrier(0); err != nil {
		t.Errorf("without a manager: %v", err)
	}
	in := listen(t, filepath.Join(t.TempDir(), "notify"))
	if err := Barrier(20 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a manager that does not come to it: %v", err)
	}
	_, fds := in.next()
	closeFDs(t, fds)
	for _, timeout := range []time.Duration{-1, 20 * time.Second} {
		done := make(chan error, 1)
		go func() { done <- Barrier(timeout) }()
		text, fds := in.next()
		if text != "BARRIER=1" || len(fds) != 1 {
			t.Fatalf("got %q and descriptors %v", text, fds)
		}
		select {
		case err := <-done:
			t.Fatalf("over before the manager came to it: %v", err)
		default:
		}
		closeFDs(t, fds)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func closeFDs(t *testing.T, fds []int) {
	t.Helper()
	for _, fd := range fds {
		if err := unix.Close(fd); err != nil {
			t.Error(err)
		}
	}
}

func TestStore(t *testing.T) {
	in := listen(t, filepath.Join(t.TempDir(), "notify"))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := StoreUnwatched("pipe", int(w.Fd())); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text, fds := in.next()
	if text != "FDSTORE=1\nFDNAME=pipe\nFDPOLL=0\n" || len(fds) != 1 {
		t.Fatalf("got %q and descriptors %v", text, fds)
	}
	stored := os.NewFile(uintptr(fds[0]), "stored")
	if _, err := stored.WriteString("kept"); err != nil {
		t.Fatal(err)
	}
	if err := stored.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); string(got) != "kept" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := Store("plain", int(r.Fd())); err != nil {
		t.Fatal(err)
	}
	text, fds = in.next()
	closeFDs(t, fds)
	if text != "FDSTORE=1\nFDNAME=plain\n" {
		t.Errorf("got %q", text)
	}
	for _, name := range []string{"", "a:b", "a\nb", "ä", strings.Repeat("x", 256)} {
		if err := Store(name, 0); !errors.Is(err, ErrName) {
			t.Errorf("name %q: %v", name, err)
		}
	}
}
