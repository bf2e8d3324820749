package steward_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/steward-init/steward"

// listed is what go list tells about a package of ours.
type listed struct {
	Dir, ImportPath string
	GoFiles         []string
	Imports         []string
}

// name is the package's path inside the module: "engine/port".
func (p listed) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// list returns the packages of the module that have files other than tests.
func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=Dir,ImportPath,GoFiles,Imports", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var packages []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if len(p.GoFiles) > 0 && p.name() != "" {
			packages = append(packages, p)
		}
	}
}

// policy is a parsed importPolicy: for each package the packages it may import, transitive and closed.
type policy struct {
	may    map[string]map[string]bool
	denied [][2]string // {a, b} from "a !< b"
}

// parsePolicy reads the notation described at importPolicy.
func parsePolicy(text string) (policy, error) {
	p := policy{may: map[string]map[string]bool{}}
	var lines []string
	for line := range strings.Lines(text) {
		if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	for rule := range strings.SplitSeq(strings.Join(lines, " "), ";") {
		if rule = strings.TrimSpace(rule); rule == "" {
			continue
		}
		if a, b, ok := strings.Cut(rule, "!<"); ok {
			p.denied = append(p.denied, [2]string{strings.TrimSpace(a), strings.TrimSpace(b)})
			continue
		}
		if err := p.chain(rule); err != nil {
			return p, err
		}
	}
	return p, p.close()
}

// chain adds a rule "a, b < c < d".
func (p policy) chain(rule string) error {
	var before []string
	for i, part := range strings.Split(rule, "<") {
		var names []string
		for name := range strings.SplitSeq(part, ",") {
			name = strings.TrimSpace(name)
			if name == "" || strings.ContainsAny(name, " \t\n") {
				return fmt.Errorf("rule %q: %q is not a package", rule, name)
			}
			if i == 0 && name != "NONE" && p.may[name] == nil {
				return fmt.Errorf("rule %q: %s is used before a line says what it may import", rule, name)
			}
			names = append(names, name)
			if i == 0 {
				continue
			}
			if p.may[name] == nil {
				p.may[name] = map[string]bool{}
			}
			for _, b := range before {
				if b != "NONE" {
					p.may[name][b] = true
				}
			}
		}
		before = names
	}
	if !strings.Contains(rule, "<") {
		return fmt.Errorf("rule %q: no <", rule)
	}
	return nil
}

// close adds what is allowed through others, and refuses cycles and broken assertions.
func (p policy) close() error {
	for changed := true; changed; {
		changed = false
		for _, direct := range p.may {
			for a := range direct {
				for b := range p.may[a] {
					changed = changed || !direct[b]
					direct[b] = true
				}
			}
		}
	}
	for name, direct := range p.may {
		if direct[name] {
			return fmt.Errorf("%s may import itself: the policy has a cycle", name)
		}
	}
	for _, d := range p.denied {
		for _, name := range d {
			if p.may[name] == nil {
				return fmt.Errorf("%s !< %s: %s is in no other line", d[0], d[1], name)
			}
		}
		if p.may[d[1]][d[0]] {
			return fmt.Errorf("the policy says %s !< %s, but its lines let %s reach %s", d[0], d[1], d[1], d[0])
		}
	}
	return nil
}

func TestImportPolicy(t *testing.T) {
	p, err := parsePolicy(importPolicy)
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range list(t) {
		may, known := p.may[pkg.name()]
		if !known {
			t.Errorf("package %s: no line of importPolicy in deps_test.go names it; add it to the right of a < in the"+
				" line of its layer, with what it may import on the left", pkg.name())
			continue
		}
		for _, path := range pkg.Imports {
			if imported, ours := strings.CutPrefix(path, module+"/"); ours && !may[imported] {
				t.Errorf("package %s imports %s, which importPolicy in deps_test.go doesn't allow", pkg.name(), imported)
			}
		}
	}
}

// TestPolicyNotation proves that the checker can fail.
func TestPolicyNotation(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"NONE < a < b; a !< b;", "let b reach a"},
		{"NONE < a < b; b < a;", "cycle"},
		{"NONE < a; c < b;", "c is used before"},
		{"NONE < a b;", "not a package"},
		{"NONE < a; x !< a;", "x is in no other line"},
		{"NONE, a;", "a is used before"},
		{"NONE;", "no <"},
		{"NONE < a, # words\n b < c < d; a < e; c !< e;", ""},
	} {
		p, err := parsePolicy(c.text)
		switch {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q: error %v, want one with %q", c.text, err, c.want)
		case c.want == "" && (!p.may["d"]["a"] || p.may["a"]["b"]):
			t.Errorf("%q: wrong closure %v", c.text, p.may)
		}
	}
}

