package load_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/units"
)

const etc, lib = "/etc/systemd/system/", "/lib/systemd/system/"

// memory makes a file system of "path", "text" pairs; a text "-> x" is a symlink to x.
func memory(pairs ...string) *load.Memory {
	m := &load.Memory{}
	m.Place("/dev/null", load.Null)
	for i := 0; i < len(pairs); i += 2 {
		if target, ok := strings.CutPrefix(pairs[i+1], "-> "); ok {
			m.Link(pairs[i], target)
		} else {
			m.Write(pairs[i], pairs[i+1])
		}
	}
	return m
}

func loader(files load.Files) *load.Loader {
	return load.New(load.Options{Files: files, Path: load.Paths(load.System, nil),
		Embedded: load.Embedded{Dir: units.Dir, Files: units.System(), Links: units.SystemLinks()}})
}

const oneshot = "[Service]\nType=oneshot\nExecStart=/bin/true\n"

// edges prints a unit's edges but for what every service has.
func edges(u *model.Unit) string {
	var out []string
	for _, e := range u.Edges {
		switch e.Unit {
		case "sysinit.target", "basic.target", "shutdown.target", "system.slice", "systemd-journald.socket":
			continue
		}
		out = append(out, fmt.Sprintf("%s=%s", e.Kind, e.Unit))
	}
	return strings.Join(out, " ")
}

func TestResolveNames(t *testing.T) {
	for _, c := range []struct {
		claim string
		files []string
		name  string
		want  string // primary, load state, fragment, aliases
	}{
		{"a file", []string{lib + "a.service", oneshot}, "a.service", "a.service loaded " + lib + "a.service"},
		{"etc goes before lib", []string{lib + "a.service", oneshot, etc + "a.service", oneshot}, "a.service",
			"a.service loaded " + etc + "a.service"},
		{"no file", nil, "a.service", "a.service not-found "},
		{"a template", []string{lib + "a@.service", oneshot}, "a@x.service", "a@x.service loaded " + lib + "a@.service"},
		{"an instance's own file", []string{lib + "a@.service", oneshot, lib + "a@x.service", oneshot}, "a@x.service",
			"a@x.service loaded " + lib + "a@x.service"},
		{"an alias", []string{lib + "a.service", oneshot, etc + "b.service", "-> " + lib + "a.service"}, "b.service",
			"a.service loaded " + lib + "a.service b.service"},
		{"an alias, relative", []string{lib + "a.service", oneshot, lib + "b.service", "-> a.service"}, "a.service",
			"a.service loaded " + lib + "a.service b.service"},
		{"an alias of an overridden file", []string{lib + "a.service", oneshot, etc + "a.service", oneshot,
			lib + "b.service", "-> a.service"}, "b.service", "a.service loaded " + etc + "a.service b.service"},
		{"an alias of a template", []string{lib + "a@.service", oneshot, lib + "b@.service", "-> a@.service"},
			"b@x.service", "a@x.service loaded " + lib + "a@.service b@x.service"},
		{"an instance alias of a template", []string{lib + "a@.service", oneshot, lib + "b@x.service", "-> a@.service"},
			"b@x.service", "a@x.service loaded " + lib + "a@.service b@x.service"},
		{"an alias to another type", []string{lib + "a.service", oneshot, lib + "a.target", "-> a.service"}, "a.target",
			"a.target not-found "},
		{"an alias to another instance", []string{lib + "a@.service", oneshot, lib + "b@x.service", "-> a@y.service"},
			"b@x.service", "b@x.service not-found "},
		{"a chain of aliases", []string{lib + "a.service", oneshot, lib + "b.service", "-> a.service", lib + "c.service",
			"-> b.service"}, "c.service", "a.service loaded " + lib + "a.service b.service c.service"},
		{"a loop of aliases", []string{lib + "a.service", "-> b.service", lib + "b.service", "-> a.service"}, "a.service",
			"a.service not-found "},
		{"a mask", []string{lib + "a.service", oneshot, etc + "a.service", "-> /dev/null"}, "a.service",
			"a.service masked " + etc + "a.service"},
		{"an empty file masks", []string{lib + "a.service", oneshot, etc + "a.service", ""}, "a.service",
			"a.service masked " + etc + "a.service"},
		{"a dangling link", []string{etc + "a.service", "-> /opt/a.service"}, "a.service", "a.service not-found "},
		{"a link to itself further down", []string{lib + "a.service", oneshot, etc + "a.service",
			"-> " + lib + "a.service"}, "a.service", "a.service loaded " + lib + "a.service"},
		{"an embedded unit", nil, "basic.target", "basic.target loaded "},
		{"an embedded alias", nil, "default.target",
			"multi-user.target loaded  default.target runlevel2.target runlevel3.target runlevel4.target"},
		{"a file goes before an embedded unit", []string{lib + "basic.target", "[Unit]"}, "basic.target",
			"basic.target loaded " + lib + "basic.target"},
		{"a slice needs no file", nil, "a-b.slice", "a-b.slice loaded "},
		{"a template alone", []string{lib + "a@.service", oneshot}, "a@.service", "a@.service error "},
		{"no name at all", nil, "a/b", "a/b error "},
	} {
		t.Run(c.claim, func(t *testing.T) {
			u := loader(memory(c.files...)).Unit(c.name)
			got := fmt.Sprintf("%s %s %s", u.Name, u.Load, u.Fragment)
			if len(u.Aliases) > 0 {
				got += " " + strings.Join(u.Aliases, " ")
			}
			if got != c.want {
				t.Errorf("%s: got %q, want %q (%v)", c.name, got, c.want, u.LoadError)
			}
		})
	}
}

