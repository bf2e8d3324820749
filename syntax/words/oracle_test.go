package words_test

import (
	_ "embed"
	"errors"
	"strings"
	"testing"

	"github.com/steward-init/steward/syntax/recorded"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/words"
)

var (
	//go:embed testdata/split.txt
	splitFacts string
	//go:embed testdata/variables.txt
	variableFacts string
	//go:embed testdata/envfile.txt
	envFileFacts string
	//go:embed testdata/commands.txt
	commandFacts string
)

// lost says whether an error means that a part of the value was not read.
func lost(err error) bool {
	var e *words.Error
	return err != nil && (!errors.As(err, &e) || e.Level != words.Odd)
}

func TestSplitAsTheOracle(t *testing.T) {
	for _, row := range recorded.Rows(splitFacts) {
		for i, split := range []func(string) ([]string, error){words.Split, words.SplitRelaxed} {
			list, err := split(row.Text(0))
			got := recorded.List(list)
			if lost(err) {
				got += "!"
			}
			if got != row[i+1] {
				t.Errorf("%s: column %d: got %s, want %s", row[0], i+1, got, row[i+1])
			}
		}
	}
}

func TestVariablesAsTheOracle(t *testing.T) {
	lookup := words.LookupIn([]string{"A=1 2", "B=b", "Q='a b' c\\x \"d", "E=", "W= \t x  y  "})
	for _, row := range recorded.Rows(variableFacts) {
		argv, err := words.Split(strings.Trim(row[0], "[]"))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := words.ExpandVariables(argv, lookup)
		if recorded.List(got) != row[1] {
			t.Errorf("%s: got %s, want %s", row[0], recorded.List(got), row[1])
		}
	}
}

func TestEnvFilesAsTheOracle(t *testing.T) {
	for _, row := range recorded.Rows(envFileFacts) {
		list, found := words.ParseEnvFile("env", []byte(row.Text(0)))
		got := recorded.List(list)
		if len(found) > 0 && found[len(found)-1].Severity == unitfile.Error {
			got += "!"
		}
		if got != row[1] {
			t.Errorf("%s: got %s, want %s", row[0], got, row[1])
		}
	}
}

func TestCommandsAsTheOracle(t *testing.T) {
	percent := func(s string) (string, error) { return strings.ReplaceAll(s, "%%", "%"), nil }
	for _, row := range recorded.Rows(commandFacts) {
		commands, err := words.ParseCommands(row.Text(0), percent)
		got := []string{"ok"}
		var e *words.Error
		if errors.As(err, &e) && e.Level == words.Fatal {
			got[0] = "!"
		}
		for _, c := range commands {
			got = append(got, describe(c))
		}
		if want := strings.Join(row[1:], "\t"); strings.Join(got, "\t") != want {
			t.Errorf("%s:\n got %s\nwant %s", row[0], strings.Join(got, "\t"), want)
		}
		for _, c := range commands {
			again, err := words.ParseCommands(c.String(), percent)
			if err != nil || len(again) != 1 || describe(again[0]) != describe(c) {
				t.Errorf("%s: printed as %s, which is read as %v, %v", row[0], c, again, err)
			}
		}
	}
}

// describe prints a command as the table has it; '@' is not told apart there, as it only shows in argv.
func describe(c words.Command) string {
	flags := ""
	for _, f := range []struct {
		flag words.CommandFlags
		text string
	}{
		{words.IgnoreFailure, "-"}, {words.NoEnvExpand, ":"}, {words.FullPrivileges, "+"}, {words.NoSetuid, "!"},
		{words.AmbientMagic, "!!"},
	} {
		if c.Flags&f.flag != 0 {
			flags += f.text
		}
	}
	if flags == "" {
		flags = "."
	}
	return flags + " " + recorded.Quote(c.Path) + " " + recorded.List(c.Args)
}
