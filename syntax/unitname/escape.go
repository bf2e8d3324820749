package unitname

import (
	"fmt"
	"strings"
)

const hexDigits = "0123456789abcdef"

func appendEscaped(b []byte, c byte) []byte {
	return append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
}

// Escape makes any string fit for a part of a unit name, systemd.unit(5) "STRING ESCAPING FOR INCLUSION IN UNIT
// NAMES": '/' becomes '-', all but letters, digits, ':', '_' and '.' become \xHH, and so does a '.' at the beginning.
func Escape(s string) string {
	b := make([]byte, 0, len(s)+8)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '/':
			b = append(b, '-')
		case c == '-', c == '\\', c == '.' && i == 0, !validByte(c):
			b = appendEscaped(b, c)
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// Unescape undoes Escape: '-' becomes '/' and \xHH the byte.
func Unescape(s string) (string, error) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '-':
			b = append(b, '/')
		case '\\':
			if i+3 >= len(s) || s[i+1] != 'x' {
				return "", fmt.Errorf("%q: escape at byte %d is not of the form \\xHH", s, i)
			}
			hi, lo := hexValue(s[i+2]), hexValue(s[i+3])
			if hi < 0 || lo < 0 {
				return "", fmt.Errorf("%q: escape at byte %d is not of the form \\xHH", s, i)
			}
			b = append(b, byte(hi<<4|lo))
			i += 3
		default:
			b = append(b, c)
		}
	}
	return string(b), nil
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// EscapePath escapes a path for a unit name: slashes at both ends are dropped and "/" becomes "-".
func EscapePath(path string) (string, error) {
	trimmed, err := cleanPath(path)
	if err != nil {
		return "", err
	}
	if trimmed == "" {
		if path != "" && path[0] != '/' {
			return "", fmt.Errorf("%q: path names nothing", path)
		}
		return "-", nil
	}
	return Escape(trimmed), nil
}

// cleanPath drops empty and "." components and slashes at both ends; "" is the root. A ".." makes it an error.
func cleanPath(path string) (string, error) {
	var kept []string
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case "", ".":
		case "..":
			return "", fmt.Errorf("%q: path is not normalized: it contains \"..\"", path)
		default:
			if len(part) > 255 {
				return "", fmt.Errorf("path component %q…: it is longer than 255 bytes", part[:32])
			}
			kept = append(kept, part)
		}
	}
	trimmed := strings.Join(kept, "/")
	if len(trimmed) >= 4096 {
		return "", fmt.Errorf("path %q…: it is longer than 4095 bytes", trimmed[:32])
	}
	return trimmed, nil
}

// UnescapePath undoes EscapePath; the result is absolute and normalized.
func UnescapePath(s string) (string, error) {
	if s == "" {
		return "", fmt.Errorf("escaped path: it is empty")
	}
	if s == "-" {
		return "/", nil
	}
	plain, err := Unescape(s)
	if err != nil {
		return "", err
	}
	clean, err := cleanPath(plain)
	if err != nil || clean != plain {
		return "", fmt.Errorf("%q: it is not an escaped path", s)
	}
	return "/" + plain, nil
}

// FromPath is the unit name that stands for a path, "home-user.mount" of "/home/user" and ".mount". A name that would
// be too long is shortened and given a hash of the whole, as systemd.mount(5) units and those of devices are.
func FromPath(path, suffix string) (string, error) {
	escaped, err := EscapePath(path)
	if err != nil {
		return "", err
	}
	name := escaped + suffix
	if len(name) >= Max {
		name = shorten(name, suffix)
	}
	return name, Valid(name)
}

// ToPath is the path that a unit's name stands for.
func ToPath(name string) (string, error) {
	if err := Valid(name); err != nil {
		return "", err
	}
	return UnescapePath(Prefix(name))
}
