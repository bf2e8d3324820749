package steward_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files anew")

// TestLinked compares what each binary links of other modules with modules.txt beside its main file, so that a new
// dependency is a line in a diff.
func TestLinked(t *testing.T) {
	mains, err := filepath.Glob("cmd/*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatal("no binaries", err)
	}
	for _, main := range mains {
		dir := filepath.Dir(main)
		format := "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}"
		cmd := exec.Command("go", "list", "-deps", "-f", format, "./"+dir)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		modules := strings.Fields(string(out))
		slices.Sort(modules)
		got := strings.Join(slices.Compact(modules), "\n") + "\n"
		golden := filepath.Join(dir, "modules.txt")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || string(want) != got {
			t.Errorf("%s links\n%sbut modules.txt says (%v)\n%s(go test . -update writes it; a new one needs a note in"+
				" docs/decisions)", dir, got, err, want)
		}
	}
}
