package unitname

import "strings"

// Mangle makes a unit name of what a user typed, as systemctl does: a path becomes its mount or device unit,
// characters that cannot stand in a name are escaped, and the suffix is added if there is none. suffix is with its
// dot.
func Mangle(name, suffix string) (string, error) { return mangle(name, suffix, false) }

// MangleGlob is Mangle where patterns are allowed: those are kept, and get no suffix.
func MangleGlob(name, suffix string) (string, error) { return mangle(name, suffix, true) }

func mangle(name, suffix string, globs bool) (string, error) {
	if name == "" {
		return "", invalid(name, "it is empty")
	}
	if Valid(name) == nil {
		return name, nil
	}
	if globs && IsGlob(name) && onlyGlobBytes(name) {
		return name, nil
	}
	if name[0] == '/' {
		kind := Mount
		if clean, err := cleanPath(name); err == nil &&
			(strings.HasPrefix(clean, "dev/") || strings.HasPrefix(clean, "sys/")) {
			kind = Device
		}
		if unit, err := FromPath(name, kind.Suffix()); err == nil {
			return unit, nil
		}
	}
	escaped := escapeTyped(name, globs)
	if globs && IsGlob(escaped) {
		return escaped, nil
	}
	if Valid(escaped) != nil {
		escaped += suffix
	}
	if globs {
		return escaped, nil
	}
	return escaped, Valid(escaped)
}

// escapeTyped escapes less than Escape does, since '-' and '@' in what a user typed are meant.
func escapeTyped(name string, globs bool) string {
	b := make([]byte, 0, len(name)+8)
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '/':
			b = append(b, '-')
		case validByte(c), c == '@', globs && isGlobByte(c):
			b = append(b, c)
		default:
			b = appendEscaped(b, c)
		}
	}
	return string(b)
}

func isGlobByte(c byte) bool { return c == '*' || c == '?' || c == '[' || c == ']' || c == '!' }

func onlyGlobBytes(name string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; !validByte(c) && c != '@' && !isGlobByte(c) {
			return false
		}
	}
	return true
}

// IsGlob says whether name holds '*', '?' or '[', which make it a pattern.
func IsGlob(name string) bool { return strings.ContainsAny(name, "*?[") }