// within says whether a package is the tree's root or below it; a tree without "/..." is one package.
func within(name, tree string) bool {
	root, below := strings.CutSuffix(tree, "/...")
	return name == root || below && strings.HasPrefix(name, root+"/")
}

func TestModulePolicy(t *testing.T) {
	allowed := map[string][]string{}
	for line := range strings.Lines(modulePolicy) {
		if path, importers, ok := strings.Cut(line, ":"); ok {
			allowed[path] = append(allowed[path], strings.Fields(importers)...)
		}
	}
	for _, pkg := range list(t) {
		for _, path := range pkg.Imports {
			first, _, _ := strings.Cut(path, "/")
			if path == module || strings.HasPrefix(path, module+"/") || !strings.Contains(first, ".") {
				continue
			}
			if !slices.ContainsFunc(allowed[path], func(tree string) bool { return within(pkg.name(), tree) }) {
				t.Errorf("package %s imports %s, which modulePolicy in deps_test.go doesn't allow", pkg.name(), path)
			}
		}
	}
}

// TestPurity keeps the clock, the kernel, chance and concurrency out of the layers whose worth is that they are
// functions.
func TestPurity(t *testing.T) {
	for _, pkg := range list(t) {
		name := pkg.name()
		if slices.Contains(pkg.Imports, "unsafe") && !slices.Contains(unsafeImporters, name) {
			t.Errorf("package %s imports unsafe, which only %v may", name, unsafeImporters)
		}
		for tree, but := range pureTrees {
			if !within(name, tree+"/...") || slices.Contains(notPure, name) {
				continue
			}
			for _, path := range pkg.Imports {
				if slices.Contains(impureImports, path) && !slices.Contains(but, path) {
					t.Errorf("package %s imports %s, but must stay a function of its arguments", name, path)
				}
			}
			eachFile(t, pkg, func(fset *token.FileSet, file *ast.File) { pureFile(t, fset, file) })
		}
		if !slices.Contains(stepCallers, name) && slices.Contains(pkg.Imports, module+"/engine") {
			eachFile(t, pkg, func(fset *token.FileSet, file *ast.File) { noStep(t, fset, file) })
		}
	}
}

// eachFile parses the files of a package that are not tests.
func eachFile(t *testing.T, pkg listed, visit func(*token.FileSet, *ast.File)) {
	t.Helper()
	fset := token.NewFileSet()
	for _, name := range pkg.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(pkg.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		visit(fset, file)
	}
}

func pureFile(t *testing.T, fset *token.FileSet, file *ast.File) {
	timeName := importName(file, "time")
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			t.Errorf("%s: a go statement in a pure package; return what is to be done instead", fset.Position(n.Pos()))
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && timeName != "" && x.Name == timeName && slices.Contains(impureTime, n.Sel.Name) {
				t.Errorf("%s: time.%s in a pure package; take the time as an argument", fset.Position(n.Pos()), n.Sel.Name)
			}
		}
		return true
	})
}

func noStep(t *testing.T, fset *token.FileSet, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Step" {
				t.Errorf("%s: only %v call Step; send an event to the loop instead", fset.Position(n.Pos()), stepCallers)
			}
		}
		return true
	})
}

// importName returns the name under which a file knows an import, "" if it does not import it.
func importName(file *ast.File, path string) string {
	for _, spec := range file.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err != nil || p != path {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path[strings.LastIndex(path, "/")+1:]
	}
	return ""
}
