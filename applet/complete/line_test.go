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
		open byte
	}{
		{"", []string{""}, "", 0},
		{"systemctl ", []string{"systemctl", ""}, "", 0},
		{"systemctl  sta", []string{"systemctl", "sta"}, "sta", 0},
		{`a 'b c`, []string{"a", "b c"}, `'b c`, '\''},
		{`a x="b c`, []string{"a", "x=b c"}, `x="b c`, '"'},
		{`a "b\"c"d`, []string{"a", `b"cd`}, `"b\"c"d`, 0},
		{`a dev\\x2d`, []string{"a", `dev\x2d`}, `dev\\x2d`, 0},
		{`a 'x\y' ''`, []string{"a", `x\y`, ""}, `''`, 0},
	} {
		words, raw, open := split(c.line)
		if !slices.Equal(words, c.want) || raw != c.raw || open != c.open {
			t.Errorf("%q: %q, %q, %q; want %q, %q, %q", c.line, words, raw, open, c.want, c.raw, c.open)
		}
	}
}

// FuzzSplit checks that any line has a last word, which stands at its end, and that a quoted word is read back.
func FuzzSplit(f *testing.F) {
	f.Add("systemctl start 'a b' c\\ d")
	f.Fuzz(func(t *testing.T, line string) {
		words, raw, _ := split(line)
		if len(words) == 0 || !strings.HasSuffix(line, raw) {
			t.Fatalf("%q: %q, %q", line, words, raw)
		}
		word := strings.NewReplacer("\n", "", "\x00", "").Replace(line)
		for open := range special {
			quoted := strings.TrimLeft(string(open), "\x00") + quote(word, open)
			if back := unquote(quoted); back != word {
				t.Fatalf("%q: quoted %q, read back %q", word, quoted, back)
			}
		}
	})
}
