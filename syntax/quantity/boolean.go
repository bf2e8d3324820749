// Package quantity holds the small values that settings are written in: truth values, sizes, shares, modes, limits,
// and the names of numbers the kernel and the C library define (signals, errors, capabilities, levels).
//
// It exists so that a word has one meaning in files, on the bus and at the command line. It must not know which
// setting it reads, nor ask the system anything.
package quantity

import (
	"errors"
	"fmt"
	"strings"
)

// The errors of parsing; every error of this package wraps one of them and quotes the text.
var (
	ErrSyntax = errors.New("value is not valid")
	ErrRange  = errors.New("value is out of range")
)

const whitespace = " \t\n\r"

func syntaxError(s, want string) error { return fmt.Errorf("%q: %w, want %s", s, ErrSyntax, want) }

func rangeError(s, want string) error { return fmt.Errorf("%q: %w, want %s", s, ErrRange, want) }

// ParseBool reads a truth value in systemd's words, in any case of letters: 1, yes, y, true, t, on and 0, no, n,
// false, f, off.
func ParseBool(s string) (bool, error) {
	if len(s) <= len("false") {
		switch strings.ToLower(s) {
		case "1", "yes", "y", "true", "t", "on":
			return true, nil
		case "0", "no", "n", "false", "f", "off":
			return false, nil
		}
	}
	return false, syntaxError(s, "yes or no")
}

// FormatBool prints "yes" or "no".
func FormatBool(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
