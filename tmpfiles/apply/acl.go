package apply

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/tmpfiles"
)

// The extended attributes that hold access control lists, acl(5), and their format's version.
const (
	accessACL  = "system.posix_acl_access"
	defaultACL = "system.posix_acl_default"
	aclVersion = 2
	aclNoID    = 0xFFFFFFFF
)

// acls sets the access control lists of an item.
func (a *Applier) acls(i *tmpfiles.Item, n *node) error {
	if a.dangerous(n) {
		return a.refuse(unix.EPERM, "Refusing to set ACLs on hardlinked file %s while the fs.protected_hardlinks sysctl is "+
			"turned off.", a.show(n.path))
	}
	if n.kind() == unix.S_IFLNK {
		a.debug("Skipping ACL fix for symlink %s.", a.show(n.path))
		return nil
	}
	var err error
	if len(i.ACL.Access) > 0 {
		if err = a.acl(i, n, accessACL, i.ACL.Access); err == nil {
			err = unix.Fstat(n.fd(), &n.st) // the mask is the mode's middle part now
		}
	}
	if err == nil && len(i.ACL.Default) > 0 && n.isDir() {
		err = a.acl(i, n, defaultACL, i.ACL.Default)
	}
	if notSupported(err) {
		a.debug("ACLs not supported by file system at %s", a.show(n.path))
		return nil
	}
	return err
}

// acl sets one list: the entries alone, or with "+" together with those that are there.
func (a *Applier) acl(i *tmpfiles.Item, n *node, name string, entries []tmpfiles.ACLEntry) error {
	list := slices.Clone(entries)
	if i.Plus {
		old, err := readACL(n, name)
		if err != nil {
			if notSupported(err) {
				return err
			}
			return a.fail(err, "ACL operation on \"%s\" failed: %s", a.show(n.path))
		}
		list = merge(old, entries)
	}
	// Without "+", the mask is made of what the line says, not of the group's bits that are added next.
	list = withBase(withMask(list), n.st.Mode)
	slices.SortStableFunc(list, func(a, b tmpfiles.ACLEntry) int {
		return cmp.Or(cmp.Compare(a.Tag, b.Tag), cmp.Compare(a.ID, b.ID))
	})
	kind := strings.TrimPrefix(name, "system.posix_acl_")
	a.debug("Setting %s ACL %s on %s.", kind, a.aclText(list), a.show(n.path))
	err := unix.Setxattr(n.proc(), name, encodeACL(list), 0)
	if err != nil && !notSupported(err) {
		return a.fail(err, "Setting %s ACL \"%s\" on %s failed: %s", kind, a.aclText(list), a.show(n.path))
	}
	return err
}

// merge puts entries into a list, in the place of those for the same ones.
func merge(list, entries []tmpfiles.ACLEntry) []tmpfiles.ACLEntry {
	for _, e := range entries {
		at := slices.IndexFunc(list, func(l tmpfiles.ACLEntry) bool { return l.Tag == e.Tag && l.ID == e.ID })
		if at >= 0 {
			list[at] = e
		} else {
			list = append(list, e)
		}
	}
	return list
}

func has(list []tmpfiles.ACLEntry, tag tmpfiles.ACLTag) bool {
	return slices.ContainsFunc(list, func(e tmpfiles.ACLEntry) bool { return e.Tag == tag })
}

// withMask adds the mask if named entries need one: all that anybody but the owner and others is given.
func withMask(list []tmpfiles.ACLEntry) []tmpfiles.ACLEntry {
	if has(list, tmpfiles.ACLMask) || !has(list, tmpfiles.ACLUser) && !has(list, tmpfiles.ACLGroup) {
		return list
	}
	var all uint16
	for _, e := range list {
		if e.Tag == tmpfiles.ACLUser || e.Tag == tmpfiles.ACLGroup || e.Tag == tmpfiles.ACLGroupOwner {
			all |= e.Permissions
		}
	}
	return append(list, tmpfiles.ACLEntry{Tag: tmpfiles.ACLMask, Permissions: all})
}

// withBase adds the three entries that every list has, from the mode.
func withBase(list []tmpfiles.ACLEntry, mode uint32) []tmpfiles.ACLEntry {
	for _, e := range []tmpfiles.ACLEntry{
		{Tag: tmpfiles.ACLUserOwner, Permissions: uint16(mode >> 6 & 7)},
		{Tag: tmpfiles.ACLGroupOwner, Permissions: uint16(mode >> 3 & 7)},
		{Tag: tmpfiles.ACLOther, Permissions: uint16(mode & 7)},
	} {
		if !has(list, e.Tag) {
			list = append(list, e)
		}
	}
	return list
}

// readACL reads a list. A file without one has that of its mode, a directory no default one.
func readACL(n *node, name string) ([]tmpfiles.ACLEntry, error) {
	data, err := getXattr(n.proc(), name)
	switch {
	case errors.Is(err, unix.ENODATA) && name == accessACL:
		return withBase(nil, n.st.Mode), nil
	case errors.Is(err, unix.ENODATA):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return decodeACL(data)
}

// header and entry are the sizes of the parts of an encoded list.
const header, entry = 4, 8

func encodeACL(list []tmpfiles.ACLEntry) []byte {
	b := binary.LittleEndian.AppendUint32(make([]byte, 0, header+entry*len(list)), aclVersion)
	for _, e := range list {
		id := e.ID
		if e.Tag != tmpfiles.ACLUser && e.Tag != tmpfiles.ACLGroup {
			id = aclNoID
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(e.Tag))
		b = binary.LittleEndian.AppendUint16(b, e.Permissions)
		b = binary.LittleEndian.AppendUint32(b, id)
	}
	return b
}

func decodeACL(b []byte) (list []tmpfiles.ACLEntry, err error) {
	if len(b) < header || (len(b)-header)%entry != 0 || binary.LittleEndian.Uint32(b) != aclVersion {
		return nil, unix.EINVAL
	}
	for b = b[header:]; len(b) > 0; b = b[entry:] {
		e := tmpfiles.ACLEntry{Tag: tmpfiles.ACLTag(binary.LittleEndian.Uint16(b)),
			Permissions: binary.LittleEndian.Uint16(b[2:]), ID: binary.LittleEndian.Uint32(b[4:])}
		if e.Tag != tmpfiles.ACLUser && e.Tag != tmpfiles.ACLGroup {
			e.ID = 0
		}
		list = append(list, e)
	}
	return list, nil
}

// aclText is a list in the short form of acl(5).
func (a *Applier) aclText(list []tmpfiles.ACLEntry) string {
	var b strings.Builder
	for i, e := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		name := ""
		switch e.Tag {
		case tmpfiles.ACLUser:
			name = a.UserName(e.ID)
		case tmpfiles.ACLGroup:
			name = a.GroupName(e.ID)
		}
		fmt.Fprintf(&b, "%c:%s:", aclLetter(e.Tag), name)
		for n, c := range []byte("rwx") {
			if e.Permissions&(4>>n) == 0 {
				c = '-'
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}

func aclLetter(tag tmpfiles.ACLTag) byte {
	switch tag {
	case tmpfiles.ACLUserOwner, tmpfiles.ACLUser:
		return 'u'
	case tmpfiles.ACLGroupOwner, tmpfiles.ACLGroup:
		return 'g'
	case tmpfiles.ACLMask:
		return 'm'
	}
	return 'o'
}
