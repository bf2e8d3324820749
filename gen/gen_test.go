package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the documents anew")

func TestDocumentsFollowTheTables(t *testing.T) {
	for _, d := range documents() {
		path := filepath.Join("..", d.path)
		text := d.write()
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if old, err := os.ReadFile(path); err != nil || string(old) != text {
			t.Errorf("%s is behind its table (%v): run go generate ./gen", d.path, err)
		}
	}
}
