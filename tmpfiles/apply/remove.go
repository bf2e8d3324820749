package apply

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/tmpfiles"
)

// remove does an item's part of --remove.
func (a *Applier) remove(i *tmpfiles.Item) error {
	switch i.Kind {
	case tmpfiles.Remove:
		return a.matches(i, func(p string) error {
			err := a.Root.Remove(p)
			if err != nil && !errors.Is(err, unix.ENOENT) {
				return a.fail(err, "rm(%s): %s", a.show(p))
			}
			return nil
		})
	case tmpfiles.RemoveAll:
		return a.matches(i, func(p string) error {
			a.debug("rm -rf \"%s\"", a.show(p))
			err := a.Root.RemoveAllBy(p, removeSubvolume)
			if errors.Is(err, unix.EBUSY) { // a mount point can at least be emptied
				_ = a.emptied(p) // best effort: the error to tell is that it stays
			}
			return a.removed(p, err)
		})
	case tmpfiles.EmptiedDirectory:
		return a.removed(i.Path, a.emptied(i.Path))
	}
	return nil
}

func (a *Applier) removed(p string, err error) error {
	if err == nil || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return a.fail(err, "rm_rf(%s): %s", a.show(p))
}

// emptied removes what is in a directory, but never in the root itself.
func (a *Applier) emptied(p string) error {
	if p == "/" {
		return unix.EPERM
	}
	st, err := a.Root.Lstat(p)
	if errors.Is(err, unix.ENOTDIR) || err == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return nil
	}
	if err != nil {
		return err
	}
	list, err := a.Root.ReadDir(p)
	for _, e := range list {
		below := a.Root.RemoveAll(p + "/" + e.Name())
		if e.IsDir() && errors.Is(below, unix.EBUSY) {
			continue // what is mounted there is somebody else's
		}
		keep(&err, below)
	}
	return err
}
