package tmpfiles

import (
	"errors"
	"fmt"
	"strings"
)

// Line is a line of configuration as it was written; nothing is looked up yet. Fields that were left out are "" or "-".
type Line struct {
	Kind       Kind
	Boot       bool // !
	Plus       bool // + append, or replace what is there
	MayFail    bool // -
	Replace    bool // =
	Base64     bool // ~
	Credential bool // ^
	Path       string
	Mode       string
	User       string
	Group      string
	Age        string
	Argument   string
}

// errInvalid has the text of EINVAL, which the original's messages end in.
var errInvalid = errors.New("Invalid argument")

const whitespace = " \t\n\r"

// ParseLine splits a line into its fields, of which all but the last may be quoted. The line must not be empty nor a
// comment. Errors have the original's wording.
func ParseLine(text string) (Line, error) {
	var fields [6]string
	n := 0
	rest := strings.Trim(text, whitespace)
	for n < len(fields) && rest != "" {
		word, after, err := field(rest)
		if err != nil {
			return Line{}, fmt.Errorf("Failed to parse line: %w", err)
		}
		fields[n], rest = word, after
		n++
	}
	if n < 2 {
		return Line{}, errors.New("Syntax error.")
	}
	l := Line{Path: fields[1], Mode: fields[2], User: fields[3], Group: fields[4], Age: fields[5]}
	if rest != "-" {
		l.Argument = rest
	}
	return l, l.action(fields[0])
}

// field takes a word off a text. Quotes are taken away wherever they stand, and so are backslashes, which make the next
// character a plain one.
func field(s string) (word, rest string, err error) {
	at := 0
	for at < len(s) && !strings.ContainsRune(whitespace+`"'\`, rune(s[at])) {
		at++
	}
	b := []byte(s[:at])
	var quote byte
	for ; at < len(s); at++ {
		c := s[at]
		switch {
		case c == '\\':
			if at++; at == len(s) {
				return "", "", errInvalid
			}
			b = append(b, s[at])
		case c == quote:
			quote = 0
		case quote != 0:
			b = append(b, c)
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte(whitespace, c) >= 0:
			return string(b), strings.TrimLeft(s[at:], whitespace), nil
		default:
			b = append(b, c)
		}
	}
	if quote != 0 {
		return "", "", errInvalid
	}
	return string(b), "", nil
}

// action reads the first field: the kind and its modifiers, each at most once.
func (l *Line) action(word string) error {
	if word == "" {
		return errors.New("Command too short ''.")
	}
	l.Kind = Kind(word[0])
	for _, c := range []byte(word[1:]) {
		flag := l.modifier(c)
		if flag == nil || *flag {
			return fmt.Errorf("Unknown modifiers in command '%s'", word)
		}
		*flag = true
	}
	return nil
}

func (l *Line) modifier(c byte) *bool {
	switch c {
	case '!':
		return &l.Boot
	case '+':
		return &l.Plus
	case '-':
		return &l.MayFail
	case '=':
		return &l.Replace
	case '~':
		return &l.Base64
	case '^':
		return &l.Credential
	}
	return nil
}
