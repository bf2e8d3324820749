package transport

import (
	"context"
	"net"
	"path/filepath"
	"testing"

	"github.com/steward-init/steward/wire/dbus"
)

// properties answers every call as GetAll of a service with 150 properties, from a buffer used again.
func properties() func(*Conn, *Message) {
	w := dbus.NewWriter(nil)
	return func(c *Conn, m *Message) {
		h := m.Reply("a{sv}")
		w.Begin(&h)
		all := w.OpenArray(8)
		for i := range 75 {
			w.DictEntry("ActiveEnterTimestampMonotonic", "t")
			w.Uint64(uint64(i))
			w.DictEntry("FragmentPath", "s")
			w.String("/lib/systemd/system/nginx.service")
		}
		w.CloseArray(all)
		b, err := w.Finish()
		if err == nil {
			_, err = c.Send(b)
		}
		if err != nil {
			c.Close()
		}
	}
}

func BenchmarkCalls(b *testing.B) {
	for _, test := range []struct {
		name   string
		handle func(*Conn, *Message)
		member string
	}{
		{"small", echo, "Echo"},
		{"GetAll150", properties(), "GetAll"},
		{"ListUnits5000", units(5000), "ListUnitsByPatterns"},
	} {
		b.Run(test.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "bus")
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			s := &Server{Config: Config{Handle: test.handle}}
			defer s.Close()
			go func() { _ = s.Serve(l) }() // ends with the listener
			c, err := Open(context.Background(), "unix:path="+path, Config{})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Call(context.Background(), call(test.member, ""), nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
