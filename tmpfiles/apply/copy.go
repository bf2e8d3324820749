package apply

import (
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/tmpfiles"
)

// copy does C.
func (a *Applier) copy(i *tmpfiles.Item) error {
	if i.Path == "/" {
		return a.refuse(unix.EISDIR, "Failed to extract filename from path '%s': Cannot assign requested address",
			a.show(i.Path))
	}
	dir, base, err := a.parent(i, 0)
	if err != nil {
		return err
	}
	defer dir.Close()
	source := string(i.Content)
	a.debug("Copying tree \"%s\" to \"%s\".", a.show(source), a.show(i.Path))
	copyErr := a.copySource(i, source, dir, base)
	n, err := openIn(dir, base, i.Path)
	if err != nil {
		if copyErr != nil {
			return a.fail(copyErr, "Failed to copy files to %s: %s", a.show(i.Path))
		}
		return a.fail(err, "Failed to openat(%s): %s", a.show(i.Path))
	}
	defer n.close()
	st, err := a.Root.Stat(source)
	if err != nil {
		return a.fail(err, "Failed to stat(%s): %s", a.show(source))
	}
	if n.kind() != st.Mode&unix.S_IFMT {
		a.debug("Can't copy to %s, file exists already and is of different type", a.show(i.Path))
		return nil
	}
	return a.perms(i, n, false) // Compat: ":" has no effect on copies, even if they were there
}

// copier copies one tree.
type copier struct {
	item  *tmpfiles.Item
	names map[[2]uint64]*os.File // the first copies of what has other names in the tree
	made  map[[2]uint64]bool     // directories of the copy, not to be copied into themselves
}

// maxNames bounds the open first copies. Beyond it, other names become files of their own.
const maxNames = 512

func (a *Applier) copySource(i *tmpfiles.Item, source string, to *os.File, base string) error {
	from, name, err := a.Root.Parent(source)
	if err != nil {
		return err
	}
	defer from.Close()
	c := &copier{item: i, names: map[[2]uint64]*os.File{}, made: map[[2]uint64]bool{}}
	defer func() {
		for _, f := range c.names {
			f.Close()
		}
	}()
	return c.one(from, name, to, base, place{i.Path, maxDepth})
}

// place is where the copy is, inside the root, and how much deeper it may go.
type place struct {
	path  string
	depth int
}

// one copies a file of any type. What is there already is an error, but for an empty directory at the top.
func (c *copier) one(from *os.File, name string, to *os.File, base string, at place) error {
	n, err := openIn(from, name, at.path)
	if err != nil {
		return err
	}
	defer n.close()
	inode := [2]uint64{n.st.Dev, n.st.Ino}
	dir := int(to.Fd())
	mode := n.st.Mode & 0o7777
	switch n.kind() {
	case unix.S_IFDIR:
		if c.made[inode] {
			return nil
		}
		return c.directory(n, to, base, at)
	case unix.S_IFREG:
		if first := c.names[inode]; first != nil {
			there := &node{file: first}
			return unix.Linkat(unix.AT_FDCWD, there.proc(), dir, base, unix.AT_SYMLINK_FOLLOW)
		}
		return c.regular(n, from, name, to, base)
	case unix.S_IFLNK:
		target, ok := readlink(from, name)
		if !ok {
			return unix.ENOENT
		}
		err = unix.Symlinkat(target, dir, base)
	case unix.S_IFIFO, unix.S_IFCHR, unix.S_IFBLK, unix.S_IFSOCK:
		err = unix.Mknodat(dir, base, n.st.Mode, int(n.st.Rdev))
	default:
		return unix.EOPNOTSUPP
	}
	if err != nil {
		return err
	}
	uid, gid := c.owners(n)
	err = unix.Fchownat(dir, base, uid, gid, unix.AT_SYMLINK_NOFOLLOW)
	if n.kind() != unix.S_IFLNK {
		err = errors.Join(err, unix.Fchmodat(dir, base, mode, 0))
	}
	times := []unix.Timespec{n.st.Atim, n.st.Mtim}
	return errors.Join(err, unix.UtimesNanoAt(dir, base, times, unix.AT_SYMLINK_NOFOLLOW))
}

// owners are the item's, or else those of what is copied.
func (c *copier) owners(n *node) (uid, gid int) {
	uid, gid = int(n.st.Uid), int(n.st.Gid)
	if c.item.User.Set {
		uid = int(c.item.User.ID)
	}
	if c.item.Group.Set {
		gid = int(c.item.Group.ID)
	}
	return uid, gid
}

func (c *copier) directory(n *node, to *os.File, base string, at place) error {
	if at.depth == 0 {
		return unix.ELOOP
	}
	err := unix.Mkdirat(int(to.Fd()), base, n.st.Mode&0o7777)
	existed := errors.Is(err, unix.EEXIST)
	if err != nil && !existed {
		return err
	}
	fd, err := openDir(int(to.Fd()), base)
	if err != nil {
		return err
	}
	target, err := newNode(fd, at.path)
	if err != nil {
		return err
	}
	defer target.close()
	if existed {
		if names, err := list(target); err != nil || len(names) > 0 || at.path != c.item.Path {
			return errors.Join(unix.EEXIST, err)
		}
	}
	c.made[[2]uint64{target.st.Dev, target.st.Ino}] = true
	names, first := list(n)
	for _, name := range names {
		err := c.one(n.file, name, target.file, name, place{at.path + "/" + name, at.depth - 1})
		keep(&first, err)
	}
	if existed {
		return first
	}
	keep(&first, c.finish(n, target, n.proc()))
	return first
}

func (c *copier) regular(n *node, from *os.File, name string, to *os.File, base string) error {
	in, err := unix.Openat(int(from.Fd()), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	source := os.NewFile(uintptr(in), name)
	defer source.Close()
	const flags = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_NOCTTY | unix.O_CLOEXEC
	out, err := unix.Openat(int(to.Fd()), base, flags, n.st.Mode&0o7777)
	if err != nil {
		return err
	}
	target, err := newNode(out, base)
	if err != nil {
		return err
	}
	defer target.close()
	if _, err = io.Copy(target.file, source); err == nil {
		err = c.finish(n, target, n.proc())
	}
	if err == nil && n.st.Nlink > 1 && len(c.names) < maxNames {
		if first, openErr := openIn(to, base, base); openErr == nil {
			c.names[[2]uint64{n.st.Dev, n.st.Ino}] = first.file
		}
	}
	if err != nil {
		_ = unix.Unlinkat(int(to.Fd()), base, 0) // best effort: half a copy is none
	}
	return err
}

// finish gives a copy, which is open for more than reference, what belongs to the file beside its content.
func (c *copier) finish(n, target *node, source string) error {
	uid, gid := c.owners(n)
	fd := target.fd()
	err := errors.Join(unix.Fchown(fd, uid, gid), unix.Fchmod(fd, n.st.Mode&0o7777))
	for _, name := range xattrNames(source) {
		if !strings.HasPrefix(name, "user.") {
			continue
		}
		if value, readErr := getXattr(source, name); readErr == nil {
			_ = unix.Fsetxattr(fd, name, value, 0) // best effort: the file system may have none
		}
	}
	times := []unix.Timespec{n.st.Atim, n.st.Mtim}
	return errors.Join(err, unix.UtimesNanoAt(unix.AT_FDCWD, target.proc(), times, 0))
}
