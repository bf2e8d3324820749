package glob_test

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/steward-init/steward/syntax/glob"
	"github.com/steward-init/steward/syntax/recorded"
)

//go:embed testdata/fnmatch.txt
var facts string

func word(matches bool) string {
	if matches {
		return "yes"
	}
	return "no"
}

func TestMatchAsTheLibrary(t *testing.T) {
	for _, row := range recorded.Rows(facts) {
		pattern, s := row.Text(0), row.Text(1)
		if got := word(glob.Match(pattern, s)); got != row[2] {
			t.Errorf("%s on %s: got %s, want %s", row[0], row[1], got, row[2])
		}
		if got := word(glob.MatchNoEscape(pattern, s)); got != row[3] {
			t.Errorf("%s on %s without escapes: got %s, want %s", row[0], row[1], got, row[3])
		}
	}
}

func TestMatchAny(t *testing.T) {
	if !glob.MatchAny([]string{"a", "b*"}, "bc") || glob.MatchAny(nil, "a") || glob.MatchAny([]string{"a"}, "ab") {
		t.Error("a list matches wrongly")
	}
}

// A matcher that goes back to every star would need more than the age of the world.
func TestManyStarsEnd(t *testing.T) {
	if glob.Match(strings.Repeat("a*", 2000)+"b", strings.Repeat("a", 4000)) {
		t.Error("matches without the last character")
	}
}

func FuzzMatch(f *testing.F) {
	for _, row := range recorded.Rows(facts) {
		f.Add(row.Text(0), row.Text(1))
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		matches := glob.Match(pattern, s)
		if glob.Match("*"+pattern, s) != matches && matches {
			t.Errorf("%q matches %q, but not with a star before it", pattern, s)
		}
		if !strings.ContainsAny(pattern, `*?[\`) && matches != (pattern == s) {
			t.Errorf("%q on %q: %v", pattern, s, matches)
		}
		glob.MatchNoEscape(pattern, s)
	})
}
