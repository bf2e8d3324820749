package dbus

import "strings"

// D-Bus Specification, "Valid Names" and "Valid Object Paths".

// ValidPath says whether p is an object path: "/" or elements of letters, digits and underscores after slashes.
func ValidPath(p string) bool { return validPath(p) }

func validPath[T string | []byte](p T) bool {
	if len(p) == 1 && p[0] == '/' {
		return true
	}
	if len(p) < 2 || p[0] != '/' || p[len(p)-1] == '/' {
		return false
	}
	for i := 1; i < len(p); i++ {
		if c := p[i]; !wordByte(c) && (c != '/' || p[i-1] == '/') {
			return false
		}
	}
	return true
}

// ValidInterface says whether s names an interface or an error: two or more elements with dots between.
func ValidInterface(s string) bool { return validElements(s, false, false) }

// ValidBusName says whether s is a unique (":1.42") or a well-known ("org.example.Name") bus name.
func ValidBusName(s string) bool {
	if strings.HasPrefix(s, ":") {
		return len(s) <= MaxName && validElements(s[1:], true, true)
	}
	return validElements(s, true, false)
}

// ValidMember says whether s names a method, a signal or a property.
func ValidMember(s string) bool {
	if s == "" || len(s) > MaxName || digit(s[0]) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !wordByte(s[i]) {
			return false
		}
	}
	return true
}

func validElements(s string, dash, digitFirst bool) bool {
	if s == "" || len(s) > MaxName {
		return false
	}
	elements, first := 1, true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '.':
			if first {
				return false
			}
			elements, first = elements+1, true
		case wordByte(c) || dash && c == '-':
			if first && digit(c) && !digitFirst {
				return false
			}
			first = false
		default:
			return false
		}
	}
	return !first && elements > 1
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func wordByte(c byte) bool { return letter(c) || digit(c) || c == '_' }

// PathEscape makes one element of an object path from any bytes: what is no letter or digit, and a digit at the start,
// becomes an underscore and two hexadecimal digits; nothing at all becomes "_". "ssh.service" is "ssh_2eservice".
// sd_bus_path_encode(3).
func PathEscape(s string) string {
	return string(AppendPathEscape(make([]byte, 0, len(s)+8), s))
}

// AppendPathEscape appends what PathEscape returns to dst.
func AppendPathEscape(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, '_')
	}
	const hex = "0123456789abcdef"
	for i := 0; i < len(s); i++ {
		c := s[i]
		if letter(c) || digit(c) && i > 0 {
			dst = append(dst, c)
		} else {
			dst = append(dst, '_', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

// PathUnescape is the inverse of PathEscape. An underscore that two hexadecimal digits do not follow stands for
// itself.
func PathUnescape(s string) string {
	if s == "_" {
		return ""
	}
	if strings.IndexByte(s, '_') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '_' && i+2 < len(s) {
			high, low := hexDigit(s[i+1]), hexDigit(s[i+2])
			if high >= 0 && low >= 0 {
				out = append(out, byte(high<<4|low))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

func hexDigit(c byte) int {
	switch {
	case digit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
