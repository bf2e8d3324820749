package transport

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/steward-init/steward/wire/dbus"
)

// serve starts a server in a folder of the test and returns its address.
func serve(t *testing.T, s *Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
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
