package sys

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Mount mounts a file system, mount(2).
func Mount(source, target, kind string, flags uintptr, options string) error {
	if err := unix.Mount(source, target, kind, flags, options); err != nil {
		return fmt.Errorf("mount %s: %w", target, err)
	}
	return nil
}

// Unmount unmounts one, umount2(2).
func Unmount(target string, flags int) error {
	if err := unix.Unmount(target, flags); err != nil {
		return fmt.Errorf("umount %s: %w", target, err)
	}
	return nil
}

// DetachedMount mounts a file system on nothing yet, and returns a descriptor of its root directory, which goes away
// with it if it is never attached: fsopen(2), Linux 5.2. Device nodes in it don't work. What the kernel has to say of a
// failure is in the error.
func DetachedMount(kind, source string, readOnly bool, options map[string]string) (int, error) {
	fs, err := unix.Fsopen(kind, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("fsopen %s: %w", kind, err)
	}
	defer Close(fs)
	attributes := unix.MOUNT_ATTR_NODEV
	err = unix.FsconfigSetString(fs, "source", source)
	if readOnly && err == nil {
		attributes |= unix.MOUNT_ATTR_RDONLY
		err = unix.FsconfigSetFlag(fs, "ro")
	}
	for name, value := range options {
		switch {
		case err != nil:
		case value == "":
			err = unix.FsconfigSetFlag(fs, name)
		default:
			err = unix.FsconfigSetString(fs, name, value)
		}
	}
	if err == nil {
		err = unix.FsconfigCreate(fs)
	}
	fd := -1
	if err == nil {
		fd, err = unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, attributes)
	}
	if err != nil {
		return -1, fmt.Errorf("mount %s%s: %w", kind, complaint(fs), err)
	}
	return fd, nil
}

// complaint is the last error that the kernel logged about a file system that is to be mounted, in parentheses; "" if
// there is none.
func complaint(fs int) (text string) {
	b := make([]byte, 4096)
	for {
		n, err := unix.Read(fs, b)
		if err != nil || n <= 0 {
			return text
		}
		if line, ok := strings.CutPrefix(string(b[:n]), "e "); ok {
			text = " (" + strings.TrimSpace(line) + ")"
		}
	}
}

// AttachMount puts what DetachedMount returned on a directory of the calling thread's mount namespace: that of a path
// below dir, or dir itself where the path is empty.
func AttachMount(mount, dir int, path string) error {
	const flags = unix.MOVE_MOUNT_F_EMPTY_PATH | unix.MOVE_MOUNT_T_EMPTY_PATH | unix.MOVE_MOUNT_T_SYMLINKS
	if err := unix.MoveMount(mount, "", dir, path, flags); err != nil {
		return fmt.Errorf("move_mount: %w", err)
	}
	return nil
}

// PrivateMounts gives the calling thread, which must be locked to its goroutine, a mount namespace of its own: nothing
// that it mounts is seen by others, and it is all gone with the thread.
func PrivateMounts() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	return Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, "")
}

// SyncFileSystem writes the file system that a descriptor is in to its disk, syncfs(2). From Linux 5.8 on it also tells
// of what could not be written before.
func SyncFileSystem(fd int) error {
	if err := unix.Syncfs(fd); err != nil {
		return fmt.Errorf("syncfs: %w", err)
	}
	return nil
}
