package tmpfiles

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/steward-init/steward/syntax/words"
)

// maxLine bounds a line of configuration.
const maxLine = 1 << 20

// Reader turns configuration into a Plan, and says what is wrong with it.
type Reader struct {
	World World
	Log   func(Message)
	Plan  Plan

	// Invalid says that some line was not understood, and passed over.
	Invalid bool
	// Failed says that something else prevented a line from being understood. Nothing must be done then.
	Failed bool

	at   Position
	told bool // that a specifier can't be resolved
}

// errLine has been told already.
var errLine = errors.New("line is wrong")

// Read adds what a configuration file says. No bytes make it fail otherwise than by Invalid and Failed.
func (r *Reader) Read(name string, data []byte) {
	r.at = Position{File: name}
	for len(data) > 0 {
		line := data
		if end := bytes.IndexAny(data, "\n\x00"); end >= 0 {
			line, data = data[:end], data[end+1:]
		} else {
			data = nil
		}
		r.at.Line++
		if len(line) >= maxLine {
			r.Log(Message{Level: Error, Text: fmt.Sprintf("Failed to read '%s': No buffer space available", name)})
			r.Failed = true
			return
		}
		text := strings.Trim(string(line), whitespace)
		if text != "" && text[0] != '#' {
			r.line(text)
		}
	}
}

// tell reports something about the line.
func (r *Reader) tell(level Level, format string, args ...any) {
	r.Log(Message{Level: level, At: r.at, Text: fmt.Sprintf(format, args...)})
}

// wrong reports an error that makes the line invalid.
func (r *Reader) wrong(format string, args ...any) error {
	r.tell(Error, format, args...)
	r.Invalid = true
	return errLine
}

// broken reports an error that ends everything once the rest of the configuration was looked at.
func (r *Reader) broken(format string, args ...any) error {
	r.tell(Error, format, args...)
	r.Failed = true
	return errLine
}

// skip passes over a line without it being wrong.
func (r *Reader) skip(format string, args ...any) error {
	r.tell(Debug, format, args...)
	return errLine
}

func (r *Reader) line(text string) {
	l, err := ParseLine(text)
	if err != nil {
		_ = r.wrong("%v", err) // told
		return
	}
	item, err := r.item(&l)
	if err != nil {
		return
	}
	if !r.Plan.add(item) {
		r.tell(Notice, "Duplicate line for path \"%s\", ignoring.", r.World.Root+item.Path)
	}
}

// item gives a line its meaning. What is wrong first is told first, in the order of the original.
func (r *Reader) item(l *Line) (*Item, error) {
	i := &Item{Kind: l.Kind, Plus: l.Plus, MayFail: l.MayFail, Replace: l.Replace, Position: r.at}
	if l.Boot && !r.World.Boot {
		return nil, r.skip("Ignoring entry %s \"%s\" because --boot is not specified.", string(rune(l.Kind)), l.Path)
	}
	steps := []func(*Item, *Line) error{r.place, r.typed, r.filter, r.specify, r.source, r.credential, r.decode, r.owners,
		r.mode, r.age}
	for _, step := range steps {
		if err := step(i, l); err != nil {
			return nil, err
		}
	}
	return i, nil
}

// place finds out the path.
func (r *Reader) place(i *Item, l *Line) error {
	text, err := r.World.expand(l.Path)
	switch {
	case errors.Is(err, ErrUnresolved):
		return r.unresolved()
	case err != nil:
		return r.wrong("Failed to replace specifiers in '%s': %v", l.Path, err)
	}
	i.Path = Simplify(text)
	if rest, ok := strings.CutPrefix(i.Path, "/var/run/"); ok {
		i.Path = "/run/" + rest
		r.tell(Debug, "Line references path below legacy directory /var/run/, updating %s → %s; please update the "+
			"tmpfiles.d/ drop-in file accordingly.", text, i.Path)
	}
	if !path.IsAbs(text) {
		return r.wrong("Path '%s' not absolute.", text)
	}
	return nil
}

// filter passes over lines by --prefix= and --exclude-prefix=.
func (r *Reader) filter(i *Item, _ *Line) error {
	if !r.World.includes(i.Path) {
		return r.skip("Entry \"%s\" matches exclude prefix or no include prefix, skipping.", i.Path)
	}
	return nil
}

// specify replaces escapes and specifiers in the argument.
func (r *Reader) specify(i *Item, l *Line) error {
	if l.Base64 {
		return nil
	}
	var err error
	switch l.Kind {
	case File, TruncatedFile, Write, Symlink, Copy:
		if l.Argument == "" {
			return nil
		}
		var plain string
		if plain, err = words.Unescape(l.Argument); err != nil {
			r.Log(Message{Level: Error, Text: "Failed to unescape parameter to write: " + l.Argument})
			err = errInvalid
			break
		}
		l.Argument, err = r.World.expand(plain)
	case Xattr, XattrAll:
		for n := range i.Xattrs {
			if i.Xattrs[n].Name, err = r.World.expand(i.Xattrs[n].Name); err == nil {
				i.Xattrs[n].Value, err = r.World.expand(i.Xattrs[n].Value)
			}
			if err != nil {
				break
			}
		}
	}
	switch {
	case errors.Is(err, ErrUnresolved):
		return r.unresolved()
	case err != nil:
		return r.wrong("Failed to substitute specifiers in argument: %v", err)
	}
	return nil
}

// factory is where what is copied or linked to lies if a line says no other place.
const factory = "/usr/share/factory"

// source finds out what is copied or linked to.
func (r *Reader) source(i *Item, l *Line) error {
	if l.Kind != Symlink && l.Kind != Copy {
		return nil
	}
	if l.Argument == "" {
		l.Argument = factory + i.Path
	}
	if l.Kind == Symlink {
		return nil
	}
	if !path.IsAbs(l.Argument) {
		return r.wrong("Source path '%s' is not absolute.", l.Argument)
	}
	l.Argument = Simplify(l.Argument)
	if !r.World.Exists(l.Argument) {
		return r.skip("Copy source path '%s' does not exist, skipping line.", l.Argument)
	}
	return nil
}

// credential reads the argument from where it names.
func (r *Reader) credential(i *Item, l *Line) error {
	i.Content, i.HasContent = []byte(l.Argument), l.Argument != ""
	if !l.Credential {
		return nil
	}
	if l.Argument == "" {
		return r.broken("Reading from credential requested, but no credential name specified.")
	}
	if !ValidCredential(l.Argument) {
		return r.broken("Credential name not valid: %s", l.Argument)
	}
	data, err := r.World.Credential(l.Argument)
	switch {
	case errors.Is(err, ErrNoCredential):
		return r.skip("Credential '%s' not specified, skipping line.", l.Argument)
	case err != nil:
		return r.broken("Failed to read credential '%s': %v", l.Argument, err)
	}
	i.Content = data
	return nil
}

// ValidCredential says whether a credential can have this name: it is a file's name of printable ASCII
// without colons.
func ValidCredential(name string) bool {
	if name == "" || name == "." || name == ".." || len(name) > 255 {
		return false
	}
	for i := range len(name) {
		if name[i] < ' ' || name[i] >= 0x7f || name[i] == '/' || name[i] == ':' {
			return false
		}
	}
	return true
}

func (r *Reader) decode(i *Item, l *Line) error {
	if !l.Base64 || !i.HasContent {
		return nil
	}
	data, err := decodeBase64(i.Content)
	if err != nil {
		return r.broken("Failed to base64 decode specified argument '%s': %v", l.Argument, err)
	}
	i.Content = data
	return nil
}
