package output

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestConnectionsAreBounded fills the connections up but for one: the next but one is closed, and the one works.
func TestConnectionsAreBounded(t *testing.T) {
	var c collector
	o := open(t, &c, "")
	path := filepath.Join(t.TempDir(), "stdout")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	raw, err := listener.(*net.UnixListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	fd := int(raw.Fd()) // asked for once: to ask makes it wait
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	o.connected = maxConnections - 1
	if _, err := o.Serve(Stdout, fd); err != nil {
		t.Fatal(err)
	}
	dial := func() net.Conn {
		conn, err := net.Dial("unix", path)
		if err == nil {
			err = conn.SetDeadline(time.Now().Add(time.Minute))
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	kept, refused := dial(), dial()
	if _, err := refused.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("one connection too many: %v", err)
	}
	if _, err := kept.Write([]byte("prog\n\n6\n0\n0\n0\n0\nthere is room\n")); err != nil {
		t.Fatal(err)
	}
	o.Close()
	if !slices.Contains(c.lines, " prog 6 there is room") {
		t.Errorf("lines %q", c.lines)
	}
}

// TestServeLetsGo stops to serve sockets that their owner has closed: their other ends see it, and nothing is left.
func TestServeLetsGo(t *testing.T) {
	var c collector
	o := open(t, &c, "")
	for range 8 {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		stop, err := o.Serve(Native, pair[0])
		if err != nil {
			t.Fatal(err)
		}
		_ = unix.Close(pair[0])
		if _, err := unix.Write(pair[1], []byte("MESSAGE=waits\n")); err != nil {
			t.Fatal(err)
		}
		stop()
		if n, err := unix.Read(pair[1], make([]byte, 1)); n != 0 || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
		_ = unix.Close(pair[1])
	}
	o.mu.Lock()
	if len(o.served) != 0 || len(o.stopped) != 0 {
		t.Errorf("served %v, stopped %v", o.served, o.stopped)
	}
	o.mu.Unlock()
	o.Close()
}
