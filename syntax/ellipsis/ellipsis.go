// Package ellipsis shortens lines to the width of a terminal, and shows with dots where something is left out.
//
// It exists so that tables, logs and the console do it alike, in the way that systemd does. It must not know what the
// lines are.
package ellipsis

import "unicode"

// Shorten shortens a line to a width in columns; so many percent of what is kept are its beginning.
func Shorten(line string, width, percent int) string {
	runes := []rune(line)
	total := 0
	for _, r := range runes {
		total += columns(r)
	}
	if total <= width || width < 2 {
		return line
	}
	left := ((width-1)*percent + 50) / 100
	if len(runes) != len(line) {
		left = (width - 1) * percent / 100 // as the original rounds where there is more than ASCII
	}
	used, from := 0, 0
	for from < len(runes) && used+columns(runes[from]) <= left {
		used += columns(runes[from])
		from++
	}
	to := len(runes)
	for to > from && used+columns(runes[to-1]) <= width {
		to--
		used += columns(runes[to])
	}
	if to < len(runes) {
		to++ // the place of the dots
	}
	return string(runes[:from]) + "…" + string(runes[to:])
}

// columns is how many columns a character takes: two for those of East Asia.
func columns(r rune) int {
	if unicode.In(r, wide) {
		return 2
	}
	return 1
}

// wide are the characters that Unicode calls wide, by blocks.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{{0x1100, 0x115f, 1}, {0x2e80, 0x303e, 1}, {0x3041, 0xa4cf, 1}, {0xac00, 0xd7a3, 1},
		{0xf900, 0xfaff, 1}, {0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1}},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f900, 0x1f9ff, 1}, {0x20000, 0x3fffd, 1}},
}
