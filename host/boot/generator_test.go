package boot

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/steward-init/steward/sandbox"
)

// Which generators run: the first of a name, none that is masked, and our own where the machine has none.
func TestGenerators(t *testing.T) {
	top := t.TempDir()
	for name, mode := range map[string]os.FileMode{"etc/one": 0o755, "usr/one": 0o755, "usr/two": 0o755, "usr/text": 0o644,
		"usr/masked": 0o755} {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"masked", "own-masked"} {
		if err := os.Symlink("/dev/null", filepath.Join(top, "etc", name)); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	var ran []string
	g := Generators{Dirs: []string{top + "/etc", top + "/none", top + "/usr"}, Own: []string{"own", "own-masked", "two"},
		Normal: top + "/n", Early: top + "/e", Late: top + "/l",
		Spawn: func(s *sandbox.Spec, _ time.Duration) error {
			mu.Lock()
			defer mu.Unlock()
			name, arguments := s.Argv[0], s.Argv[1:]
			if name == "steward" {
				name, arguments = s.Argv[1], s.Argv[2:]
			}
			ran = append(ran, s.Path+" "+name)
			if !slices.Equal(arguments, []string{top + "/n", top + "/e", top + "/l"}) {
				t.Errorf("arguments %q", s.Argv)
			}
			return nil
		}}
	if err := g.Run(); err != nil {
		t.Error(err)
	}
	slices.Sort(ran)
	want := []string{"/proc/self/exe own"}
	for _, name := range []string{"etc/one", "usr/two"} {
		path := filepath.Join(top, name)
		want = append(want, path+" "+path)
	}
	slices.Sort(want)
	if !slices.Equal(ran, want) {
		t.Errorf("ran %q, want %q", ran, want)
	}
}
