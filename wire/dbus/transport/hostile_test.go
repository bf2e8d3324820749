package transport

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/wire/dbus"
)

// raw connects to a server without any manners.
func raw(t *testing.T, address string) *net.UnixConn {
	t.Helper()
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: strings.TrimPrefix(address, "unix:path="), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // best effort: most are closed by then
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// greeted is raw, authenticated.
func greeted(t *testing.T, address string) *net.UnixConn {
	t.Helper()
	c := raw(t, address)
	auth := dbus.ClientAuth{}
	if _, err := c.Write([]byte(auth.Opening())); err != nil {
		t.Fatal(err)
	}
	for buf := make([]byte, 0, 99); !auth.Done(); {
		n, err := c.Read(buf[len(buf):cap(buf)])
		if err != nil {
			t.Fatal(err)
		}
		buf = buf[:len(buf)+n]
		used, err := auth.Feed(buf)
		if err != nil {
			t.Fatal(err)
		}
		buf = buf[:copy(buf, buf[used:])]
	}
	return c
}

// ended waits until the other side closed c.
func ended(t *testing.T, c *net.UnixConn) {
	t.Helper()
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection was left open")
	}
}

func message(t *testing.T, h dbus.Header, body []byte) []byte {
	t.Helper()
	h.Serial = 1
	b, err := dbus.AppendMessage(nil, &h, body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// openFiles counts the descriptors of this process.
func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// Every peer here does harm, and each ends its own connection alone: a client that came before them is answered after.
func TestHostilePeers(t *testing.T) {
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	send := func(b []byte, fds int) func(*testing.T, *net.UnixConn) {
		return func(t *testing.T, c *net.UnixConn) {
			list := make([]int, fds)
			for i := range list {
				list[i] = int(null.Fd())
			}
			oob := []byte(nil)
			if fds > 0 {
				oob = unix.UnixRights(list...)
			}
			if _, _, err := c.WriteMsgUnix(b, oob, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	plain := message(t, call("Echo", ""), nil)
	with := call("Echo", "")
	with.UnixFDs = 2
	big := message(t, call("Echo", ""), nil)
	big[7] = 0x04 // a body of 64 MiB
	huge := message(t, call("Echo", ""), nil)
	huge[7] = 0xff
	bad := message(t, call("Echo", ""), nil)
	bad[18] = 'z'
	for _, test := range []struct {
		name string
		do   func(*testing.T, *net.UnixConn)
		want error
	}{
		{"garbage", send([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 0), dbus.ErrHeader},
		{"broken header", send(bad, 0), dbus.ErrSignature},
		{"over our limit", send(big, 0), ErrSize},
		{"over the protocol's limit", send(huge, 0), dbus.ErrTooLarge},
		{"descriptors missing", send(message(t, with, nil), 1), ErrFDs},
		{"descriptors for nobody", send(plain, 1), ErrFDs},
		{"too many descriptors", send(plain[:9], 99), ErrFDs},
		{"leaves in the middle", func(t *testing.T, c *net.UnixConn) {
			send(plain[:9], 1)(t, c)
			_ = c.CloseWrite() // the test is what follows
		}, io.EOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			reasons := make(chan error, 2)
			address := serve(t, &Server{Config: Config{Handle: echo, Closed: func(_ *Conn, err error) { reasons <- err }}})
			ctx := bound(t)
			good, err := Open(ctx, address, Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer good.Close()
			before := openFiles(t)
			c := greeted(t, address)
			test.do(t, c)
			if err := <-reasons; !errors.Is(err, test.want) {
				t.Errorf("ended for %v, want %v", err, test.want)
			}
			ended(t, c)
			_ = c.Close() // counted below
			if after := openFiles(t); after != before {
				t.Errorf("%d descriptors open before, %d after", before, after)
			}
			if _, err := good.Call(ctx, call("Echo", ""), nil); err != nil {
				t.Errorf("another client: %v", err)
			}
		})
	}
}

func TestNobodyReads(t *testing.T) {
	reasons := make(chan error, 2)
	flood := func(c *Conn, m *Message) {
		if m.Member != "Flood" {
			echo(c, m)
			return
		}
		h := m.Reply("ay")
		w := dbus.NewWriter(nil)
		for err := error(nil); err == nil; {
			w.Begin(&h)
			w.ByteArray(make([]byte, 64<<10))
			b, _ := w.Finish() // a message that small is always written
			_, err = c.Send(b, int(os.Stdin.Fd()))
		}
	}
	address := serve(t, &Server{Config: Config{Handle: flood, Queue: 1 << 20, Closed: func(_ *Conn, err error) {
		reasons <- err
	}}})
	before := openFiles(t)
	c := greeted(t, address)
	if _, err := c.Write(message(t, call("Flood", ""), nil)); err != nil {
		t.Fatal(err)
	}
	if err := <-reasons; !errors.Is(err, ErrSlow) {
		t.Errorf("ended for %v", err)
	}
	ctx := bound(t)
	good, err := Open(ctx, address, Config{})
	if err != nil {
		t.Fatal(err)
	}
	big := func(w *dbus.Writer) { w.ByteArray(bytes.Repeat([]byte{7}, 3<<20)) }
	if m, err := good.Call(ctx, call("Echo", "ay"), big); err != nil || len(m.Body) < 3<<20 {
		t.Errorf("a message over the limit of an empty queue: %v", err)
	}
	good.Close()
	if err := <-reasons; !errors.Is(err, io.EOF) {
		t.Errorf("ended for %v", err)
	}
	_ = c.Close() // counted below
	for deadline := time.Now().Add(10 * time.Second); openFiles(t) > before; {
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors open before, %d after", before, openFiles(t))
		}
	}
}

func TestHalfOpen(t *testing.T) {
	for name, text := range map[string]string{
		"says nothing": "", "stops": "\x00AUTH EXTERNAL\r\n", "garbage": "hello",
		"endless": "\x00" + strings.Repeat("A", 1<<14), "gives up": "\x00AUTH EXTERNAL\r\nCANCEL\r\nBEGIN\r\n",
	} {
		address := serve(t, &Server{Config: Config{Handle: echo}, Patience: 50 * time.Millisecond})
		c := raw(t, address)
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		ended(t, c)
	}
}

func TestServerLimits(t *testing.T) {
	address := serve(t, &Server{Config: Config{Handle: echo}, Pending: 2, Connections: 3})
	one, two := raw(t, address), raw(t, address)
	ended(t, raw(t, address)) // a third that has not authenticated
	_ = one.Close()           // makes room
	_ = two.Close()
	var last *Client
	ctx := bound(t)
	for opened := 0; opened < 3; {
		c, err := Open(ctx, address, Config{})
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		if err == nil {
			defer c.Close()
			last = c
			opened++
		}
	}
	ended(t, raw(t, address)) // a fourth connection
	if _, err := last.Call(ctx, call("Echo", ""), nil); err != nil {
		t.Error(err)
	}
}

func TestStranger(t *testing.T) {
	address := serve(t, &Server{Config: Config{Handle: echo}, Allow: func(uint32) bool { return false }})
	if c, err := Open(bound(t), address, Config{}); err == nil {
		c.Close()
		t.Error("a stranger came in")
	}
}

// Closing the server ends its connections, and they say so.
func TestServerClose(t *testing.T) {
	reasons := make(chan error, 1)
	s := &Server{Config: Config{Handle: echo, Closed: func(_ *Conn, err error) { reasons <- err }}}
	ctx := bound(t)
	c, err := Open(ctx, serve(t, s), Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Call(ctx, call("Echo", ""), nil); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := <-reasons; !errors.Is(err, ErrClosed) {
		t.Errorf("ended for %v", err)
	}
	if _, err := c.Call(ctx, call("Echo", ""), nil); !errors.Is(err, io.EOF) && !errors.Is(err, unix.EPIPE) {
		t.Errorf("call after the end: %v", err)
	}
}
