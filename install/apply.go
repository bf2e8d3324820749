package install

import (
	"errors"
	"io/fs"
	"strings"
)

// Editor changes a file system. Paths are absolute; errors wrap those of io/fs.
type Editor interface {
	// Symlink makes a symlink that says target, and the directories above it; replace tells to put it in the place of
	// another one, at once.
	Symlink(target, path string, replace bool) error
	// Unlink removes a symlink, and nothing else.
	Unlink(path string) error
	// RemoveEmpty removes a directory if it is empty.
	RemoveEmpty(dir string) error
	// RemoveAll removes a file, or a directory with everything in it. No symlink is followed.
	RemoveAll(path string) error
}

// Apply does what a plan says and returns what was done, with the plan's notes. It goes on after an error; the errors,
// each a *Fault, are joined.
func Apply(p Plan, e Editor) ([]Change, error) {
	done := make([]Change, 0, len(p.Changes))
	var wrong []error
	for at, c := range p.Changes {
		var err error
		switch {
		case !c.Edits():
		case c.Type == Symlinked:
			err = e.Symlink(c.Target, c.Path, c.Replace)
		case c.All:
			err = e.RemoveAll(c.Path)
		case at+1 < len(p.Changes) && p.Changes[at+1].Replace: // goes when the next one comes
		default:
			if err = e.Unlink(c.Path); errors.Is(err, fs.ErrNotExist) {
				continue // somebody was faster
			}
		}
		if err != nil {
			wrong = append(wrong, &Fault{Code: Unreadable, Name: c.Path, Err: err, At: at})
			continue
		}
		done = append(done, c)
		if dir := parent(c.Path); c.Type == Unlinked && isDependencyDir(dir) {
			_ = e.RemoveEmpty(dir) // best effort: it stays while it holds other links
		}
	}
	return done, errors.Join(wrong...)
}

func isDependencyDir(dir string) bool {
	return strings.HasSuffix(dir, ".wants") || strings.HasSuffix(dir, ".requires") || strings.HasSuffix(dir, ".upholds")
}
