// Package files is the file system of this machine, or of a directory that holds another one's, for reading.
//
// It exists so that load and install, which are functions of what they are given, can be given the real thing. It must
// not know what a unit file is. Nothing here follows a symlink in the last component, and nothing blocks: a FIFO or a
// device in the place of a file is refused.
package files

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/rootfs"
)

// Root is a load.Files whose "/" is a directory; "" stands for the real root.
type Root string

// Lstat describes a path, without following a symlink at its end.
func (r Root) Lstat(path string) (load.Stat, error) {
	var st unix.Stat_t
	if err := ignoreEINTR(func() error { return unix.Lstat(string(r)+path, &st) }); err != nil {
		return load.Stat{}, &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	return stat(&st), nil
}

func stat(st *unix.Stat_t) load.Stat {
	s := load.Stat{Device: st.Dev, Inode: st.Ino, Size: st.Size, Modified: micros(st.Mtim), Changed: micros(st.Ctim)}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		s.Kind = load.Regular
	case unix.S_IFDIR:
		s.Kind = load.Directory
	case unix.S_IFLNK:
		s.Kind = load.Symlink
	case unix.S_IFCHR, unix.S_IFBLK:
		s.Kind = load.Null
	default:
		s.Kind = load.Special
	}
	return s
}

func micros(t unix.Timespec) int64 { return t.Nano() / 1000 }

// Readlink returns what a symlink says.
func (r Root) Readlink(path string) (string, error) {
	target, err := os.Readlink(string(r) + path)
	return target, r.strip(path, err)
}

// strip gives an error the path that the caller knows.
func (r Root) strip(path string, err error) error {
	if e, ok := err.(*fs.PathError); ok {
		return &fs.PathError{Op: e.Op, Path: path, Err: e.Err}
	}
	return err
}

// ReadDir lists a directory in the order of the file system.
func (r Root) ReadDir(path string) ([]load.Entry, error) {
	fd, err := open(string(r)+path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	return list(fd, path)
}

// list lists an open directory.
func list(fd int, path string) ([]load.Entry, error) {
	found, err := rootfs.List(fd)
	if err != nil {
		err = &fs.PathError{Op: "readdirent", Path: path, Err: err}
	}
	entries := make([]load.Entry, len(found))
	for i, e := range found {
		entries[i] = load.Entry{Name: e.Name, Kind: kind(e.Kind)}
	}
	return entries, err
}

func open(path string, flags int) (fd int, err error) {
	err = ignoreEINTR(func() (err error) {
		fd, err = unix.Open(path, flags|unix.O_CLOEXEC, 0)
		return err
	})
	return fd, err
}

func kind(mode fs.FileMode) load.Kind {
	switch {
	case mode.IsRegular():
		return load.Regular
	case mode.IsDir():
		return load.Directory
	case mode&fs.ModeSymlink != 0:
		return load.Symlink
	case mode&fs.ModeDevice != 0:
		return load.Null
	}
	return load.Special
}

// ReadFile reads a regular file of at most max bytes.
func (r Root) ReadFile(path string, max int64) ([]byte, load.Stat, error) {
	fd, err := open(string(r)+path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY)
	if err != nil {
		return nil, load.Stat{}, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	return readRegular(fd, path, max)
}

// readRegular reads what was opened if it is a regular file of at most max bytes.
func readRegular(fd int, path string, max int64) ([]byte, load.Stat, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, load.Stat{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	s := stat(&st)
	switch {
	case s.Kind != load.Regular:
		return nil, s, fmt.Errorf("%s: not a regular file", path)
	case s.Size > max:
		return nil, s, fmt.Errorf("%s: file of %d bytes is larger than the limit of %d", path, s.Size, max)
	}
	data, err := readAll(fd, s.Size, max)
	if err != nil {
		return nil, s, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return data, s, nil
}

// readAll reads a file whose size is only a hint: those of /proc have none, and others may grow meanwhile.
func readAll(fd int, size, max int64) ([]byte, error) {
	data := make([]byte, 0, size+1)
	for {
		n, err := unix.Read(fd, data[len(data):cap(data)])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, err
		case n == 0:
			return data, nil
		}
		data = data[:len(data)+n]
		if int64(len(data)) > max {
			return nil, io.ErrShortBuffer
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
}

func ignoreEINTR(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}
