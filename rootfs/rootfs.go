// Package rootfs is a directory that stands for "/": every path is resolved inside it, and nothing that lies in it,
// neither an absolute symlink nor "..", leads out of it.
//
// It exists because images and chroots are made by others, and their symlinks may be hostile: a path that is put
// together as text and given to the kernel is followed in the wrong root. Every call here goes by descriptors, so that
// a directory which somebody exchanges meanwhile does no harm either. It must not know what the files are.
package rootfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Root is an open directory. It may be used by several goroutines. Paths are slash-separated and mean the same with and
// without a slash in front. Errors are *fs.PathError with the path as it was given, or *os.LinkError.
type Root struct {
	dir  *os.File
	name string
	walk bool // the kernel can't resolve inside a root (before Linux 5.6, and gVisor): we walk
}

// Open opens a directory as a root; "" is "/".
func Open(name string) (*Root, error) {
	if name == "" {
		name = "/"
	}
	fd, err := openat(unix.AT_FDCWD, name, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &Root{dir: os.NewFile(uintptr(fd), name), name: name}, nil
}

// At is an open directory as a root. The directory stays the caller's.
func At(dir *os.File) (*Root, error) {
	fd, err := openat(int(dir.Fd()), ".", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: dir.Name(), Err: err}
	}
	return &Root{dir: os.NewFile(uintptr(fd), dir.Name()), name: dir.Name()}, nil
}

// Close closes the directory.
func (r *Root) Close() error { return r.dir.Close() }

// Name is the name that the root was opened by.
func (r *Root) Name() string { return r.name }

// Open opens a file with the flags and the mode of open(2). A symlink at the end is followed inside the root, unless
// flags has O_NOFOLLOW. O_CREAT makes files only. The descriptor is closed on exec.
func (r *Root) Open(name string, flags int, mode uint32) (*os.File, error) {
	fd, err := r.open(name, flags, mode)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

func (r *Root) open(name string, flags int, mode uint32) (int, error) {
	defer runtime.KeepAlive(r)
	if flags&unix.O_CREAT == 0 {
		mode = 0 // openat2 refuses it otherwise
	}
	if !r.walk {
		fd, err := r.resolve(name, flags, mode)
		if !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EPERM) {
			return fd, err
		}
	}
	return r.step(name, flags, mode)
}

