package unitfile

import "strconv"

// Pos is a place in a file. Line and Col count from 1, Col in bytes; zero means "not known".
type Pos struct {
	File      string
	Line, Col int
}

// String prints the position as compilers do, "file:line:col", leaving out what is not known.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	s := p.File + ":" + strconv.Itoa(p.Line)
	if p.Col > 0 {
		s += ":" + strconv.Itoa(p.Col)
	}
	return s
}

// Severity says what a diagnostic means for the unit that it was found in.
type Severity uint8

const (
	// Info is a remark: nothing was changed or lost.
	Info Severity = iota
	// Warning is text that was ignored or read in a way its author may not expect; the rest is loaded.
	Warning
	// Error is text that makes the unit unusable.
	Error
)

// String is the lower-case English word for the severity.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return "severity " + strconv.Itoa(int(s))
}

// Diagnostic is what is wrong with the user's text, where, and what to do about it. Message is a sentence without the
// final dot; Advice may be empty.
type Diagnostic struct {
	Pos      Pos
	Severity Severity
	Message  string
	Advice   string
}

// String prints "file:line:col: severity: message (advice)" on one line.
func (d Diagnostic) String() string {
	s := d.Severity.String() + ": " + d.Message
	if where := d.Pos.String(); where != "" {
		s = where + ": " + s
	}
	if d.Advice != "" {
		s += " (" + d.Advice + ")"
	}
	return s
}

// maxDiagnostics bounds what one file can make us say; a binary file would otherwise yield one per line.
const maxDiagnostics = 100

// diagnostics collects what a parse finds, up to maxDiagnostics and one last remark that there were more.
type diagnostics []Diagnostic

func (d *diagnostics) add(found Diagnostic) {
	switch {
	case len(*d) < maxDiagnostics || found.Severity == Error:
		*d = append(*d, found)
	case len(*d) == maxDiagnostics:
		*d = append(*d, Diagnostic{
			Pos:      Pos{File: found.Pos.File},
			Severity: Warning,
			Message:  "Too many problems in this file, not telling the rest",
		})
	}
}
