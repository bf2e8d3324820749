package apply

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/tmpfiles"
)

// create does an item's part of --create.
func (a *Applier) create(i *tmpfiles.Item) error {
	switch i.Kind {
	case tmpfiles.File, tmpfiles.TruncatedFile:
		return a.file(i)
	case tmpfiles.Directory, tmpfiles.EmptiedDirectory, tmpfiles.Subvolume, tmpfiles.SubvolumeInherit,
		tmpfiles.SubvolumeQuota:
		return a.directory(i)
	case tmpfiles.FIFO:
		return a.special(i, unix.S_IFIFO, "a FIFO", "FIFO", "creating FIFO")
	case tmpfiles.CharDevice:
		return a.special(i, unix.S_IFCHR, "a device node", "device node", "creating device node")
	case tmpfiles.BlockDevice:
		return a.special(i, unix.S_IFBLK, "a device node", "device node", "creating device node")
	case tmpfiles.Symlink:
		return a.symlink(i)
	case tmpfiles.Copy:
		return a.copy(i)
	case tmpfiles.Write:
		return a.matches(i, func(p string) error { return a.write(i, p) })
	case tmpfiles.ExistingDir:
		return a.matches(i, func(p string) error { return a.existing(i, p) })
	}
	return a.adjust(i)
}

// content writes what an item says to an open file.
func (a *Applier) content(i *tmpfiles.Item, n *node) error {
	if !i.HasContent {
		return nil
	}
	a.debug("Writing to \"%s\".", a.show(n.path))
	if _, err := n.file.Write(i.Content); err != nil {
		return a.fail(err, "Failed to write file \"%s\": %s", a.show(n.path))
	}
	return nil
}

// file does f, f+ and F.
func (a *Applier) file(i *tmpfiles.Item) error {
	truncate := i.Plus || i.Kind == tmpfiles.TruncatedFile
	if i.Path == "/" {
		what := "writing"
		if truncate {
			what = "truncation"
		}
		return a.refuse(unix.EISDIR, "Cannot open path '%s' for %s, is a directory.", a.show(i.Path), what)
	}
	dir, base, err := a.parent(i, unix.S_IFREG)
	if err != nil {
		return err
	}
	defer dir.Close()
	const flags = unix.O_WRONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY
	existed := false
	fd, err := unix.Openat(int(dir.Fd()), base, flags|unix.O_CREAT|unix.O_EXCL, i.Mode.Bits)
	if errors.Is(err, unix.EEXIST) {
		existed = true
		if truncate {
			fd, err = unix.Openat(int(dir.Fd()), base, flags, 0)
		} else {
			return a.fileThere(i, dir, base)
		}
	}
	if truncate && errors.Is(err, unix.EROFS) {
		return a.fileReadOnly(i, dir, base)
	}
	if err != nil {
		what := "create"
		if truncate {
			what = "open/create"
		}
		return a.fail(err, "Failed to %s file %s: %s", what, a.show(i.Path))
	}
	n, err := newNode(fd, i.Path)
	if err != nil {
		return a.fail(err, "stat(%s) failed: %s", a.show(i.Path))
	}
	defer n.close()
	if n.kind() != unix.S_IFREG {
		return a.refuse(unix.EEXIST, "%s exists and is not a regular file.", a.show(i.Path))
	}
	if n.st.Size > 0 {
		if err := unix.Ftruncate(fd, 0); err != nil {
			return a.fail(err, "Failed to truncate file %s: %s", a.show(i.Path))
		}
	}
	if err := a.content(i, n); err != nil {
		return err
	}
	return a.perms(i, n, existed)
}

// fileThere adjusts a file that need not be made.
func (a *Applier) fileThere(i *tmpfiles.Item, dir *os.File, base string) error {
	n, err := openIn(dir, base, i.Path)
	if err != nil {
		return a.fail(err, "Failed to open file '%s': %s", a.show(i.Path))
	}
	defer n.close()
	if n.kind() != unix.S_IFREG {
		return a.refuse(unix.EEXIST, "%s exists and is not a regular file.", a.show(i.Path))
	}
	return a.perms(i, n, true)
}

// fileReadOnly does f+ where nothing can be written: perhaps nothing need be.
func (a *Applier) fileReadOnly(i *tmpfiles.Item, dir *os.File, base string) error {
	st, err := a.Root.Lstat(i.Path)
	switch {
	case errors.Is(err, unix.ENOENT):
		return a.refuse(unix.EROFS, "Cannot create file %s on a read-only file system.", a.show(i.Path))
	case err == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && st.Size > 0:
		return a.fail(unix.EROFS, "Failed to truncate file %s: %s", a.show(i.Path))
	case err == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && i.HasContent:
		return a.fail(unix.EROFS, "Failed to write file \"%s\": %s", a.show(i.Path))
	}
	return a.fileThere(i, dir, base)
}

