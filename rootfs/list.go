package rootfs

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"
)

// Entry is a name in a directory, and the type bits of what it names.
type Entry struct {
	Name string
	Kind fs.FileMode
}

// listSize is how many bytes of a directory are asked for at a time; there a thousand names take two calls.
const listSize = 32 << 10

// The layout of what getdents64(2) fills in: inode, offset, length of the entry, type, name.
const (
	direntLength = 16
	direntType   = 18
	direntName   = 19
)

// List lists an open directory in its own order, without "." and "..". Package os makes an object for each name, and
// asks by path where a file system does not tell types.
func List(fd int) ([]Entry, error) {
	var list []Entry
	buffer := make([]byte, listSize)
	for {
		n, err := unix.Getdents(fd, buffer)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return list, err
		case n <= 0:
			return list, nil
		}
		if list, err = appendEntries(list, fd, string(buffer[:n])); err != nil {
			return list, err
		}
	}
}

// appendEntries reads what the kernel filled in; the names share its memory.
func appendEntries(list []Entry, fd int, text string) ([]Entry, error) {
	for len(text) > direntName {
		length := int(binary.NativeEndian.Uint16([]byte(text[direntLength : direntLength+2])))
		if length <= direntName || length > len(text) {
			return list, unix.EIO // the kernel never says so
		}
		name, _, _ := strings.Cut(text[direntName:length], "\x00")
		kind := text[direntType]
		text = text[length:]
		if name == "." || name == ".." {
			continue
		}
		e := Entry{Name: name, Kind: kindOf(kind)}
		if kind == unix.DT_UNKNOWN {
			var st unix.Stat_t
			err := unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
			if errors.Is(err, unix.ENOENT) {
				continue // removed meanwhile
			}
			if err != nil {
				return list, err
			}
			e.Kind = Kind(&st)
		}
		list = append(list, e)
	}
	return list, nil
}

// kindOf is the type of an entry, as the type bits of a fs.FileMode.
func kindOf(kind byte) fs.FileMode {
	st := unix.Stat_t{Mode: uint32(kind) << 12} // DTTOIF of readdir(3)
	return Kind(&st)
}
