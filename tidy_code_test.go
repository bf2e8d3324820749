package steward_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

// place is how allowances name a function: "file:Name" or "file:Receiver.Name".
func place(s source, f *ast.FuncDecl) string {
	return s.path + ":" + receiver(f) + f.Name.Name
}

// receiver is "Type." for a method, "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return ""
	}
	expr := f.Recv.List[0].Type
	for {
		switch x := expr.(type) {
		case *ast.StarExpr:
			expr = x.X
		case *ast.IndexExpr:
			expr = x.X
		case *ast.IndexListExpr:
			expr = x.X
		case *ast.Ident:
			return x.Name + "."
		default:
			return ""
		}
	}
}

// function checks the size of a function and the few declarations that are banned.
func (y *tidy) function(s source, f *ast.FuncDecl) {
	from, to := s.fset.Position(f.Pos()).Line, s.fset.Position(f.End()).Line
	most := maxFuncLines
	if s.tests {
		most = maxTestFuncLines
	}
	if lines := to - from + 1; lines > most && !s.table {
		y.fail("func-length", place(s, f), from, "%s has %d lines, at most %d", f.Name.Name, lines, most)
	}
	if n := f.Type.Params.NumFields(); n > maxParams {
		y.fail("params", place(s, f), from, "%s has %d parameters, at most %d: they want a struct",
			f.Name.Name, n, maxParams)
	}
	if f.Name.Name == "init" && f.Recv == nil {
		y.fail("init", place(s, f), from, "init runs in every applet: build it when it is asked for (sync.OnceValue)")
	}
	if f.Body == nil {
		return
	}
	if deepest, at := nesting(f.Body, 0); deepest > maxNesting {
		y.fail("nesting", place(s, f), s.fset.Position(at).Line, "%s nests %d deep, at most %d",
			f.Name.Name, deepest, maxNesting)
	}
}

// nesting returns the depth of the deepest control statement and where it is. Function literals and else-if chains add
// nothing: they read as what they stand in.
func nesting(n ast.Node, depth int) (deepest int, at token.Pos) {
	deepest, at = depth, n.Pos()
	ast.Inspect(n, func(m ast.Node) bool {
		if m == nil || m == n {
			return true
		}
		var d int
		var p token.Pos
		switch m := m.(type) {
		case *ast.IfStmt:
			d, p = nestingIf(m, depth+1)
		case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			d, p = nesting(m, depth+1)
		default:
			return true
		}
		if d > deepest {
			deepest, at = d, p
		}
		return false
	})
	return deepest, at
}

// nestingIf is nesting for an if and what follows its else.
func nestingIf(m *ast.IfStmt, depth int) (deepest int, at token.Pos) {
	deepest, at = nesting(m.Body, depth)
	switch e := m.Else.(type) {
	case *ast.IfStmt:
		if d, p := nestingIf(e, depth); d > deepest {
			deepest, at = d, p
		}
	case *ast.BlockStmt:
		if d, p := nesting(e, depth); d > deepest {
			deepest, at = d, p
		}
	}
	return deepest, at
}

// funcDoc wants a comment on every exported function, and on every exported method of an exported type.
func (y *tidy) funcDoc(s source, f *ast.FuncDecl) {
	if s.tests || !f.Name.IsExported() || f.Doc != nil || s.file.Name.Name == "main" {
		return
	}
	if r := receiver(f); r != "" && !ast.IsExported(r) || isInterfaceMethod(f.Name.Name) && f.Recv != nil {
		return
	}
	y.fail("doc", place(s, f), s.fset.Position(f.Pos()).Line, "exported %s%s has no comment", receiver(f), f.Name.Name)
}

// isInterfaceMethod says whether a method's meaning is already told by a well-known interface.
func isInterfaceMethod(name string) bool {
	return slices.Contains([]string{"String", "Error", "Unwrap", "Close", "Read", "Write", "Len", "Less", "Swap"}, name)
}

// declDoc wants a comment on every exported type, and on every exported constant and variable or its group.
func (y *tidy) declDoc(s source, d *ast.GenDecl) {
	if s.tests || s.file.Name.Name == "main" || d.Doc != nil {
		return
	}
	undocumented := func(name *ast.Ident, doc, comment *ast.CommentGroup) {
		if name.IsExported() && doc == nil && comment == nil {
			line := s.fset.Position(name.Pos()).Line
			y.fail("doc", s.path+":"+name.Name, line, "exported %s has no comment", name.Name)
		}
	}
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			undocumented(spec.Name, spec.Doc, spec.Comment)
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				undocumented(name, spec.Doc, spec.Comment)
			}
		}
	}
}

