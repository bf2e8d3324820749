// Package lint is the packaging guideline as rules: what loads, but will surprise those who run it.
//
// It exists so that the advice of the manual pages reaches the author of a unit file before its users do. What is wrong
// enough for a manager to say so itself is not here: that is among a unit's diagnostics. It must not know where files
// come from, nor how findings are shown.
package lint

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitfile"
)

// Subject is one file of a unit, its fragment or a drop-in. Mode is the file's mode, 0 if it is not known, as for
// standard input; Vendor says that the file is part of a package or image rather than the administrator's.
type Subject struct {
	Unit   *model.Unit
	File   *unitfile.File
	Mode   fs.FileMode
	Vendor bool
}

// Rule is one piece of advice. Code names it, for ever. Good and Bad are unit files without and with the finding, for
// the documentation and the tests; Bad's header line, "# name.service", names its unit.
type Rule struct {
	Code     string
	Severity unitfile.Severity
	Title    string // what is wrong, in a few words
	Reason   string // why it matters, a full sentence
	Advice   string // what to do
	Source   string // manual page and section
	Bad      string
	Good     string
	Fixes    bool // what to do is mechanical, at least in some cases
	check    func(*Subject) []Finding
}

// Finding is a rule broken at a place. Fix, where what to do is mechanical, are the edits that do it.
type Finding struct {
	Rule    *Rule
	Pos     unitfile.Pos
	Message string
	Fix     []Edit
	// Chmod is the mode that the file shall have, 0 to leave it.
	Chmod fs.FileMode
}

// Edit replaces a line of a file by Text, which may be several lines or none. Line is an index of File.Lines; After
// keeps the line and puts Text behind it.
type Edit struct {
	Line  int
	After bool
	Text  string
}

// Diagnostic is the finding as what else is said about a unit file.
func (f Finding) Diagnostic() unitfile.Diagnostic {
	return unitfile.Diagnostic{Pos: f.Pos, Severity: f.Rule.Severity, Message: f.Message + " [" + f.Rule.Code + "]",
		Advice: f.Rule.Advice}
}

// Check applies rules to a file and returns what they find, in the order of the file. A comment in the file,
// "# lint: ignore CODE…", switches rules off for it.
func Check(s *Subject, rules []Rule) []Finding {
	ignored := ignores(s.File)
	var found []Finding
	for i := range rules {
		if slices.Contains(ignored, rules[i].Code) {
			continue
		}
		for _, f := range rules[i].check(s) {
			f.Rule = &rules[i]
			f.Pos.File = cmp.Or(f.Pos.File, s.File.Path)
			found = append(found, f)
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return found
}

// ignores are the codes that comments in a file switch off.
func ignores(f *unitfile.File) (codes []string) {
	for i := range f.Lines {
		if f.Lines[i].Kind != unitfile.Comment {
			continue
		}
		text := strings.TrimLeft(strings.TrimSpace(f.Lines[i].Raw()), "#; ")
		if list, ok := strings.CutPrefix(text, "lint: ignore "); ok {
			codes = append(codes, strings.Fields(list)...)
		}
	}
	return codes
}

// Fix applies the edits of findings to a file's text. An edit of a line that another finding has changed already is
// left for the next time.
func Fix(f *unitfile.File, found []Finding) []byte {
	change := map[int]Edit{}
	for _, one := range found {
		if slices.ContainsFunc(one.Fix, func(e Edit) bool { _, taken := change[e.Line]; return taken }) {
			continue
		}
		for _, e := range one.Fix {
			change[e.Line] = e
		}
	}
	var out strings.Builder
	for i := range f.Lines {
		raw := f.Lines[i].Raw()
		e, changed := change[i]
		switch {
		case !changed:
			out.WriteString(raw)
		case e.After:
			out.WriteString(raw)
			if !strings.HasSuffix(raw, "\n") {
				out.WriteByte('\n')
			}
			out.WriteString(e.Text)
		default:
			out.WriteString(e.Text)
		}
	}
	return []byte(out.String())
}

// Select returns the rules that a list of codes asks for: all without those that begin with "-", or, if any does not,
// exactly these. unknown are the words that are no code.
func Select(codes []string) (rules []Rule, unknown []string) {
	all := Rules()
	var only, not []string
	for _, code := range codes {
		name, off := strings.CutPrefix(code, "-")
		switch {
		case !slices.ContainsFunc(all, func(r Rule) bool { return r.Code == name }):
			unknown = append(unknown, name)
		case off:
			not = append(not, name)
		default:
			only = append(only, name)
		}
	}
	return slices.DeleteFunc(all, func(r Rule) bool {
		return len(only) > 0 && !slices.Contains(only, r.Code) || slices.Contains(not, r.Code)
	}), unknown
}
