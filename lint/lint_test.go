package lint

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/unitfile"
)

// subject makes an example's unit: its first line is "# ", and the path of its file, or its name.
func subject(t *testing.T, text string) *Subject {
	t.Helper()
	header, body, _ := strings.Cut(text, "\n")
	name := strings.TrimPrefix(header, "# ")
	s := &Subject{Mode: 0o644, Vendor: strings.HasPrefix(name, "/")}
	if mode, ok := strings.CutPrefix(strings.TrimSuffix(name, ".service"), "mode-"); ok {
		bits, err := strconv.ParseUint(mode, 8, 32)
		if err != nil {
			t.Fatal(err)
		}
		s.Mode = fs.FileMode(bits)
	}
	if !s.Vendor {
		name = "/etc/systemd/system/" + name
	}
	files := &load.Memory{}
	files.Write(name, body)
	s.Unit = load.New(load.Options{Files: files, Path: load.Paths(load.System, nil)}).Unit(path.Base(name))
	s.File, _ = unitfile.Parse(name, []byte(body))
	return s
}

func codes(found []Finding) (list []string) {
	for _, f := range found {
		list = append(list, f.Rule.Code)
	}
	return list
}

// TestExamples proves of each rule that it finds its bad example, and only that, that the good one is free of findings,
// and that what it would fix is then not found any more.
func TestExamples(t *testing.T) {
	for _, r := range Rules() {
		t.Run(r.Code, func(t *testing.T) {
			for _, text := range []string{r.Title, r.Reason, r.Advice, r.Source} {
				if text == "" {
					t.Error("the rule is not documented")
				}
			}
			bad := subject(t, r.Bad)
			found := Check(bad, Rules())
			if !slices.Contains(codes(found), r.Code) {
				t.Errorf("the bad example has only %v", codes(found))
			}
			for _, f := range found {
				if f.Rule.Code != r.Code && f.Rule.Severity > unitfile.Info {
					t.Errorf("the bad example has %s, too", f.Diagnostic())
				}
				if f.Pos.File != bad.File.Path {
					t.Errorf("position %s", f.Pos)
				}
			}
			if rest := Check(subject(t, r.Good), Rules()); slices.Contains(codes(rest), r.Code) {
				t.Errorf("the good example has %v", codes(rest))
			}
			header, _, _ := strings.Cut(r.Bad, "\n")
			fixed := header + "\n" + string(Fix(bad.File, found))
			mends := slices.ContainsFunc(found, func(f Finding) bool { return len(f.Fix) > 0 && f.Rule.Code == r.Code })
			mode := slices.ContainsFunc(found, func(f Finding) bool { return f.Chmod != 0 })
			if r.Fixes != (mends || mode) {
				t.Errorf("Fixes is %v", r.Fixes)
			}
			if rest := Check(subject(t, fixed), Rules()); mends && slices.Contains(codes(rest), r.Code) {
				t.Errorf("the fix left %v in\n%s", codes(rest), fixed)
			}
		})
	}
}

func TestFix(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a word of a list", "[Unit]\nAfter=network.target syslog.target\n", "[Unit]\nAfter=network.target\n"},
		{"a whole list", "[Unit]\nAfter=syslog.target\nWants=a.service\n", "[Unit]\nWants=a.service\n"},
		{"a new line", "[Unit]\nAfter=network-online.target", "[Unit]\nAfter=network-online.target\n" +
			"Wants=network-online.target\n"},
		{"a comment", "[Unit]\nWants=a.service  # why\n", "[Unit]\n# why\nWants=a.service\n"},
		{"two names", "[Service]\nPIDFile=/var/run/a.pid\nMemoryLimit=5M\n",
			"[Service]\nPIDFile=/run/a.pid\nMemoryMax=5M\n"},
		{"DOS lines", "[Service]\r\nStandardOutput=syslog+console\r\n", "[Service]\r\nStandardOutput=journal+console\r\n"},
		{"one line twice", "[Unit]\nAfter=runlevel3.target syslog.target\n", "[Unit]\nAfter=multi-user.target " +
			"syslog.target\n"},
	} {
		s := subject(t, "# a.service\n"+c.text)
		if got := string(Fix(s.File, Check(s, Rules()))); got != c.want {
			t.Errorf("%s:\n%q\nwant\n%q", c.name, got, c.want)
		}
	}
}

func TestIgnore(t *testing.T) {
	s := subject(t, "# a.service\n[Service]\n# lint: ignore no-description nobody-user\nUser=nobody\nExecStart=/bin/a\n"+
		"KillMode=none\n")
	if got := codes(Check(s, Rules())); !slices.Equal(got, []string{"weak-kill-mode"}) {
		t.Errorf("found %v", got)
	}
}

func TestSelect(t *testing.T) {
	all, _ := Select(nil)
	less, _ := Select([]string{"-var-run"})
	one, unknown := Select([]string{"var-run", "nonsense"})
	if len(less) != len(all)-1 || len(one) != 1 || one[0].Code != "var-run" || len(unknown) != 1 ||
		unknown[0] != "nonsense" {
		t.Errorf("%d, %d, %v, %v", len(all), len(less), one, unknown)
	}
}

// What is right, or may be on purpose, is not found.
func TestQuiet(t *testing.T) {
	for _, text := range []string{
		"[Unit]\nDescription=A #1 service\nDocumentation=https://example.org/#top\n[Service]\nExecStart=/bin/a #1\n",
		"[Unit]\nDescription=A\nRequires=a.socket\n[Service]\nExecStart=/bin/a ; /bin/b\nType=oneshot\n",
		"[Unit]\nDescription=A\nRequires=b.service\nBefore=b.service\n[Service]\nExecStart=/bin/bash -c \"a | b > c\"\n",
		"[Unit]\nDescription=A\nAfter=network-online.target\nRequires=network-online.target\n[Service]\nExecStart=/bin/a\n",
		"[Unit]\nDescription=A\n[Service]\nExecStart=\nExecStart=/bin/a /some/var/run/x\nUser=\nUser=a\n",
	} {
		if found := Check(subject(t, "# a.service\n"+text), Rules()); len(found) > 0 {
			t.Errorf("%s\n%s", text, found[0].Diagnostic())
		}
	}
}

// A line that takes another one back is not there for nothing, and must not be dropped.
func TestOverridden(t *testing.T) {
	found := Check(subject(t, "# a.service\n[Unit]\nDescription=A\n[Service]\nType=oneshot\nType=simple\n"+
		"ExecStart=/bin/a\n"), Rules())
	if got := codes(found); !slices.Equal(got, []string{"set-twice"}) || len(found[0].Fix) > 0 {
		t.Errorf("found %v", got)
	}
}
