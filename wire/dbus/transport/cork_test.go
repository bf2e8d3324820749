package transport

import (
	"context"
	"net"
	"path/filepath"
	"testing"
)

// TestCorkedConnectionWaitsForFlush: what is sent on one stays until Flush, which gives it to the kernel without
// another goroutine.
func TestCorkedConnectionWaitsForFlush(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	queued := func(c *Conn) (int, bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.out), c.flushing
	}
	handle := func(c *Conn, m *Message) {
		echo(c, m)
		if n, flushing := queued(c); n == 0 || flushing {
			t.Errorf("%d bytes wait for Flush, and somebody sends them: %v", n, flushing)
		}
		c.Flush()
		if n, flushing := queued(c); n != 0 || flushing {
			t.Errorf("%d bytes wait after Flush, and somebody sends them: %v", n, flushing)
		}
	}
	s := &Server{Config: Config{Handle: handle, Corked: true}}
	defer s.Close()
	go func() { _ = s.Serve(l) }() // ends with the listener
	c, err := Open(context.Background(), "unix:path="+path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 3 {
		if _, err := c.Call(t.Context(), call("Echo", ""), nil); err != nil {
			t.Fatal(err)
		}
	}
}
