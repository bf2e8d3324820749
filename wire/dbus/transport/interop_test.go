package transport

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	godbus "github.com/godbus/dbus/v5"

	"github.com/steward-init/steward/wire/dbus"
)

// object is a small object for other implementations to call.
type object struct{}

var example = []dbus.Interface{{
	Name:       "org.example.Echo",
	Methods:    []dbus.Method{{Name: "Echo", In: dbus.Args("sas", "text", "list"), Out: dbus.Args("sas")}},
	Signals:    []dbus.SignalSpec{{Name: "Echoed", Args: dbus.Args("s", "text")}},
	Properties: []dbus.Property{{Name: "Level", Sig: "u", Annotations: []dbus.Annotation{dbus.EmitsChanged("const")}}},
}}

func (object) handle(c *Conn, m *Message) {
	defer m.Close()
	w := dbus.NewWriter(nil)
	reply := func(sig string, body func()) {
		h := m.Reply(sig)
		w.Begin(&h)
		body()
		b, err := w.Finish()
		if err == nil {
			_, err = c.Send(b)
		}
		if err != nil {
			c.Close()
		}
	}
	switch m.Interface + "." + m.Member {
	case "org.freedesktop.DBus.Hello":
		reply("s", func() { w.String(":1.7") })
	case dbus.IntrospectInterface + ".Introspect":
		reply("s", func() { w.String(string(dbus.AppendIntrospection(nil, example, nil))) })
	case dbus.PropertiesInterface + ".GetAll":
		reply("a{sv}", func() {
			mark := w.OpenArray(8)
			w.DictEntry("Level", "u")
			w.Uint32(42)
			w.CloseArray(mark)
		})
	case "org.example.Echo.Echo":
		h := dbus.Header{Type: dbus.Signal, Path: m.Path, Interface: m.Interface, Member: "Echoed", Signature: "s"}
		w.Begin(&h)
		w.String("signal first")
		if b, err := w.Finish(); err == nil {
			_, _ = c.Send(b) // the reply would fail for the same reason
		}
		body := m.Reader()
		text, list := body.String(), body.StringArray()
		reply("sas", func() { w.String(text); w.StringArray(list) })
	default:
		h := m.Refusal(dbus.ErrorUnknownMethod)
		w.Begin(&h)
		w.String("no method " + m.Member)
		if b, err := w.Finish(); err == nil {
			_, _ = c.Send(b) // the caller sees its connection end
		}
	}
}

func TestGodbusClient(t *testing.T) {
	conn, err := godbus.Dial(serve(t, &Server{Config: Config{Handle: object{}.handle}}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Auth([]godbus.Auth{godbus.AuthExternal(strconv.Itoa(os.Getuid()))}); err != nil {
		t.Fatal(err)
	}
	signals := make(chan *godbus.Signal, 1)
	conn.Signal(signals)
	text, list := "", []string(nil)
	x := conn.Object("org.example", "/x")
	call := x.CallWithContext(bound(t), "org.example.Echo.Echo", 0, "hi", []string{"a", "b"})
	if err := call.Store(&text, &list); err != nil || text != "hi" || strings.Join(list, " ") != "a b" {
		t.Errorf("got %q %q, %v", text, list, err)
	}
	if s := <-signals; s.Name != "org.example.Echo.Echoed" || s.Path != "/x" || s.Body[0] != "signal first" {
		t.Errorf("signal %+v", s)
	}
	refused := x.CallWithContext(bound(t), "org.example.Echo.None", 0).Err
	if e := (godbus.Error{}); !errors.As(refused, &e) || e.Name != dbus.ErrorUnknownMethod {
		t.Errorf("got %v", refused)
	}
}

// tool runs a program that the machine must have, and returns what it prints.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(bound(t), name, args...).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skipf("%s is not installed", name)
	}
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func TestBusctl(t *testing.T) {
	address := serve(t, &Server{Config: Config{Handle: object{}.handle}})
	got := tool(t, "busctl", "--address="+address, "call", "org.example", "/x", "org.example.Echo", "Echo", "sas", "hi",
		"2", "a", "b")
	if got != "sas \"hi\" 2 \"a\" \"b\"\n" {
		t.Errorf("call: got %s", got)
	}
	got = tool(t, "busctl", "--address="+address, "introspect", "org.example", "/x")
	var lines []string
	for line := range strings.Lines(got) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"NAME TYPE SIGNATURE RESULT/VALUE FLAGS",
		"org.example.Echo interface - - -",
		".Echo method sas sas -",
		".Level property u 42 const",
		".Echoed signal s - -",
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("introspect: got\n%s", got)
	}
}

