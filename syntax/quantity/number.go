package quantity

import (
	"errors"
	"strconv"
	"strings"
)

// ParseUint reads a number of so many bits as settings have it: decimal, or with 0x, 0o, 0b or 0 in front to another
// base. White space and '+' may stand before it, nothing after.
func ParseUint(s string, bits int) (uint64, error) {
	digits, base := radix(strings.TrimPrefix(strings.TrimLeft(s, whitespace+"\v\f"), "+"))
	n, err := strconv.ParseUint(digits, base, bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, rangeError(s, "a number of at most "+strconv.Itoa(bits)+" bits")
	case err != nil && strings.TrimLeft(s, whitespace+"-") != s && signedNumber(s):
		return 0, rangeError(s, "a number that is not negative")
	case err != nil:
		return 0, syntaxError(s, "a number")
	}
	return n, nil
}

func signedNumber(s string) bool { _, err := ParseInt(s, 64); return err == nil }

// ParseInt is ParseUint for numbers that may be negative.
func ParseInt(s string, bits int) (int64, error) {
	text := strings.TrimLeft(s, whitespace+"\v\f")
	sign := ""
	if text != "" && (text[0] == '-' || text[0] == '+') {
		sign, text = text[:1], text[1:]
	}
	digits, base := radix(text)
	if digits == "" || digits[0] == '-' || digits[0] == '+' {
		return 0, syntaxError(s, "a number")
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(sign, "+")+digits, base, bits)
	if errors.Is(err, strconv.ErrRange) {
		return 0, rangeError(s, "a number of at most "+strconv.Itoa(bits)+" bits")
	}
	if err != nil {
		return 0, syntaxError(s, "a number")
	}
	return n, nil
}

// radix takes the base off a number.
func radix(s string) (digits string, base int) {
	if len(s) < 2 || s[0] != '0' {
		return s, 10
	}
	switch s[1] {
	case 'x', 'X':
		return s[2:], 16
	case 'o', 'O':
		return s[2:], 8
	case 'b', 'B':
		return s[2:], 2
	}
	return s[1:], 8
}
