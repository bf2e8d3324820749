package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// place is a name in a directory that is open, so that no link put on the way to it later can lead elsewhere.
type place struct {
	dir  int // O_PATH; the owner of the place closes it
	name string
	full string // for errors
}

func (p place) close() { sys.Close(p.dir) }

// reach walks to the last part of name below root, part by part. A link on the way is followed where root or the
// manager's own user put it; in a directory that was given to a service's user, it is refused: there the service could
// have the manager make, give away or remove what is another's. With create, directories that are missing are made.
func reach(root, name string, create bool) (place, error) {
	full := filepath.Join(root, name)
	parts := strings.Split(filepath.Clean(name), "/")
	if !filepath.IsLocal(name) || parts[0] == "." {
		return place{}, &fs.PathError{Op: "open", Path: full, Err: unix.EINVAL}
	}
	dir, err := openRoot(root, create)
	for i := 0; err == nil && i < len(parts)-1; i++ {
		var next int
		next, err = enter(dir, parts[i], create)
		sys.Close(dir)
		dir = next
	}
	if err != nil {
		return place{}, &fs.PathError{Op: "open", Path: filepath.Dir(full), Err: err}
	}
	return place{dir, parts[len(parts)-1], full}, nil
}

const passing = unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC

// openRoot opens one of the directories that the manager is told of: whatever leads there is to be believed.
func openRoot(root string, create bool) (int, error) {
	if create {
		if err := os.MkdirAll(root, 0o755); err != nil {
			return -1, err
		}
	}
	return unix.Open(root, passing, 0)
}

// enter opens a directory in a directory.
func enter(dir int, name string, create bool) (int, error) {
	fd, err := unix.Openat(dir, name, passing|unix.O_NOFOLLOW, 0)
	if errors.Is(err, unix.ENOENT) && create {
		if err := unix.Mkdirat(dir, name, 0o755); err != nil && !errors.Is(err, unix.EEXIST) {
			return -1, err
		}
		fd, err = unix.Openat(dir, name, passing|unix.O_NOFOLLOW, 0)
	}
	if !errors.Is(err, unix.ENOTDIR) && !errors.Is(err, unix.ELOOP) {
		return fd, err
	}
	var at, link unix.Stat_t
	if err := errors.Join(unix.Fstat(dir, &at), unix.Fstatat(dir, name, &link, unix.AT_SYMLINK_NOFOLLOW)); err != nil {
		return -1, err
	}
	if link.Mode&unix.S_IFMT == unix.S_IFLNK && (!trusted(at.Uid) || !trusted(link.Uid)) {
		return -1, fmt.Errorf("%s: a link of user %d in a directory of user %d: %w", name, link.Uid, at.Uid, unix.ELOOP)
	}
	return unix.Openat(dir, name, passing, 0)
}

// trusted reports those who may lead the manager anywhere: root, and its own user.
func trusted(uid uint32) bool { return uid == 0 || int(uid) == os.Geteuid() }

// link makes a symlink to another name below the same root, relative so that it is right in other views of the file
// system, too. One that is there already is good if it says the same.
func link(root, target, name string) error {
	p, err := reach(root, name, true)
	if err != nil {
		return err
	}
	defer p.close()
	text, err := filepath.Rel(filepath.Dir(p.full), filepath.Join(root, target))
	if err != nil {
		return err
	}
	err = unix.Symlinkat(text, p.dir, p.name)
	if errors.Is(err, unix.EEXIST) && p.reads(text) {
		return nil
	}
	if err != nil {
		return &fs.PathError{Op: "symlink", Path: p.full, Err: err}
	}
	return nil
}

// reads reports a symlink with this very text.
func (p place) reads(text string) bool {
	buffer := make([]byte, len(text)+1)
	n, err := unix.Readlinkat(p.dir, p.name, buffer)
	return err == nil && string(buffer[:n]) == text
}

// remove removes what is at a name below root, with all below it. That it is gone already is no error.
func remove(root, name string) error {
	p, err := reach(root, name, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer p.close()
	dir, err := os.OpenRoot(fmt.Sprintf("/proc/self/fd/%d", p.dir))
	if err != nil {
		return fmt.Errorf("remove %s: %w", p.full, err)
	}
	defer dir.Close()
	if err := dir.RemoveAll(p.name); err != nil {
		return fmt.Errorf("remove %s: %w", p.full, err)
	}
	return nil
}

// unlink removes a symlink below root. What is there instead stays.
func unlink(root, name string) error {
	p, err := reach(root, name, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer p.close()
	if _, err := unix.Readlinkat(p.dir, p.name, make([]byte, 1)); err != nil {
		return nil // it is gone, or is none
	}
	if err := unix.Unlinkat(p.dir, p.name, 0); err != nil {
		return &fs.PathError{Op: "unlink", Path: p.full, Err: err}
	}
	return nil
}
