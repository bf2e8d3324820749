package words

import "strings"

// QuoteShell makes one word of a shell of any string, as systemd shows command lines. Strings that need no quotes are
// left alone.
func QuoteShell(s string) string {
	if s != "" && !strings.ContainsFunc(s, isControl) && !strings.ContainsAny(s, shellSpecial) {
		return s
	}
	b := append(make([]byte, 0, len(s)+8), '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '`' || c == '$':
			b = append(b, '\\', c)
		case isControl(rune(c)):
			b = appendControl(b, c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// shellSpecial are the characters that a shell does not take for themselves.
const shellSpecial = " \t\n\r\"\\`$*?['()<>|&;!"

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// appendControl adds a control character as C writes it.
func appendControl(b []byte, c byte) []byte {
	if i := strings.IndexByte("\a\b\f\n\r\t\v", c); i >= 0 {
		return append(b, '\\', "abfnrtv"[i])
	}
	return append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
}

// JoinShell prints a command line for people.
func JoinShell(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = QuoteShell(w)
	}
	return strings.Join(quoted, " ")
}
