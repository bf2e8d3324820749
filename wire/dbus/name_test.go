package dbus

import (
	"strings"
	"testing"
)

func TestValid(t *testing.T) {
	long := strings.Repeat("a", 256)
	for _, test := range []struct {
		what    string
		valid   func(string) bool
		yes, no []string
	}{
		{what: "path", valid: ValidPath,
			yes: []string{"/", "/a", "/a/b_2", "/_", "/" + long},
			no:  []string{"", "a", "//", "/a/", "/a//b", "/a-b", "/ä", "/a b"}},
		{what: "interface", valid: ValidInterface,
			yes: []string{"a.b", "_a.b2", "org.freedesktop.DBus.Error.Failed"},
			no:  []string{"", "a", ".a.b", "a..b", "a.b.", "a.2b", "a-b.c", ":1.2", "a." + long}},
		{what: "bus name", valid: ValidBusName,
			yes: []string{":1.2", ":1.a-b", "a.b", "a-b.c", "org.freedesktop.systemd1"},
			no:  []string{"", ":", ":1", "a", "a.2b", "a..b", "a.b.", ":." + "a", "a." + long, ":1." + long}},
		{what: "member", valid: ValidMember,
			yes: []string{"a", "_", "StartUnit", "a2"},
			no:  []string{"", "2a", "a.b", "a-b", long}},
		{what: "signature", valid: ValidSignature,
			yes: []string{"", "s", "a{sv}", "a(sasbttttuii)", "(a{y(ii)})", "aav", strings.Repeat("y", 255),
				strings.Repeat("a", 32) + "y", strings.Repeat("(", 32) + "y" + strings.Repeat(")", 32)},
			no: []string{"a", "()", "(", ")", "(s", "{sv}", "a{sv", "a{vs}", "a{s}", "a{svs}", "a{}", "z", "a{(s)v}",
				strings.Repeat("y", 256), strings.Repeat("a", 33) + "y", "r", "e", "m",
				strings.Repeat("(", 33) + "y" + strings.Repeat(")", 33)}},
		{what: "single type", valid: SingleType,
			yes: []string{"s", "a{sv}", "(ss)"},
			no:  []string{"", "ss", "a", "(s)s", "as" + "s"}},
	} {
		for _, s := range test.yes {
			if !test.valid(s) {
				t.Errorf("%s %q: refused", test.what, s)
			}
		}
		for _, s := range test.no {
			if test.valid(s) {
				t.Errorf("%s %q: taken", test.what, s)
			}
		}
	}
}

func TestNextType(t *testing.T) {
	var got []string
	for sig := "sa{sv}(ua(s))ayv"; sig != ""; {
		first, rest, ok := NextType(sig)
		if !ok {
			t.Fatalf("%q: no type", sig)
		}
		got, sig = append(got, first), rest
	}
	if s := strings.Join(got, " "); s != "s a{sv} (ua(s)) ay v" {
		t.Errorf("got %s", s)
	}
	if _, _, ok := NextType("a"); ok {
		t.Error("an array of nothing is a type")
	}
}

func TestPathEscape(t *testing.T) {
	for _, test := range []struct{ plain, escaped string }{
		{"", "_"},
		{"ssh.service", "ssh_2eservice"},
		{"-.slice", "_2d_2eslice"},
		{"1", "_31"},
		{"a1", "a1"},
		{"a_b", "a_5fb"},
		{"ä", "_c3_a4"},
		{"dev-disk-by\\x2duuid.device", "dev_2ddisk_2dby_5cx2duuid_2edevice"},
	} {
		if got := PathEscape(test.plain); got != test.escaped {
			t.Errorf("escape %q: got %q, want %q", test.plain, got, test.escaped)
		}
		if got := PathUnescape(test.escaped); got != test.plain {
			t.Errorf("unescape %q: got %q, want %q", test.escaped, got, test.plain)
		}
	}
	for escaped, want := range map[string]string{"a_": "a_", "a_2": "a_2", "a_zz": "a_zz", "a_2E": "a.", "__": "__"} {
		if got := PathUnescape(escaped); got != want {
			t.Errorf("unescape %q: got %q, want %q", escaped, got, want)
		}
	}
}

func FuzzPathEscape(f *testing.F) {
	f.Add("ssh.service")
	f.Add("_")
	f.Fuzz(func(t *testing.T, s string) {
		e := PathEscape(s)
		if !ValidPath("/" + e) {
			t.Fatalf("%q: %q is no element of a path", s, e)
		}
		if got := PathUnescape(e); got != s {
			t.Fatalf("%q: back as %q", s, got)
		}
	})
}
