package steward_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// limits of size. They are strict from the first commit: what does not fit is two ideas.
const (
	maxFileLines     = 500
	maxTestFileLines = 800
	maxFuncLines     = 70
	maxTestFuncLines = 100
	maxNesting       = 4
	maxParams        = 6
	maxLine          = 120
	maxTableLine     = 170 // in files marked //tidy:table
)

// allowances are the exceptions, "rule place": reason. The place is a file, or file:function. An allowance that is not
// used any more fails, so the list only shrinks; a new one needs a reason that a stranger accepts.
var allowances = map[string]string{
	"banned-call applet/beside/beside.go":           "runs the original for the tests of commands",
	"banned-call applet/analyze/generators.go":      "runs generators, where the user wants them run",
	"banned-call applet/analyze/manual.go":          "asks man(1) for pages",
	"banned-call applet/delta/delta.go":             "shows differences by diff, as the original does",
	"banned-call image/check.go":                    "has fsck(8) look at a file system before it is written",
	"banned-call image/fixture/fixture.go":          "makes images for tests by mkfs(8) and sfdisk(8)",
	"banned-call applet/systemctl/launch.go":        "starts the manager where none runs",
	"banned-call applet/systemctl/process.go":       "shows manual pages, and has init scripts enabled",
	"banned-call applet/sysvinstall/sysvinstall.go": "runs update-rc.d or chkconfig",
	"banned-call applet/systemctl/remote.go":        "runs ssh, by which another host's manager is asked",
}

// bannedCalls are functions with a better way. A tree in but may call it: see within.
var bannedCalls = []struct {
	pkg, name string // name "*" is any exported function of the package
	reason    string
	tests     bool // banned in tests too
	but       []string
}{
	{"os", "Exit", "return a status; only main and the top of an applet end the process", false,
		[]string{"cmd/...", "applet/all", "machine", "bench/...", "gen/...", "example/...", "sim/explore"}},
	{"fmt", "Print", "write to the writer you were given", false, []string{"gen/...", "example/..."}},
	{"fmt", "Println", "write to the writer you were given", false, []string{"gen/...", "example/..."}},
	{"fmt", "Printf", "write to the writer you were given", false, []string{"gen/...", "example/..."}},
	{"time", "Sleep", "wait for the event itself", true, nil},
	{"exec", "Command", "host/process alone starts processes; a client that must needs an allowance", false,
		[]string{"machine/...", "conform", "bench/...", "gen/...", "applet/ui", "example/..."}},
	{"exec", "CommandContext", "as exec.Command", false,
		[]string{"machine/...", "conform", "bench/...", "gen/...", "applet/ui", "example/..."}},
	{"log", "*", "libraries return errors; applets and the host loop log through what they were given", false,
		[]string{"bench/...", "gen/...", "example/..."}},
	{"ioutil", "*", "deprecated; os and io have it", true, nil},
	{"regexp", "MustCompile", "costs start-up and memory in every applet; write the few lines", false,
		[]string{"bench/...", "gen/..."}},
	{"runtime", "GC", "the manager's memory is the loop's business", false, []string{"host", "bench/..."}},
}

// bannedNames are names of packages that say nothing.
var bannedNames = []string{
	"util", "utils", "common", "helper", "helpers", "types", "misc", "base", "shared", "lib", "manager2",
}

// bannedText are texts that must not stand in a file, put together so that they don't stand here: places on the machine
// of one author.
var bannedText = []string{"/wo" + "rk/", "/tmp/bash" + "_jobs", "/var/tmp/" + "sd/", "/mnt/" + "sandbox"}

// source is one Go file of the module.
type source struct {
	path  string // slash-separated, from the root
	text  []byte
	fset  *token.FileSet
	file  *ast.File
	tests bool
	table bool // marked //tidy:table
}

// tidy reports what is wrong with the tree, less what allowances allow.
type tidy struct {
	report func(format string, args ...any)
	used   map[string]bool
}

// fail reports a breach of a rule at a place, which is "file" or "file:function".
func (y *tidy) fail(rule, place string, line int, format string, args ...any) {
	file, _, _ := strings.Cut(place, ":")
	for _, key := range []string{rule + " " + place, rule + " " + file} {
		if _, ok := allowances[key]; ok {
			y.used[key] = true
			return
		}
	}
	y.report("%s:%d: [%s] "+format, append([]any{file, line, rule}, args...)...)
}

