// Package recorded reads the tables in testdata that hold what the oracle was seen to do.
//
// It exists so that tests of several packages share one form for such facts. Only tests may import it, and it must not
// know what the facts are about.
package recorded

import (
	"strconv"
	"strings"
)

// Row is one line of a table: fields separated by tabs.
type Row []string

// Rows reads a table. Lines that are empty or begin with '#' are left out.
func Rows(text string) []Row {
	var rows []Row
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	return rows
}

// Text is a field that is a quoted string, without its quotes; a field without quotes is returned as it is.
func (r Row) Text(i int) string {
	if text, err := strconv.Unquote(r[i]); err == nil {
		return text
	}
	return r[i]
}

// Quote prints bytes as the tables have them.
func Quote(s string) string {
	b := []byte{'"'}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= ' ' && c < 0x7f:
			b = append(b, c)
		default:
			b = append(b, '\\', 'x', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		}
	}
	return string(append(b, '"'))
}

// List prints strings as the tables have them, "[\"a\" \"b\"]".
func List(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = Quote(s)
	}
	return "[" + strings.Join(quoted, " ") + "]"
}

// Result prints what a function gave as the tables have it: "!" for an error, a quoted string, or a number.
func Result[T any](value T, err error) string {
	if err != nil {
		return "!"
	}
	switch v := any(value).(type) {
	case string:
		return Quote(v)
	case bool:
		if v {
			return "1"
		}
		return "0"
	case int:
		return strconv.Itoa(v)
	case uint32:
		return strconv.FormatUint(uint64(v), 10)
	case uint64:
		return strconv.FormatUint(v, 10)
	}
	return "?"
}
