package analyze

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/connect"
	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/machine"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// TestMain is the command itself where the test's program is called by its name: what needs a process of its own, with
// the manager's socket in its place, needs no binary built for it.
func TestMain(m *testing.M) {
	machine.Init()
	if filepath.Base(os.Args[0]) == "systemd-analyze" {
		os.Exit(Run(context.Background(), ui.Std(), os.Args))
	}
	os.Exit(m.Run())
}

// fakeUnit is a unit that a fakeManager has.
type fakeUnit struct {
	id, active                                   string
	exited, activated, deactivating, deactivated uint64 // monotonic, µs
	lists                                        map[string][]string
}

// fakeManager answers what systemd-analyze asks, out of a world that a test makes up.
type fakeManager struct {
	times map[string]uint64 // of the manager, by property name
	texts map[string]string // of the manager, by property name
	units []*fakeUnit
	dump  string

	asked []string // every call, for a test's message
	set   []string // properties that were set, "name=value"
}

// listen serves the manager at a socket until the test ends, and returns its path.
func (f *fakeManager) listen(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "systemd", "private")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	s := &transport.Server{Config: transport.Config{Handle: f.handle}, Allow: func(uint32) bool { return true }}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		_ = l.Close() // best effort: the test is over
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return path
}

// inPlace runs a shell's command line in a mount namespace with a /run of its own, where a socket is the one of the
// system's manager and that of root's: nothing of the machine that the test runs on can be reached.
func inPlace(t *testing.T, socket, line string) result {
	t.Helper()
	const script = `mount -t tmpfs none /run && mkdir -p /run/systemd/system /run/user/0/systemd && ` +
		`for s in /run/systemd/private /run/user/0/systemd/private; do : >$s && mount --bind "$0" $s || exit 99; done; ` +
		`eval "$1"`
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "unshare", "-m", "sh", "-c", script, socket, line)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nowhere", "XDG_RUNTIME_DIR=/run/user/0", "TZ=UTC"}
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// handle answers one call.
func (f *fakeManager) handle(c *transport.Conn, m *transport.Message) {
	defer m.Close()
	if !m.WantsReply() {
		return
	}
	r, w := m.Reader(), dbus.NewWriter(nil)
	f.asked = append(f.asked, fmt.Sprint(m.Path, " ", m.Interface, ".", m.Member, " ", r.Values(m.Signature)))
	r = m.Reader()
	h := m.Reply("")
	if sig, errorName, text := f.answer(w, m, &r); errorName != "" {
		h = m.Refusal(errorName)
		w.Reset()
		w.String(text)
	} else {
		h = m.Reply(sig)
	}
	b, err := dbus.AppendMessage(nil, &h, w.Bytes())
	if err == nil {
		_, err = c.Send(b)
	}
	if err != nil {
		c.Close()
	}
}

// answer writes the answer to a call and returns its signature, or an error.
func (f *fakeManager) answer(w *dbus.Writer, m *transport.Message, r *dbus.Reader) (sig, errorName, text string) {
	switch m.Member {
	case "ListUnits":
		f.list(w)
		return "a(ssssssouso)", "", ""
	case "GetUnit", "LoadUnit":
		w.ObjectPath(unitPath(r.String()))
		return "o", "", ""
	case "Dump":
		w.String(f.dump)
		return "s", "", ""
	case "DumpUnitsMatchingPatterns":
		w.String(strings.Join(r.StringArray(), "\n") + "\n")
		return "s", "", ""
	case "Get":
		_, name := r.String(), r.String()
		if value, ok := f.properties(m.Path)[name]; ok {
			w.Value("v", value)
			return "v", "", ""
		}
		return "", dbus.ErrorUnknownProperty, "Unknown property " + name
	case "GetAll":
		var d dbus.Dict
		for name, value := range f.properties(m.Path) {
			d = append(d, dbus.Entry{Key: name, Value: value})
		}
		w.Value("a{sv}", d)
		return "a{sv}", "", ""
	case "Set":
		_, name := r.String(), r.String()
		f.set = append(f.set, fmt.Sprint(name, "=", r.Value("v")))
		return "", "", ""
	}
	return "", dbus.ErrorUnknownMethod, "Unknown method " + m.Member
}

func (f *fakeManager) list(w *dbus.Writer) {
	mark := w.OpenArray(8)
	for _, u := range f.units {
		w.Struct()
		for _, text := range []string{u.id, "The unit " + u.id, "loaded", u.active, "sub", ""} {
			w.String(text)
		}
		w.ObjectPath(unitPath(u.id))
		w.Uint32(0)
		w.String("")
		w.ObjectPath("/")
	}
	w.CloseArray(mark)
}

// properties are those of an object.
func (f *fakeManager) properties(path string) map[string]dbus.Variant {
	p := map[string]dbus.Variant{}
	if path == connect.Path || path == logPath {
		for name, n := range f.times {
			p[name] = dbus.Variant{Sig: "t", Value: n}
		}
		for name, text := range f.texts {
			p[name] = dbus.Variant{Sig: "s", Value: text}
		}
		p["ServiceWatchdogs"] = dbus.Variant{Sig: "b", Value: true}
		return p
	}
	u := &fakeUnit{id: dbus.PathUnescape(strings.TrimPrefix(path, connect.Path+"/unit/"))}
	for _, known := range f.units {
		if known.id == u.id {
			u = known
		}
	}
	p["Id"] = dbus.Variant{Sig: "s", Value: u.id}
	for name, n := range map[string]uint64{"InactiveExit": u.exited, "ActiveEnter": u.activated,
		"ActiveExit": u.deactivating, "InactiveEnter": u.deactivated} {
		p[name+"TimestampMonotonic"] = dbus.Variant{Sig: "t", Value: n}
	}
	for _, name := range []string{"After", "Requires", "Requisite", "Wants", "Conflicts"} {
		p[name] = dbus.Variant{Sig: "as", Value: u.lists[name]}
	}
	return p
}
