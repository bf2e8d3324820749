package sys

import (
	"fmt"

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
