package boot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/sys"
)

// Generators says which generators to run and where they write. systemd.generator(7).
type Generators struct {
	// Dirs are searched in order; a name in an earlier one hides the same in a later one, and an empty file or a link
	// to /dev/null masks it.
	Dirs []string
	// Own are the names of generators that this program has itself. Each runs where the machine has none of its name.
	Own []string
	// Normal, Early and Late are emptied, then given to each generator as its three arguments.
	Normal, Early, Late string
	Env                 []string
	// Timeout ends a generator that hangs; it is then as if it had failed.
	Timeout time.Duration
	// Spawn runs one to its end.
	Spawn func(*sandbox.Spec, time.Duration) error
}

// Run runs all generators at once and waits for them. What failed is told, and doesn't matter further.
func (g *Generators) Run() error {
	var failures []error
	for _, dir := range []string{g.Normal, g.Early, g.Late} {
		failures = append(failures, os.RemoveAll(dir), os.MkdirAll(dir, 0o755))
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	for _, p := range g.find() {
		group.Go(func() {
			if err := g.one(p); err != nil {
				mu.Lock()
				failures = append(failures, fmt.Errorf("generator %s: %w", p.name, err))
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return errors.Join(failures...)
}

// program is a generator: the file to execute, the name it is called by, and whether it is part of this program.
type program struct {
	path, name string
	own        bool
}

func (g *Generators) find() []program {
	seen := map[string]bool{}
	var found []program
	for _, dir := range g.Dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, entry := range entries {
			path := filepath.Join(dir, entry.Name())
			info, err := os.Stat(path)
			if err != nil || seen[entry.Name()] {
				continue
			}
			seen[entry.Name()] = true
			if info.Mode().IsRegular() && info.Mode()&0o111 != 0 && info.Size() > 0 {
				found = append(found, program{path: path, name: path})
			}
		}
	}
	for _, name := range g.Own {
		if !seen[name] {
			found = append(found, program{path: "/proc/self/exe", name: name, own: true})
		}
	}
	return found
}

func (g *Generators) one(p program) error {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer sys.Close(null)
	argv := []string{p.name, g.Normal, g.Early, g.Late}
	if p.own {
		argv = append([]string{"steward"}, argv...)
	}
	return g.Spawn(&sandbox.Spec{Path: p.path, Argv: argv, Env: g.Env,
		Stdin: null, Stdout: null, Stderr: null, CgroupFD: -1, Umask: 0o022}, g.Timeout)
}
