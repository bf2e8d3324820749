package transport

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/steward-init/steward/wire/dbus"
)

// units answers systemctl's list-units with as many units, and its start with a job that is done at once.
func units(n int) func(*Conn, *Message) {
	const name, path = "org.freedesktop.systemd1", "/org/freedesktop/systemd1"
	names, paths := make([]string, n), make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("demo-%d.service", i)
		paths[i] = path + "/unit/" + dbus.PathEscape(names[i])
	}
	list := func(w *dbus.Writer) {
		all := w.OpenArray(8)
		for i := range n {
			w.Struct()
			for _, s := range []string{names[i], "Demonstration", "loaded", "active", "running", ""} {
				w.String(s)
			}
			w.ObjectPath(paths[i])
			w.Uint32(0)
			w.String("")
			w.ObjectPath("/")
		}
		w.CloseArray(all)
	}
	writers := sync.Pool{New: func() any { return dbus.NewWriter(nil) }}
	return func(c *Conn, m *Message) {
		defer m.Close()
		w := writers.Get().(*dbus.Writer)
		defer writers.Put(w)
		send := func(h dbus.Header, body func()) {
			h.Sender = name
			w.Begin(&h)
			body()
			if b, err := w.Finish(); err == nil {
				_, _ = c.Send(b) // the client sees its connection end
			}
		}
		switch m.Member {
		case "ListUnitsByPatterns":
			send(m.Reply("a(ssssssouso)"), func() { list(w) })
		case "StartUnit":
			job := path + "/job/1"
			send(m.Reply("o"), func() { w.ObjectPath(job) })
			removed := dbus.Header{Type: dbus.Signal, Path: path, Interface: name + ".Manager", Member: "JobRemoved",
				Signature: "uoss"}
			send(removed, func() { w.Uint32(1); w.ObjectPath(job); w.String("demo.service"); w.String("done") })
		case "GetUnit":
			send(m.Reply("o"), func() { w.ObjectPath(path + "/unit/demo_2eservice") })
		case "Get":
			send(m.Reply("v"), func() { w.Variant("b"); w.Bool(false) })
		default:
			send(m.Refusal(dbus.ErrorUnknownMethod), func() { w.String("no " + m.Member) })
		}
	}
}

// The unmodified systemctl, over the private socket of a user manager.
func TestSystemctl(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "systemd"), 0o700); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "systemd", "private")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Config: Config{Handle: units(300)}}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	defer func() {
		s.Close()
		_ = l.Close() // best effort: the test is over
		<-ended
	}()
	systemctl := func(args ...string) (string, error) {
		c := exec.CommandContext(bound(t), "systemctl", append([]string{"--user", "--no-pager"}, args...)...)
		c.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+dir, "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent")
		out, err := c.CombinedOutput()
		return string(out), err
	}
	out, err := systemctl("list-units", "--plain", "--no-legend")
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("systemctl is not installed")
	}
	if err != nil || strings.Count(out, "\n") != 300 || !strings.Contains(out, "demo-299.service") {
		t.Errorf("list-units: %v\n%s", err, out)
	}
	if out, err := systemctl("start", "demo.service"); err != nil || out != "" {
		t.Errorf("start: %v\n%s", err, out)
	}
	if out, err := systemctl("stop", "demo.service"); err == nil || !strings.Contains(out, "no StopUnit") {
		t.Errorf("stop: %v\n%s", err, out)
	}
}