func TestDropIns(t *testing.T) {
	text := func(s string) string { return "[Service]\nPassEnvironment=" + s + "\n" }
	for _, c := range []struct {
		claim string
		files []string
		name  string
		want  string // PassEnvironment=, in which each file adds a word
	}{
		{"sorted by name", []string{etc + "a.service.d/2.conf", text("A2"), lib + "a.service.d/1.conf", text("A1")},
			"a.service", "A1 A2"},
		{"etc hides lib", []string{etc + "a.service.d/1.conf", text("etc"), lib + "a.service.d/1.conf", text("lib")},
			"a.service", "etc"},
		{"a mask hides", []string{etc + "a.service.d/1.conf", "-> /dev/null", lib + "a.service.d/1.conf", text("lib")},
			"a.service", ""},
		{"only .conf", []string{etc + "a.service.d/1", text("A1"), etc + "a.service.d/.2.conf", text("A2")}, "a.service", ""},
		{"of a type", []string{etc + "service.d/1.conf", text("A1")}, "a.service", "A1"},
		{"a unit's go before its type's", []string{etc + "service.d/1.conf", text("type"), lib + "a.service.d/1.conf",
			text("unit")}, "a.service", "unit"},
		{"of dash prefixes", []string{etc + "a-.service.d/1.conf", text("A1"), etc + "a-b-.service.d/2.conf", text("A2")},
			"a-b-c.service", "A1 A2"},
		{"exact goes before prefix", []string{etc + "a-.service.d/1.conf", text("prefix"), etc + "a-b-c.service.d/1.conf",
			text("exact")}, "a-b-c.service", "exact"},
		{"of template and instance", []string{etc + "t@.service.d/1.conf", text("template"), etc + "t@.service.d/2.conf",
			text("t2"), etc + "t@x.service.d/1.conf", text("instance")}, "t@x.service", "instance t2"},
		{"of aliases", []string{etc + "b.service", "-> " + lib + "a.service", etc + "b.service.d/1.conf", text("alias")},
			"a.service", "alias"},
		{"from a linked directory", []string{etc + "a.service.d", "-> /opt/d", "/opt/d/1.conf", text("A1")}, "a.service",
			"A1"},
	} {
		t.Run(c.claim, func(t *testing.T) {
			m := memory(c.files...)
			for _, name := range []string{"a.service", "a-b-c.service", "t@.service"} {
				m.Write(lib+name, oneshot)
			}
			u := loader(m).Unit(c.name)
			if got := strings.Join(u.Service.Exec.PassEnvironment, " "); u.Load != model.LoadLoaded || got != c.want {
				t.Errorf("%s %v: got %q, want %q; %v", u.Load, u.LoadError, got, c.want, u.Diagnostics)
			}
		})
	}
}

