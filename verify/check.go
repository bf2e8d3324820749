package verify

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/lint"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/syntax/words"
)

// maxFile bounds a unit file, as the loader does.
const maxFile = 10 << 20

// read reads a target's file from the root, and its mode.
func (v *verifier) read(name string) ([]byte, fs.FileMode, error) {
	root, err := rootfs.Open(v.Files.Root)
	if err != nil {
		return nil, 0, err
	}
	defer root.Close()
	data, err := root.ReadFile(name, maxFile)
	if err != nil {
		return nil, 0, err
	}
	st, err := root.Stat(name)
	return data, fs.FileMode(st.Mode & 0o777), err
}

// searchPath is where a program without a slash is looked for. systemd.service(5), COMMAND LINES.
var searchPath = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// commands says which programs of a unit can't be executed.
func (v *verifier) commands(u *model.Unit) {
	root, err := rootfs.Open(v.Files.Root)
	if err != nil {
		v.fail(u, "command", err.Error())
		return
	}
	defer root.Close()
	for _, list := range commandsOf(u) {
		for _, c := range list {
			if err := executable(root, c.Path); err != nil {
				v.fail(u, "command", "Command "+c.Path+" is not executable: "+sentence(err))
			}
		}
	}
}

func commandsOf(u *model.Unit) [][]words.Command {
	if u.Service == nil {
		return nil
	}
	return u.Service.Commands[:]
}

// executable says why a program can't be executed. What is put together of variables can't be known.
func executable(root *rootfs.Root, name string) error {
	if strings.Contains(name, "$") {
		return nil
	}
	if strings.HasPrefix(name, "/") {
		return mayRun(root, name)
	}
	for _, dir := range searchPath {
		if mayRun(root, path.Join(dir, name)) == nil {
			return nil
		}
	}
	return fs.ErrNotExist
}

func mayRun(root *rootfs.Root, name string) error {
	st, err := root.Stat(name)
	switch {
	case err != nil:
		return err
	case st.Mode&unix.S_IFMT != unix.S_IFREG || st.Mode&0o111 == 0:
		return unix.EACCES
	}
	return nil
}

// sentence is an error's cause as systemd prints it.
func sentence(err error) string {
	var number unix.Errno
	switch {
	case errors.Is(err, fs.ErrNotExist):
		number = unix.ENOENT
	case !errors.As(err, &number):
		return err.Error()
	}
	text := number.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// manuals says which manual pages of Documentation= are not there.
func (v *verifier) manuals(u *model.Unit) {
	if v.Manual == nil {
		return
	}
	for _, uri := range u.Documentation {
		page, isManual := strings.CutPrefix(uri, "man:")
		if !isManual {
			continue
		}
		if err := v.Manual(page); err != nil {
			v.fail(u, "manual", "Command 'man "+page+"' failed "+err.Error())
		}
	}
}

// activated says that the service is missing which a socket starts.
func (v *verifier) activated(u *model.Unit) {
	if u.Socket == nil {
		return
	}
	name := u.Socket.Service
	stem := strings.TrimSuffix(u.Name, ".socket")
	switch {
	case name != "":
	case u.Socket.Accept:
		name = stem + "@0.service"
	default:
		name = stem + ".service"
	}
	if v.loader.Unit(name).Load != model.LoadLoaded {
		v.fail(u, "service", "service "+name+" not loaded, socket cannot be started.")
	}
}

// shadowed lays targets over a file system under their unit's names.
type shadowed struct {
	load.Files
	targets []Target
}

// shown is a text with the names of files that the user knows.
func (s *shadowed) shown(text string) string {
	if strings.Contains(text, shadow) {
		for _, t := range s.targets {
			text = strings.ReplaceAll(text, shadow+"/"+t.Unit, t.Path)
		}
	}
	return text
}

// find returns the target at a path, false if there is none.
func (s *shadowed) find(name string) (Target, bool) {
	for _, t := range s.targets {
		if name == shadow+"/"+t.Unit {
			return t, true
		}
	}
	return Target{}, false
}

// Lstat describes a path.
func (s *shadowed) Lstat(name string) (load.Stat, error) {
	t, ok := s.find(name)
	switch {
	case name == shadow:
		return load.Stat{Kind: load.Directory}, nil
	case !ok:
		return s.Files.Lstat(name)
	}
	return load.Stat{Kind: load.Regular, Size: int64(max(len(t.Data), 1))}, nil
}

// ReadDir lists a directory.
func (s *shadowed) ReadDir(name string) ([]load.Entry, error) {
	if name != shadow {
		return s.Files.ReadDir(name)
	}
	var list []load.Entry
	for _, t := range s.targets {
		list = append(list, load.Entry{Name: t.Unit, Kind: load.Regular})
	}
	return list, nil
}

// ReadFile reads a file.
func (s *shadowed) ReadFile(name string, max int64) ([]byte, load.Stat, error) {
	t, ok := s.find(name)
	if !ok {
		return s.Files.ReadFile(name, max)
	}
	stat := load.Stat{Kind: load.Regular, Size: int64(len(t.Data))}
	if t.Data != nil {
		return t.Data, stat, nil
	}
	real, _, err := load.Resolve(s.Files, t.Path)
	if err != nil {
		return nil, stat, err
	}
	return s.Files.ReadFile(real, max)
}

// Fixed is a target's text with what can be mended mended, and its new mode, 0 to leave it; ok is false if there is
// nothing to do.
func (r Result) Fixed(i int) (data []byte, mode os.FileMode, ok bool) {
	file := r.Files[i]
	if file == nil {
		return nil, 0, false
	}
	var found []lint.Finding
	for _, f := range r.Findings {
		if f.Lint != nil && f.Lint.Pos.File == file.Path {
			found = append(found, *f.Lint)
			ok = ok || len(f.Lint.Fix) > 0 || f.Lint.Chmod != 0
			mode = max(mode, f.Lint.Chmod)
		}
	}
	return lint.Fix(file, found), mode, ok
}
