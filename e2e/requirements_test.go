package e2e_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRequirements makes sure that each test named in docs/requirements.md exists, and each of this folder is named.
func TestRequirements(t *testing.T) {
	text, err := os.ReadFile("../docs/requirements.md")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	err = filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/testdata/") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Test") && f.Recv == nil {
				have[strings.TrimPrefix(filepath.Dir(path), "../")+"."+f.Name.Name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for i, word := range strings.Split(string(text), "`") {
		if i%2 == 1 && strings.Contains(word, ".Test") {
			named[word] = true
			if !have[word] {
				t.Errorf("docs/requirements.md names %s, which is no test", word)
			}
		}
	}
	for name := range have {
		if strings.HasPrefix(name, "e2e.") && !named[name] && name != "e2e.TestMain" && name != "e2e.TestRequirements" {
			t.Errorf("docs/requirements.md does not say what %s proves", name)
		}
	}
}
