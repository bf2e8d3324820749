package load

import (
	"fmt"
	"io/fs"
)

// Memory is a file system in memory, for tests and simulators. The zero value is an empty one.
type Memory struct {
	nodes map[string]*node
	clock int64 // stands in Modified; each change is one later
}

type node struct {
	stat     Stat
	text     string // contents, or the target of a symlink
	err      error  // what reading gives
	children map[string]*node
}

// put makes a node with the directories above it.
func (m *Memory) put(path string, kind Kind, text string) *node {
	path = Clean(path)
	if m.nodes == nil {
		m.nodes = map[string]*node{}
	}
	m.clock++
	n := m.nodes[path]
	if n == nil {
		n = &node{}
		m.nodes[path] = n
	}
	n.text, n.err = text, nil
	n.stat = Stat{Kind: kind, Device: 1, Inode: uint64(m.clock), Size: int64(len(text)), Modified: m.clock,
		Changed: m.clock}
	if kind == Directory && n.children == nil {
		n.children = map[string]*node{}
	}
	if path == "/" {
		return n
	}
	up := m.nodes[above(path)]
	if up == nil || up.stat.Kind != Directory {
		up = m.put(above(path), Directory, "")
	}
	if up.children[base(path)] != n {
		up.children[base(path)] = n
		up.stat.Modified = m.clock
	}
	return n
}

// above is the directory of a path, "/" at the top.
func above(path string) string {
	if up := parent(path); up != "" {
		return up
	}
	return "/"
}

// Write makes or replaces a regular file.
func (m *Memory) Write(path, text string) { m.put(path, Regular, text) }

// Link makes a symlink.
func (m *Memory) Link(path, target string) { m.put(path, Symlink, target) }

// Mkdir makes a directory with those above it.
func (m *Memory) Mkdir(path string) { m.put(path, Directory, "") }

// Place puts something of another kind at a path.
func (m *Memory) Place(path string, kind Kind) { m.put(path, kind, "") }

// Fail makes reading what is at a path give an error.
func (m *Memory) Fail(path string, err error) {
	if n := m.nodes[Clean(path)]; n != nil {
		n.err = err
	}
}

// Remove takes away what is at a path, with all below it.
func (m *Memory) Remove(path string) {
	path = Clean(path)
	m.clock++
	if n := m.nodes[path]; n != nil {
		for name := range n.children {
			m.Remove(path + "/" + name)
		}
	}
	delete(m.nodes, path)
	if up := m.nodes[above(path)]; up != nil {
		delete(up.children, base(path))
		up.stat.Modified = m.clock
	}
}

func (m *Memory) find(op, path string) (*node, error) {
	if n := m.nodes[path]; n != nil {
		return n, nil
	}
	return nil, &fs.PathError{Op: op, Path: path, Err: fs.ErrNotExist}
}

// Lstat describes what is at a path.
func (m *Memory) Lstat(path string) (Stat, error) {
	n, err := m.find("lstat", path)
	if err != nil {
		return Stat{}, err
	}
	return n.stat, nil
}

// Readlink returns what a symlink says.
func (m *Memory) Readlink(path string) (string, error) {
	n, err := m.find("readlink", path)
	if err == nil && n.stat.Kind != Symlink {
		err = &fs.PathError{Op: "readlink", Path: path, Err: fs.ErrInvalid}
	}
	if err != nil {
		return "", err
	}
	return n.text, nil
}

// ReadDir lists a directory.
func (m *Memory) ReadDir(path string) ([]Entry, error) {
	n, err := m.find("open", path)
	if err == nil && n.err != nil {
		err = n.err
	}
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(n.children))
	for name, child := range n.children {
		entries = append(entries, Entry{name, child.stat.Kind})
	}
	return entries, nil
}

// ReadFile reads a regular file.
func (m *Memory) ReadFile(path string, max int64) ([]byte, Stat, error) {
	n, err := m.find("open", path)
	switch {
	case err != nil:
		return nil, Stat{}, err
	case n.err != nil:
		return nil, n.stat, n.err
	case n.stat.Kind != Regular:
		return nil, n.stat, fmt.Errorf("%s: not a regular file", path)
	case n.stat.Size > max:
		return nil, n.stat, fmt.Errorf("%s: file of %d bytes is larger than the limit of %d", path, n.stat.Size, max)
	}
	return []byte(n.text), n.stat, nil
}
