package delta

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/ui"
)

// prefixes are where configuration is, what goes before the rest first.
var prefixes = []string{"/etc", "/run", "/usr/local/lib", "/usr/local/share", "/usr/lib", "/usr/share", "/lib"}

// suffixes are the directories of configuration below the prefixes. Those of units have drop-ins.
var suffixes = []string{"sysctl.d", "tmpfiles.d", "modules-load.d", "binfmt.d", unitsOfSystem, unitsOfUsers,
	"systemd/system-preset", "systemd/user-preset", "udev/rules.d", "modprobe.d"}

const unitsOfSystem, unitsOfUsers = "systemd/system", "systemd/user"

// all looks at every directory.
func (s *session) all() {
	for _, suffix := range suffixes {
		s.suffix(suffix)
	}
}

// argument looks at what a word names: a directory of configuration, everywhere or below one prefix, or all of them
// below a prefix.
func (s *session) argument(word string) bool {
	if !path.IsAbs(word) {
		s.prefix = ""
		s.suffix(word)
		return true
	}
	for _, prefix := range prefixes {
		rest, ok := below(word, prefix)
		if !ok {
			continue
		}
		if s.prefix = prefix; rest == "" {
			s.all()
		} else {
			s.suffix(rest)
		}
		return true
	}
	return false
}

// below is what is left of a path behind a directory.
func below(word, dir string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path.Clean(word), dir)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// chosen says whether a file is to be shown by the prefix that was asked for.
func (s *session) chosen(file string) bool {
	if s.prefix == "" {
		return true
	}
	_, ok := below(file, s.prefix)
	return ok
}

// tree is the files of one suffix below all prefixes.
type tree struct {
	keys        []string            // names below the suffix, in the order found
	top, bottom map[string]string   // the first and the last file of a name
	dropins     map[string][]string // of a name, the first file of each drop-in's name
	seen        map[string]bool     // drop-ins
}

// suffix looks at one directory of configuration.
func (s *session) suffix(suffix string) {
	t := tree{top: map[string]string{}, bottom: map[string]string{}, dropins: map[string][]string{},
		seen: map[string]bool{}}
	for i, prefix := range prefixes {
		dir := path.Join(prefix, suffix)
		if !again(prefix, suffix, prefixes[:i]) {
			t.directory(dir, suffix == unitsOfSystem || suffix == unitsOfUsers)
		}
	}
	for _, key := range t.keys {
		top, bottom := t.top[key], t.bottom[key]
		if s.chosen(bottom) {
			s.override(top, bottom)
		}
		for _, dropin := range t.dropins[key] {
			if s.chosen(dropin) {
				s.tell(extended, top, dropin)
			}
		}
	}
}

// again says whether a directory is another name of one that was looked at.
func again(prefix, suffix string, before []string) bool {
	real, err := filepath.EvalSymlinks(path.Join(prefix, suffix))
	if err != nil {
		return false
	}
	for _, other := range before {
		if real == path.Join(other, suffix) && real != path.Join(prefix, suffix) {
			return true
		}
	}
	return false
}

// directory adds what is in a directory: drop-ins first, then files, both sorted.
func (t *tree) directory(dir string, units bool) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return // as a rule it is not there
	}
	for _, e := range entries {
		name := e.Name()
		if units && e.IsDir() && strings.HasSuffix(name, ".d") {
			t.dropin(dir, name)
		}
	}
	for _, e := range entries {
		if isFile(e) {
			t.add(e.Name(), path.Join(dir, e.Name()))
		}
	}
}

func (t *tree) dropin(dir, name string) {
	entries, err := os.ReadDir(path.Join(dir, name))
	if err != nil {
		return // what can't be read overrides nothing
	}
	unit := strings.TrimSuffix(name, ".d")
	for _, e := range entries {
		if !isFile(e) || !strings.HasSuffix(e.Name(), ".conf") {
			continue
		}
		key, file := name+"/"+e.Name(), path.Join(dir, name, e.Name())
		if t.add(key, file); !t.seen[key] {
			t.seen[key] = true
			t.dropins[unit] = append(t.dropins[unit], file)
		}
	}
}

func (t *tree) add(key, file string) {
	if _, known := t.top[key]; !known {
		t.keys, t.top[key] = append(t.keys, key), file
	}
	t.bottom[key] = file
}

// isFile says whether a directory's entry is a file or a symlink that counts.
func isFile(e fs.DirEntry) bool {
	return (e.Type().IsRegular() || e.Type() == fs.ModeSymlink) && !ui.Leftover(e.Name())
}

// override tells what the first file of a name is to the last one.
func (s *session) override(top, bottom string) {
	if top == bottom {
		s.tell(unchanged, top, "")
		return
	}
	var st unix.Stat_t
	if err := unix.Stat(top, &st); err == nil && isNull(&st) {
		s.tell(masked, top, bottom)
		return
	}
	if _, err := os.Readlink(top); err != nil {
		s.tell(overridden, top, bottom)
		return
	}
	var other unix.Stat_t
	if unix.Stat(bottom, &other) == nil && other.Dev == st.Dev && other.Ino == st.Ino {
		s.tell(equivalent, top, bottom)
		return
	}
	s.tell(redirected, top, bottom)
}

// isNull says whether a file is empty or the null device.
func isNull(st *unix.Stat_t) bool {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return st.Size == 0
	case unix.S_IFCHR:
		return unix.Major(st.Rdev) == 1 && unix.Minor(st.Rdev) == 3
	}
	return false
}
