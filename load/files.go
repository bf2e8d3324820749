package load

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Kind is what a directory entry is, as far as loading cares.
type Kind uint8

// The kinds of files. Null is a character or block device, which masks like /dev/null does; Special is what can only
// be refused: FIFOs and sockets.
const (
	Regular Kind = iota + 1
	Directory
	Symlink
	Null
	Special
)

// Stat is what identifies one version of a file. Modified is in µs since the epoch.
type Stat struct {
	Kind     Kind
	Device   uint64
	Inode    uint64
	Size     int64
	Modified int64
	Changed  int64 // ctime, as Modified
}

// Entry is one name in a directory.
type Entry struct {
	Name string
	Kind Kind
}

// Files is the file system, read only. Paths are absolute and clean; symlinks are never followed by an
// implementation, because Resolve does it and keeps inside of an alternative root. Errors wrap those of io/fs.
type Files interface {
	Lstat(path string) (Stat, error)
	Readlink(path string) (string, error)
	// ReadDir lists a directory in any order, without "." and "..".
	ReadDir(path string) ([]Entry, error)
	// ReadFile reads a regular file of at most max bytes; anything else is an error, and never blocks.
	ReadFile(path string, max int64) ([]byte, Stat, error)
}

// Bounds of what is read. At a bound, the rest is left out with a diagnostic, or the unit fails to load.
const (
	maxFile    = 16 << 20 // bytes of a unit file
	maxLinks   = 40       // symlinks followed for one path, as in the kernel
	maxDropIns = 10_000   // drop-ins of one unit
	maxEntries = 200_000  // names in one directory
)

// ErrLoop is wrapped when a path has more symlinks than maxLinks.
var ErrLoop = errors.New("too many levels of symbolic links")

// Clean makes an absolute path of its components: no doubled, trailing, "." or ".." components.
func Clean(path string) string {
	if isClean(path) {
		return path
	}
	parts := make([]string, 0, 16)
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case "", ".":
		case "..":
			if len(parts) > 0 {
				parts = parts[:len(parts)-1]
			}
		default:
			parts = append(parts, part)
		}
	}
	return "/" + strings.Join(parts, "/")
}

func isClean(path string) bool {
	if path == "/" {
		return true
	}
	return strings.HasPrefix(path, "/") && !strings.HasSuffix(path, "/") && !strings.Contains(path, "//") &&
		!strings.Contains(path, "/.")
}

// Resolve follows every symlink of a path and returns the path of what it leads to. What does not exist is returned
// too, with an error that wraps fs.ErrNotExist.
func Resolve(files Files, path string) (string, Stat, error) { return resolve(files, "", Clean(path)) }

// resolve does it for a clean path below a directory that is resolved already, "" for "/".
func resolve(files Files, dir, path string) (string, Stat, error) {
	todo := strings.Split(strings.Trim(path, "/"), "/")
	at, last := dir, Stat{Kind: Directory}
	for links := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		if part == "" || part == "." {
			continue
		}
		if part == ".." {
			at, last = parent(at), Stat{Kind: Directory}
			continue
		}
		next := at + "/" + part
		stat, err := files.Lstat(next)
		if err != nil {
			return Clean(next + "/" + strings.Join(todo, "/")), Stat{}, err
		}
		if stat.Kind != Symlink {
			at, last = next, stat
			continue
		}
		if links++; links > maxLinks {
			return next, Stat{}, fmt.Errorf("%s: %w", path, ErrLoop)
		}
		target, err := files.Readlink(next)
		if err != nil {
			return next, Stat{}, err
		}
		if strings.HasPrefix(target, "/") {
			at, last = "", Stat{Kind: Directory}
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	if at == "" {
		return "/", last, nil
	}
	return at, last, nil
}

// isMissing says whether an error means that nothing is there.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// parent is the directory of a path, "" for that of a top-level one.
func parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return ""
}

// base is the last component of a path.
func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
