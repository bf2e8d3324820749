package files

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Symlink makes a symlink that says target, and the directories above it.
func (r Root) Symlink(target, path string) error {
	if err := os.MkdirAll(filepath.Dir(string(r)+path), 0o755); err != nil {
		return r.strip(path, err)
	}
	return os.Symlink(target, string(r)+path)
}

// Remove removes a symlink, and nothing else.
func (r Root) Remove(path string) error {
	st, err := r.Lstat(path)
	switch {
	case err != nil:
		return err
	case st.Kind != kind(os.ModeSymlink):
		return &os.PathError{Op: "unlink", Path: path, Err: unix.EINVAL}
	}
	return r.strip(path, os.Remove(string(r)+path))
}

// RemoveEmpty removes a directory if it is empty.
func (r Root) RemoveEmpty(dir string) error {
	if err := unix.Rmdir(string(r) + dir); err != nil {
		return &os.PathError{Op: "rmdir", Path: dir, Err: err}
	}
	return nil
}
