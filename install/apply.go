package install

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Editor changes a file system. Paths are absolute; errors wrap those of io/fs.
type Editor interface {
	// Symlink makes a symlink that says target, and the directories above it.
	Symlink(target, path string) error
	// Remove removes a symlink, and nothing else.
	Remove(path string) error
	// RemoveEmpty removes a directory if it is empty.
	RemoveEmpty(dir string) error
}

// Apply does what a plan says and returns what was done. It goes on after an error; the errors are joined.
func Apply(p Plan, e Editor) ([]Change, error) {
	var done []Change
	var wrong []error
	for _, c := range p.Changes {
		var err error
		switch c.Type {
		case "symlink":
			err = e.Symlink(c.Target, c.Path)
		case "unlink":
			if err = e.Remove(c.Path); errors.Is(err, fs.ErrNotExist) {
				continue // somebody was faster
			}
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s %s: %w", c.Type, c.Path, err))
			continue
		}
		done = append(done, c)
		if dir := parent(c.Path); c.Type == "unlink" && isDependencyDir(dir) {
			_ = e.RemoveEmpty(dir) // best effort: it stays while it holds other links
		}
	}
	return done, errors.Join(wrong...)
}

func isDependencyDir(dir string) bool {
	return strings.HasSuffix(dir, ".wants") || strings.HasSuffix(dir, ".requires") || strings.HasSuffix(dir, ".upholds")
}
