package load_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
)

// TestHostileFiles: whatever stands in the place of a unit file, the unit says why it can't be used, and loading ends.
func TestHostileFiles(t *testing.T) {
	denied := &fs.PathError{Op: "open", Path: etc + "a.service", Err: fs.ErrPermission}
	for _, c := range []struct {
		claim string
		make  func(m *load.Memory)
		want  string // load state, and words of the error
	}{
		{"a directory", func(m *load.Memory) { m.Mkdir(etc + "a.service") }, "not-found"},
		{"a FIFO", func(m *load.Memory) { m.Place(etc+"a.service", load.Special) }, "not-found"},
		{"a device masks", func(m *load.Memory) { m.Place(etc+"a.service", load.Null) }, "masked"},
		{"a link to a FIFO", func(m *load.Memory) {
			m.Place("/opt/a.service", load.Special)
			m.Link(etc+"a.service", "/opt/a.service")
		}, "error not a regular file"},
		{"a link to a directory", func(m *load.Memory) {
			m.Mkdir("/opt/a.service")
			m.Link(etc+"a.service", "/opt/a.service")
		}, "error not a regular file"},
		{"an unreadable file", func(m *load.Memory) {
			m.Write(etc+"a.service", oneshot)
			m.Fail(etc+"a.service", denied)
		}, "error permission denied"},
		{"a loop of links", func(m *load.Memory) { m.Link(etc+"a.service", "/opt/x"); m.Link("/opt/x", "/opt/x") },
			"error too many levels"},
		{"a huge file", func(m *load.Memory) { m.Write(etc+"a.service", strings.Repeat("#\n", 9<<20)) },
			"error larger than the limit"},
		{"a line of 10 MiB", func(m *load.Memory) {
			m.Write(etc+"a.service", "[Service]\nExecStart=/bin/true\n#"+strings.Repeat("x", 10<<20))
		}, "error " + etc + "a.service:3:"},
		{"a binary file", func(m *load.Memory) { m.Write(etc+"a.service", "\x7fELF\x02\x01\x00\xff\xfe\n") },
			"error " + etc + "a.service:2:1"},
		{"a broken header", func(m *load.Memory) { m.Write(etc+"a.service", "[Service\nExecStart=/bin/true") },
			"error " + etc + "a.service:1:"},
		{"a bad command", func(m *load.Memory) { m.Write(etc+"a.service", "[Service]\n\nExecStart=bin/true/") },
			"bad-setting " + etc + "a.service:3:"},
		{"a search directory that is none", func(m *load.Memory) { m.Write("/etc/systemd/system", "x") }, "not-found"},
		{"a drop-in that is a directory", func(m *load.Memory) {
			m.Write(etc+"a.service", oneshot)
			m.Mkdir(etc + "a.service.d/1.conf")
		}, "loaded"},
		{"a drop-in that is a FIFO", func(m *load.Memory) {
			m.Write(etc+"a.service", oneshot)
			m.Place(etc+"a.service.d/1.conf", load.Special)
		}, "loaded"},
		{"a broken drop-in", func(m *load.Memory) {
			m.Write(etc+"a.service", oneshot)
			m.Write(etc+"a.service.d/1.conf", "[Broken")
		}, "loaded"},
		{"a drop-in directory that is a file", func(m *load.Memory) {
			m.Write(etc+"a.service", oneshot)
			m.Write(etc+"a.service.d", "x")
		}, "loaded"},
		{"a drop-in directory that loops", func(m *load.Memory) {
			m.Write(etc+"a.service", oneshot)
			m.Link(etc+"a.service.d", "a.service.d")
		}, "loaded"},
	} {
		t.Run(c.claim, func(t *testing.T) {
			m := memory(lib+"b.service", oneshot)
			c.make(m)
			l := loader(m)
			u := l.Unit("a.service")
			state, words, _ := strings.Cut(c.want, " ")
			if u.Load.String() != state || words != "" && !strings.Contains(u.LoadError.Message, words) {
				t.Errorf("got %s %+v, want %s", u.Load, u.LoadError, c.want)
			}
			if (u.LoadError == nil) != (u.Load == model.LoadLoaded) {
				t.Errorf("%s with error %v", u.Load, u.LoadError)
			}
			if other := l.Unit("b.service"); other.Load != model.LoadLoaded {
				t.Errorf("b.service is %s too: %v", other.Load, other.LoadError)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	m := memory(etc+"a.service", oneshot, etc+"b.service", oneshot+strings.Repeat("Nonsense=1\n", 1000))
	for i := range 20_000 {
		m.Write(fmt.Sprintf("%sa.service.d/%05d.conf", etc, i), "[Unit]\n")
	}
	l := loader(m)
	u := l.Unit("a.service")
	if u.Load != model.LoadLoaded || len(u.DropIns) != 10_000 || len(u.Diagnostics) != 1 {
		t.Errorf("%s, %d drop-ins, %v", u.Load, len(u.DropIns), u.Diagnostics)
	}
	if u := l.Unit("b.service"); len(u.Diagnostics) != 201 {
		t.Errorf("%d diagnostics", len(u.Diagnostics))
	}
}

// TestUnreadableDirectory: what can't be listed is told of.
func TestUnreadableDirectory(t *testing.T) {
	m := memory(lib+"a.service", oneshot)
	m.Mkdir("/etc/systemd/system")
	m.Fail("/etc/systemd/system", errors.New("input/output error"))
	l := loader(m)
	if u := l.Unit("a.service"); u.Load != model.LoadLoaded {
		t.Errorf("%s: %v", u.Load, u.LoadError)
	}
	if r := l.Catalog().Refused; len(r) != 1 || r[0].Path != "/etc/systemd/system" {
		t.Errorf("refused: %v", r)
	}
}

// FuzzLoader builds a file system of random files, links and directories around the fuzzer's text, and loads all of it
// twice. Nothing may panic or hang, and a second look at what has not changed must not make anything anew.
func FuzzLoader(f *testing.F) {
	f.Add(uint64(1), "[Unit]\nWants=b.service\n[Service]\nExecStart=/bin/true\n")
	f.Add(uint64(2), "[Service]\nType=oneshot\nExecStart=/bin/true %i\n[Install]\nAlias=c.service\n")
	f.Add(uint64(3), "[Unit]\nRequiresMountsFor=/a/b\nAfter=a-b.mount t@%n.service\n[Mount]\nWhat=/dev/x\n")
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		r := rand.New(rand.NewPCG(seed, 0))
		names := []string{"a.service", "b.service", "t@.service", "t@x.service", "a.target", "s.socket", "a-b.mount",
			"x-y.slice", "-.slice", "init.scope", "t.timer", "basic.target", "service"}
		pick := func() string { return names[r.IntN(len(names))] }
		m := memory()
		for range 5 + r.IntN(30) {
			path := []string{etc, lib, "/run/systemd/transient/", "/opt/"}[r.IntN(4)] + pick()
			path += []string{"", "", "", ".d", ".wants", ".requires", ".d/1.conf", ".d/2.conf", ".wants/" + pick(),
				".upholds/" + pick()}[r.IntN(10)]
			switch r.IntN(6) {
			case 0:
				targets := []string{"/dev/null", "/opt/" + pick(), pick(), lib + pick(), "../" + pick(), path, ""}
				m.Link(path, targets[r.IntN(len(targets))])
			case 1:
				m.Place(path, load.Kind(1+r.IntN(5)))
			default:
				m.Write(path, text[r.IntN(len(text)+1):])
			}
		}
		l := loader(m)
		first := l.Closure(names, nil)
		for i, u := range l.Reload(names) {
			if u != first[i] && u.Load != model.LoadNotFound {
				t.Errorf("%s was made anew", u.Name)
			}
			if (u.LoadError == nil) != (u.Load == model.LoadLoaded) {
				t.Errorf("%s is %s with error %v", u.Name, u.Load, u.LoadError)
			}
		}
	})
}
