package apply

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
	"github.com/steward-init/steward/tmpfiles"
)

// linksSysctl remembers whether hard links of other people's files can be made.
type linksSysctl struct{ known, dangerous bool }

// dangerous says whether a file has other names that anybody could have made, of whatever file.
func (a *Applier) dangerous(n *node) bool {
	if n.isDir() || n.st.Nlink < 2 {
		return false
	}
	if !a.links.known {
		text, err := sys.ReadFile("/proc/sys/fs/protected_hardlinks", 64)
		a.links = linksSysctl{true, err != nil || strings.TrimSpace(string(text)) == "0"}
	}
	return a.links.dangerous
}

// perms gives a file the mode and the owners of an item. existed says that the item did not make it.
func (a *Applier) perms(i *tmpfiles.Item, n *node, existed bool) error {
	if !i.Mode.Set && !i.User.Set && !i.Group.Set {
		return nil
	}
	if a.dangerous(n) {
		return a.refuse(unix.EPERM, "Refusing to set permissions on hardlinked file %s while the fs.protected_hardlinks "+
			"sysctl is turned off.", a.show(n.path))
	}
	uid, gid, mode := n.st.Uid, n.st.Gid, n.st.Mode&0o7777
	if i.User.Set && !(existed && i.User.OnlyCreate) {
		uid = i.User.ID
	}
	if i.Group.Set && !(existed && i.Group.OnlyCreate) {
		gid = i.Group.ID
	}
	if i.Mode.Set && !(existed && i.Mode.OnlyCreate) {
		if mode = i.Mode.Bits; i.Mode.Masked {
			mode = masked(mode, n.st.Mode)
		}
	}
	link := n.kind() == unix.S_IFLNK // has no mode of its own
	chown := uid != n.st.Uid || gid != n.st.Gid
	chmod := !link && mode != n.st.Mode&0o7777
	if chown && chmod {
		// Nobody may do meanwhile what neither the old nor the new mode allows.
		if less := mode & n.st.Mode & 0o7777; less != n.st.Mode&0o7777 {
			a.debug("Temporarily changing \"%s\" to mode %o.", a.show(n.path), less)
			if err := unix.Chmod(n.proc(), less); err != nil {
				return a.fail(err, "fchmod() of %s failed: %s", a.show(n.path))
			}
		}
	}
	if chown {
		a.debug("Changing \"%s\" to owner %d:%d", a.show(n.path), uid, gid)
		if err := unix.Fchownat(n.fd(), "", int(uid), int(gid), unix.AT_EMPTY_PATH); err != nil {
			return a.fail(err, "fchownat() of %s failed: %s", a.show(n.path))
		}
	}
	// A change of owners takes bits off the mode.
	if chmod || chown && !link {
		a.debug("Changing \"%s\" to mode %o.", a.show(n.path), mode)
		if err := unix.Chmod(n.proc(), mode); err != nil {
			return a.fail(err, "fchmod() of %s failed: %s", a.show(n.path))
		}
	}
	return nil
}

// masked takes off a mode what nobody is allowed to do with a file so far.
func masked(mode, current uint32) uint32 {
	for _, bits := range []uint32{0o111, 0o222, 0o444} {
		if current&bits == 0 {
			mode &^= bits
		}
	}
	if current&unix.S_IFMT != unix.S_IFDIR {
		mode &= 0o777
	}
	return mode
}
