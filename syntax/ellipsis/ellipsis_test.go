package ellipsis

import "testing"

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text, want string
		width      int
	}{
		{"short", "short", 10}, {"just fits", "just fits", 9}, {"too narrow", "too narrow", 1},
		{"ääääääääääääää", "äääääääää…ää", 12}, {"日本日本日本日本", "日本日本…本", 12}, {"日本", "日本", 4},
		{"abcdefghijklmnopqrstuvwxyz", "abcdefgh…z", 10},
		{"requires.service: Job requires.service/start failed with 'dependency'.",
			"requires.service: Job requires.service/star…ncy'.", 49},
	} {
		if got := Shorten(c.text, c.width, 90); got != c.want {
			t.Errorf("%q in %d is %q, want %q", c.text, c.width, got, c.want)
		}
	}
}