// startBus runs a message bus of its own and returns its address.
func startBus(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	config, socket := filepath.Join(dir, "bus.conf"), filepath.Join(dir, "socket")
	text := `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><auth>EXTERNAL</auth><listen>unix:path=` + socket + `</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy>
</busconfig>`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	daemon := exec.CommandContext(ctx, "dbus-daemon", "--nofork", "--config-file="+config, "--print-address")
	var stderr bytes.Buffer
	daemon.Stderr = &stderr
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); errors.Is(err, exec.ErrNotFound) {
		t.Skip("dbus-daemon is not installed")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = daemon.Wait() // it was killed
	})
	line := make([]byte, 200)
	n, err := out.Read(line) // it prints the address when it listens
	if err != nil {
		t.Fatalf("dbus-daemon: %v\n%s", err, stderr.String())
	}
	return strings.TrimSpace(string(line[:n]))
}

func TestMessageBus(t *testing.T) {
	ctx, address := bound(t), startBus(t)
	const name = "org.example.Server"
	server, err := OpenBus(ctx, address, Config{Handle: func(c *Conn, m *Message) {
		if m.Type == dbus.MethodCall {
			echo(c, m)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if err := server.RequestName(ctx, name, DoNotQueue); err != nil {
		t.Fatal(err)
	}
	signals := make(chan string, 4)
	client, err := OpenBus(ctx, address, Config{Handle: func(_ *Conn, m *Message) {
		defer m.Close()
		r := m.Reader()
		signals <- m.Member + " " + r.String()
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if client.Name() == server.Name() || !strings.HasPrefix(client.Name(), ":1.") {
		t.Errorf("names %q and %q", client.Name(), server.Name())
	}
	if got := <-signals; got != "NameAcquired "+client.Name() {
		t.Errorf("first signal %s", got)
	}
	if err := client.RequestName(ctx, name, DoNotQueue); !errors.Is(err, ErrNotOwner) {
		t.Errorf("name that is taken: %v", err)
	}
	t.Run("descriptors", func(t *testing.T) {
		checkDescriptors(t, func(body func(*dbus.Writer), fds ...int) (*Message, error) {
			h := call("Echo", "hh")
			h.Destination = name
			return client.Call(ctx, h, body, fds...)
		})
	})
	t.Run("signal", func(t *testing.T) {
		rule := dbus.Match{Type: dbus.Signal, Sender: name, Member: "Changed",
			Args: []dbus.ArgMatch{{Index: 0, Value: "it's, so"}}}
		if err := client.AddMatch(ctx, rule); err != nil {
			t.Fatal(err)
		}
		h := dbus.Header{Type: dbus.Signal, Path: "/", Interface: "org.example.Echo", Member: "Changed", Signature: "s"}
		for _, text := range []string{"not this", "it's, so"} {
			if err := server.Notify(h, func(w *dbus.Writer) { w.String(text) }); err != nil {
				t.Fatal(err)
			}
		}
		if got := <-signals; got != "Changed it's, so" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("refusal", func(t *testing.T) {
		h := call("Echo", "")
		h.Destination = "org.example.Nobody"
		_, err := client.Call(ctx, h, nil)
		if r := (*Refusal)(nil); !errors.As(err, &r) || r.Name != dbus.ErrorServiceUnknown {
			t.Errorf("got %v", err)
		}
	})
	t.Run("busctl", func(t *testing.T) {
		got := tool(t, "busctl", "--address="+address, "call", name, "/", "org.example.Echo", "Echo", "a{sv}", "1", "k",
			"as", "2", "x", "y")
		if got != "a{sv} 1 \"k\" as 2 \"x\" \"y\"\n" {
			t.Errorf("got %s", got)
		}
	})
}

// FuzzConn: whatever a peer sends, what comes out is whole messages, and the server lives.
func FuzzConn(f *testing.F) {
	h := call("Echo", "s")
	h.Serial = 1
	b, err := dbus.AppendMessage(nil, &h, []byte("\x01\x00\x00\x00a\x00"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, 3)
	f.Add(append(bytes.Clone(b), b...), 1000)
	f.Fuzz(func(t *testing.T, text []byte, chunk int) {
		messages := 0
		c := &Conn{config: Config{Message: 1 << 16, Handle: func(*Conn, *Message) { messages++ }}}
		c.config.setDefaults()
		r := reader{conn: c, buf: make([]byte, 0, readBuffer)}
		used, chunk := 0, min(max(chunk, 1), 4096)
		for used < len(text) {
			n := min(chunk, len(text)-used)
			r.buf = append(r.buf, text[used:used+n]...)
			used += n
			if err := r.cut(); err != nil {
				return
			}
		}
		if len(r.buf) > 1<<16+4096 || messages*16 > len(text) {
			t.Fatalf("%d bytes kept, %d messages of %d bytes", len(r.buf), messages, len(text))
		}
	})
}
