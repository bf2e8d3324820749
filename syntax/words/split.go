// Package words takes the values of units apart: quoted and escaped words, command lines with their prefixes,
// environment variables and specifiers in them, and environment files.
//
// It exists because some forty settings share one word grammar (systemd.syntax(7) "QUOTING", systemd.service(5)
// "COMMAND LINES"), which must be read in the same way everywhere. It must not know which setting a value belongs to,
// nor what a specifier or variable stands for: callers bring functions for that.
package words

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/steward-init/steward/syntax/unitfile"
)

const whitespace = " \t\n\r"

// Error is what is wrong with a value, and where in it. Offset counts bytes from the value's beginning, as
// unitfile.Line.At wants it.
type Error struct {
	Offset  int
	Message string
	// Level says what is lost by it.
	Level Level
}

// Level says what an Error means for the value it was found in.
type Level uint8

const (
	// Ignored means that the value, or its part from there on, has to be ignored.
	Ignored Level = iota
	// Odd means that all was read, in the way systemd reads it, but that the author may have meant something else.
	Odd
	// Fatal means that systemd refuses the whole unit for it.
	Fatal
)

// Error is the message.
func (e *Error) Error() string { return e.Message }

// mode is how the word grammar is bent.
type mode uint8

const (
	// unescape means that C escapes are known; else a backslash takes away the meaning of the next character.
	unescape mode = 1 << iota
	// keepUnknown keeps escapes that mean nothing as they are, where they would be an error.
	keepUnknown
	// lenient ends an open quote or a backslash at the end of the text silently.
	lenient
)

// Split takes a value apart at white space, honouring quotes and C escapes. An unknown escape or an open quote is an
// *Error; the words before it are returned with it.
func Split(s string) ([]string, error) { return split(s, unescape) }

// SplitLenient takes a text apart that nobody can correct, as the kernel's command line: quotes are honoured, an open
// one ends with the text, and a backslash only takes away the meaning of the next character.
func SplitLenient(s string) []string {
	out, _ := split(s, lenient) // in this mode nothing is an error
	return out
}

// Columns takes at most so many words off a text without C escapes, where a backslash makes the character behind it a
// plain one. rest is what is left.
func Columns(s string, most int) (columns []string, rest string, err error) {
	at := 0
	for len(columns) < most {
		word, next, err := firstWord(s, at, whitespace, 0)
		if err != nil {
			return columns, s[at:], err
		}
		if next < 0 {
			return columns, "", nil
		}
		columns, at = append(columns, word), next
	}
	return columns, s[at:], nil
}

// SplitRelaxed is Split as settings use it which keep unknown escapes as they are. The error is Odd then, and all
// words are returned with it; only an open quote loses the rest.
func SplitRelaxed(s string) ([]string, error) {
	var out []string
	var odd error
	for at := 0; ; {
		word, next, err := firstWord(s, at, whitespace, unescape)
		if err != nil {
			first := err
			if word, next, err = firstWord(s, at, whitespace, unescape|keepUnknown); err != nil {
				return out, unbalanced(s, at)
			}
			if odd == nil {
				odd = unknownEscape(s, first)
			}
		}
		if next < 0 {
			return out, odd
		}
		out, at = append(out, word), next
	}
}

func unbalanced(s string, at int) *Error {
	return &Error{Offset: at, Message: "Unbalanced quoting, ignoring: \"" + s + "\""}
}

func unknownEscape(s string, first error) error {
	e := &Error{Level: Odd, Message: "Ignoring unknown escape sequences: \"" + s + "\""}
	if at, ok := first.(*Error); ok {
		e.Offset = at.Offset
	}
	return e
}

func split(s string, m mode) ([]string, error) {
	var out []string
	for at := 0; ; {
		word, next, err := firstWord(s, at, whitespace, m)
		if err != nil || next < 0 {
			return out, err
		}
		out, at = append(out, word), next
	}
}

// firstWord reads the word that begins at or after s[at:] and says where the one after it may begin; next is -1 if
// there is no word.
func firstWord(s string, at int, separators string, m mode) (word string, next int, err error) {
	for at < len(s) && strings.IndexByte(separators, s[at]) >= 0 {
		at++
	}
	if at == len(s) {
		return "", -1, nil
	}
	// Most words hold no quote nor escape and are returned as a part of s.
	end := at
	for end < len(s) && s[end] != '\\' && s[end] != '"' && s[end] != '\'' && strings.IndexByte(separators, s[end]) < 0 {
		end++
	}
	if end == len(s) || s[end] != '\\' && s[end] != '"' && s[end] != '\'' {
		return s[at:end], skip(s, end, separators), nil
	}
	b := append(make([]byte, 0, len(s)-at), s[at:end]...)
	b, end, err = quotedWord(b, s, end, separators, m)
	if err != nil {
		return "", 0, err
	}
	return string(b), skip(s, end, separators), nil
}

func skip(s string, at int, separators string) int {
	for at < len(s) && strings.IndexByte(separators, s[at]) >= 0 {
		at++
	}
	return at
}

