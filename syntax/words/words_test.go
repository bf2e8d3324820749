package words_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/syntax/words"
)

func TestErrorsSayWhere(t *testing.T) {
	for _, c := range []struct {
		value  string
		offset int
		level  words.Level
	}{
		{`/bin/x a 'b`, 9, words.Fatal},
		{`-/bin/x a 'b`, 10, words.Ignored},
		{`/bin/x a\qb c`, 8, words.Odd},
		{`/bin/x ; relative/path`, 9, words.Fatal},
		{`/bin/x %z`, 7, words.Fatal},
	} {
		_, err := words.ParseCommands(c.value, func(s string) (string, error) {
			if s == "%z" {
				return "", errors.New("no such thing")
			}
			return s, nil
		})
		var e *words.Error
		if !errors.As(err, &e) || e.Offset != c.offset || e.Level != c.level {
			t.Errorf("%s: got %#v, want offset %d and level %d", c.value, err, c.offset, c.level)
		}
	}
}

func TestExplicitArgv0IsKept(t *testing.T) {
	commands, err := words.ParseCommands("@/bin/sh -sh -c x", nil)
	if err != nil || len(commands) != 1 || commands[0].Flags != words.ExplicitArgv0 ||
		!slices.Equal(commands[0].Args, []string{"-sh", "-c", "x"}) {
		t.Fatalf("got %v, %v", commands, err)
	}
	if got := commands[0].String(); got != "@/bin/sh -sh -c x" {
		t.Errorf("printed as %s", got)
	}
}

func TestUnsetVariablesAreTold(t *testing.T) {
	_, unset := words.ExpandVariables([]string{"$A", "${B}${A}", "$", "$$C"}, words.LookupIn(nil))
	if !slices.Equal(unset, []string{"A", "B"}) {
		t.Errorf("got %q, want A and B", unset)
	}
	if got, _ := words.ExpandString("a${X}$X$$", words.LookupIn([]string{"X=1 2"})); got != "a1 2$X$" {
		t.Errorf("got %q", got)
	}
}

func TestSpecifiers(t *testing.T) {
	lookup := func(c byte) (string, error) {
		switch c {
		case 'n':
			return "a.service", nil
		case 'e':
			return "", errors.New("no home")
		}
		return "", words.ErrUnknownSpecifier
	}
	for in, want := range map[string]string{
		"": "", "x": "x", "%n": "a.service", "%%n": "%n", "%q%n": "%qa.service", "a%": "a%", "%%": "%",
	} {
		if got, err := words.Specifiers(in, lookup); got != want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
	if _, err := words.Specifiers("a%e", lookup); err == nil || !strings.Contains(err.Error(), "no home") {
		t.Errorf("got %v, want the lookup's error", err)
	}
	if _, err := words.Specifiers(strings.Repeat("%n", 1<<18), lookup); err == nil {
		t.Error("a value that grows without end is expanded")
	}
}

func TestAssignments(t *testing.T) {
	for in, ok := range map[string]bool{
		"A=": true, "_a1=x=y": true, "A": false, "=x": false, "1A=x": false, "A-B=x": false, "A=\xff": false, "A=\t\n": true,
	} {
		if _, _, err := words.ParseAssignment(in); (err == nil) != ok {
			t.Errorf("%q: got %v", in, err)
		}
	}
	env := words.SetVariable([]string{"A=1", "AB=2"}, "A=3")
	if !slices.Equal(env, []string{"A=3", "AB=2"}) {
		t.Errorf("got %q", env)
	}
}

func TestJoinIsReadBack(t *testing.T) {
	list := []string{"", "a", "a b", `"'\`, "\n\t\x01\x7f", "ä", ";", "$X", "%n", "\xff"}
	got, err := words.Split(words.Join(list))
	if err != nil || !slices.Equal(got, list) {
		t.Errorf("got %q, %v, want %q", got, err, list)
	}
}
