package tmpfiles

import "testing"

func TestParseLine(t *testing.T) {
	for _, c := range []struct {
		text string
		want Line
	}{
		{"d /a", Line{Kind: 'd', Path: "/a"}},
		{"f+!=-~^ /a - - - - x", Line{Kind: 'f', Plus: true, Boot: true, Replace: true, MayFail: true, Base64: true,
			Credential: true, Path: "/a", Mode: "-", User: "-", Group: "-", Age: "-", Argument: "x"}},
		{"\tf\t'/a b'\"c\"  0644 u g 1d  x  \"y\" ", Line{Kind: 'f', Path: "/a bc", Mode: "0644", User: "u", Group: "g",
			Age: "1d", Argument: `x  "y"`}},
		{`f /a\x20b\\c - - - - a\x20b`, Line{Kind: 'f', Path: `/ax20b\c`, Mode: "-", User: "-", Group: "-", Age: "-",
			Argument: `a\x20b`}},
		{"d /a - - - - -", Line{Kind: 'd', Path: "/a", Mode: "-", User: "-", Group: "-", Age: "-"}},
	} {
		if got, err := ParseLine(c.text); got != c.want || err != nil {
			t.Errorf("%q: %+v, %v; want %+v", c.text, got, err, c.want)
		}
	}
	for text, want := range map[string]string{
		"d":         "Syntax error.",
		`"" /a`:     "Command too short ''.",
		"d++ /a":    "Unknown modifiers in command 'd++'",
		`d "/a`:     "Failed to parse line: Invalid argument",
		`d /a\`:     "Failed to parse line: Invalid argument",
		"dir /a":    "Unknown modifiers in command 'dir'",
		"d /a '- -": "Failed to parse line: Invalid argument",
	} {
		if got, err := ParseLine(text); err == nil || err.Error() != want {
			t.Errorf("%q: %+v, %v; want %s", text, got, err, want)
		}
	}
}
