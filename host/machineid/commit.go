package machineid

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/syntax/id128"
)

// The steps of Commit that can fail, each with its error behind it.
var (
	ErrNoMount      = errors.New("can't be told to be a mount point")
	ErrNotTemporary = errors.New("is not on a temporary file system")
	ErrNoID         = errors.New("has no valid machine ID")
	ErrNotWritten   = errors.New("can't be written")
)

// Commit writes a transient identifier to the file that it is mounted over, and removes the mount; at every moment
// there is a valid file. Where nothing is mounted there is nothing to do. The file below is reached by a copy of its
// mount, in which the one above it is missing.
func Commit(root *rootfs.Root) error {
	file, above, name, err := open(root)
	if err != nil {
		return errors.Join(ErrNoMount, err)
	}
	defer above.Close()
	defer file.Close()
	mounted, err := isMounted(file, above)
	if err != nil || !mounted {
		return joined(ErrNoMount, err)
	}
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(file.Fd()), &st); err != nil {
		return err
	}
	if st.Type != unix.TMPFS_MAGIC && st.Type != unix.RAMFS_MAGIC {
		return ErrNotTemporary
	}
	id, err := readFrom(file)
	if err != nil {
		return errors.Join(ErrNoID, err)
	}
	if err := writeBelow(above, name, id); err != nil {
		return errors.Join(ErrNotWritten, err)
	}
	if err := unix.Unmount(descriptor(file), unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount %s: %w", Path, err)
	}
	return nil
}

// joined is both errors, if there is a cause.
func joined(what, cause error) error {
	if cause == nil {
		return nil
	}
	return errors.Join(what, cause)
}

// open opens the file and its directory, in which it has a name. What is mounted is mounted where the path leads to.
func open(root *rootfs.Root) (file, above *os.File, name string, err error) {
	place, err := root.Resolve(Path)
	if err != nil {
		return nil, nil, "", err
	}
	if file, err = root.Open(place, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0); err != nil {
		return nil, nil, "", err
	}
	if above, name, err = root.Parent(place); err != nil {
		_ = file.Close() // best effort: it was only read
		return nil, nil, "", err
	}
	return file, above, name, nil
}

// isMounted says whether a file is in another mount than its directory.
func isMounted(file, above *os.File) (bool, error) {
	var a, b unix.Statx_t
	for into, f := range map[*unix.Statx_t]*os.File{&a: file, &b: above} {
		if err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, into); err != nil {
			return false, err
		}
	}
	return a.Mnt_id != b.Mnt_id, nil
}

// writeBelow writes the file of this name in a directory that something is mounted over.
func writeBelow(above *os.File, base string, id id128.ID) error {
	tree, err := unix.OpenTree(int(above.Fd()), "", unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(tree)
	fd, err := unix.Openat(tree, base, unix.O_RDWR|unix.O_CREAT|unix.O_NOFOLLOW|unix.O_NOCTTY|unix.O_CLOEXEC, readable)
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(fd), base)
	defer file.Close()
	return write(file, id)
}
