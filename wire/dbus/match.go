package dbus

import (
	"strconv"
	"strings"
)

// MaxMatch bounds the text of a match rule in bytes.
const MaxMatch = 1024

// Match is a match rule, D-Bus Specification "Match Rules": a message matches when it agrees with every field that is
// set.
type Match struct {
	Type          Type
	Sender        string
	Interface     string
	Member        string
	Path          string
	PathNamespace string // this path or any below it
	Destination   string
	Args          []ArgMatch
}

// ArgMatch asks for a value in the body's argument number Index, which must be a string (or, with Path, an object
// path).
type ArgMatch struct {
	Index     int // 0 to 63
	Value     string
	Path      bool // argNpath: equal, or one is a prefix of the other and ends in a slash
	Namespace bool // arg0namespace: this name or one below it
}

// ParseMatch reads a rule such as type='signal',interface='org.example.Name'.
func ParseMatch(rule string) (Match, error) {
	m := Match{}
	if len(rule) > MaxMatch {
		return m, ErrMatch
	}
	seen := map[string]bool{}
	for rule = strings.TrimLeft(rule, " \t\r\n"); rule != ""; rule = strings.TrimLeft(rule, " \t\r\n") {
		key, rest, ok := strings.Cut(rule, "=")
		key = strings.TrimSpace(key)
		if !ok || seen[key] {
			return Match{}, ErrMatch
		}
		seen[key] = true
		value, rest, ok := matchValue(rest)
		if !ok || !m.set(key, value) {
			return Match{}, ErrMatch
		}
		rule = rest
	}
	if m.Path != "" && m.PathNamespace != "" {
		return Match{}, ErrMatch
	}
	return m, nil
}

// matchValue reads a value up to its comma. Apostrophes quote; outside of them \' is an apostrophe.
func matchValue(s string) (value, rest string, ok bool) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'':
			quoted = !quoted
		case c == ',' && !quoted:
			return b.String(), s[i+1:], true
		case c == '\\' && !quoted && i+1 < len(s) && s[i+1] == '\'':
			b.WriteByte('\'')
			i++
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", !quoted
}

func (m *Match) set(key, value string) bool {
	switch key {
	case "type":
		m.Type = typeOf(value)
		return m.Type != 0
	case "sender":
		m.Sender = value
		return ValidBusName(value)
	case "interface":
		m.Interface = value
		return ValidInterface(value)
	case "member":
		m.Member = value
		return ValidMember(value)
	case "path":
		m.Path = value
		return ValidPath(value)
	case "path_namespace":
		m.PathNamespace = value
		return ValidPath(value)
	case "destination":
		m.Destination = value
		return ValidBusName(value)
	case "eavesdrop":
		return value == "true" || value == "false" // nobody listens to what is not his here
	}
	return m.setArg(key, value)
}

func (m *Match) setArg(key, value string) bool {
	number, ok := strings.CutPrefix(key, "arg")
	if !ok {
		return false
	}
	arg := ArgMatch{Value: value}
	if number == "0namespace" {
		number, arg.Namespace = "0", true
	} else if number, arg.Path = strings.CutSuffix(number, "path"); arg.Path && value == "" {
		return false
	}
	index, err := strconv.ParseUint(number, 10, 8)
	if err != nil || index > 63 || strconv.FormatUint(index, 10) != number {
		return false
	}
	arg.Index = int(index)
	m.Args = append(m.Args, arg)
	return true
}

func typeOf(word string) Type {
	switch word {
	case "method_call":
		return MethodCall
	case "method_return":
		return MethodReturn
	case "error":
		return Error
	case "signal":
		return Signal
	}
	return 0
}

func (t Type) String() string {
	switch t {
	case MethodCall:
		return "method_call"
	case MethodReturn:
		return "method_return"
	case Error:
		return "error"
	case Signal:
		return "signal"
	}
	return "type " + strconv.Itoa(int(t))
}

// String is the rule as text for AddMatch.
func (m Match) String() string {
	var b strings.Builder
	condition := func(key, value string) {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(key + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'")
	}
	if m.Type != 0 {
		condition("type", m.Type.String())
	}
	for _, field := range []struct{ key, value string }{
		{"sender", m.Sender}, {"interface", m.Interface}, {"member", m.Member}, {"path", m.Path},
		{"path_namespace", m.PathNamespace}, {"destination", m.Destination},
	} {
		if field.value != "" {
			condition(field.key, field.value)
		}
	}
	for _, a := range m.Args { // an empty argument is a condition too
		key := "arg" + strconv.Itoa(a.Index)
		switch {
		case a.Path:
			key += "path"
		case a.Namespace:
			key += "namespace"
		}
		condition(key, a.Value)
	}
	return b.String()
}

// Matches says whether msg agrees with the rule. A sender is compared as it stands in the message: who owns a
// well-known name only a bus knows.
func (m *Match) Matches(msg *Message) bool {
	return (m.Type == 0 || m.Type == msg.Type) &&
		agrees(m.Sender, msg.Sender) && agrees(m.Interface, msg.Interface) && agrees(m.Member, msg.Member) &&
		agrees(m.Path, msg.Path) && agrees(m.Destination, msg.Destination) &&
		(m.PathNamespace == "" || below(msg.Path, m.PathNamespace, '/')) &&
		(len(m.Args) == 0 || m.argsMatch(msg))
}

func agrees(want, have string) bool { return want == "" || want == have }

// below says whether name is top or continues it behind a separator.
func below(name, top string, separator byte) bool {
	rest, ok := strings.CutPrefix(name, top)
	return ok && (rest == "" || rest[0] == separator || top == "/")
}

func (m *Match) argsMatch(msg *Message) bool {
	r := msg.Reader()
	sig, met := msg.Signature, 0
	for index := 0; sig != "" && index < 64 && met < len(m.Args); index++ {
		first, rest, ok := NextType(sig)
		if !ok {
			return false
		}
		text := ""
		switch first {
		case "s":
			text = r.String()
		case "o":
			text = r.ObjectPath()
		default:
			r.skip(first, 0)
		}
		if r.err != nil {
			return false
		}
		for i := range m.Args {
			if a := &m.Args[i]; a.Index == index {
				if !a.matches(first, text) {
					return false
				}
				met++
			}
		}
		sig = rest
	}
	return met == len(m.Args)
}

func (a *ArgMatch) matches(sig, text string) bool {
	switch {
	case a.Path && (sig == "s" || sig == "o"):
		return text == a.Value ||
			strings.HasSuffix(a.Value, "/") && strings.HasPrefix(text, a.Value) ||
			strings.HasSuffix(text, "/") && strings.HasPrefix(a.Value, text)
	case a.Namespace:
		return sig == "s" && below(text, a.Value, '.')
	}
	return sig == "s" && text == a.Value
}
