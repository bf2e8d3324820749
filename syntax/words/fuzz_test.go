package words_test

import (
	"slices"
	"testing"

	"github.com/steward-init/steward/syntax/recorded"
	"github.com/steward-init/steward/syntax/words"
)

// seed adds the first column of a table of facts to a corpus.
func seed(f *testing.F, facts string) {
	for _, row := range recorded.Rows(facts) {
		f.Add(row.Text(0))
	}
}

func FuzzSplit(f *testing.F) {
	seed(f, splitFacts)
	f.Fuzz(func(t *testing.T, s string) {
		strict, err := words.Split(s)
		relaxed, _ := words.SplitRelaxed(s) // the error is of no interest: only the words are compared
		if err == nil && !slices.Equal(strict, relaxed) {
			t.Errorf("strict %q, relaxed %q", strict, relaxed)
		}
		for _, list := range [][]string{strict, relaxed, {s}} {
			if slices.ContainsFunc(list, func(w string) bool { return slices.Contains([]byte(w), 0) }) {
				continue // a NUL cannot be written in a word
			}
			if again, err := words.Split(words.Join(list)); err != nil || !slices.Equal(again, list) {
				t.Errorf("%q printed as %s is read as %q, %v", list, words.Join(list), again, err)
			}
		}
		if plain, _, err := words.Columns(s, len(s)+1); err == nil && !slices.Equal(plain, words.SplitLenient(s)) {
			t.Errorf("columns %q, lenient %q", plain, words.SplitLenient(s))
		}
		if plain, err := words.Unescape(s); err == nil && len(plain) > len(s) {
			t.Errorf("%q grew to %q", s, plain)
		}
	})
}

func FuzzParseCommands(f *testing.F) {
	seed(f, commandFacts)
	f.Add("%n ; %% -%")
	expand := func(s string) (string, error) {
		return words.Specifiers(s, func(byte) (string, error) { return "", words.ErrUnknownSpecifier })
	}
	f.Fuzz(func(t *testing.T, s string) {
		commands, err := words.ParseCommands(s, expand)
		if e, ok := err.(*words.Error); ok && (e.Offset < 0 || e.Offset > len(s)) {
			t.Errorf("offset %d of %d", e.Offset, len(s))
		}
		for _, c := range commands {
			again, err := words.ParseCommands(c.String(), expand)
			if slices.Contains([]byte(s), 0) {
				continue // a NUL cannot be written in a word
			}
			if err != nil || len(again) != 1 || again[0].Path != c.Path || !slices.Equal(again[0].Args, c.Args) {
				t.Errorf("%q printed as %s is read as %q, %v", c, c.String(), again, err)
			}
		}
		words.ExpandVariables([]string{s}, words.LookupIn([]string{"A=" + s}))
	})
}

func FuzzParseEnvFile(f *testing.F) {
	seed(f, envFileFacts)
	f.Fuzz(func(t *testing.T, s string) {
		list, _ := words.ParseEnvFile("env", []byte(s)) // what is found is of no interest: only what is kept
		for _, a := range list {
			if _, _, err := words.ParseAssignment(a); err != nil {
				t.Errorf("%q yields %q: %v", s, a, err)
			}
		}
	})
}
