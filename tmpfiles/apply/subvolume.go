package apply

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
	"github.com/steward-init/steward/tmpfiles"
)

// subvolume makes a subvolume for v, q and Q, where there may be some. made is false where a directory is to be made
// instead.
func (a *Applier) subvolume(i *tmpfiles.Item, dir *os.File, base string) (made bool, err error) {
	kind := i.Kind == tmpfiles.Subvolume || i.Kind == tmpfiles.SubvolumeInherit || i.Kind == tmpfiles.SubvolumeQuota
	if !kind || !a.Subvolumes || !onBtrfs(dir) {
		return false, nil
	}
	above, err := openDir(int(dir.Fd()), ".") // a descriptor that only refers to it takes no requests
	if err != nil {
		return false, err
	}
	defer sys.Close(above)
	old := unix.Umask(int(^i.Mode.Bits & 0o777))
	defer unix.Umask(old)
	err = sys.MakeSubvolume(above, base)
	if errors.Is(err, unix.EEXIST) {
		return false, nil
	}
	return err == nil, err
}

func onBtrfs(dir *os.File) bool {
	var st unix.Statfs_t
	return unix.Fstatfs(int(dir.Fd()), &st) == nil && st.Type == unix.BTRFS_SUPER_MAGIC
}

// group puts a new subvolume into quota groups as q and Q say, tmpfiles.d(5).
func (a *Applier) group(i *tmpfiles.Item, dir *os.File, n *node) error {
	if i.Kind == tmpfiles.Subvolume {
		return nil
	}
	err := a.groups(i.Kind == tmpfiles.SubvolumeQuota, dir, n)
	switch {
	case errors.Is(err, unix.EROFS), errors.Is(err, unix.ENOTCONN):
		a.debug("Couldn't adjust quota for subvolume \"%s\": %s", a.show(n.path), Text(err))
		return nil
	case err != nil:
		return a.fail(err, "Failed to adjust quota for subvolume \"%s\": %s", a.show(n.path))
	}
	return nil
}

// A quota group's number has its level in front. Those at level 0 are of one subvolume each, and have its number.
const (
	levelShift = 48
	topLevel   = 255
)

// groups puts a new subvolume into the quota groups of the one that it is in; with own it gets a group of its own
// between them and it. Where quotas are off there are none, which is ENOTCONN.
func (a *Applier) groups(own bool, dir *os.File, n *node) error {
	above, err := openDir(int(dir.Fd()), ".")
	if err != nil {
		return err
	}
	defer sys.Close(above)
	here, err := openDir(n.fd(), ".")
	if err != nil {
		return err
	}
	defer sys.Close(here)
	parent, err := sys.SubvolumeID(above)
	if err != nil {
		return err
	}
	id, err := sys.SubvolumeID(here)
	if err != nil {
		return err
	}
	groups, err := sys.GroupsAbove(above, parent)
	if errors.Is(err, unix.ENOENT) {
		return unix.ENOTCONN
	}
	if err != nil {
		return err
	}
	member := id
	if own {
		if member, err = between(groups, id); err != nil {
			return err
		}
		if err := sys.CreateGroup(here, member); err != nil {
			return err
		}
		if err := sys.AssignGroup(here, id, member); err != nil {
			return err
		}
	}
	for _, g := range groups {
		if err := sys.AssignGroup(here, member, g); err != nil {
			return err
		}
	}
	return nil
}

// between is the number of a group for a subvolume, one level below the lowest of some groups; at the top if there are
// none. Where no level is left it is EBUSY.
func between(groups []uint64, id uint64) (uint64, error) {
	lowest := uint64(topLevel + 1)
	for _, g := range groups {
		lowest = min(lowest, g>>levelShift)
	}
	if lowest <= 1 {
		return 0, unix.EBUSY
	}
	return (lowest-1)<<levelShift | id, nil
}

// removeSubvolume removes a directory that is a subvolume at once, which works where it is read-only, too. One that has
// subvolumes in it must be emptied first. The quota groups that were made for it go with it.
func removeSubvolume(above int, base string) bool {
	fd, err := openDir(above, base)
	if err != nil {
		return false
	}
	defer sys.Close(fd)
	if is, err := sys.IsSubvolume(fd); !is || err != nil {
		return false
	}
	dir, err := openDir(above, ".")
	if err != nil {
		return false
	}
	defer sys.Close(dir)
	id, idErr := sys.SubvolumeID(fd)
	if sys.RemoveSubvolume(dir, base) != nil {
		return false
	}
	if idErr == nil {
		dropGroups(dir, id)
	}
	return true
}

// dropGroups takes the quota group of a subvolume that is gone out of others, and removes those that were its own. What
// does not work is left to who looks after quotas, as the subvolume is gone in any case.
func dropGroups(dir int, id uint64) {
	groups, err := sys.GroupsAbove(dir, id)
	if err != nil {
		return // quotas are off
	}
	for _, g := range groups {
		_ = sys.ReleaseGroup(dir, id, g) // best effort: see above
		if g&(1<<levelShift-1) != id {
			continue
		}
		above, _ := sys.GroupsAbove(dir, g) // best effort: see above
		for _, up := range above {
			_ = sys.ReleaseGroup(dir, g, up) // best effort: see above
		}
		_ = sys.RemoveGroup(dir, g) // best effort: see above
	}
}
