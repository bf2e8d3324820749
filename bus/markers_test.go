package bus

import (
	"strings"
	"testing"
)

// TestMarkers applies words to the marks of a unit. What is done about them is machine/debian's TestScriptletsBooted.
func TestMarkers(t *testing.T) {
	for _, c := range []struct{ had, words, want, wrong string }{
		{"", "needs-restart", "needs-restart", ""},
		{"", "+needs-restart", "needs-restart", ""},
		{"needs-restart", "+needs-reload", "needs-reload needs-restart", ""},
		{"needs-restart", "needs-reload", "needs-reload", ""},
		{"needs-reload needs-restart", "-needs-restart", "needs-reload", ""},
		{"needs-reload", "", "", ""},
		{"", "+needs-restart needs-reload", "", "Bad marker syntax."},
		{"", "needs-help", "", `Unknown marker "needs-help".`},
	} {
		had, err := markers{}.with(strings.Fields(c.had))
		if err != nil {
			t.Fatal(err)
		}
		got, err := had.with(strings.Fields(c.words))
		switch {
		case c.wrong != "" && (err == nil || err.Error() != c.wrong):
			t.Errorf("%q, %q: %v, want %s", c.had, c.words, err, c.wrong)
		case c.wrong == "" && (err != nil || strings.Join(got.words(), " ") != c.want):
			t.Errorf("%q, %q: %q, %v, want %q", c.had, c.words, got.words(), err, c.want)
		}
	}
}
