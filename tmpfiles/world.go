package tmpfiles

import (
	"errors"
	"fmt"
	"strings"
)

// World is what the meaning of lines depends on. All functions must be set.
type World struct {
	Root    string   // shown in front of paths in messages
	Boot    bool     // lines with "!" count
	Include []string // only paths below these, if there are any
	Exclude []string // no paths below these

	// Unresolved says why a specifier stands for nothing, and Offline that this is to be expected.
	Unresolved string
	Offline    bool

	// Specifier is what "%c" stands for. ErrUnresolved says that it stands for nothing here and now.
	Specifier func(c byte) (string, error)
	// User and Group look up names. Numbers need no looking up.
	User, Group func(name string) (uint32, error)
	// Credential reads a credential. ErrNoCredential says that it was not passed.
	Credential func(name string) ([]byte, error)
	// Exists says whether there is something at a path inside the root; symlinks are not followed.
	Exists func(path string) bool
}

// The errors that functions of a World return to have a line passed over.
var (
	ErrUnresolved   = errors.New("specifier can't be resolved")
	ErrNoCredential = errors.New("credential is not set")
	// ErrUnknownSpecifier makes the line wrong. Its text is the original's.
	ErrUnknownSpecifier = errors.New("Invalid slot")
)

// Level says how important a message is, as syslog(3) does.
type Level int

// The levels in use.
const (
	Error   Level = 3
	Warning Level = 4
	Notice  Level = 5
	Info    Level = 6
	Debug   Level = 7
)

// Message is something to tell the user. At is the zero Position where the original tells none.
type Message struct {
	Level Level
	At    Position
	Text  string
}

// String is the message as the original prints it.
func (m Message) String() string {
	if m.At == (Position{}) {
		return m.Text
	}
	return fmt.Sprintf("%s:%d: %s", m.At.File, m.At.Line, m.Text)
}

// unresolved reports a specifier that stands for nothing here and now: aloud the first time.
func (r *Reader) unresolved() error {
	level := Debug
	if !r.told && !r.World.Offline {
		level = Notice
	}
	r.tell(level, "Failed to resolve specifier: %s, skipping.", r.World.Unresolved)
	if level == Notice {
		r.Log(Message{Level: level, Text: "All rules containing unresolvable specifiers will be skipped."})
	}
	r.told = true
	return errLine
}

// includes says whether lines about a path count.
func (w *World) includes(path string) bool {
	for _, prefix := range w.Exclude {
		if Below(path, prefix) {
			return false
		}
	}
	for _, prefix := range w.Include {
		if Below(path, prefix) {
			return true
		}
	}
	return len(w.Include) == 0
}

// Below says whether a path is a directory or something in it. Both are cleaned as Simplify does.
func Below(path, directory string) bool {
	if directory == "/" {
		return strings.HasPrefix(path, "/")
	}
	rest, ok := strings.CutPrefix(path, directory)
	return ok && (rest == "" || rest[0] == '/')
}

// Simplify takes needless slashes and dots out of a path. ".." stays, as what it means depends on symlinks.
func Simplify(path string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." {
			continue
		}
		if b.Len() > 0 || strings.HasPrefix(path, "/") {
			b.WriteByte('/')
		}
		b.WriteString(part)
	}
	if b.Len() == 0 && strings.HasPrefix(path, "/") {
		return "/"
	}
	return b.String()
}

// Normal says whether a path has no "..".
func Normal(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part == ".." {
			return false
		}
	}
	return true
}

// maxExpanded bounds what specifiers may make of a field.
const maxExpanded = 1 << 20

// expand replaces the specifiers of a text. A percent sign at its end stays.
func (w *World) expand(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '%' || i+1 == len(s):
			b.WriteByte(s[i])
			continue
		case s[i+1] == '%':
			b.WriteByte('%')
		default:
			value, err := w.Specifier(s[i+1])
			if err != nil {
				return "", err
			}
			b.WriteString(value)
		}
		if i++; b.Len() > maxExpanded {
			return "", errInvalid
		}
	}
	return b.String(), nil
}