func TestDependencyLinks(t *testing.T) {
	m := memory(lib+"a.target", "[Unit]\nWants=z.service", etc+"a.target.wants/b.service", "-> "+lib+"b.service",
		lib+"a.target.requires/c.service", "-> ../c.service", lib+"a.target.upholds/alias.service", "-> ../b.service",
		lib+"alias.service", "-> b.service", lib+"b.service", oneshot, lib+"c.service", oneshot,
		etc+"a.target.wants/masked.service", "-> /dev/null", lib+"a.target.wants/masked.service", "-> ../b.service",
		etc+"a.target.wants/file.service", oneshot, lib+"z.service", oneshot+"[Unit]\nDefaultDependencies=no")
	u := loader(m).Unit("a.target")
	want := "Wants=z.service Wants=b.service Requires=c.service Upholds=b.service After=b.service After=c.service"
	if got := edges(u); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if len(u.Diagnostics) != 1 || !strings.Contains(u.Diagnostics[0].String(), "file.service") {
		t.Errorf("diagnostics: %v", u.Diagnostics)
	}
	if e := u.Edges[1]; e.Origin.String() != etc+"a.target.wants/b.service" {
		t.Errorf("origin of %s: %s", e.Unit, e.Origin)
	}
}

func TestClosure(t *testing.T) {
	m := memory(lib+"a.service", "[Unit]\nWants=b.service\nAfter=none.service\n"+oneshot, lib+"b.service",
		"[Unit]\nOnFailure=c.service\n"+oneshot, lib+"c.service", oneshot)
	names := func(list []*model.Unit) string {
		var out []string
		for _, u := range list {
			out = append(out, u.Name)
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	l := loader(m)
	all := l.Closure([]string{"a.service"}, nil)
	for _, name := range []string{"a.service", "b.service", "c.service", "none.service", "-.slice", "sysinit.target"} {
		if !strings.Contains(names(all), name) {
			t.Errorf("%s is missing in %s", name, names(all))
		}
	}
	got := names(l.Closure([]string{"a.service"}, func(name string) bool { return !strings.HasPrefix(name, "a.") }))
	if got != "a.service" {
		t.Errorf("with all but a known: %s", got)
	}
}

func TestReloadKeepsWhatIsUnchanged(t *testing.T) {
	m := memory(lib+"a.service", oneshot, lib+"b.service", oneshot, lib+"t.target", "[Unit]\nWants=a.service")
	l := loader(m)
	names := []string{"a.service", "b.service", "t.target"}
	before := l.Closure(names, nil)
	m.Write(lib+"b.service", oneshot+"# changed\n")
	after := l.Reload(names)
	for i := range before {
		if changed := before[i].Name == "b.service"; changed == (before[i] == after[i]) {
			t.Errorf("%s: changed %v, made anew %v", before[i].Name, changed, before[i] != after[i])
		}
	}
	m.Write(etc+"a.service.d/1.conf", "[Unit]\nDefaultDependencies=no")
	m.Link(etc+"t.target.wants/b.service", lib+"b.service")
	for _, u := range l.Reload(names) {
		switch {
		case u.Name == "a.service" && (len(u.DropIns) != 1 || u.UnitSection.DefaultDependencies):
			t.Errorf("the drop-in is not applied: %+v", u)
		case u.Name == "t.target" && edges(u) != "Wants=a.service Wants=b.service After=b.service":
			t.Errorf("t.target: %s", edges(u))
		}
	}
}
