package words

import (
	"strings"
)

// CommandFlags are the prefixes of a command, systemd.service(5), table "Special executable prefixes".
type CommandFlags uint8

const (
	// IgnoreFailure is '-': a failure is noted but has no effect.
	IgnoreFailure CommandFlags = 1 << iota
	// ExplicitArgv0 is '@': the second word is argv[0].
	ExplicitArgv0
	// NoEnvExpand is ':': environment variables are not expanded.
	NoEnvExpand
	// FullPrivileges is '+': the process runs without any of the unit's restrictions.
	FullPrivileges
	// NoSetuid is '!': as '+', but only user and group are left alone.
	NoSetuid
	// AmbientMagic is '!!': as '!', where the system lacks ambient capabilities.
	AmbientMagic
)

// Command is one program call of an Exec…= setting. Path is absolute and clean, or a name without any slash that is to
// be searched for. Args is argv, argv[0] included.
type Command struct {
	Path  string
	Args  []string
	Flags CommandFlags
}

// String prints the command such that ParseCommands gives it back. A program whose argv[0] is not its path gets '@'.
func (c Command) String() string {
	var b strings.Builder
	line := c.Args
	if len(line) == 0 {
		line = []string{c.Path}
	} else if c.Flags&ExplicitArgv0 != 0 || simplify(line[0]) != c.Path {
		c.Flags |= ExplicitArgv0
		line = append([]string{c.Path}, line...)
	}
	for _, p := range []struct {
		flag   CommandFlags
		prefix string
	}{
		{IgnoreFailure, "-"}, {ExplicitArgv0, "@"}, {NoEnvExpand, ":"}, {FullPrivileges, "+"}, {NoSetuid, "!"},
		{AmbientMagic, "!!"},
	} {
		if c.Flags&p.flag != 0 {
			b.WriteString(p.prefix)
		}
	}
	for i, word := range line {
		if i > 0 {
			b.WriteByte(' ')
		}
		// The line will be read for specifiers again, so '%' is doubled.
		b.WriteString(Quote(strings.ReplaceAll(word, "%", "%%")))
	}
	return b.String()
}

// ParseCommands reads the value of an Exec…= setting: commands, separated by " ; ", each a program with prefixes and
// its arguments. specifiers expands one word; nil leaves words as they are. An empty value gives no commands: it
// resets.
//
// An error is an *Error, the gravest one found, and the commands that are returned with it are those systemd would
// keep: all for an Odd one, those before the faulty command for the others.
func ParseCommands(value string, specifiers func(string) (string, error)) ([]Command, error) {
	p := commandParser{text: value, expand: specifiers}
	if p.expand == nil {
		p.expand = func(s string) (string, error) { return s, nil }
	}
	var out []Command
	for more := true; more; {
		p.begin, p.ignore = p.at, false
		var c Command
		var err *Error
		c, more, err = p.command()
		if err != nil {
			return out, err
		}
		if c.Path != "" {
			out = append(out, c)
		}
	}
	if p.odd != nil {
		return out, p.odd
	}
	return out, nil
}

// commandParser walks over a value; at is the offset of what comes next.
type commandParser struct {
	text   string
	expand func(string) (string, error)
	at     int
	// begin is where the command being read begins, ignore whether it has the prefix '-'.
	begin  int
	ignore bool
	// odd is the first escape that was kept as it stands.
	odd error
}

// word reads the next one, with escapes that mean nothing kept as they are. ok is false at the end.
func (p *commandParser) word() (word string, ok bool, err *Error) {
	word, next, first := firstWord(p.text, p.at, whitespace, unescape)
	if first != nil {
		var second error
		if word, next, second = firstWord(p.text, p.at, whitespace, unescape|keepUnknown); second != nil {
			e := unbalanced(p.text[p.begin:], p.at)
			return "", false, e
		}
		if p.odd == nil {
			p.odd = unknownEscape(p.text[p.begin:], first)
		}
	}
	if next < 0 {
		p.at = len(p.text)
		return "", false, nil
	}
	p.at = next
	return word, true, nil
}

