package unitname_test

import (
	_ "embed"
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/steward-init/steward/syntax/recorded"
	"github.com/steward-init/steward/syntax/unitname"
)

var (
	//go:embed testdata/names.txt
	nameFacts string
	//go:embed testdata/long.txt
	longFacts string
)

func form(name string) string {
	f, err := unitname.FormOf(name)
	if err != nil {
		return "!"
	}
	return map[unitname.Form]string{
		unitname.PlainForm: "plain", unitname.TemplateForm: "template", unitname.InstanceForm: "instance",
	}[f]
}

func TestNamesAsTheOracle(t *testing.T) {
	for _, row := range recorded.Rows(nameFacts) {
		s := row.Text(0)
		got := []string{
			row[0], form(s),
			recorded.Result(unitname.Mangle(s, ".service")), recorded.Result(unitname.MangleGlob(s, ".service")),
			recorded.Quote(unitname.Escape(s)), recorded.Result(unitname.Unescape(s)),
			recorded.Result(unitname.EscapePath(s)), recorded.Result(unitname.UnescapePath(s)),
			recorded.Result(unitname.SliceParent(s)),
		}
		for i := range row {
			if got[i] != row[i] {
				t.Errorf("%s, column %d: got %s, want %s", row[0], i, got[i], row[i])
			}
		}
	}
}

func TestLongPathsAsTheOracle(t *testing.T) {
	for _, row := range recorded.Rows(longFacts) {
		n, err := strconv.Atoi(row[0])
		if err != nil {
			t.Fatal(err)
		}
		got := recorded.Result(unitname.FromPath("/d/"+strings.Repeat("x/y", n), row.Text(1)))
		if got != row[2] {
			t.Errorf("%s%s: got %s, want %s", row[0], row[1], got, row[2])
		}
	}
}

func TestPartsOfNames(t *testing.T) {
	for _, c := range []struct{ name, prefix, instance, template, stem string }{
		{"ssh.service", "ssh", "", "", "ssh"},
		{"getty@.service", "getty", "", "", "getty@"},
		{"getty@tty1.service", "getty", "tty1", "getty@.service", "getty@tty1"},
		{"a@b@c.d.service", "a", "b@c.d", "a@.service", "a@b@c.d"},
		{"dev-sda.device", "dev-sda", "", "", "dev-sda"},
	} {
		got := []string{
			unitname.Prefix(c.name), unitname.Instance(c.name), unitname.Template(c.name), unitname.Stem(c.name),
		}
		if want := []string{c.prefix, c.instance, c.template, c.stem}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
		}
		if built, err := unitname.Build(c.prefix, c.instance, unitname.TypeOf(c.name).Suffix()); c.instance != "" &&
			(err != nil || built != c.name) {
			t.Errorf("%s: built %s, %v", c.name, built, err)
		}
	}
}

func TestValidSaysWhy(t *testing.T) {
	for _, c := range []struct {
		name  string
		forms []unitname.Form
		want  string
	}{
		{"", nil, "it is empty"},
		{"ssh", nil, "no suffix"},
		{"ssh.exe", nil, "no unit type"},
		{"a b.service", nil, "has to be escaped"},
		{"@x.service", nil, "nothing stands before"},
		{strings.Repeat("x", 248) + ".service", nil, "longer than 255"},
		{"a@.service", []unitname.Form{unitname.PlainForm, unitname.InstanceForm}, "template without an instance"},
		{"a.service", []unitname.Form{unitname.TemplateForm}, "template or instance is needed"},
	} {
		err := unitname.Valid(c.name, c.forms...)
		if !errors.Is(err, unitname.ErrName) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.20q: got %v, want %s", c.name, err, c.want)
		}
	}
	if err := unitname.Valid(strings.Repeat("x", 247) + ".service"); err != nil {
		t.Errorf("255 bytes: %v", err)
	}
}

