package analyze

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/steward-init/steward/offline"
)

// generatorTimeout is how long a generator may take, as in a manager.
const generatorTimeout = 90 * time.Second

// generate runs the machine's generators, which write to a folder of ours only, and has the units they make read too.
// done removes them. systemd.generator(7).
func (s *session) generate(o *offline.Options) (done func(), err error) {
	if o.Root != "" {
		return nil, errors.New("Generators of another root are not run.")
	}
	top, err := os.MkdirTemp("", "systemd-analyze-")
	if err != nil {
		return nil, fmt.Errorf("Failed to make a folder for generators: %w", err)
	}
	done = func() { _ = os.RemoveAll(top) } // best effort: it is a temporary folder
	normal, early, late := filepath.Join(top, "generator"), filepath.Join(top, "early"), filepath.Join(top, "late")
	for _, dir := range []string{normal, early, late} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			done()
			return nil, fmt.Errorf("Failed to make a folder for generators: %w", err)
		}
	}
	kind := "system"
	if o.User {
		kind = "user"
	}
	for _, program := range generators(kind) {
		ctx, cancel := context.WithTimeout(s.ctx, generatorTimeout)
		command := exec.CommandContext(ctx, program, normal, early, late)
		command.Stderr = s.Err
		if err := command.Run(); err != nil {
			s.warn(fmt.Sprintf("%s failed: %v", program, err))
		}
		cancel()
	}
	o.First, o.Last = append(o.First, early), append(o.Last, normal, late)
	return done, nil
}

// generators are the generators to run: a name in an earlier folder hides the same in a later one, an empty file or a
// link to /dev/null masks it.
func generators(kind string) (programs []string) {
	seen := map[string]bool{}
	for _, top := range []string{"/run/systemd/", "/etc/systemd/", "/usr/local/lib/systemd/", "/usr/lib/systemd/"} {
		dir := top + kind + "-generators"
		list, err := os.ReadDir(dir)
		if err != nil {
			continue // most folders are not there
		}
		for _, e := range list {
			info, err := os.Stat(filepath.Join(dir, e.Name()))
			if err != nil || seen[e.Name()] {
				continue
			}
			seen[e.Name()] = true
			if info.Mode().IsRegular() && info.Mode()&0o111 != 0 && info.Size() > 0 {
				programs = append(programs, filepath.Join(dir, e.Name()))
			}
		}
	}
	return programs
}