// calls looks for bannedCalls, and for panic outside the packages whose job it is.
func (y *tidy) calls(s source) {
	pkg := path.Dir(s.path)
	ast.Inspect(s.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		line := s.fset.Position(call.Pos()).Line
		switch f := call.Fun.(type) {
		case *ast.Ident:
			if f.Name == "panic" && !s.tests && pkg != "must" {
				y.fail("panic", s.path, line, "bad input is an error or a diagnostic; a bug of ours is for package must")
			}
		case *ast.SelectorExpr:
			if x, ok := f.X.(*ast.Ident); ok {
				y.call(s, line, x.Name, f.Sel)
			}
		}
		return true
	})
}

// call checks one call of name in the package that the file calls pkg.
func (y *tidy) call(s source, line int, pkg string, name *ast.Ident) {
	for _, b := range bannedCalls {
		named := b.name == name.Name || b.name == "*" && name.IsExported()
		if !named || s.tests && !b.tests || !imports(s.file, pkg, b.pkg) {
			continue
		}
		if !slices.ContainsFunc(b.but, func(tree string) bool { return within(path.Dir(s.path), tree) }) {
			y.fail("banned-call", s.path, line, "%s.%s: %s", b.pkg, name.Name, b.reason)
		}
	}
}

// imports says whether name is how the file calls a package whose path ends in pkg.
func imports(file *ast.File, name, pkg string) bool {
	for _, spec := range file.Imports {
		p := strings.Trim(spec.Path.Value, `"`)
		if path.Base(p) == pkg && !strings.Contains(p, ".") && importName(file, p) == name {
			return true
		}
	}
	return false
}

// TestTidyCanFail shows each rule of a Go file a breach of it.
func TestTidyCanFail(t *testing.T) {
	long := strings.Repeat("\n\t_ = 0", maxFuncLines)
	for rule, text := range map[string]string{
		"gofmt":          "package p\nvar  x int\n",
		"line-length":    "package p\n\n// " + strings.Repeat("x", maxLine) + "\n",
		"file-length":    "package p\n" + strings.Repeat("//\n", maxFileLines),
		"package-name":   "package util\n",
		"todo":           "package p\n\n// FIX" + "ME later\n",
		"func-length":    "package p\n\nfunc f() {" + long + "\n}\n",
		"params":         "package p\n\nfunc f(a, b, c, d, e, f, g int) {}\n",
		"init":           "package p\n\nfunc init() {}\n",
		"nesting":        "package p\n\nfunc f() { for { for { for { for { for {} } } } } }\n",
		"doc":            "package p\n\nvar X int\n",
		"panic":          "package p\n\nfunc f() { panic(1) }\n",
		"banned-call":    "package p\n\nimport \"os\"\n\nfunc f() { os.Exit(1) }\n",
		"machine-path":   "package p\n\n// " + bannedText[0] + "x\n",
		"trailing-space": "package p\n\n// x \n",
		"last-newline":   "package p",
		"conflict":       "package p\n\n/*\n" + strings.Repeat("<", 7) + " HEAD\n*/\n",
	} {
		found := ""
		report := func(format string, args ...any) { found += fmt.Sprintf(format, args...) }
		y := &tidy{report: report, used: map[string]bool{}}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "p/p.go", text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		y.text("p/p.go", []byte(text))
		y.source(source{path: "p/p.go", text: []byte(text), fset: fset, file: file})
		if !strings.Contains(found, "["+rule+"]") {
			t.Errorf("rule %s does not find its breach; found: %s", rule, found)
		}
	}
}

// TestNesting proves that the measure of nesting counts what it says.
func TestNesting(t *testing.T) {
	for _, c := range []struct {
		body string
		want int
	}{
		{"", 0},
		{"if a { }", 1},
		{"if a { } else if b { } else { for { } }", 2},
		{"for { switch a { case b: if c { } } }", 3},
		{"f(func() { if a { for { } } })", 2},
		{"select { case <-a: for range b { if c { if d { } } } }", 4},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package p\nfunc f() {"+c.body+"}", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := nesting(file.Decls[0].(*ast.FuncDecl).Body, 0); got != c.want {
			t.Errorf("%s: nesting %d, want %d", c.body, got, c.want)
		}
	}
}
