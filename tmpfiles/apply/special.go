package apply

import (
	"crypto/rand"
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/tmpfiles"
)

// special does p, c and b. The texts are what messages call the kind.
func (a *Applier) special(i *tmpfiles.Item, kind uint32, one, name, doing string) error {
	if i.Path == "/" {
		return a.refuse(unix.EISDIR, "Cannot open path '%s' for %s, is a directory.", a.show(i.Path), doing)
	}
	device := kind != unix.S_IFIFO
	if device && !mayMknod() {
		a.debug("We lack CAP_MKNOD, skipping creation of device node %s.", a.show(i.Path))
		return nil
	}
	dir, base, err := a.parent(i, kind)
	if err != nil {
		return err
	}
	defer dir.Close()
	number := int(unix.Mkdev(i.Device.Major, i.Device.Minor))
	mknod := func(base string) error { return unix.Mknodat(int(dir.Fd()), base, kind|i.Mode.Bits, number) }
	existed := false
	err = mknod(base)
	if errors.Is(err, unix.EEXIST) {
		there, openErr := openIn(dir, base, i.Path)
		if openErr != nil {
			return a.fail(openErr, "Failed to open "+name+" '%s': %s", a.show(i.Path))
		}
		right := there.kind() == kind
		there.close()
		if !right && !i.Plus {
			a.log(tmpfiles.Warning, "\"%s\" already exists and is not %s.", a.show(i.Path), one)
			return nil
		}
		if existed, err = right, nil; !right {
			err = a.inPlace(dir, base, i.Path, mknod)
		}
	}
	if device && errors.Is(err, unix.EPERM) {
		a.debug("We lack permissions, possibly because of cgroup configuration; skipping creation of device node '%s'.",
			a.show(i.Path))
		return nil
	}
	if err != nil && !device {
		return a.fail(err, "Failed to create FIFO %s: %s", a.show(i.Path))
	}
	if err != nil {
		return a.fail(err, "Failed to create "+name+" '%s': %s", a.show(i.Path))
	}
	return a.made(i, dir, base, existed)
}

// made adjusts what was made, or found to be right.
func (a *Applier) made(i *tmpfiles.Item, dir *os.File, base string, existed bool) error {
	n, err := openIn(dir, base, i.Path)
	if err != nil {
		return a.fail(err, "Failed to open '%s' we just created: %s", a.show(i.Path))
	}
	defer n.close()
	return a.perms(i, n, existed)
}

// symlink does L.
func (a *Applier) symlink(i *tmpfiles.Item) error {
	if i.Path == "/" {
		return a.refuse(unix.EISDIR, "Cannot open path '%s' for creating symlink, is a directory.", a.show(i.Path))
	}
	dir, base, err := a.parent(i, unix.S_IFLNK)
	if err != nil {
		return err
	}
	defer dir.Close()
	target := string(i.Content)
	link := func(base string) error { return unix.Symlinkat(target, int(dir.Fd()), base) }
	existed := false
	err = link(base)
	if errors.Is(err, unix.EEXIST) {
		says, there := readlink(dir, base)
		right := there && says == target
		if !right && !i.Plus {
			a.debug("\"%s\" is not a symlink or does not point to the correct path.", a.show(i.Path))
			return nil
		}
		if existed, err = right, nil; !right {
			err = a.inPlace(dir, base, i.Path, link)
		}
	}
	if err != nil {
		return a.fail(err, "Failed to create symlink '%s': %s", a.show(i.Path))
	}
	return a.made(i, dir, base, existed)
}

func readlink(dir *os.File, base string) (string, bool) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(int(dir.Fd()), base, buf)
	return string(buf[:max(n, 0)]), err == nil
}

// inPlace makes something beside what is there and moves it over that; a directory is removed before.
func (a *Applier) inPlace(dir *os.File, base, p string, create func(base string) error) error {
	temp := ".#" + rand.Text()[:16]
	if err := create(temp); err != nil {
		return err
	}
	err := unix.Renameat(int(dir.Fd()), temp, int(dir.Fd()), base)
	if errors.Is(err, unix.EISDIR) || errors.Is(err, unix.EEXIST) || errors.Is(err, unix.ENOTEMPTY) {
		if err = a.Root.RemoveAll(path.Join(path.Dir(p), base)); err == nil {
			err = unix.Renameat(int(dir.Fd()), temp, int(dir.Fd()), base)
		}
	}
	if err != nil {
		_ = unix.Unlinkat(int(dir.Fd()), temp, 0) // best effort: the error to tell is the other one
	}
	return err
}
