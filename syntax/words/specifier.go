package words

import (
	"errors"
	"strings"
)

// ErrUnknownSpecifier is what a lookup returns for a letter that means nothing to it; the text is then left as it is.
var ErrUnknownSpecifier = errors.New("specifier is unknown")

// maxExpanded bounds what a value may grow to.
const maxExpanded = 1 << 20

// Specifiers replaces "%x" in a value by what lookup says x stands for, systemd.unit(5) "SPECIFIERS", and "%%" by a
// percent sign. Unknown specifiers and a percent sign at the end are left as they are; other errors of lookup end it.
func Specifiers(s string, lookup func(c byte) (string, error)) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	var b strings.Builder
	for {
		percent := strings.IndexByte(s, '%')
		if percent < 0 || percent+1 == len(s) {
			b.WriteString(s)
			return b.String(), nil
		}
		b.WriteString(s[:percent])
		c := s[percent+1]
		if c == '%' {
			b.WriteByte('%')
		} else if value, err := lookup(c); err == nil {
			b.WriteString(value)
		} else if errors.Is(err, ErrUnknownSpecifier) {
			b.WriteString(s[percent : percent+2])
		} else {
			return "", &Error{Offset: percent, Message: "specifier %" + string(rune(c)) + ": " + err.Error()}
		}
		if b.Len() > maxExpanded {
			return "", &Error{Offset: percent, Message: "value is longer than 1 MiB when its specifiers are expanded"}
		}
		s = s[percent+2:]
	}
}
