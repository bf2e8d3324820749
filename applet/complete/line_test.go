package complete

import (
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
		raw  string
	}{
		{"", []string{""}, ""},
		{"systemctl ", []string{"systemctl", ""}, ""},
		{"systemctl  sta", []string{"systemctl", "sta"}, "sta"},
		{`a 'b c`, []string{"a", "b c"}, `'b c`},
		{`a "b\"c"d`, []string{"a", `b"cd`}, `"b\"c"d`},
		{`a dev\\x2d`, []string{"a", `dev\x2d`}, `dev\\x2d`},
		{`a 'x\y' ''`, []string{"a", `x\y`, ""}, `''`},
	} {
		words, raw := split(c.line)
		if !slices.Equal(words, c.want) || raw != c.raw {
			t.Errorf("%q: %q, %q; want %q, %q", c.line, words, raw, c.want, c.raw)
		}
	}
}

// FuzzSplit checks that any line has a last word, which stands at its end, and that a quoted word is read back.
func FuzzSplit(f *testing.F) {
	f.Add("systemctl start 'a b' c\\ d")
	f.Fuzz(func(t *testing.T, line string) {
		words, raw := split(line)
		if len(words) == 0 || !strings.HasSuffix(line, raw) {
			t.Fatalf("%q: %q, %q", line, words, raw)
		}
		word := strings.NewReplacer("\n", "", "\x00", "").Replace(line)
		if back := unquote(quote(word)); back != word {
			t.Fatalf("%q: quoted %q, read back %q", word, quote(word), back)
		}
	})
}
