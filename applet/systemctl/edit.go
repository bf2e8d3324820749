package systemctl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/words"
)

// maxEdited bounds what an edited file may hold, as the loader bounds what it reads.
const maxEdited = 16 << 20

// edited is a file that is being edited.
type edited struct {
	unit, path string // the unit, and where the file goes
	before     []byte // what it holds so far, nil where it is not there
	original   []byte // what the editor is given to begin with, where there is no such file
	shown      []string
	temp       string
}

// edit changes unit files in an editor: drop-ins, or with --full the files themselves. systemctl(1), edit.
func (s *session) edit(_ string, args []string) (int, error) {
	if !s.Terminal && !s.opt.has("stdin") {
		return 1, errors.New("Cannot edit units if not on a tty.")
	}
	if s.opt.host != "" {
		return 1, errors.New("Cannot edit units remotely.")
	}
	names, err := s.plainNames("edit", args, ".service")
	if err != nil {
		return 1, err
	}
	view, err := s.view()
	if err != nil {
		return 1, failed("edit", err)
	}
	var files []*edited
	for _, name := range names {
		f, err := s.toEdit(view, name)
		if err != nil {
			return 1, err
		}
		if !slices.ContainsFunc(files, func(other *edited) bool { return other.path == f.path }) {
			files = append(files, f)
		}
	}
	changed, err := s.writeEdited(files)
	if err == nil && changed && !s.offline() {
		err = s.reloadAfter()
	}
	return failure(err), err
}

// failure is the exit status for an error or none.
func failure(err error) int {
	if err != nil {
		return 1
	}
	return 0
}

// toEdit finds out which file is to be edited for a unit.
func (s *session) toEdit(view *install.View, name string) (*edited, error) {
	found := view.Catalog.Find(name)
	switch {
	case found.File.Masked:
		return nil, fmt.Errorf("Cannot edit %s: unit is masked.", name)
	case found.File.Path == "" && s.opt.forced == 0:
		s.complain(fmt.Errorf("No files found for %s.", name))
		return nil, fmt.Errorf("Run 'systemctl edit%s --force --full %s' to create a new unit.", s.scopeFlag(), name)
	case found.File.Path != "":
		name = found.Name // an alias would hide the unit
	}
	root, err := s.root()
	if err != nil {
		return nil, err
	}
	path := s.searchPath()
	dir, over := path.Config, ""
	if s.opt.has("runtime") {
		dir, over = path.RuntimeConfig, path.Config
	}
	file := name
	if !s.opt.has("full") {
		if file, err = s.dropInName(name); err != nil {
			return nil, err
		}
	}
	f := &edited{unit: name, path: dir + "/" + file}
	if _, _, err := load.Resolve(root, over+"/"+file); over != "" && err == nil {
		return nil, fmt.Errorf("Refusing to create \"%s\" because it would be overridden by \"%s\" anyway.",
			s.inRoot(f.path), s.inRoot(over+"/"+file))
	}
	if f.before, err = readHere(root, f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("Failed to read %s: %s", s.inRoot(f.path), errorText(err))
	}
	return f, f.show(root, view.Catalog, found, s.opt.has("full"))
}

// dropInName is the file that edit makes below a directory of the search path.
func (s *session) dropInName(unit string) (string, error) {
	name := s.opt.dropIn
	if name == "" {
		name = "override"
	}
	if name = strings.TrimSuffix(name, ".conf") + ".conf"; strings.Contains(name, "/") || name == ".conf" {
		return "", fmt.Errorf("Invalid drop-in file name '%s'.", s.opt.dropIn)
	}
	return unit + ".d/" + name, nil
}

// show reads what the editor is to begin with, or to show: the unit's own file, or all its files.
func (f *edited) show(root load.Files, catalog *load.Catalog, found load.Found, full bool) error {
	if found.File.Path == "" {
		return nil
	}
	if full {
		text, err := readHere(root, found.File.Path)
		f.original = text
		return err
	}
	f.shown = []string{found.File.Path}
	for _, dropIn := range catalog.DropIns(found) {
		if dropIn.Path != f.path {
			f.shown = append(f.shown, dropIn.Path)
		}
	}
	return nil
}

