package sysusers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/sysusers"
)

// directories are those of sysusers.d(5), in order of precedence.
var directories = []string{"/etc/sysusers.d", "/run/sysusers.d", "/usr/local/lib/sysusers.d", "/usr/lib/sysusers.d"}

// maxConfig bounds a configuration file.
const maxConfig = 64 << 20

// arguments is where arguments come from, in messages.
const arguments = "(argument)"

// read reads all configuration that the command line asks for; ok is false where an error ends the command.
func (s *session) read() (config sysusers.Config, ok bool) {
	r := &sysusers.Reader{Say: s.say, Expand: s.expand}
	if len(s.words) > 0 && s.replace == "" {
		if !s.readWords(r) {
			return config, false
		}
	} else {
		for _, file := range s.files() {
			if file == s.replace {
				if !s.readWords(r) {
					return config, false
				}
				continue
			}
			s.readFile(r, s.root, file, s.prefix+file) // what is wrong in a file was told, and ends nothing
		}
	}
	if extra, ok := s.credential("sysusers.extra"); ok {
		r.File(s.Getenv("CREDENTIALS_DIRECTORY")+"/sysusers.extra", []byte(extra)) // told
	}
	r.Config.Complete()
	return r.Config, true
}

// readWords reads what the arguments are or name. The first that is wrong ends it.
func (s *session) readWords(r *sysusers.Reader) bool {
	for i, word := range s.words {
		good := false
		switch {
		case s.inline:
			good = r.Line(arguments, i+1, word)
		case word == "-":
			good = s.readInput(r)
		case path.IsAbs(word):
			good = s.readPath(r, word)
		default:
			good = s.readNamed(r, word)
		}
		if !good {
			return false
		}
	}
	return true
}

func (s *session) readInput(r *sysusers.Reader) bool {
	data, err := io.ReadAll(io.LimitReader(s.In, maxConfig))
	if err != nil {
		s.say("Failed to read '-': " + ui.Because(err))
		return false
	}
	return r.File("-", data)
}

// readPath reads a file of this machine, which an absolute path names whatever the root is.
func (s *session) readPath(r *sysusers.Reader, name string) bool {
	root, err := rootfs.Open("/")
	if err != nil {
		s.say(fmt.Sprintf("Failed to open '%s', ignoring: %s", name, ui.Because(err)))
		return false
	}
	defer root.Close()
	return s.readFile(r, root, name, name)
}

// readNamed reads the file of this name in the first directory that has it.
func (s *session) readNamed(r *sysusers.Reader, name string) bool {
	for _, dir := range directories {
		if s.masked(dir + "/" + name) {
			return true
		}
		if _, err := s.root.Stat(dir + "/" + name); err == nil {
			return s.readFile(r, s.root, dir+"/"+name, s.prefix+dir+"/"+name)
		}
	}
	s.say(fmt.Sprintf("Failed to open '%s', ignoring: %s", name, ui.Because(unix.ENOENT)))
	return false
}

// readFile reads a configuration file and says if that went well.
func (s *session) readFile(r *sysusers.Reader, root *rootfs.Root, name, shown string) bool {
	data, err := root.ReadFile(name, maxConfig)
	if errors.Is(err, unix.EINVAL) {
		if st, statErr := root.Stat(name); statErr == nil && rootfs.Kind(&st) == fs.ModeDir {
			s.say(fmt.Sprintf("Failed to read '%s': %s", shown, ui.Because(unix.EISDIR)))
			return false
		}
	}
	if err != nil {
		s.say(fmt.Sprintf("Failed to open '%s', ignoring: %s", shown, ui.Because(err)))
		return false
	}
	return r.File(shown, data)
}

// files are the configuration files in the order of their names; of those with one name, the first directory's. What
// --replace= names is among them, unless another file goes before it.
func (s *session) files() []string {
	found := map[string]string{}
	for _, dir := range directories {
		entries, err := s.root.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.say(fmt.Sprintf("Failed to search for files in %s, ignoring: %s", s.prefix+dir, ui.Because(err)))
		}
		for _, e := range entries {
			name := e.Name()
			if _, taken := found[name]; !taken && strings.HasSuffix(name, ".conf") && name[0] != '.' && s.leads(dir+"/"+name) {
				found[name] = dir + "/" + name
			}
		}
	}
	if s.replace != "" {
		name := path.Base(s.replace)
		other, taken := found[name]
		if !taken || precedence(path.Dir(s.replace)) <= precedence(path.Dir(other)) {
			found[name] = s.replace
		}
	}
	var names []string
	for name := range found {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = found[name]
	}
	// A mask is only there to hide others.
	return slices.DeleteFunc(names, func(file string) bool { return !s.cat && s.masked(file) })
}

// leads says whether there is something at a path: a symlink to nothing is passed over, but for a mask.
func (s *session) leads(name string) bool {
	_, err := s.root.Stat(name)
	return err == nil || s.masked(name)
}

func (s *session) masked(name string) bool {
	target, err := s.root.Readlink(name)
	return err == nil && target == os.DevNull
}

// precedence is less for a directory whose files go before those of others.
func precedence(dir string) int {
	if i := slices.Index(directories, dir); i >= 0 {
		return i
	}
	return len(directories)
}

// catConfig prints the configuration files.
func (s *session) catConfig(ctx context.Context) int {
	u, done := s.IO, func() {}
	if !s.noPager {
		u, done = s.Pager(ctx)
	}
	defer done()
	for i, file := range s.files() {
		if i > 0 {
			fmt.Fprintln(u.Out)
		}
		fmt.Fprintln(u.Out, u.Paint(ui.Blue, "# "+u.FileLink(s.prefix+file, s.prefix+file)))
		if s.masked(file) {
			continue
		}
		data, err := s.root.ReadFile(file, maxConfig)
		if err != nil {
			return s.Fail("Failed to cat %s: %s", s.prefix+file, ui.Because(err))
		}
		_, _ = u.Out.Write(data) // best effort: the reader may have gone
		if len(data) > 0 && data[len(data)-1] != '\n' {
			fmt.Fprintln(u.Out)
		}
	}
	return 0
}