// tree returns every text file of the project, by path. It needs no git, so that it runs from a tarball too.
func tree(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS("."), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if slices.Contains([]string{".git", "build", "node_modules"}, d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(p)
		if err == nil && utf8.Valid(text) && !bytes.Contains(text, []byte{0}) {
			files[p] = text
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestTidy(t *testing.T) {
	y := &tidy{report: t.Errorf, used: map[string]bool{}}
	docs := map[string][]string{}
	files := tree(t)
	for _, p := range slices.Sorted(maps.Keys(files)) {
		y.text(p, files[p])
		if path.Ext(p) != ".go" || strings.Contains(p, "/testdata/") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, p, files[p], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			continue
		}
		s := source{path: p, text: files[p], fset: fset, file: file, tests: strings.HasSuffix(p, "_test.go")}
		s.table = bytes.Contains(s.text, []byte("\n//tidy:table\n")) || bytes.HasPrefix(s.text, []byte("//tidy:table\n"))
		y.source(s)
		if !s.tests {
			if _, seen := docs[path.Dir(p)]; !seen {
				docs[path.Dir(p)] = nil
			}
			if file.Doc != nil && !isDirectiveOnly(file.Doc) {
				docs[path.Dir(p)] = append(docs[path.Dir(p)], p)
			}
		}
	}
	for dir, with := range docs {
		if len(with) != 1 {
			y.fail("package-doc", dir, 1, "a package has one package comment (what, why, what it must not know); here: %v", with)
		}
	}
	for key, reason := range allowances {
		if !y.used[key] {
			t.Errorf("allowance %q (%s) is not needed any more: delete it", key, reason)
		}
	}
}

// isDirectiveOnly says whether a comment holds nothing but //go:build and its like.
func isDirectiveOnly(doc *ast.CommentGroup) bool { return strings.TrimSpace(doc.Text()) == "" }

// text checks what holds for every text file.
func (y *tidy) text(p string, text []byte) {
	given := strings.Contains(p, "testdata/") // what others wrote may look as it likes
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		for _, banned := range bannedText {
			if strings.Contains(line, banned) {
				y.fail("machine-path", p, number, "%q is a place on one author's machine", banned)
			}
		}
		if trimmed := strings.TrimSuffix(line, "\n"); !given && strings.TrimRight(trimmed, " \t\r") != trimmed {
			y.fail("trailing-space", p, number, "space at the end of the line")
		}
		if strings.HasPrefix(line, "<<<<<<< ") || strings.HasPrefix(line, ">>>>>>> ") {
			y.fail("conflict", p, number, "merge conflict")
		}
	}
	if !given && len(text) > 0 && !bytes.HasSuffix(text, []byte("\n")) {
		y.fail("last-newline", p, number, "no newline at the end of the file")
	}
}

// source checks a Go file.
func (y *tidy) source(s source) {
	if formatted, err := format.Source(s.text); err != nil || !bytes.Equal(formatted, s.text) {
		y.fail("gofmt", s.path, 1, "not formatted: run gofmt -w")
	}
	y.lines(s)
	y.names(s)
	y.comments(s)
	for _, decl := range s.file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			y.function(s, d)
			y.funcDoc(s, d)
		case *ast.GenDecl:
			y.declDoc(s, d)
		}
	}
	y.calls(s)
}

func (y *tidy) lines(s source) {
	most, widest := maxFileLines, maxLine
	if s.tests {
		most = maxTestFileLines
	}
	if s.table {
		widest = maxTableLine
	}
	number := 0
	for line := range strings.Lines(string(s.text)) {
		number++
		if width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > widest {
			y.fail("line-length", s.path, number, "%d characters, at most %d", width, widest)
		}
	}
	if number > most && !s.table && !generated.Match(s.text) {
		y.fail("file-length", s.path, number, "%d lines, at most %d: it is two ideas", number, most)
	}
}

// generated is the mark that the go command knows generated files by.
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

func (y *tidy) names(s source) {
	if name := strings.TrimSuffix(s.file.Name.Name, "_test"); slices.Contains(bannedNames, name) ||
		strings.ContainsAny(name, "_ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		y.fail("package-name", s.path, 1, "%q: one lower-case noun that says what it is", s.file.Name.Name)
	}
}

// unowned matches the notes that nobody will find again: one that waits names its issue.
var unowned = regexp.MustCompile(`\b(TODO(\(#\d+\))?|FIXME|XXX)\b`)

func (y *tidy) comments(s source) {
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			for _, m := range unowned.FindAllString(c.Text, -1) {
				if !strings.HasPrefix(m, "TODO(#") {
					y.fail("todo", s.path, s.fset.Position(c.Pos()).Line, "%s without an issue: do it, or name it as in TODO(#7)", m)
				}
			}
		}
	}
}