// resolve lets the kernel do it. EAGAIN says that something was renamed meanwhile, too often; EPERM, that a filter of
// system calls which does not know this one may have refused it.
func (r *Root) resolve(name string, flags int, mode uint32) (int, error) {
	how := unix.OpenHow{Flags: uint64(flags) | unix.O_CLOEXEC, Mode: uint64(mode),
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	const tries = 16
	var err error
	for range tries {
		var fd int
		fd, err = unix.Openat2(int(r.dir.Fd()), inside(name), &how)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
	return -1, unix.EAGAIN
}

// inside is a path as the kernel resolves it at a directory: never empty.
func inside(name string) string {
	if name == "" {
		return "."
	}
	return name
}

// Parent opens the directory that a path's last component is in, following the symlinks on the way there, and returns
// it with that component, which may not exist. It can't be "." or "..", nor the root itself: that is EINVAL.
func (r *Root) Parent(name string) (dir *os.File, base string, err error) {
	fd, base, err := r.parent(name)
	if err != nil {
		return nil, "", &fs.PathError{Op: "open", Path: name, Err: err}
	}
	above, _ := split(name)
	return os.NewFile(uintptr(fd), above), base, nil
}

func (r *Root) parent(name string) (fd int, base string, err error) {
	above, base := split(name)
	if base == "" || base == "." || base == ".." {
		return -1, "", unix.EINVAL
	}
	fd, err = r.open(above, unix.O_PATH|unix.O_DIRECTORY, 0)
	return fd, base, err
}

// split takes the last component off a path.
func split(name string) (above, base string) {
	name = strings.TrimRight(name, "/")
	i := strings.LastIndexByte(name, '/')
	return name[:i+1], name[i+1:]
}

// at calls f with the directory and the name of a path's last component.
func (r *Root) at(op, name string, f func(dir int, base string) error) error {
	dir, base, err := r.parent(name)
	if err != nil {
		return &fs.PathError{Op: "open", Path: name, Err: err}
	}
	err = f(dir, base)
	unix.Close(dir)
	var bare unix.Errno
	if errors.As(err, &bare) {
		return &fs.PathError{Op: op, Path: name, Err: bare}
	}
	return err
}

// Stat describes what a path leads to, symlinks followed.
func (r *Root) Stat(name string) (unix.Stat_t, error) { return r.stat("stat", name, 0) }

// Lstat describes a path; a symlink at its end is described itself.
func (r *Root) Lstat(name string) (unix.Stat_t, error) { return r.stat("lstat", name, unix.O_NOFOLLOW) }

func (r *Root) stat(op, name string, flags int) (st unix.Stat_t, err error) {
	fd, err := r.open(name, unix.O_PATH|flags, 0)
	if err == nil {
		err = unix.Fstat(fd, &st)
		unix.Close(fd)
	}
	if err != nil {
		return st, &fs.PathError{Op: op, Path: name, Err: err}
	}
	return st, nil
}

// Readlink returns what a symlink says.
func (r *Root) Readlink(name string) (target string, err error) {
	err = r.at("readlink", name, func(dir int, base string) error {
		target, err = readlinkat(dir, base)
		return err
	})
	return target, err
}

// ReadFile reads a regular file of at most max bytes; a larger one is EFBIG, and anything but a file EINVAL. Nothing
// blocks.
func (r *Root) ReadFile(name string, max int64) ([]byte, error) {
	f, err := r.Open(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !st.Mode().IsRegular():
		return nil, &fs.PathError{Op: "read", Path: name, Err: unix.EINVAL}
	}
	data, err := io.ReadAll(io.LimitReader(f, max+1))
	if err == nil && int64(len(data)) > max {
		return nil, &fs.PathError{Op: "read", Path: name, Err: unix.EFBIG}
	}
	return data, err
}

// ReadDir lists a directory, sorted by name.
func (r *Root) ReadDir(name string) ([]fs.DirEntry, error) {
	fd, err := r.open(name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer unix.Close(fd)
	found, err := List(fd)
	if err != nil {
		err = &fs.PathError{Op: "readdirent", Path: name, Err: err}
	}
	slices.SortFunc(found, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	list := make([]fs.DirEntry, len(found))
	for i, e := range found {
		list[i] = entry{name: e.Name, kind: e.Kind}
	}
	return list, err
}

// entry is a name in a directory. Its Info is not to be had, as it would be looked for outside of the root.
type entry struct {
	name string
	kind fs.FileMode
}

func (e entry) Name() string               { return e.name }
func (e entry) IsDir() bool                { return e.kind.IsDir() }
func (e entry) Type() fs.FileMode          { return e.kind }
func (e entry) Info() (fs.FileInfo, error) { return nil, errors.ErrUnsupported }

// Kind is the type in a file's status, as the type bits of a fs.FileMode.
func Kind(st *unix.Stat_t) fs.FileMode {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return 0
	case unix.S_IFDIR:
		return fs.ModeDir
	case unix.S_IFLNK:
		return fs.ModeSymlink
	case unix.S_IFIFO:
		return fs.ModeNamedPipe
	case unix.S_IFSOCK:
		return fs.ModeSocket
	case unix.S_IFCHR:
		return fs.ModeDevice | fs.ModeCharDevice
	case unix.S_IFBLK:
		return fs.ModeDevice
	}
	return fs.ModeIrregular
}

// Resolve returns where a path leads inside the root, as an absolute path without symlinks. What does not exist yet is
// kept as it is at the end, so that the result can be compared and shown; to open it, use the path itself.
func (r *Root) Resolve(name string) (string, error) {
	w := walker{root: int(r.dir.Fd())}
	defer runtime.KeepAlive(r)
	defer w.close()
	if err := w.follow(name, true); err != nil && !errors.Is(err, unix.ENOENT) {
		return "", &fs.PathError{Op: "resolve", Path: name, Err: err}
	}
	return path.Join("/", path.Join(w.names...), path.Join(w.left...)), nil
}
