package words

import (
	"slices"
	"strings"
)

// ExpandVariables puts environment variables into a command's arguments, systemd.service(5) "COMMAND LINES": an
// argument that is "$FOO" becomes the words of the value, none if it is empty; "${FOO}" anywhere becomes the value as
// it is; "$$" is a dollar sign. unset names the variables lookup did not know, each once, which count as empty.
func ExpandVariables(argv []string, lookup func(name string) (string, bool)) (out []string, unset []string) {
	x := expander{lookup: lookup}
	out = make([]string, 0, len(argv))
	for _, arg := range argv {
		if len(arg) > 0 && arg[0] == '$' && (len(arg) == 1 || arg[1] != '{' && arg[1] != '$') {
			// The value is split leniently: quotes join words, and an open one ends with the value.
			parts, _ := split(x.value(arg[1:]), lenient) // lenient splitting has no errors
			out = append(out, parts...)
			continue
		}
		out = append(out, x.inside(arg))
	}
	return out, x.unset
}

// ExpandString puts variables into one string that is not split: "${FOO}" and "$$" are known, "$FOO" is left alone.
func ExpandString(s string, lookup func(name string) (string, bool)) (out string, unset []string) {
	x := expander{lookup: lookup}
	return x.inside(s), x.unset
}

// expander remembers what it could not find.
type expander struct {
	lookup func(name string) (string, bool)
	unset  []string
}

func (x *expander) value(name string) string {
	value, ok := x.lookup(name)
	if ok {
		return value
	}
	if name != "" && !slices.Contains(x.unset, name) {
		x.unset = append(x.unset, name)
	}
	return ""
}

// inside expands "${FOO}" and "$$". Compat: as for the oracle, "${" goes on to the next '}' whatever stands between,
// but a ':' in it ends it and leaves the text alone: "${FOO:-x}" means nothing in a command line of systemd 252.
func (x *expander) inside(s string) string {
	if !strings.Contains(s, "$") {
		return s
	}
	var b strings.Builder
	for {
		dollar := strings.IndexByte(s, '$')
		if dollar < 0 || dollar+1 == len(s) {
			break
		}
		b.WriteString(s[:dollar])
		s = s[dollar:]
		switch s[1] {
		case '$':
			b.WriteByte('$')
			s = s[2:]
		case '{':
			end := strings.IndexAny(s, "}:")
			switch {
			case end < 0:
				b.WriteString(s)
				return b.String()
			case s[end] == ':':
				b.WriteString(s[:end+1])
			default:
				b.WriteString(x.value(s[2:end]))
			}
			s = s[end+1:]
		default:
			b.WriteString(s[:2])
			s = s[2:]
		}
	}
	b.WriteString(s)
	return b.String()
}
