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
			return a.removed(p, a.Root.RemoveAll(p))
		})
	case tmpfiles.EmptiedDirectory:
		return a.empty(i.Path)
	}
	return nil
}

func (a *Applier) removed(p string, err error) error {
	if err == nil || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return a.fail(err, "rm_rf(%s): %s", a.show(p))
}

// empty removes what is in a directory, but never in the root itself.
func (a *Applier) empty(p string) error {
	if p == "/" {
		return a.removed(p, unix.EPERM)
	}
	st, err := a.Root.Lstat(p)
	if errors.Is(err, unix.ENOTDIR) || err == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return nil
	}
	if err != nil {
		return a.removed(p, err)
	}
	list, err := a.Root.ReadDir(p)
	for _, e := range list {
		keep(&err, a.Root.RemoveAll(p+"/"+e.Name()))
	}
	return a.removed(p, err)
}