// writeEdited gets the new contents and writes those that have changed. It says whether there are any.
func (s *session) writeEdited(files []*edited) (changed bool, err error) {
	var given []byte
	if s.opt.has("stdin") {
		if given, err = io.ReadAll(io.LimitReader(s.In, maxEdited)); err != nil {
			return false, fmt.Errorf("Failed to read standard input: %s", errorText(err))
		}
	} else {
		dir, err := s.runEditor(files)
		if dir != "" {
			defer os.RemoveAll(dir)
		}
		if err != nil {
			return false, err
		}
	}
	tree, err := s.tree()
	if err != nil {
		return false, err
	}
	for _, f := range files {
		after := given
		if f.temp != "" {
			if after, err = os.ReadFile(f.temp); err != nil {
				return changed, fmt.Errorf("Failed to read edited file: %s", errorText(err))
			}
			after = f.kept(after)
		}
		if len(bytes.TrimSpace(after)) == 0 {
			s.warn(fmt.Sprintf("Editing \"%s\" canceled: temporary file is empty.", s.inRoot(f.path)))
			continue
		}
		if f.before != nil && bytes.Equal(after, f.before) || f.before == nil && bytes.Equal(after, f.original) {
			continue
		}
		if err := tree.Root().MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
			return changed, fmt.Errorf("Failed to create directories for \"%s\": %s", s.inRoot(f.path), errorText(err))
		}
		if err := tree.Root().WriteFile(f.path, after, 0o644); err != nil {
			return changed, fmt.Errorf("Failed to write \"%s\": %s", s.inRoot(f.path), errorText(err))
		}
		changed = true
		if !s.opt.has("quiet") {
			s.announce(fmt.Sprintf("Successfully installed edited file '%s'.", s.inRoot(f.path)))
		}
	}
	return changed, nil
}

// The lines between which the contents of a drop-in stand in the editor.
const (
	aboveDropIn = "### Anything between here and the comment below will become the contents of the drop-in file"
	belowDropIn = "### Edits below this comment will be discarded"
)

// kept is what counts of an edited file: of a drop-in, what stands between the two comments.
func (f *edited) kept(text []byte) []byte {
	if f.shown == nil {
		return text
	}
	if _, rest, ok := bytes.Cut(text, []byte(aboveDropIn+"\n")); ok {
		text = rest
	}
	text, _, _ = bytes.Cut(text, []byte(belowDropIn))
	if text = bytes.TrimSpace(text); len(text) > 0 {
		text = append(text, '\n')
	}
	return text
}

// runEditor has the user edit copies of files. They are in a directory of their own, so that no file that is half
// written stands where units are; the caller removes it.
func (s *session) runEditor(files []*edited) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "systemctl-edit-"); err != nil {
		return "", fmt.Errorf("Failed to create temporary file: %s", errorText(err))
	}
	var paths []string
	for i, f := range files {
		below := filepath.Join(dir, fmt.Sprint(i))
		f.temp = filepath.Join(below, filepath.Base(f.path))
		err := os.Mkdir(below, 0o700)
		if err == nil {
			err = os.WriteFile(f.temp, s.copyOf(f), 0o600)
		}
		if err != nil {
			return dir, fmt.Errorf("Failed to create temporary file: %s", errorText(err))
		}
		paths = append(paths, f.temp)
	}
	for _, argv := range s.editors() {
		line := "+4" // where the drop-in's text begins
		if files[0].shown == nil || len(files) > 1 || !slices.Contains(lineEditors(), filepath.Base(argv[0])) {
			line = ""
		}
		status, err := s.run1(slices.DeleteFunc(append(append(argv, line), paths...), func(w string) bool { return w == "" }))
		switch {
		case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return dir, err
		case status != 0:
			return dir, fmt.Errorf("Editor failed with exit status %d.", status)
		}
		return dir, nil
	}
	return dir, errors.New("Cannot edit units, no editor available. " +
		"Please set either $SYSTEMD_EDITOR, $EDITOR or $VISUAL.")
}

// copyOf is what the editor is given.
func (s *session) copyOf(f *edited) []byte {
	text := f.before
	if text == nil {
		text = f.original
	}
	if f.shown == nil {
		return text
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "### Editing %s\n%s\n\n%s\n\n%s\n", s.inRoot(f.path), aboveDropIn, bytes.TrimSpace(text), belowDropIn)
	root, err := s.root()
	for _, path := range f.shown {
		if err != nil {
			break
		}
		data, _ := readHere(root, path) // best effort: it is only shown
		fmt.Fprintf(&b, "\n### %s\n", s.inRoot(path))
		for line := range strings.Lines(string(data)) {
			fmt.Fprintf(&b, "# %s", strings.TrimSuffix(line, "\n")+"\n")
		}
	}
	return b.Bytes()
}

// editors are the commands that are tried, in order: systemctl(1), $SYSTEMD_EDITOR.
func (s *session) editors() (list [][]string) {
	for _, variable := range []string{"SYSTEMD_EDITOR", "EDITOR", "VISUAL"} {
		if text := s.Getenv(variable); text != "" {
			if argv, err := words.Split(text); err == nil && len(argv) > 0 {
				return [][]string{argv}
			}
			return nil
		}
	}
	return [][]string{{"editor"}, {"nano"}, {"vim"}, {"vi"}}
}

// lineEditors are the programs that take the number of the line to begin at.
func lineEditors() []string { return []string{"nano", "vim", "vi", "emacs", "editor"} }
