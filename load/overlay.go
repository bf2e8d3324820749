package load

import (
	"io/fs"
	"strings"
)

// Embedded are unit files that the program carries: fragments by name, and aliases by symlink name.
type Embedded struct {
	// Dir is where they appear to be; the search path ends with it. Their units have no FragmentPath, because there is
	// no file that a client could open.
	Dir   string
	Files fs.FS
	Links map[string]string
}

// overlay lays embedded files over a file system.
type overlay struct {
	Files
	under Embedded
}

func (o overlay) name(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, o.under.Dir)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

func (o overlay) Lstat(path string) (Stat, error) {
	name, ok := o.name(path)
	if !ok {
		if strings.HasPrefix(o.under.Dir, path+"/") {
			return Stat{Kind: Directory}, nil
		}
		return o.Files.Lstat(path)
	}
	if name == "" {
		return Stat{Kind: Directory}, nil
	}
	if _, link := o.under.Links[name]; link {
		return Stat{Kind: Symlink}, nil
	}
	info, err := fs.Stat(o.under.Files, name)
	if err != nil {
		return Stat{}, err
	}
	return Stat{Kind: Regular, Size: info.Size()}, nil
}

func (o overlay) Readlink(path string) (string, error) {
	if name, ok := o.name(path); ok {
		if target, link := o.under.Links[name]; link {
			return target, nil
		}
		return "", &fs.PathError{Op: "readlink", Path: path, Err: fs.ErrInvalid}
	}
	return o.Files.Readlink(path)
}

func (o overlay) ReadDir(path string) ([]Entry, error) {
	if name, ok := o.name(path); !ok || name != "" {
		return o.Files.ReadDir(path)
	}
	list, err := fs.ReadDir(o.under.Files, ".")
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(list)+len(o.under.Links))
	for _, e := range list {
		if e.Type().IsRegular() {
			entries = append(entries, Entry{e.Name(), Regular})
		}
	}
	for name := range o.under.Links {
		entries = append(entries, Entry{name, Symlink})
	}
	return entries, nil
}

func (o overlay) ReadFile(path string, max int64) ([]byte, Stat, error) {
	name, ok := o.name(path)
	if !ok {
		return o.Files.ReadFile(path, max)
	}
	data, err := fs.ReadFile(o.under.Files, name)
	return data, Stat{Kind: Regular, Size: int64(len(data))}, err
}

// Over lays the embedded files over a file system, in which they appear in Dir.
func (e Embedded) Over(f Files) Files {
	if e.Files == nil {
		return f
	}
	return overlay{f, e}
}
