package rootfs

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLinks bounds the symlinks on one path, as the kernel does.
const maxLinks = 40

// walker goes along a path by itself, component by component, where the kernel can't. It holds a descriptor of every
// directory between the root and where it is, so that ".." never asks the file system.
type walker struct {
	root  int
	dirs  []int    // below the root
	names []string // of dirs, and of the last component if that was reached and is no directory
	left  []string // components still to go
	links int
	trust *trust // says which steps not to take; nil takes all
}

func (w *walker) close() {
	for _, fd := range w.dirs {
		unix.Close(fd)
	}
	w.dirs = nil
}

// here is the directory that the walker is in.
func (w *walker) here() int {
	if n := len(w.dirs); n > 0 {
		return w.dirs[n-1]
	}
	return w.root
}

// follow walks to the end of a path. last says whether to follow a symlink in the last component. It ends in a
// directory with nothing left, or with the last component left if that is no directory or does not exist.
func (w *walker) follow(name string, last bool) error {
	w.left = components(name)
	for len(w.left) > 0 {
		done, err := w.next(last)
		if done || err != nil {
			return err
		}
	}
	return nil
}

// components are the parts of a path, but those that mean nothing.
func components(name string) (parts []string) {
	for part := range strings.SplitSeq(name, "/") {
		if part != "" && part != "." {
			parts = append(parts, part)
		}
	}
	return parts
}

// next takes one component. It is done where that is the last one and no directory.
func (w *walker) next(last bool) (done bool, err error) {
	part := w.left[0]
	if part == ".." {
		w.up()
		w.left = w.left[1:]
		return false, w.arrived(part)
	}
	fd, err := openat(w.here(), part, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return true, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return true, err
	}
	if err := w.trust.step(w, part, &st); err != nil {
		unix.Close(fd)
		return true, err
	}
	switch {
	case st.Mode&unix.S_IFMT == unix.S_IFDIR:
		w.dirs, w.names, w.left = append(w.dirs, fd), append(w.names, part), w.left[1:]
		return false, nil
	case st.Mode&unix.S_IFMT != unix.S_IFLNK:
		unix.Close(fd)
		if len(w.left) > 1 {
			return true, unix.ENOTDIR
		}
		return true, nil
	case len(w.left) == 1 && !last:
		unix.Close(fd)
		return true, nil
	}
	target, err := readlinkat(fd, "")
	unix.Close(fd)
	if err != nil {
		return true, err
	}
	return false, w.link(target)
}

// arrived judges the step that led here.
func (w *walker) arrived(part string) error {
	if w.trust == nil {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(w.here(), &st); err != nil {
		return err
	}
	return w.trust.step(w, part, &st)
}

// link goes on at what a symlink says.
func (w *walker) link(target string) error {
	if w.links++; w.links > maxLinks {
		return unix.ELOOP
	}
	if strings.HasPrefix(target, "/") {
		for len(w.dirs) > 0 {
			w.up()
		}
		if err := w.arrived("/"); err != nil {
			return err
		}
	}
	w.left = append(components(target), w.left[1:]...)
	return nil
}

// up goes to the directory above; that of the root is the root.
func (w *walker) up() {
	if n := len(w.dirs); n > 0 {
		unix.Close(w.dirs[n-1])
		w.dirs, w.names = w.dirs[:n-1], w.names[:n-1]
	}
}

// step opens a path by walking.
func (r *Root) step(name string, flags int, mode uint32) (int, error) {
	w := walker{root: int(r.dir.Fd())}
	defer w.close()
	slash := strings.HasSuffix(name, "/")
	err := w.follow(name, slash || flags&unix.O_NOFOLLOW == 0)
	missing := errors.Is(err, unix.ENOENT) && len(w.left) == 1 && flags&unix.O_CREAT != 0
	switch {
	case err != nil && !missing:
		return -1, err
	case len(w.left) == 0:
		return openat(w.here(), ".", flags&^unix.O_NOFOLLOW, mode)
	case slash && !missing:
		return -1, unix.ENOTDIR
	case slash:
		return -1, unix.EISDIR
	}
	// Who exchanges the file for a symlink now gets ELOOP.
	return openat(w.here(), w.left[0], flags|unix.O_NOFOLLOW, mode)
}

// openat is openat(2), tried again after a signal.
func openat(dir int, name string, flags int, mode uint32) (int, error) {
	for {
		fd, err := unix.Openat(dir, name, flags|unix.O_CLOEXEC, mode)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}

// readlinkat returns what a symlink says; an empty name stands for dir itself.
func readlinkat(dir int, name string) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(dir, name, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}
