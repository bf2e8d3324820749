package install

import (
	"io/fs"

	"github.com/steward-init/steward/load"
)

// sketch is the file system as it will be when a plan is carried out, so that what comes after can be planned before
// anything is changed.
type sketch struct {
	load.Files
	changed  map[string]edited   // by resolved path
	dirs     map[string]*touched // by resolved path
	straight map[string]bool     // paths of directories that are reached without a symlink, and of those above them
}

// edited is a symlink that will be there, or nothing: gone.
type edited struct {
	gone   bool
	folder bool
	target string
}

// touched is what changes there are in a directory: how many, and of which names.
type touched struct {
	count int64
	names []string
}

// newSketch returns a sketch without changes.
func newSketch(files load.Files) *sketch {
	return &sketch{Files: files, changed: map[string]edited{}, dirs: map[string]*touched{}, straight: map[string]bool{}}
}

// real resolves the directory of a path, which may be reached by symlinks.
func (s *sketch) real(path string) string {
	asked := parent(path)
	if s.straight[asked] { // a thousand units ask for the same few
		return path
	}
	dir, _, _ := load.Resolve(s, asked) // what doesn't exist is its own path
	if dir == asked {
		for ; dir != ""; dir = parent(dir) {
			s.straight[dir] = true
		}
		return path
	}
	if dir == "/" {
		dir = ""
	}
	return dir + "/" + base(path)
}

// symlink has a path, whose directory is resolved, become a symlink.
func (s *sketch) symlink(path, target string) {
	for dir := parent(path); dir != "" && s.dirs[dir] == nil; dir = parent(dir) {
		if _, err := s.Lstat(dir); err == nil {
			break
		}
		s.set(dir, edited{folder: true})
	}
	s.set(path, edited{target: target})
}

// remove has nothing be at a path, whose directory is resolved.
func (s *sketch) remove(path string) { s.set(path, edited{gone: true}) }

func (s *sketch) set(path string, e edited) {
	dir := s.dirs[parent(path)]
	if dir == nil {
		dir = &touched{}
		s.dirs[parent(path)] = dir
	}
	if _, known := s.changed[path]; !known {
		dir.names = append(dir.names, base(path))
	}
	if s.straight[path] {
		clear(s.straight)
	}
	s.changed[path] = e
	dir.count++
}

// changes is how many there are in a directory.
func (s *sketch) changes(dir string) int64 {
	if d := s.dirs[dir]; d != nil {
		return d.count
	}
	return 0
}

// Lstat describes a path as it will be.
func (s *sketch) Lstat(path string) (load.Stat, error) {
	e, ok := s.changed[path]
	switch {
	case !ok:
		stat, err := s.Files.Lstat(path)
		stat.Modified += s.changes(path) // those who remember a directory read it again
		return stat, err
	case e.gone:
		return load.Stat{}, &fs.PathError{Op: "lstat", Path: path, Err: fs.ErrNotExist}
	case e.folder:
		return load.Stat{Kind: load.Directory, Modified: s.changes(path)}, nil
	}
	return load.Stat{Kind: load.Symlink, Size: int64(len(e.target))}, nil
}

// Readlink returns what a symlink will say.
func (s *sketch) Readlink(path string) (string, error) {
	e, ok := s.changed[path]
	switch {
	case !ok:
		return s.Files.Readlink(path)
	case e.gone:
		return "", &fs.PathError{Op: "readlink", Path: path, Err: fs.ErrNotExist}
	case e.folder:
		return "", &fs.PathError{Op: "readlink", Path: path, Err: fs.ErrInvalid}
	}
	return e.target, nil
}

// ReadDir lists a directory as it will be.
func (s *sketch) ReadDir(dir string) ([]load.Entry, error) {
	touched := s.dirs[dir]
	if touched == nil {
		return s.Files.ReadDir(dir)
	}
	there, err := s.Files.ReadDir(dir)
	if err != nil && !s.changed[dir].folder {
		return nil, err
	}
	var list []load.Entry
	for _, e := range there {
		if _, ok := s.changed[dir+"/"+e.Name]; !ok {
			list = append(list, e)
		}
	}
	for _, name := range touched.names {
		e := s.changed[dir+"/"+name]
		if e.gone {
			continue
		}
		kind := load.Symlink
		if e.folder {
			kind = load.Directory
		}
		list = append(list, load.Entry{Name: name, Kind: kind})
	}
	return list, nil
}

// ReadFile reads a file; what is removed is never read, for plans remove what units are not made of, or come last.
func (s *sketch) ReadFile(path string, max int64) ([]byte, load.Stat, error) {
	if e, ok := s.changed[path]; ok {
		err := fs.ErrInvalid
		if e.gone {
			err = fs.ErrNotExist
		}
		return nil, load.Stat{}, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return s.Files.ReadFile(path, max)
}