// command reads one, up to the end or a separator; more says that it was a separator.
func (p *commandParser) command() (c Command, more bool, err *Error) {
	at := skip(p.text, p.at, whitespace)
	first, ok, err := p.word()
	if err != nil || !ok {
		return c, false, err
	}
	// A lone separator makes no command; Compat: not even a quoted one.
	if first == ";" {
		return c, true, nil
	}
	c.Flags, first = prefixes(first)
	p.ignore = c.Flags&IgnoreFailure != 0
	path, expandErr := p.expand(first)
	if expandErr != nil {
		return c, false, p.refusal(at, "Cannot resolve specifiers in '"+first+"': "+expandErr.Error())
	}
	if why := badPath(path); why != "" {
		return c, false, p.refusal(at, why)
	}
	c.Path = simplify(path)
	if c.Flags&ExplicitArgv0 == 0 {
		c.Args = append(c.Args, path)
	}
	if more, err = p.arguments(&c); err != nil {
		return Command{}, false, err
	}
	if len(c.Args) == 0 || c.Args[0] == "" {
		return Command{}, false, p.refusal(at, "Empty executable name or zeroeth argument")
	}
	return c, more, nil
}

// arguments reads the words after the program.
func (p *commandParser) arguments(c *Command) (more bool, err *Error) {
	for p.at < len(p.text) {
		rest := p.text[p.at:]
		if standsAlone(rest, ";") {
			p.at = skip(p.text, p.at+1, whitespace)
			return true, nil
		}
		// An escaped semicolon is an argument; it is told apart here from words such as "\\;" that only look like it.
		if standsAlone(rest, `\;`) {
			p.at = skip(p.text, p.at+2, whitespace)
			c.Args = append(c.Args, ";")
			continue
		}
		at := p.at
		word, ok, err := p.word()
		if err != nil {
			return false, p.refusal(err.Offset, err.Message)
		}
		if !ok {
			break
		}
		resolved, expandErr := p.expand(word)
		if expandErr != nil {
			return false, p.refusal(at, "Cannot resolve specifiers in '"+word+"': "+expandErr.Error())
		}
		c.Args = append(c.Args, resolved)
	}
	return false, nil
}

// refusal is fatal for the unit, unless the command has the prefix '-'.
func (p *commandParser) refusal(at int, message string) *Error {
	if p.ignore {
		return &Error{Offset: at, Message: message + ", ignoring", Level: Ignored}
	}
	return &Error{Offset: at, Message: message, Level: Fatal}
}

// standsAlone says whether text begins with token and white space or the end follows.
func standsAlone(text, token string) bool {
	rest, found := strings.CutPrefix(text, token)
	return found && (rest == "" || strings.IndexByte(whitespace, rest[0]) >= 0)
}

// prefixes takes the prefixes off a program. Each may come once and in any order, but of '+', '!' and '!!' only one.
func prefixes(word string) (CommandFlags, string) {
	const oneOf = FullPrivileges | NoSetuid | AmbientMagic
	var flags CommandFlags
	for ; word != ""; word = word[1:] {
		switch c := word[0]; {
		case c == '-' && flags&IgnoreFailure == 0:
			flags |= IgnoreFailure
		case c == '@' && flags&ExplicitArgv0 == 0:
			flags |= ExplicitArgv0
		case c == ':' && flags&NoEnvExpand == 0:
			flags |= NoEnvExpand
		case c == '+' && flags&oneOf == 0:
			flags |= FullPrivileges
		case c == '!' && flags&oneOf == 0:
			flags |= NoSetuid
		case c == '!' && flags&(FullPrivileges|AmbientMagic) == 0:
			flags = flags&^NoSetuid | AmbientMagic
		default:
			return flags, word
		}
	}
	return flags, word
}

// badPath says what is wrong with a program's path, "" if nothing.
func badPath(path string) string {
	switch {
	case path == "":
		return "Empty path in command line"
	case strings.ContainsFunc(path, unsafeInPath):
		return "Executable path contains special characters: " + path
	case strings.HasSuffix(path, "/"):
		return "Executable path specifies a directory: " + path
	case path[0] != '/' && strings.Contains(path, "/") || path == "." || path == "..":
		return "Neither a valid executable name nor an absolute path: " + path
	case len(path) >= 4096 || path[0] != '/' && len(path) > 255:
		return "Executable path is too long"
	}
	return ""
}

func unsafeInPath(r rune) bool {
	return r < ' ' || r == '"' || r == '\'' || r == '\\' || r == 0x7f
}

// simplify drops doubled slashes and "." components. A path that is no more than one name is left alone.
func simplify(path string) string {
	if !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
		return path
	}
	var kept []string
	for part := range strings.SplitSeq(path, "/") {
		if part != "" && part != "." {
			kept = append(kept, part)
		}
	}
	return "/" + strings.Join(kept, "/")
}
