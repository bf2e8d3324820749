package apply

import (
	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/tmpfiles"
)

// maxDepth bounds how deep a tree is gone through: each level holds a descriptor.
const maxDepth = 512

// adjust does the lines that change what is there: z, Z, m, t, T, h, H, a and A.
func (a *Applier) adjust(i *tmpfiles.Item) error {
	var change func(i *tmpfiles.Item, n *node) error
	switch i.Kind {
	case tmpfiles.Adjust, tmpfiles.AdjustAll, tmpfiles.AdjustOld:
		change = func(i *tmpfiles.Item, n *node) error { return a.perms(i, n, true) }
	case tmpfiles.Xattr, tmpfiles.XattrAll:
		change = a.xattrs
	case tmpfiles.Attribute, tmpfiles.AttributeAll:
		change = a.attributes
	case tmpfiles.ACL, tmpfiles.ACLAll:
		change = a.acls
	default:
		return nil
	}
	deep := i.Kind == tmpfiles.AdjustAll || i.Kind == tmpfiles.XattrAll || i.Kind == tmpfiles.AttributeAll ||
		i.Kind == tmpfiles.ACLAll
	return a.matches(i, func(p string) error {
		n, err := a.open(p)
		if n == nil {
			return err
		}
		defer n.close()
		if !deep {
			return change(i, n)
		}
		return a.deep(i, n, change, maxDepth)
	})
}

// deep changes a file, and if it is a directory what is in it. It goes on after errors.
func (a *Applier) deep(i *tmpfiles.Item, n *node, change func(*tmpfiles.Item, *node) error, depth int) error {
	first := change(i, n)
	if !n.isDir() {
		return first
	}
	if depth == 0 {
		keep(&first, a.fail(unix.ELOOP, "Failed to opendir() '%s': %s", a.show(n.path)))
		return first
	}
	names, err := list(n)
	if err != nil {
		keep(&first, a.fail(err, "Failed to opendir() '%s': %s", a.show(n.path)))
		return first
	}
	for _, name := range names {
		below, err := openIn(n.file, name, n.path+"/"+name)
		if err == unix.ENOENT {
			continue
		}
		if err != nil {
			keep(&first, a.fail(err, "Failed to open file '%s': %s", a.show(n.path+"/"+name)))
			continue
		}
		keep(&first, a.deep(i, below, change, depth-1))
		below.close()
	}
	return first
}
