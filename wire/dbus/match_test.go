package dbus

import (
	"strings"
	"testing"
)

func TestParseMatch(t *testing.T) {
	for _, test := range []struct{ rule, want string }{ // want is the rule written back, "" where it is refused
		{"", "-"},
		{"type='signal'", "type='signal'"},
		{" type=signal , member = Changed", ""},
		{"type=signal,  member=Changed", "type='signal',member='Changed'"},
		{"type='signal',sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1'," +
			"interface='org.freedesktop.systemd1.Manager',member='JobRemoved'",
			"type='signal',sender='org.freedesktop.systemd1',interface='org.freedesktop.systemd1.Manager'," +
				"member='JobRemoved',path='/org/freedesktop/systemd1'"},
		{`arg0='it'\''s, so',arg2path='/a/',arg63=''`, `arg0='it'\''s, so',arg2path='/a/',arg63=''`},
		{"arg0namespace='org.example',eavesdrop='true'", "arg0namespace='org.example'"},
		{"path_namespace='/org'", "path_namespace='/org'"},
		{"type='signal',type='error'", ""},
		{"path='/',path_namespace='/'", ""},
		{"type='noise'", ""},
		{"arg64='x'", ""},
		{"arg01='x'", ""},
		{"arg='x'", ""},
		{"arg1namespace='x'", ""},
		{"sender='x'", ""},
		{"member='a.b'", ""},
		{"path='x'", ""},
		{"type='signal", ""},
		{"type", ""},
		{"colour='red'", ""},
		{"arg0='" + strings.Repeat("x", MaxMatch) + "'", ""},
	} {
		m, err := ParseMatch(test.rule)
		got := m.String()
		if got == "" && err == nil {
			got = "-"
		}
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%q: got %q, %v; want %q", test.rule, got, err, test.want)
		}
	}
}

func TestMatches(t *testing.T) {
	w := NewWriter(nil)
	w.Begin(&Header{Type: Signal, Serial: 1, Path: "/org/example/a", Interface: "org.example.I", Member: "M",
		Sender: ":1.2", Signature: "suo"})
	w.String("org.example.sub")
	w.Uint32(1)
	w.ObjectPath("/org/x")
	b, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseMessage(b)
	if err != nil {
		t.Fatal(err)
	}
	for rule, want := range map[string]bool{
		"":                                 true,
		"type='signal'":                    true,
		"type='error'":                     false,
		"sender=':1.2',member='M'":         true,
		"sender=':1.3'":                    false,
		"interface='org.example.I'":        true,
		"interface='org.example.J'":        false,
		"member='N'":                       false,
		"path='/org/example/a'":            true,
		"path='/org/example'":              false,
		"path_namespace='/org/example'":    true,
		"path_namespace='/'":               true,
		"path_namespace='/org/exam'":       false,
		"destination=':1.9'":               false,
		"arg0='org.example.sub'":           true,
		"arg0='org.example'":               false,
		"arg0namespace='org.example'":      true,
		"arg0namespace='org.exa'":          false,
		"arg1='1'":                         false,
		"arg2='/org/x'":                    false,
		"arg2path='/org/x'":                true,
		"arg2path='/org/'":                 true,
		"arg2path='/or'":                   false,
		"arg0='org.example.sub',arg3='x'":  false,
		"arg0='x',arg0path='org.example.'": false,
	} {
		parsed, err := ParseMatch(rule)
		if err != nil {
			t.Errorf("%s: %v", rule, err)
		}
		if got := parsed.Matches(&m); got != want {
			t.Errorf("%s: %v", rule, got)
		}
	}
}

func FuzzParseMatch(f *testing.F) {
	f.Add(`type='signal',arg0='it'\''s, so',arg2path='/a/'`)
	f.Add("path_namespace='/org',eavesdrop=false")
	f.Fuzz(func(t *testing.T, rule string) {
		m, err := ParseMatch(rule)
		if err != nil {
			return
		}
		text := m.String()
		again, err := ParseMatch(text)
		if err != nil && len(text) <= MaxMatch || err == nil && again.String() != text {
			t.Fatalf("%q: %q, %v", rule, text, err)
		}
	})
}
