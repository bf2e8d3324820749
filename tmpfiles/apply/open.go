package apply

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/tmpfiles"
)

// node is an open file, only referred to (O_PATH) unless said otherwise.
type node struct {
	file *os.File
	path string // inside the root
	st   unix.Stat_t
}

func (n *node) fd() int      { return int(n.file.Fd()) }
func (n *node) close()       { n.file.Close() }
func (n *node) kind() uint32 { return n.st.Mode & unix.S_IFMT }
func (n *node) isDir() bool  { return n.kind() == unix.S_IFDIR }

// proc is a path to the file itself, for system calls that take no descriptor of this kind.
func (n *node) proc() string { return "/proc/self/fd/" + strconv.Itoa(n.fd()) }

// newNode takes over a descriptor.
func newNode(fd int, path string) (*node, error) {
	return nodeOf(os.NewFile(uintptr(fd), path), path)
}

// nodeOf takes over an open file.
func nodeOf(file *os.File, path string) (*node, error) {
	n := &node{file: file, path: path}
	if err := unix.Fstat(n.fd(), &n.st); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// openIn refers to a file in a directory; a symlink is referred to itself.
func openIn(dir *os.File, base, path string) (*node, error) {
	fd, err := unix.Openat(int(dir.Fd()), base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return newNode(fd, path)
}

// open refers to what is at an item's path, or what its pattern matched. It returns nil without an error if there is
// nothing.
func (a *Applier) open(p string) (*node, error) {
	if !tmpfiles.Normal(p) {
		return nil, a.refuse(unix.EINVAL, "Failed to open invalid path '%s'.", a.show(p))
	}
	f, err := a.Root.OpenTrusted(p, false)
	switch {
	case errors.Is(err, unix.ENOENT):
		a.debug("Failed to open path %s, ignoring: %s", a.show(p), Text(err))
		return nil, nil
	case errors.Is(err, unix.ENOLINK):
		return nil, a.unsafe(err, p)
	case err != nil:
		return nil, a.fail(err, "Failed to open path %s: %s", a.show(p))
	}
	n := &node{file: f, path: p}
	if err := unix.Fstat(n.fd(), &n.st); err != nil {
		n.close()
		return nil, a.fail(err, "fstat(%s) failed: %s", a.show(p))
	}
	return n, nil
}

// unsafe tells of a path that somebody could have put a symlink into.
func (a *Applier) unsafe(err error, p string) error {
	var u *rootfs.UnsafeError
	if errors.As(err, &u) {
		a.log(tmpfiles.Warning, "Detected unsafe path transition %s (owned by %s) → %s (owned by %s) during "+
			"canonicalization of %s.", a.show(u.From), a.UserName(u.FromOwner), a.show(u.To), a.UserName(u.ToOwner), a.show(p))
	}
	return err
}

// parent opens the directory that an item's path is in, and makes it and those above if they are missing; with "=" it
// replaces what is in their place.
func (a *Applier) parent(i *tmpfiles.Item, kind uint32) (dir *os.File, base string, err error) {
	level, ignoring := tmpfiles.Error, ""
	if i.MayFail {
		level, ignoring = tmpfiles.Info, ", ignoring"
	}
	if !tmpfiles.Normal(i.Path) {
		a.log(level, "Failed to open parent of '%s': path not normalized%s.", a.show(i.Path), ignoring)
		return nil, "", unix.EINVAL
	}
	above, base := split(i.Path)
	if i.Replace {
		if err := a.replaceWrong(i.Path, kind); err != nil {
			return nil, "", err
		}
	}
	dir, err = a.Root.OpenTrusted(above, true)
	if errors.Is(err, unix.ENOENT) {
		if a.makeDir(above) == nil {
			dir, err = a.Root.OpenTrusted(above, true)
		}
	}
	switch {
	case errors.Is(err, unix.ENOLINK):
		if !i.MayFail {
			_ = a.unsafe(err, above) // returned below
		}
	case err != nil:
		a.log(level, "Failed to open path '%s'%s: %s", a.show(above), ignoring, Text(err))
	}
	return dir, base, err
}

// makeDir makes a directory and those above that are missing.
func (a *Applier) makeDir(p string) error {
	above, base := split(p)
	if base == "" {
		return unix.ENOENT
	}
	dir, err := a.Root.OpenTrusted(above, true)
	if errors.Is(err, unix.ENOENT) {
		if err = a.makeDir(above); err == nil {
			dir, err = a.Root.OpenTrusted(above, true)
		}
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := unix.Mkdirat(int(dir.Fd()), base, 0o755); !errors.Is(err, unix.EEXIST) {
		return err
	}
	return nil
}

// replaceWrong removes what is in the place of a directory above a path, and what is at the path if it is not of the
// kind, a type of a file's mode. Symlinks to directories will do above.
func (a *Applier) replaceWrong(p string, kind uint32) error {
	for at := 1; at < len(p); at++ {
		if p[at] != '/' {
			continue
		}
		if err := a.replaceOne(p[:at], unix.S_IFDIR, a.openAbove); err != nil {
			return err
		}
		if err := a.makeDir(p[:at]); err != nil {
			return a.fail(err, "Failed to mkdir \"%s\": %s", a.show(p[:at]))
		}
	}
	if kind == 0 {
		return nil
	}
	return a.replaceOne(p, kind, a.openLast)
}

// openAbove opens what should be a directory, perhaps by way of symlinks.
func (a *Applier) openAbove(p string) (*node, error) {
	f, err := a.Root.OpenTrusted(p, true)
	if errors.Is(err, unix.ENOENT) { // perhaps a symlink that leads nowhere
		f, err = a.Root.OpenTrusted(p, false)
	}
	if err != nil {
		return nil, err
	}
	return nodeOf(f, p)
}

// openLast opens what is at the end of a path, whoever it belongs to: it is the directory that must be trusted.
func (a *Applier) openLast(p string) (*node, error) {
	above, base := split(p)
	dir, err := a.Root.OpenTrusted(above, true)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return openIn(dir, base, p)
}

// replaceOne removes what is at a path if it is not of the kind.
func (a *Applier) replaceOne(p string, kind uint32, open func(string) (*node, error)) error {
	n, err := open(p)
	switch {
	case errors.Is(err, unix.ENOENT):
		return nil
	case errors.Is(err, unix.ENOLINK):
		above, base := split(p)
		return a.refuse(err, "Unsafe transition from \"%s\" to \"%s\".", a.show(above), base)
	case err != nil:
		return a.fail(err, "Failed to open \"%s\": %s", a.show(p))
	}
	n.close()
	if n.kind() == kind {
		return nil
	}
	a.log(tmpfiles.Notice, "Wrong file type 0o%o; rm -rf \"%s\"", n.kind(), a.show(p))
	err = a.Root.RemoveAll(p)
	if errors.Is(err, unix.EBUSY) {
		return a.refuse(err, "Not removing  \"%s\" because it is a mount point.", a.show(p))
	}
	if err != nil {
		return a.fail(err, "Failed to remove \"%s\": %s", a.show(p))
	}
	return nil
}
