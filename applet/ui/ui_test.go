package ui_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/steward-init/steward/applet/ui"
)

// env makes a Lookup of name-value pairs.
func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func TestColor(t *testing.T) {
	for _, c := range []struct {
		env      []string
		terminal bool
		want     bool
	}{
		{nil, true, true},
		{nil, false, false},
		{[]string{"TERM", "dumb"}, true, false},
		{[]string{"NO_COLOR", ""}, true, false},
		{[]string{"NO_COLOR", "1", "SYSTEMD_COLORS", "256"}, false, true},
		{[]string{"SYSTEMD_COLORS", "0"}, true, false},
		{[]string{"SYSTEMD_COLORS", "nonsense"}, true, true},
	} {
		u := ui.IO{Lookup: env(c.env...), Terminal: c.terminal}
		if got := u.Color(); got != c.want {
			t.Errorf("%v on terminal %v: color %v, want %v", c.env, c.terminal, got, c.want)
		}
	}
}

func TestWidth(t *testing.T) {
	for _, c := range []struct {
		columns  string
		terminal int
		want     int
	}{{"", 0, 80}, {"", 120, 120}, {"40", 120, 40}, {"x", 120, 120}, {"0", 0, 80}} {
		u := ui.IO{Lookup: env("COLUMNS", c.columns), Columns: c.terminal}
		if got := u.Width(); got != c.want {
			t.Errorf("COLUMNS=%s on %d: width %d, want %d", c.columns, c.terminal, got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	table := ui.Table{Head: []string{"UNIT", "N", "DESCRIPTION"}, Right: []bool{false, true}}
	table.Add("a.service", "7", "Ä thing")
	table.Rows = append(table.Rows, []ui.Cell{{Text: "b", Style: ui.Red}, {Text: "10", Value: 10}, {Text: "Other"}})
	var out bytes.Buffer
	table.Print(ui.IO{Out: &out})
	if want := "UNIT       N DESCRIPTION\na.service  7 Ä thing\nb         10 Other\n"; out.String() != want {
		t.Errorf("plain table:\n%s, want\n%s", out.String(), want)
	}
	out.Reset()
	table.NoHead, table.Width = true, 17
	table.Print(ui.IO{Out: &out, Lookup: env("SYSTEMD_COLORS", "1")})
	want := "a.ser…  7 Ä thing\n\x1b[0;1;31mb     \x1b[0m 10 Other\n"
	if out.String() != want {
		t.Errorf("narrow table: %q, want %q", out.String(), want)
	}
	out.Reset()
	if err := table.JSON(ui.IO{Out: &out}, false); err != nil {
		t.Fatal(err)
	}
	want = `[{"unit":"a.service","n":"7","description":"Ä thing"},{"unit":"b","n":10,"description":"Other"}]` + "\n"
	if out.String() != want {
		t.Errorf("JSON %s, want %s", out.String(), want)
	}
}

// TestLines has texts of several lines: each is a line of its cell.
func TestLines(t *testing.T) {
	table := ui.Table{Head: []string{"", ""}, Right: []bool{true}, NoHead: true}
	table.Add("one:", "first\nsecond \n")
	table.Add("a\nlonger:", "1")
	var out bytes.Buffer
	table.Print(ui.IO{Out: &out})
	if want := "   one: first\n        second\n      a 1\nlonger: \n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestOptions(t *testing.T) {
	options := []ui.Option{{Long: "all", Short: "a"}, {Long: "also"}, {Long: "type", Short: "t", Arg: ui.NeedsArg},
		{Long: "kill", Short: "k", Arg: ui.MayArg}, {Short: "H", Arg: ui.NeedsArg}}
	for _, c := range []struct {
		args  []string
		given []ui.Given
		words []string
		fails string
	}{
		{[]string{"x", "-a", "y"}, []ui.Given{{"all", ""}}, []string{"x", "y"}, ""},
		{[]string{"-at", "s", "--ty=m", "--type", "p"}, []ui.Given{{"all", ""}, {"type", "s"}, {"type", "m"}, {"type", "p"}},
			nil, ""},
		{[]string{"-k", "x", "-k9", "--kill=9", "--", "-a"}, []ui.Given{{"kill", ""}, {"kill", "9"}, {"kill", "9"}},
			[]string{"x", "-a"}, ""},
		{[]string{"-Hhost", "-"}, []ui.Given{{"H", "host"}}, []string{"-"}, ""},
		{[]string{"--al"}, nil, nil, "p: option '--al' is ambiguous; possibilities: '--all' '--also'"},
		{[]string{"--al=x"}, nil, nil, "p: option '--al=x' is ambiguous; possibilities: '--all' '--also'"},
		{[]string{"--nope=x"}, nil, nil, "p: unrecognized option '--nope=x'"},
		{[]string{"-a", "--nope"}, []ui.Given{{"all", ""}}, nil, "p: unrecognized option '--nope'"},
		{[]string{"-t"}, nil, nil, "p: option requires an argument -- 't'"},
		{[]string{"--type"}, nil, nil, "p: option '--type' requires an argument"},
		{[]string{"--all=1"}, nil, nil, "p: option '--all' doesn't allow an argument"},
		{[]string{"-z"}, nil, nil, "p: invalid option -- 'z'"},
	} {
		given, words, err := ui.Options("p", c.args, options)
		if err != nil != (c.fails != "") || err != nil && err.Error() != c.fails {
			t.Errorf("%q: error %v, want %q", c.args, err, c.fails)
		}
		if !reflect.DeepEqual(given, c.given) || err == nil && !reflect.DeepEqual(words, c.words) {
			t.Errorf("%q: %v %q, want %v %q", c.args, given, words, c.given, c.words)
		}
	}
}

// TestDescribe has lines that look like others: prose that ends in a colon, and names of values between bars.
func TestDescribe(t *testing.T) {
	d := ui.Describe(`try [OPTIONS...]

Print this. There are two ways to say it, which are
these, for instance:
so and so.

Options:
     --mode=on|off         Which mode
     --profile=NAME|PATH   Which profile

Exit status: 0, and one of
these:
`, []ui.Option{{Long: "mode", Arg: ui.NeedsArg}, {Long: "profile", Arg: ui.NeedsArg}})
	if want := "Print this. There are two ways to say it, which are these, for instance: so and so."; len(d.Text) != 1 ||
		d.Text[0] != want {
		t.Errorf("text %q, want %q", d.Text, want)
	}
	if d.Options[0].Words != "on off" || d.Options[1].Words != "" || d.Options[1].Value != "NAME|PATH" {
		t.Errorf("options %+v", d.Options)
	}
	if len(d.Notes) != 1 || d.Notes[0].Text != "0, and one of these:" {
		t.Errorf("notes %+v", d.Notes)
	}
}
