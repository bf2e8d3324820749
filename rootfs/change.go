package rootfs

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Mkdir makes one directory.
func (r *Root) Mkdir(name string, mode uint32) error {
	return r.at("mkdir", name, func(dir int, base string) error { return unix.Mkdirat(dir, base, mode) })
}

// MkdirAll makes a directory and those above it that are missing. A symlink to a directory inside the root will do; one
// that leads nowhere is ENOENT.
func (r *Root) MkdirAll(name string, mode uint32) error {
	if err := r.isDir(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above, base := split(name)
	if base == "." || base == ".." || base == "" {
		return &fs.PathError{Op: "mkdir", Path: name, Err: unix.ENOENT}
	}
	if err := r.MkdirAll(above, mode); err != nil {
		return err
	}
	err := r.Mkdir(name, mode)
	if errors.Is(err, fs.ErrExist) { // somebody was faster, or a symlink leads nowhere
		return r.isDir(name)
	}
	return err
}

func (r *Root) isDir(name string) error {
	fd, err := r.open(name, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return &fs.PathError{Op: "mkdir", Path: name, Err: err}
	}
	return unix.Close(fd)
}

// Symlink makes a symlink that says target. What is there already stays: fs.ErrExist.
func (r *Root) Symlink(target, name string) error {
	return r.at("symlink", name, func(dir int, base string) error { return unix.Symlinkat(target, dir, base) })
}

// Relink makes a symlink that says target, in the place of a file or symlink that is there, at once: nobody sees
// neither of both.
func (r *Root) Relink(target, name string) error {
	return r.at("symlink", name, func(dir int, base string) error {
		temp := temporary(base)
		if err := unix.Symlinkat(target, dir, temp); err != nil {
			return err
		}
		err := unix.Renameat(dir, temp, dir, base)
		if err != nil {
			_ = unix.Unlinkat(dir, temp, 0) // best effort: the error to tell is the rename's
		}
		return err
	})
}

// maxBase is the longest name in a directory.
const maxBase = 255

// temporary is a name beside a file that nobody else uses. It begins with a dot, by which readers of configuration
// directories pass over it.
func temporary(base string) string {
	mark := rand.Text()[:16]
	return "." + base[:min(len(base), maxBase-len(mark)-2)] + "." + mark
}

// WriteFile writes a regular file at once: readers see the old one or the whole new one, also after a crash. mode is
// not subject to the umask. A symlink in the file's place is replaced.
func (r *Root) WriteFile(name string, data []byte, mode uint32) error {
	return r.at("write", name, func(dir int, base string) error {
		temp := temporary(base)
		fd, err := openat(dir, temp, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW, mode&0o777)
		if err != nil {
			return err
		}
		f := os.NewFile(uintptr(fd), name)
		_, err = f.Write(data)
		err = errors.Join(err, unix.Fchmod(fd, mode))
		err = errors.Join(err, f.Sync(), f.Close())
		if err == nil {
			err = unix.Renameat(dir, temp, dir, base)
		}
		if err != nil {
			_ = unix.Unlinkat(dir, temp, 0) // best effort: the error to tell is the one above
		}
		return err
	})
}

// Rename moves a file over another one, both inside the root.
func (r *Root) Rename(from, to string) error {
	source, a, err := r.Parent(from)
	if err != nil {
		return err
	}
	defer source.Close()
	return r.at("rename", to, func(dir int, b string) error { return unix.Renameat(int(source.Fd()), a, dir, b) })
}

// Remove removes a file, a symlink or an empty directory.
func (r *Root) Remove(name string) error {
	return r.at("remove", name, func(dir int, base string) error {
		err := unix.Unlinkat(dir, base, 0)
		if errors.Is(err, unix.EISDIR) || errors.Is(err, unix.EPERM) {
			if again := unix.Unlinkat(dir, base, unix.AT_REMOVEDIR); !errors.Is(again, unix.ENOTDIR) {
				return again
			}
		}
		return err
	})
}

// maxDepth bounds how deep RemoveAll descends: each level holds a descriptor.
const maxDepth = 512

// RemoveAll removes a file or a directory with everything in it. No symlink is followed, and it does not go into what
// is mounted: a mount point is EBUSY, and a directory with one in it ENOTEMPTY. What is not there is no error.
func (r *Root) RemoveAll(name string) error { return r.RemoveAllBy(name, nil) }

// RemoveAllBy is RemoveAll for file systems that can remove some directories at once. whole, if it is not nil, is asked
// to do so with each directory, by the one above it, and says whether it has; if not, again when that is empty.
func (r *Root) RemoveAllBy(name string, whole func(above int, base string) bool) error {
	err := r.at("remove", name, func(dir int, base string) error {
		err := remover{whole}.all(dir, base, maxDepth)
		if errors.Is(err, errMounted) {
			return unix.EBUSY
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// errMounted says that a directory is a mount point.
var errMounted = errors.New("mount point")

// remover removes trees.
type remover struct {
	whole func(above int, base string) bool
}

func (r remover) all(dir int, base string, depth int) error {
	err := unix.Unlinkat(dir, base, 0)
	if !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EPERM) {
		return err
	}
	fd, opened := openat(dir, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if errors.Is(opened, unix.ENOTDIR) {
		return err // a file that can't be removed
	}
	if opened != nil {
		return opened
	}
	f := os.NewFile(uintptr(fd), base)
	defer f.Close()
	switch is, err := mounted(dir, fd); {
	case err != nil:
		return err
	case is:
		return errMounted
	case r.whole != nil && r.whole(dir, base):
		return nil
	case depth == 0:
		return unix.ELOOP
	}
	if err := r.in(f, depth-1); err != nil {
		return err
	}
	if r.whole != nil && r.whole(dir, base) {
		return nil
	}
	return unix.Unlinkat(dir, base, unix.AT_REMOVEDIR)
}

// mounted says whether a directory is a mount point, also of the file system that it is in (a bind mount). Before Linux
// 5.8 only those of other file systems are seen.
func mounted(above, dir int) (bool, error) {
	var a, st unix.Statx_t
	err := unix.Statx(dir, "", unix.AT_EMPTY_PATH, unix.STATX_TYPE, &st)
	if err == nil && st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT == 0 {
		err = unix.Statx(above, "", unix.AT_EMPTY_PATH, unix.STATX_TYPE, &a)
		return a.Dev_major != st.Dev_major || a.Dev_minor != st.Dev_minor, err
	}
	return st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0, err
}

// in empties a directory but for mount points. It goes on after an error and returns the first.
func (r remover) in(f *os.File, depth int) (first error) {
	names, err := f.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		err := r.all(int(f.Fd()), name, depth)
		if first == nil && err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, errMounted) {
			first = err
		}
	}
	return first
}
