package sysusers

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxName is the longest name of a user or group; utmp has no room for more.
const maxName = 31

// validName says whether a text is a name by sysusers.d(5), "Name".
func validName(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c != '-' && (c < '0' || '9' < c)) {
			return false
		}
	}
	return true
}

// validField says whether a text can be a field of an account file.
func validField(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r == ':' || r < ' ' || r == 0x7f })
}

func validGecos(text string) bool { return utf8.ValidString(text) && validField(text) }

// validPath says whether a text can be a home directory or a shell.
func validPath(text string) bool {
	if !utf8.ValidString(text) || !validField(text) || !strings.HasPrefix(text, "/") || len(text) >= 4096 {
		return false
	}
	for part := range strings.SplitSeq(text, "/") {
		if part == ".." || len(part) > 255 {
			return false
		}
	}
	return true
}

// simplify takes needless slashes out of a path.
func simplify(text string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(text, "/") {
		if part != "" && part != "." {
			b.WriteString("/" + part)
		}
	}
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
}

// The C library's words for what can be wrong with a number.
const (
	invalid    = "Invalid argument"
	outOfRange = "Numerical result out of range"
	reserved   = "No such device or address"
)

// unset16 and unset32 are the numbers that stand for none, in 16 and in 32 bits.
const unset16, unset32 = math.MaxUint16, math.MaxUint32

// parseID reads a number, strictly decimal; wrong says what is wrong with it.
func parseID(text string) (id uint32, wrong string) {
	if text == "" || strings.Trim(text, "0123456789") != "" || text[0] == '0' && len(text) > 1 {
		return 0, invalid
	}
	n, err := strconv.ParseUint(text, 10, 32)
	switch {
	case err != nil:
		return 0, outOfRange
	case n == unset16 || n == unset32:
		return 0, reserved
	}
	return uint32(n), ""
}

// parseRange reads "FROM-TO" or one number.
func parseRange(text string) (Range, bool) {
	first, last, two := strings.Cut(text, "-")
	if !two {
		last = first
	}
	a, wrong := parseID(first)
	if wrong != "" {
		return Range{}, false
	}
	b, wrong := parseID(last)
	return Range{a, b}, wrong == "" && a <= b
}
