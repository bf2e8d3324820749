// Package glob matches strings against patterns as fnmatch(3) does in the C locale.
//
// It exists because Go's own matchers treat '/' and '.' apart, which unit name patterns do not. It must not know what
// is matched.
package glob

import "strings"

// Match says whether all of s matches pattern: '*' is any string, '?' any byte, "[…]" one of a set, and a backslash
// takes away the next byte's meaning. A pattern that ends in an open set or backslash is taken as fnmatch(3) takes it.
// The time is at most len(pattern) × len(s).
func Match(pattern, s string) bool { return match(pattern, s, true) }

// MatchNoEscape is Match where a backslash means itself (FNM_NOESCAPE).
func MatchNoEscape(pattern, s string) bool { return match(pattern, s, false) }

// MatchAny says whether s matches one of the patterns.
func MatchAny(patterns []string, s string) bool {
	for _, p := range patterns {
		if Match(p, s) {
			return true
		}
	}
	return false
}

// match remembers only the last star: where it matched less fails, an earlier star taking more cannot help.
func match(pattern, s string, escapes bool) bool {
	p, i := 0, 0
	starP, starI := -1, 0
	for i < len(s) || p < len(pattern) {
		if p < len(pattern) {
			if pattern[p] == '*' {
				starP, starI = p, i
				p++
				continue
			}
			if i < len(s) {
				if width, ok := one(pattern[p:], s[i], escapes); ok {
					p += width
					i++
					continue
				}
			}
		}
		if starP < 0 || starI >= len(s) {
			return false
		}
		starI++
		p, i = starP+1, starI
	}
	return true
}

// one matches one byte against what the pattern begins with, and says how long that is.
func one(pattern string, c byte, escapes bool) (width int, ok bool) {
	switch pattern[0] {
	case '?':
		return 1, true
	case '[':
		if width, ok, closed := set(pattern, c, escapes); closed {
			return width, ok
		}
	case '\\':
		if escapes {
			if len(pattern) == 1 {
				return 1, false
			}
			return 2, pattern[1] == c
		}
	}
	return 1, pattern[0] == c
}

// set matches "[…]"; closed is false if the bracket does not end, which makes it a plain character. A range or a
// backslash that the pattern ends in matches nothing.
func set(pattern string, c byte, escapes bool) (width int, ok, closed bool) {
	i := 1
	negated := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negated {
		i++
	}
	for first := true; i < len(pattern); first = false {
		if pattern[i] == ']' && !first {
			return i + 1, ok != negated, true
		}
		if name, n := className(pattern[i:]); n > 0 {
			ok = ok || inClass(name, c)
			i += n
			continue
		}
		low, n := setByte(pattern[i:], escapes)
		if n == 0 {
			return 0, false, true
		}
		i += n
		high := low
		if i+1 < len(pattern) && pattern[i] == '-' && pattern[i+1] != ']' {
			if high, n = setByte(pattern[i+1:], escapes); n == 0 {
				return 0, false, true
			}
			i += 1 + n
		} else if i+1 == len(pattern) && pattern[i] == '-' {
			return 0, false, true
		}
		ok = ok || low <= c && c <= high
	}
	return 0, false, false
}

// setByte reads one byte of a set and says how long its text is; 0 means that the pattern ends in it. "[.a.]" and
// "[=a=]" are ways to write a.
func setByte(s string, escapes bool) (c byte, width int) {
	if len(s) >= 5 && s[0] == '[' && (s[1] == '.' || s[1] == '=') && s[3] == s[1] && s[4] == ']' {
		return s[2], 5
	}
	if escapes && s[0] == '\\' {
		if len(s) == 1 {
			return 0, 0
		}
		return s[1], 2
	}
	return s[0], 1
}

// className reads "[:name:]".
func className(s string) (name string, width int) {
	rest, found := strings.CutPrefix(s, "[:")
	if !found {
		return "", 0
	}
	end := strings.Index(rest, ":]")
	if end < 0 {
		return "", 0
	}
	return rest[:end], end + 4
}

func inClass(name string, c byte) bool {
	lower, upper, digit := c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9'
	graph := c > ' ' && c < 0x7f
	switch name {
	case "alpha":
		return lower || upper
	case "digit":
		return digit
	case "alnum":
		return lower || upper || digit
	case "lower":
		return lower
	case "upper":
		return upper
	case "blank":
		return c == ' ' || c == '\t'
	case "space":
		return c == ' ' || c >= '\t' && c <= '\r'
	case "cntrl":
		return c < ' ' || c == 0x7f
	case "graph":
		return graph
	case "print":
		return graph || c == ' '
	case "punct":
		return graph && !lower && !upper && !digit
	case "xdigit":
		return digit || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
	}
	return false
}
