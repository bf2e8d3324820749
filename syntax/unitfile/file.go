// Package unitfile reads and prints the file format of units and manager configuration, systemd.syntax(7).
//
// It exists so that every layer above speaks of sections, keys and values with their position, and so that a file that
// is edited keeps its comments. It must not know which sections or keys mean anything, nor open a file: bytes come in,
// lines and diagnostics come out, and no input makes it panic.
package unitfile

import (
	"iter"
	"strings"
)

// MaxLine is the longest line, and the longest joined value, in bytes (systemd.syntax(7): "currently 1 MB").
const MaxLine = 1 << 20

// Kind says what a line is.
type Kind uint8

const (
	// Blank is an empty line.
	Blank Kind = iota
	// Comment begins with '#' or ';'.
	Comment
	// Section is a header, "[Unit]".
	Section
	// Assignment is "Key=value".
	Assignment
	// Bad is a line that was ignored, with a diagnostic.
	Bad
)

// File is one parsed file.
type File struct {
	Path  string
	Lines []Line
	// Refused means that systemd gives up on the file at a line: one that is over MaxLine or not UTF-8, or a broken
	// section header. An Error diagnostic says why; what follows stands in one Bad line, unread. A unit whose fragment is
	// refused does not load; of a drop-in that is refused, the oracle keeps the lines before that place.
	Refused bool
}

// Line is one logical line: an assignment with its continuation lines is one.
type Line struct {
	// Section is the name of the section the line stands in, for a header the one it opens, "" before the first.
	Section string
	// Key and Value are trimmed; Value is joined from continuation lines. Both are "" but for assignments.
	Key, Value string
	// Pos is where the key, or any other line's text, begins.
	Pos  Pos
	Kind Kind

	// valueCol is where the value begins, if it is on one line.
	valueCol int32
	// parts says where the pieces of a joined value come from, in order. It is a pointer since few lines are continued
	// and many are held.
	parts *[]part
	// raw is the text as it was read, with its line ends; "" in a lean file.
	raw string
}

// part says that the bytes of a joined value from offset on stand at line and col of the file. Lines are at most
// MaxLine long, so that 32 bits are enough for offset and column.
type part struct {
	offset, line, col int32
}

// At maps an offset in Value to its position in the file. Offsets out of range give the nearest end of the value.
func (l *Line) At(offset int) Pos {
	offset = max(0, min(offset, len(l.Value)))
	pos := Pos{File: l.Pos.File, Line: l.Pos.Line, Col: int(l.valueCol) + offset}
	if l.parts == nil {
		return pos
	}
	for _, p := range *l.parts {
		if int(p.offset) > offset {
			break
		}
		pos.Line, pos.Col = int(p.line), int(p.col)+offset-int(p.offset)
	}
	return pos
}

// Raw is the line as it was read, with its line end; "" if the file was parsed lean.
func (l *Line) Raw() string { return l.raw }

// Assignments yields the key=value lines in order.
func (f *File) Assignments() iter.Seq[*Line] {
	return func(yield func(*Line) bool) {
		for i := range f.Lines {
			if f.Lines[i].Kind == Assignment && !yield(&f.Lines[i]) {
				return
			}
		}
	}
}

// Bytes prints the file as it was read, byte for byte. A lean file has forgotten its comments, so it is printed in
// normal form.
func (f *File) Bytes() []byte {
	var b strings.Builder
	for i := range f.Lines {
		switch l := &f.Lines[i]; {
		case l.raw != "":
			b.WriteString(l.raw)
		case l.Kind == Section:
			b.WriteString("[" + l.Section + "]\n")
		case l.Kind == Assignment:
			b.WriteString(l.Key + "=" + l.Value + "\n")
		}
	}
	return []byte(b.String())
}
