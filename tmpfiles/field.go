package tmpfiles

import (
	"errors"
	"strings"

	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
)

// errNoUser has the text of ESRCH, which the original's message ends in.
var errNoUser = errors.New("No such process")

func absent(field string) bool { return field == "" || field == "-" }

func (w *World) user(name string) (uint32, error) {
	if id, err := quantity.ParseID(name); err == nil {
		return id, nil
	}
	return w.User(name)
}

func (w *World) group(name string) (uint32, error) {
	if id, err := quantity.ParseID(name); err == nil {
		return id, nil
	}
	return w.Group(name)
}

// owners reads the fields user and group.
func (r *Reader) owners(i *Item, l *Line) error {
	var err error
	if !absent(l.User) {
		name, only := strings.CutPrefix(l.User, ":")
		i.User = Owner{Set: true, OnlyCreate: only}
		if i.User.ID, err = r.World.user(name); err != nil {
			return r.wrong("Failed to resolve user '%s': %v", name, errNoUser)
		}
	}
	if !absent(l.Group) {
		name, only := strings.CutPrefix(l.Group, ":")
		i.Group = Owner{Set: true, OnlyCreate: only}
		if i.Group.ID, err = r.World.group(name); err != nil {
			return r.wrong("Failed to resolve group '%s'.", name)
		}
	}
	return nil
}

// mode reads the field of that name. Its prefixes stand in any order and number.
func (r *Reader) mode(i *Item, l *Line) error {
	i.Mode.Bits = 0o644
	if l.Kind.IsDirectory() {
		i.Mode.Bits = 0o755
	}
	if absent(l.Mode) {
		return nil
	}
	digits := strings.TrimLeft(l.Mode, "~:")
	prefix := l.Mode[:len(l.Mode)-len(digits)]
	bits, err := quantity.ParseMode(digits)
	if err != nil {
		return r.wrong("Invalid mode '%s'.", l.Mode)
	}
	i.Mode = Mode{Bits: bits, Set: true, Masked: strings.Contains(prefix, "~"), OnlyCreate: strings.Contains(prefix, ":")}
	return nil
}

// age reads the field of that name: "~by:span".
func (r *Reader) age(i *Item, l *Line) error {
	i.Age.Files, i.Age.Dirs = usualFiles, usualDirs
	if absent(l.Age) {
		return nil
	}
	text, keep := strings.CutPrefix(l.Age, "~")
	i.Age.Set, i.Age.KeepFirstLevel = true, keep
	if by, rest, ok := strings.Cut(text, ":"); ok {
		files, dirs, valid := ageBy(by)
		if !valid {
			return r.wrong("Invalid age-by '%s'.", by)
		}
		i.Age.Files, i.Age.Dirs, text = files, dirs, rest
	}
	s, err := span.Parse(text)
	if err != nil {
		return r.wrong("Invalid age '%s'.", text)
	}
	i.Age.Span = s
	return nil
}

// The timestamps that count unless the line says which. The change of a directory is what cleaning it up causes.
const (
	usualFiles = AccessTime | BirthTime | ChangeTime | ModifyTime
	usualDirs  = AccessTime | BirthTime | ModifyTime
)

// ageBy reads which timestamps count: small letters for files, capital ones for directories.
func ageBy(s string) (files, dirs Timestamp, ok bool) {
	const letters = "abcm"
	for _, c := range []byte(s) {
		if n := strings.IndexByte(letters, c); n >= 0 {
			files |= 1 << n
		} else if n := strings.IndexByte(strings.ToUpper(letters), c); n >= 0 {
			dirs |= 1 << n
		} else {
			return 0, 0, false
		}
	}
	ok = s != ""
	if files == 0 {
		files = usualFiles
	}
	if dirs == 0 {
		dirs = usualDirs
	}
	return files, dirs, ok
}
