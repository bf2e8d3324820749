package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport/transporttest"
)

// serve starts a server in a folder of the test and returns its address.
func serve(t *testing.T, s *Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	if looping {
		var mu sync.Mutex
		loop, err := transporttest.New(func(work func()) {
			mu.Lock()
			defer mu.Unlock()
			work()
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Loop = loop
		t.Cleanup(loop.Close)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		_ = l.Close() // best effort: the test is over
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	return "unix:path=" + path
}

// looping has serve give the server a loop.
var looping bool

// TestWithLoop is all tests of servers again, with connections that a loop reads.
func TestWithLoop(t *testing.T) {
	looping = true
	defer func() { looping = false }()
	for name, test := range map[string]func(*testing.T){
		"call": TestCall, "descriptors": TestDescriptors, "order": TestOrder, "drain": TestDrain, "ends": TestCallEnds,
		"hostile": TestHostilePeers, "nobody reads": TestNobodyReads, "half open": TestHalfOpen,
		"limits": TestServerLimits, "stranger": TestStranger, "close": TestServerClose, "godbus": TestGodbusClient,
		"busctl": TestBusctl, "systemctl": TestSystemctl, "cork": TestCorkedConnectionWaitsForFlush,
	} {
		t.Run(name, test)
	}
}

// bound is a context that ends a test which hangs.
func bound(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// echo answers every call by its own body.
func echo(c *Conn, m *Message) {
	defer m.Close()
	if !m.WantsReply() {
		return
	}
	h := m.Reply(m.Signature)
	h.UnixFDs = m.UnixFDs
	if m.Member == "Fail" {
		h = m.Refusal(dbus.ErrorFailed)
	}
	b, err := dbus.AppendMessage(nil, &h, m.Body)
	if err == nil {
		_, err = c.Send(b, m.FDs...)
	}
	if err != nil {
		c.Close()
	}
}

func call(member, sig string) dbus.Header {
	return dbus.Header{Type: dbus.MethodCall, Path: "/", Interface: "org.example.Echo", Member: member, Signature: sig}
}

func TestCall(t *testing.T) {
	ctx := bound(t)
	c, err := Open(ctx, serve(t, &Server{Config: Config{Handle: echo}}), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, text := range []string{"", "hello"} {
		m, err := c.Call(ctx, call("Echo", "s"), func(w *dbus.Writer) { w.String(text) })
		if err != nil {
			t.Fatal(err)
		}
		r := m.Reader()
		if got := r.String(); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	_, err = c.Call(ctx, call("Fail", "s"), func(w *dbus.Writer) { w.String("no") })
	refusal := (*Refusal)(nil)
	if !errors.As(err, &refusal) || refusal.Name != dbus.ErrorFailed || refusal.Text != "no" {
		t.Errorf("got %v", err)
	}
}

func TestDescriptors(t *testing.T) {
	ctx := bound(t)
	c, err := Open(ctx, serve(t, &Server{Config: Config{Handle: echo}}), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	checkDescriptors(t, func(body func(*dbus.Writer), fds ...int) (*Message, error) {
		return c.Call(ctx, call("Echo", "hh"), body, fds...)
	})
}

// checkDescriptors sends a pipe's ends through call, which must return them, and looks that they are one pipe.
func checkDescriptors(t *testing.T, call func(body func(*dbus.Writer), fds ...int) (*Message, error)) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	m, err := call(func(w *dbus.Writer) { w.UnixFD(1); w.UnixFD(0) }, int(r.Fd()), int(w.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, f := range []*os.File{r, w} {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	body := m.Reader()
	w2, r2 := m.TakeFD(body.UnixFD()), m.TakeFD(body.UnixFD())
	if body.Done() != nil || w2 < 0 || r2 < 0 || m.TakeFD(0) != -1 || m.TakeFD(7) != -1 {
		t.Fatalf("descriptors %d and %d, %v", w2, r2, body.Err())
	}
	in, out := os.NewFile(uintptr(r2), "in"), os.NewFile(uintptr(w2), "out")
	defer in.Close()
	if flags, err := unix.FcntlInt(in.Fd(), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor flags %#x, %v", flags, err)
	}
	if _, err := out.WriteString("through"); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(in); string(text) != "through" || err != nil {
		t.Errorf("read %q, %v", text, err)
	}
}

// Replies and signals arrive in the order in which they were sent, however many, with whatever descriptors between.
func TestOrder(t *testing.T) {
	const calls = 2000
	ctx := bound(t)
	got := make(chan uint32, calls)
	handle := func(c *Conn, m *Message) {
		r := m.Reader()
		n := r.Uint32()
		h := dbus.Header{Type: dbus.Signal, Path: "/", Interface: "a.b", Member: "Got", Signature: "u"}
		fds := []int(nil)
		if n%100 == 0 {
			h.UnixFDs, fds = 1, []int{int(os.Stdin.Fd())}
		}
		w := dbus.NewWriter(nil)
		w.Begin(&h)
		w.Uint32(n)
		b, err := w.Finish()
		if err == nil {
			_, err = c.Send(b, fds...)
		}
		if err != nil {
			c.Close()
		}
	}
	c, err := Open(ctx, serve(t, &Server{Config: Config{Handle: handle}}), Config{Handle: func(_ *Conn, m *Message) {
		defer m.Close()
		r := m.Reader()
		n := r.Uint32()
		if want := n%100 == 0; want != (len(m.FDs) == 1) {
			n = 1 << 31 // the descriptor came with another message
		}
		got <- n
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for n := range uint32(calls) {
		if err := c.Notify(call("Count", "u"), func(w *dbus.Writer) { w.Uint32(n) }); err != nil {
			t.Fatal(err)
		}
	}
	for n := range uint32(calls) {
		select {
		case m := <-got:
			if m != n {
				t.Fatalf("got %d as number %d", m, n)
			}
		case <-ctx.Done():
			t.Fatalf("number %d: %v", n, ctx.Err())
		}
	}
}

func TestDrain(t *testing.T) {
	ctx := bound(t)
	received := make(chan int, 10)
	closed := make(chan error, 1)
	c, err := Open(ctx, serve(t, &Server{Config: Config{
		Handle: func(_ *Conn, m *Message) { received <- len(m.Body) },
		Closed: func(_ *Conn, err error) { closed <- err },
	}}), Config{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := c.Notify(call("Take", "ay"), func(w *dbus.Writer) { w.ByteArray(make([]byte, 1<<20)) }); err != nil {
			t.Fatal(err)
		}
	}
	c.Drain()
	if _, err := c.Send(message(t, call("Late", ""), nil)); !errors.Is(err, ErrClosed) {
		t.Errorf("send after drain: %v", err)
	}
	if err := <-closed; !errors.Is(err, io.EOF) || len(received) != 3 {
		t.Errorf("ended for %v after %d messages", err, len(received))
	}
}

func TestCallEnds(t *testing.T) {
	silent := make(chan *Conn, 1)
	address := serve(t, &Server{Config: Config{Handle: func(c *Conn, _ *Message) { silent <- c }}})
	ctx := bound(t)
	c, err := Open(ctx, address, Config{})
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithCancel(ctx)
	go func() {
		<-silent
		cancel()
		(<-silent).Close()
	}()
	if _, err := c.Call(short, call("Wait", ""), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled call: %v", err)
	}
	if _, err := c.Call(ctx, call("Wait", ""), nil); !errors.Is(err, io.EOF) {
		t.Errorf("call to a peer that leaves: %v", err)
	}
	if _, err := c.Call(ctx, call("Wait", ""), nil); !errors.Is(err, io.EOF) {
		t.Errorf("call to a peer that left: %v", err)
	}
	if len(c.waiting) != 0 {
		t.Errorf("%d calls remembered", len(c.waiting))
	}
}

func TestAddresses(t *testing.T) {
	address := serve(t, &Server{Config: Config{Handle: echo}})
	ctx := bound(t)
	escaped := strings.ReplaceAll(address, "/bus", "%2fbus")
	for _, list := range []string{address, "tcp:host=localhost,port=1;unix:path=/nonexistent;" + escaped + ",guid=00"} {
		c, err := Dial(ctx, list, Config{})
		if err != nil {
			t.Errorf("%s: %v", list, err)
			continue
		}
		if pid, uid, _ := c.Peer(); int(pid) != os.Getpid() || int(uid) != os.Getuid() {
			t.Errorf("peer %d of user %d", pid, uid)
		}
		if !c.UnixFDs() || len(c.GUID()) != 32 {
			t.Errorf("descriptors %v, guid %q", c.UnixFDs(), c.GUID())
		}
		c.Close()
	}
	for _, list := range []string{"", ";", "tcp:host=localhost", "unix:", "unix:path=", "unix:path=%zz",
		"unix:tmpdir=/tmp", "unix:path=/nonexistent", "unix:abstract=steward-nobody"} {
		if c, err := Dial(ctx, list, Config{}); err == nil {
			c.Close()
			t.Errorf("%q: connected", list)
		}
	}
}

// A listener that accepts and says nothing must not hold the client longer than its context.
func TestDialMute(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mute")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := Dial(ctx, "unix:path="+path, Config{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