// write does w for one file that its pattern matched. It follows symlinks, but only where they can be trusted.
func (a *Applier) write(i *tmpfiles.Item, p string) error {
	if p == "/" {
		return a.refuse(unix.EISDIR, "Cannot open path '%s' for writing, is a directory.", a.show(p))
	}
	at := *i
	at.Path = p
	dir, _, err := a.parentThere(&at)
	if dir == nil {
		return err
	}
	dir.Close()
	flags := unix.O_NONBLOCK | unix.O_WRONLY | unix.O_NOCTTY
	if i.Plus {
		flags |= unix.O_APPEND
	}
	f, err := a.Root.Open(p, flags, 0)
	switch {
	case errors.Is(err, unix.ENOENT):
		a.debug("Not writing missing file \"%s\": %s", a.show(p), Text(err))
		return nil
	case err != nil && i.MayFail:
		a.debug("Failed to open file \"%s\", ignoring: %s", a.show(p), Text(err))
		return err
	case err != nil:
		return a.fail(err, "Failed to open file \"%s\": %s", a.show(p))
	}
	n := &node{file: f, path: p}
	defer n.close()
	if err := unix.Fstat(n.fd(), &n.st); err != nil {
		return a.fail(err, "fstat(%s) failed: %s", a.show(p))
	}
	if err := a.content(i, n); err != nil {
		return err
	}
	return a.perms(i, n, true)
}

// parentThere is parent for lines that make no directories. It returns nil without an error where there is none.
func (a *Applier) parentThere(i *tmpfiles.Item) (*os.File, string, error) {
	if above, base := split(i.Path); tmpfiles.Normal(i.Path) {
		dir, err := a.Root.OpenTrusted(above, true)
		if err == nil {
			return dir, base, nil
		}
		if errors.Is(err, unix.ENOENT) {
			return nil, "", nil
		}
	}
	return a.parent(&tmpfiles.Item{Path: i.Path, MayFail: i.MayFail}, 0)
}

// directory does d, D, v, q and Q.
func (a *Applier) directory(i *tmpfiles.Item) error {
	if i.Path == "/" {
		return a.fail(unix.EADDRNOTAVAIL, "Failed to extract filename from path '%s': %s", a.show(i.Path))
	}
	dir, base, err := a.parent(i, unix.S_IFDIR)
	if err != nil {
		return err
	}
	defer dir.Close()
	existed := false
	made, err := a.subvolume(i, dir, base)
	if !made && err == nil {
		err = unix.Mkdirat(int(dir.Fd()), base, i.Mode.Bits)
	}
	if errors.Is(err, unix.EEXIST) {
		existed, err = true, nil
	}
	if errors.Is(err, unix.ENOTDIR) {
		a.log(tmpfiles.Warning, "\"%s\" already exists and is not a directory.", a.show(i.Path))
		return nil
	}
	if err != nil {
		return a.fail(err, "Failed to create directory or subvolume \"%s\": %s", a.show(i.Path))
	}
	n, err := openIn(dir, base, i.Path)
	if err != nil {
		return a.fail(err, "Failed to open directory/subvolume we just created '%s': %s", a.show(i.Path))
	}
	defer n.close()
	if !n.isDir() {
		a.log(tmpfiles.Warning, "\"%s\" already exists and is not a directory.", a.show(i.Path))
		return nil
	}
	var first error
	if made {
		keep(&first, a.group(i, dir, n))
	}
	keep(&first, a.perms(i, n, existed))
	return first
}

// existing does e for one directory that its pattern matched.
func (a *Applier) existing(i *tmpfiles.Item, p string) error {
	st, err := a.Root.Stat(p)
	switch {
	case errors.Is(err, unix.ENOENT):
		a.debug("Skipping missing directory: %s", a.show(p))
		return nil
	case err != nil:
		return a.fail(err, "Failed to open directory '%s': %s", a.show(p))
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		a.log(tmpfiles.Warning, "'%s' already exists and is not a directory.", a.show(p))
		return nil
	}
	return a.existingNode(i, p)
}

// existingNode adjusts the directory that a path leads to.
func (a *Applier) existingNode(i *tmpfiles.Item, p string) error {
	f, err := a.Root.OpenTrusted(p, true)
	switch {
	case errors.Is(err, unix.ENOLINK):
		return a.unsafe(err, p)
	case err != nil:
		return a.fail(err, "Failed to open directory '%s': %s", a.show(p))
	}
	n := &node{file: f, path: p}
	defer n.close()
	if err := unix.Fstat(n.fd(), &n.st); err != nil {
		return a.fail(err, "Failed to fstat(%s): %s", a.show(p))
	}
	return a.perms(i, n, true)
}