func TestReplaceInstance(t *testing.T) {
	for _, c := range []struct{ name, instance, want string }{
		{"a@.service", "x", "a@x.service"}, {"a@y.service", "x", "a@x.service"}, {"a@y.service", "", "a@.service"},
		{"a.service", "x", ""}, {"a@.service", "x/y", ""},
	} {
		got, err := unitname.ReplaceInstance(c.name, c.instance)
		if (err != nil) != (c.want == "") || err == nil && got != c.want {
			t.Errorf("%s, %s: got %s, %v", c.name, c.instance, got, err)
		}
	}
}

// The orders were seen by giving the oracle's search a directory for each name and removing what it put first.
func TestDropinNames(t *testing.T) {
	for name, want := range map[string]string{
		"a.service":        "a.service service",
		"a-b-c.slice":      "a-b-c.slice a-b-.slice a-.slice slice",
		"foo--bar.service": "foo--bar.service foo--.service foo-.service service",
		"foo-bar-.service": "foo-bar-.service foo-.service service",
		"-a-b.service":     "-a-b.service -a-.service service",
		"-.slice":          "-.slice slice",
		"a-b-c@.service":   "a-b-c@.service a-b-.service a-.service service",
		"a-b-c@x-y.service": "a-b-c@x-y.service a-b-c@.service a-b-.service a-.service a-b-@x-y.service a-b-@.service " +
			"a-@x-y.service a-@.service service",
		"foo@a-b.service":     "foo@a-b.service foo@.service service",
		"not a unit":          "",
		"foo-bar-baz.service": "foo-bar-baz.service foo-bar-.service foo-.service service",
		"x-y@tty.service":     "x-y@tty.service x-y@.service x-.service x-@tty.service x-@.service service",
	} {
		if got := strings.Join(unitname.DropinNames(name), " "); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
}

// TestEscapeAsInstalled compares with the tool on this machine, on other texts than the recorded ones.
func TestEscapeAsInstalled(t *testing.T) {
	tool, err := exec.LookPath("systemd-escape")
	if err != nil {
		t.Skip("systemd-escape is not installed; testdata/names.txt holds what it printed")
	}
	for _, s := range []string{"Hello, World!", "/dev/disk/by-id/x", ".hidden", "a.b", "ä", "a\\b", "x@y", "-"} {
		out, err := exec.Command(tool, "--", s).Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := unitname.Escape(s); got != strings.TrimSuffix(string(out), "\n") {
			t.Errorf("%q: got %s, the tool prints %s", s, got, out)
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, row := range recorded.Rows(nameFacts) {
		f.Add(row.Text(0))
	}
	f.Fuzz(func(t *testing.T, s string) {
		if plain, err := unitname.Unescape(unitname.Escape(s)); err != nil || plain != s {
			t.Errorf("%q: escaped and back %q, %v", s, plain, err)
		}
		if path, err := unitname.UnescapePath(s); err == nil {
			if again, err := unitname.EscapePath(path); err != nil || !strings.HasPrefix(path, "/") {
				t.Errorf("%q: path %q, escaped %q, %v", s, path, again, err)
			}
		}
		if name, err := unitname.Mangle(s, ".service"); err == nil && unitname.Valid(name) != nil {
			t.Errorf("%q: mangled to %q, which is no name", s, name)
		}
		// Compat: a pattern that is none is only given the suffix, which may leave what is no name, as for the oracle.
		if name, err := unitname.MangleGlob(s, ".service"); err == nil && name == "" {
			t.Errorf("%q: mangled to nothing", s)
		}
		if f, err := unitname.FormOf(s); err == nil {
			template := unitname.Template(s)
			if (f == unitname.InstanceForm) != unitname.IsTemplate(template) {
				t.Errorf("%q: template %q", s, template)
			}
		}
		if parent, err := unitname.SliceParent(s); err == nil && parent != "" && unitname.ValidSlice(parent) != nil {
			t.Errorf("%q: parent %q", s, parent)
		}
		unitname.DropinNames(s)
	})
}
