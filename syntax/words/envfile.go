package words

import (
	"strings"

	"github.com/steward-init/steward/syntax/unitfile"
)

// maxEnvFile bounds the bytes of an environment file; a longer one is ignored.
const maxEnvFile = 64 << 20

// ParseEnvFile reads a file of EnvironmentFile=, systemd.exec(5): assignments "NAME=value" in the order of the file, a
// later one in the place of an earlier one of the same name. The path is only used in positions. With an Error
// diagnostic the whole file is to be ignored, and no assignments are returned.
func ParseEnvFile(path string, data []byte) ([]string, []unitfile.Diagnostic) {
	if len(data) > maxEnvFile {
		return nil, []unitfile.Diagnostic{{Pos: unitfile.Pos{File: path}, Severity: unitfile.Error,
			Message: "Environment file is longer than 64 MiB, ignoring it"}}
	}
	p := envParser{path: path, text: string(data), line: 1, index: make(map[string]int)}
	for p.at < len(p.text) && !p.failed {
		p.entry()
	}
	if p.failed {
		return nil, p.found
	}
	return p.out, p.found
}

// envParser walks over the text once.
type envParser struct {
	path, text string
	at, line   int
	out        []string
	// index says where in out a name stands.
	index  map[string]int
	found  []unitfile.Diagnostic
	failed bool
}

func isLineEnd(c byte) bool { return c == '\n' || c == '\r' }

func (p *envParser) next() byte {
	c := p.text[p.at]
	p.at++
	if c == '\n' {
		p.line++
	}
	return c
}

// entry reads one line: blank, a comment, or an assignment with its continuations.
func (p *envParser) entry() {
	switch c := p.text[p.at]; {
	case strings.IndexByte(whitespace, c) >= 0:
		p.next()
	case c == '#' || c == ';':
		p.comment()
	default:
		p.assignment()
	}
}

// comment skips to the end of the line. A backslash makes it go on in the next, as it does for the oracle.
func (p *envParser) comment() {
	for p.at < len(p.text) {
		c := p.next()
		if c == '\\' && p.at < len(p.text) {
			p.next()
		} else if isLineEnd(c) {
			return
		}
	}
}

func (p *envParser) assignment() {
	start, line := p.at, p.line
	p.at++ // Compat: as for the oracle, a first '=' is a part of the name.
	for p.at < len(p.text) && p.text[p.at] != '=' && !isLineEnd(p.text[p.at]) {
		p.at++
	}
	key := strings.TrimRight(p.text[start:p.at], whitespace)
	if p.at == len(p.text) || p.text[p.at] != '=' {
		p.warn(line, "Missing '=', ignoring line")
		return
	}
	p.at++
	value := p.value()
	pos := unitfile.Pos{File: p.path, Line: line, Col: 1}
	switch {
	case !unitfile.ValidUTF8(key) || !unitfile.ValidUTF8(value):
		p.failed = true
		p.found = append(p.found, unitfile.Diagnostic{Pos: pos, Severity: unitfile.Error,
			Message: "Environment file is not valid UTF-8, ignoring it"})
	case !ValidVariable(key):
		p.warn(line, "Ignoring invalid environment assignment '"+key+"="+value+"'")
	default:
		p.set(key, value)
	}
}

// value reads up to the end of the line that is neither quoted nor escaped. White space at both ends is dropped unless
// it is quoted or escaped.
func (p *envParser) value() string {
	var b []byte
	// kept is how much of b is not white space that may yet turn out to be the end's; begun is set after the first
	// byte.
	kept, begun := 0, false
	for p.at < len(p.text) {
		c := p.next()
		switch {
		case isLineEnd(c):
			return string(b[:kept])
		case c == '\\':
			if b = p.escape(b); len(b) > kept {
				kept = len(b)
			}
			begun = true
		case !begun && (c == '\'' || c == '"'):
			// Behind a closing quote another value may begin, which is joined to it.
			b = p.quoted(b, c)
			kept = len(b)
		case !begun && strings.IndexByte(whitespace, c) >= 0:
		default:
			begun = true
			b = append(b, c)
			if strings.IndexByte(whitespace, c) < 0 {
				kept = len(b)
			}
		}
	}
	return string(b[:kept])
}

// escape reads the byte after a backslash outside quotes: it is taken as it is, and an end of line vanishes.
func (p *envParser) escape(b []byte) []byte {
	if p.at == len(p.text) {
		return b
	}
	if c := p.next(); !isLineEnd(c) {
		return append(b, c)
	}
	return b
}

// quoted reads up to the closing quote. Between double quotes a backslash keeps its meaning before '"', '\', '`', '$'
// and the end of a line.
func (p *envParser) quoted(b []byte, quote byte) []byte {
	for p.at < len(p.text) {
		c := p.next()
		switch {
		case c == quote:
			return b
		case c != '\\' || quote == '\'':
			b = append(b, c)
		case p.at == len(p.text):
			return b
		default:
			escaped := p.next()
			if strings.IndexByte("\"\\`$", escaped) >= 0 {
				b = append(b, escaped)
			} else if escaped != '\n' {
				b = append(b, '\\', escaped)
			}
		}
	}
	return b
}

func (p *envParser) set(key, value string) {
	if i, ok := p.index[key]; ok {
		p.out[i] = key + "=" + value
		return
	}
	p.index[key] = len(p.out)
	p.out = append(p.out, key+"="+value)
}

// warn notes a line that was ignored, up to a bound.
func (p *envParser) warn(line int, message string) {
	const most = 100
	if len(p.found) < most {
		p.found = append(p.found, unitfile.Diagnostic{
			Pos: unitfile.Pos{File: p.path, Line: line, Col: 1}, Severity: unitfile.Warning, Message: message,
		})
	}
}
