package apply

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// list reads the names in a directory, sorted.
func list(n *node) ([]string, error) {
	fd, err := openDir(n.fd(), ".")
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), n.path)
	defer f.Close()
	return namesIn(f)
}

// namesIn reads the names in a directory that is open for reading, sorted.
func namesIn(f *os.File) ([]string, error) {
	names, err := f.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

// openDir opens a directory for reading, without changing when it was last read if that is allowed.
func openDir(dir int, name string) (int, error) {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(dir, name, flags|unix.O_NOATIME, 0)
	if err == unix.EPERM {
		fd, err = unix.Openat(dir, name, flags, 0)
	}
	return fd, err
}