// quotedWord goes on with a word at its first quote or backslash, until a separator outside quotes.
func quotedWord(b []byte, s string, at int, separators string, m mode) (out []byte, end int, err error) {
	var quote byte
	opened := at
	for at < len(s) {
		c := s[at]
		switch {
		case c == '\\':
			if b, at, err = escaped(b, s, at, m, quote != 0); err != nil {
				return nil, 0, err
			}
		case quote != 0:
			if c == quote {
				quote = 0
			} else {
				b = append(b, c)
			}
			at++
		case c == '"' || c == '\'':
			quote, opened = c, at
			at++
		case strings.IndexByte(separators, c) >= 0:
			return b, at, nil
		default:
			b = append(b, c)
			at++
		}
	}
	if quote != 0 && m&lenient == 0 {
		return nil, 0, &Error{Offset: opened, Message: "Unbalanced quoting, ignoring: \"" + s + "\""}
	}
	return b, at, nil
}

// escaped reads what follows the backslash at s[at].
func escaped(b []byte, s string, at int, m mode, quoted bool) ([]byte, int, error) {
	if at+1 == len(s) {
		switch {
		case m&keepUnknown != 0 && (!quoted || m&lenient != 0):
			return append(b, '\\'), at + 1, nil
		case m&lenient != 0:
			return b, at + 1, nil
		}
		return nil, 0, &Error{Offset: at, Message: "Backslash at the end of the value"}
	}
	if m&unescape == 0 {
		return append(b, s[at+1]), at + 2, nil
	}
	if plain, n := unescapeOne(b, s[at+1:]); n > 0 {
		return plain, at + 1 + n, nil
	}
	if m&keepUnknown != 0 {
		return append(b, '\\', s[at+1]), at + 2, nil
	}
	return nil, 0, &Error{Offset: at, Message: fmt.Sprintf("Unknown escape sequence \"\\%c\"", s[at+1])}
}

// unescapeOne appends the value of the escape whose text after the backslash s begins with, and says how long that is;
// 0 means that it is none. systemd.syntax(7), table 1.
func unescapeOne(b []byte, s string) (out []byte, n int) {
	if i := strings.IndexByte(`abfnrtv\"'s`, s[0]); i >= 0 {
		return append(b, "\a\b\f\n\r\t\v\\\"' "[i]), 1
	}
	switch s[0] {
	case 'x':
		return appendCode(b, s, 1, 2, 16)
	case 'u':
		return appendCode(b, s, 1, 4, 16)
	case 'U':
		return appendCode(b, s, 1, 8, 16)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return appendCode(b, s, 0, 3, 8)
	}
	return b, 0
}

// appendCode reads digits at s[from:]. Two or three of them make a byte, more a code point. Zero is refused, as a
// value cannot hold it.
func appendCode(b []byte, s string, from, digits int, base uint32) ([]byte, int) {
	if len(s) < from+digits {
		return b, 0
	}
	var code uint32
	for i := from; i < from+digits; i++ {
		d := digit(s[i])
		if d >= base {
			return b, 0
		}
		code = code*base + d
	}
	switch {
	case code == 0:
		return b, 0
	case digits > 3:
		// Compat: the oracle checks code points written with eight digits, and encodes any written with four.
		if digits == 8 && (code > utf8.MaxRune || !unitfile.ValidUTF8(string(rune(code))) || !utf8.ValidRune(rune(code))) {
			return b, 0
		}
		b = appendRune(b, rune(code))
	case code > 255:
		return b, 0
	default:
		b = append(b, byte(code))
	}
	return b, from + digits
}

// appendRune is utf8.AppendRune that lets surrogates be.
func appendRune(b []byte, r rune) []byte {
	if r >= 0xD800 && r < 0xE000 {
		return append(b, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
	}
	return utf8.AppendRune(b, r)
}

func digit(c byte) uint32 {
	switch {
	case c >= '0' && c <= '9':
		return uint32(c - '0')
	case c >= 'a' && c <= 'f':
		return uint32(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return uint32(c-'A') + 10
	}
	return 99
}

// Unescape replaces C escapes in a whole string that is no list of words.
func Unescape(s string) (string, error) {
	if !strings.Contains(s, "\\") {
		return s, nil
	}
	b := make([]byte, 0, len(s))
	for at := 0; at < len(s); {
		if s[at] != '\\' {
			b = append(b, s[at])
			at++
			continue
		}
		var err error
		if b, at, err = escaped(b, s, at, unescape, false); err != nil {
			return "", err
		}
	}
	return string(b), nil
}

// Quote makes one word of any string, such that Split gives it back. Strings that need it not are left alone.
func Quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, needsQuote) {
		return s
	}
	b := append(make([]byte, 0, len(s)+8), '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c < ' ' || c == 0x7f:
			b = fmt.Appendf(b, `\x%02x`, c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

func needsQuote(r rune) bool {
	return r <= ' ' || r == '"' || r == '\'' || r == '\\' || r == 0x7f || r == ';' || r == '$' || r == '%' || r == '#'
}

// Join prints words such that Split gives them back.
func Join(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = Quote(w)
	}
	return strings.Join(quoted, " ")
}
