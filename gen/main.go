// Command gen writes the documents that follow from the tables, below docs.
//
// It exists so that what a table says is never typed again: go generate ./gen writes the files, and a test fails where
// one is behind. It must not hold facts of its own.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

//go:generate go run . ..

// document is a file below the root that a function writes.
type document struct {
	path  string
	write func() string
}

// documents are all that there are.
func documents() []document {
	return slices.Concat([]document{{"docs/directives.md", directives}, {"docs/lint.md", lintRules}}, stateDocuments(),
		manualPages())
}

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	for _, d := range documents() {
		if err := os.WriteFile(filepath.Join(root, d.path), []byte(d.write()), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
	}
}
