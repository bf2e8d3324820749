package apply

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/tmpfiles"
)

// xattrs sets the extended attributes of an item.
func (a *Applier) xattrs(i *tmpfiles.Item, n *node) error {
	var first error
	for _, x := range i.Xattrs {
		a.debug("Setting extended attribute '%s=%s' on %s.", x.Name, x.Value, a.show(n.path))
		if err := unix.Setxattr(n.proc(), x.Name, []byte(x.Value), 0); err != nil {
			keep(&first, a.fail(err, "Setting extended attribute %s=%s on %s failed: %s", x.Name, x.Value, a.show(n.path)))
		}
	}
	return first
}

// getXattr reads an extended attribute of the file that a path leads to.
func getXattr(path, name string) ([]byte, error) {
	const usual = 1024
	buf := make([]byte, usual)
	for {
		n, err := unix.Getxattr(path, name, buf)
		if err == nil {
			return buf[:n], nil
		}
		if !errors.Is(err, unix.ERANGE) || len(buf) > 1<<16 {
			return nil, err
		}
		buf = make([]byte, 1<<17)
	}
}

// xattrNames lists the extended attributes of the file that a path leads to; none where there can be none.
func xattrNames(path string) []string {
	size, err := unix.Listxattr(path, nil)
	if err != nil || size == 0 {
		return nil
	}
	buf := make([]byte, size)
	size, err = unix.Listxattr(path, buf)
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimRight(string(buf[:size]), "\x00"), "\x00")
}

// attributes sets the file attributes of an item.
func (a *Applier) attributes(i *tmpfiles.Item, n *node) error {
	if n.kind() != unix.S_IFREG && !n.isDir() {
		return a.refuse(unix.EINVAL, "Setting file flags is only supported on regular files and directories, cannot set on"+
			" '%s'.", a.show(n.path))
	}
	fd, err := unix.Open(n.proc(), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return a.fail(err, "Failed to re-open '%s': %s", a.show(n.path))
	}
	defer unix.Close(fd)
	value, mask := i.Attributes.Value, i.Attributes.Mask
	const onlyDirectories = 0x10000 // D, synchronous directories
	if !n.isDir() {
		value &^= onlyDirectories
	}
	old, err := unix.IoctlGetUint32(fd, unix.FS_IOC_GETFLAGS)
	if err == nil {
		want := old&^mask | value&mask
		if want == old {
			return nil
		}
		err = unix.IoctlSetPointerInt(fd, unix.FS_IOC_SETFLAGS, int(want))
		if errors.Is(err, unix.EINVAL) {
			return a.bitwise(n, fd, old, want)
		}
	}
	a.notSet(n, value, mask, err)
	return nil
}

// notSet tells that attributes can't be set, aloud if they should have been possible here.
func (a *Applier) notSet(n *node, value, mask uint32, err error) {
	if err == nil {
		return
	}
	level := tmpfiles.Warning
	if notSupported(err) {
		level = tmpfiles.Debug
	}
	a.log(level, "Cannot set file attributes for '%s', value=0x%08x, mask=0x%08x, ignoring: %s", a.show(n.path), value,
		mask, Text(err))
}

// bitwise changes attributes one by one, where the file system does not know all of them.
func (a *Applier) bitwise(n *node, fd int, old, want uint32) error {
	current := old
	for bit := uint32(1); bit != 0; bit <<= 1 {
		if (old^want)&bit == 0 {
			continue
		}
		if unix.IoctlSetPointerInt(fd, unix.FS_IOC_SETFLAGS, int(current^bit)) == nil {
			current ^= bit
		}
	}
	if now, err := unix.IoctlGetUint32(fd, unix.FS_IOC_GETFLAGS); err == nil {
		current = now
	}
	if current != want {
		a.log(tmpfiles.Warning, "Cannot set file attributes for '%s', maybe due to incompatibility in specified attributes, "+
			"previous=0x%08x, current=0x%08x, expected=0x%08x, ignoring.", a.show(n.path), old, current, want)
	}
	return nil
}

// notSupported says whether an error means that a file system or kernel can't do something at all.
func notSupported(err error) bool {
	for _, e := range []unix.Errno{unix.EOPNOTSUPP, unix.ENOTTY, unix.ENOSYS, unix.EAFNOSUPPORT, unix.EPFNOSUPPORT,
		unix.EPROTONOSUPPORT, unix.ESOCKTNOSUPPORT} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
