package files

import (
	"errors"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/rootfs"
)

// Tree is a directory that stands for "/", for reading and for changing: what load.Files and install.Editor ask for.
// Whatever symlinks are in it, nothing outside is read or touched.
type Tree struct{ root *rootfs.Root }

// Open opens a directory as a tree; "" is "/".
func Open(name string) (Tree, error) {
	root, err := rootfs.Open(name)
	return Tree{root}, err
}

// In is an open root as a tree.
func In(root *rootfs.Root) Tree { return Tree{root} }

// Close closes the directory.
func (t Tree) Close() error { return t.root.Close() }

// Root is the tree as package rootfs has it, for what is not about unit files.
func (t Tree) Root() *rootfs.Root { return t.root }

// Lstat describes a path, without following a symlink at its end.
func (t Tree) Lstat(path string) (load.Stat, error) {
	st, err := t.root.Lstat(path)
	if err != nil {
		return load.Stat{}, err
	}
	return stat(&st), nil
}

// Readlink returns what a symlink says.
func (t Tree) Readlink(path string) (string, error) { return t.root.Readlink(path) }

// ReadDir lists a directory in the order of the file system.
func (t Tree) ReadDir(path string) ([]load.Entry, error) {
	f, err := t.root.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return list(int(f.Fd()), path)
}

// ReadFile reads a regular file of at most max bytes, without following a symlink at its end.
func (t Tree) ReadFile(path string, max int64) ([]byte, load.Stat, error) {
	f, err := t.root.Open(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, load.Stat{}, err
	}
	defer f.Close()
	return readRegular(int(f.Fd()), path, max)
}

// Symlink makes a symlink that says target, and the directories above it. With replace it takes the place of another
// symlink, at once; without, what is there stays, which is fs.ErrExist.
func (t Tree) Symlink(target, path string, replace bool) error {
	err := t.symlink(target, path, replace)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := t.root.MkdirAll(path[:strings.LastIndexByte(path, '/')+1], 0o755); err != nil {
		return err
	}
	return t.symlink(target, path, replace)
}

func (t Tree) symlink(target, path string, replace bool) error {
	if !replace {
		return t.root.Symlink(target, path)
	}
	if err := t.isSymlink(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return t.root.Relink(target, path)
}

// isSymlink refuses what is something else.
func (t Tree) isSymlink(path string) error {
	st, err := t.root.Lstat(path)
	if err == nil && rootfs.Kind(&st) != fs.ModeSymlink {
		return &fs.PathError{Op: "unlink", Path: path, Err: unix.EINVAL}
	}
	return err
}

// Unlink removes a symlink, and nothing else.
func (t Tree) Unlink(path string) error {
	if err := t.isSymlink(path); err != nil {
		return err
	}
	return t.root.Remove(path)
}

// RemoveEmpty removes a directory if it is empty.
func (t Tree) RemoveEmpty(dir string) error {
	parent, base, err := t.root.Parent(dir)
	if err != nil {
		return err
	}
	defer parent.Close()
	if err := unix.Unlinkat(int(parent.Fd()), base, unix.AT_REMOVEDIR); err != nil {
		return &fs.PathError{Op: "rmdir", Path: dir, Err: err}
	}
	return nil
}

// RemoveAll removes a file, or a directory with everything in it.
func (t Tree) RemoveAll(path string) error { return t.root.RemoveAll(path) }
