package systemctl

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// fileVerb is how a verb changes unit files: the manager's method, which arguments it takes behind the names, whether
// its answer begins with "carries install info", and the word for messages.
type fileVerb struct {
	method, sig string
	carries     bool
	word        string
}

func fileVerbOf(name string) fileVerb {
	switch name {
	case "enable":
		return fileVerb{"EnableUnitFiles", "asbb", true, "enable"}
	case "disable":
		return fileVerb{"DisableUnitFiles", "asb", false, "disable"}
	case "reenable":
		return fileVerb{"ReenableUnitFiles", "asbb", true, "reenable"}
	case "preset":
		return fileVerb{"PresetUnitFilesWithMode", "assbb", true, "preset"}
	case "mask":
		return fileVerb{"MaskUnitFiles", "asbb", false, "mask"}
	case "unmask":
		return fileVerb{"UnmaskUnitFiles", "asb", false, "unmask"}
	case "link":
		return fileVerb{"LinkUnitFiles", "asbb", false, "link"}
	}
	return fileVerb{"RevertUnitFiles", "as", false, "revert"}
}

// enable is the verbs that change the symlinks of unit files: enable, disable, reenable, preset, mask, unmask, link and
// revert.
func (s *session) enable(name string, args []string) (int, error) {
	v := fileVerbOf(name)
	if name == "link" && s.opt.root == "" {
		for _, word := range args {
			if !strings.Contains(word, "/") {
				return 1, fmt.Errorf("Link argument must contain at least one directory separator.\n"+
					"If you intended to link a file in the current directory, try ./%s instead.", suffixed(word))
			}
		}
	}
	names, err := s.fileNames(name, args)
	if err == nil && name == "disable" {
		err = s.withoutPaths(names)
	}
	if err != nil {
		return 1, err
	}
	if name == "enable" || name == "disable" {
		rest, status, err := s.redirectSysV(name, names)
		if err != nil || status != 0 || len(rest) == 0 && len(names) > 0 {
			return status, err
		}
		names = rest
	}
	if s.offline() {
		status, err := s.editHere(name, v.word, names)
		if err != nil || status != 0 {
			return status, err
		}
		return s.startNow(name, names)
	}
	if name == "mask" {
		s.warnMissing(names)
	}
	m, err := s.callBody(v.method, v.sig, func(w *dbus.Writer) { s.writeFileCall(w, v, names) })
	if err != nil {
		return 1, failed(v.word+" unit", err)
	}
	r := m.Reader()
	if v.carries && !r.Bool() && (name == "enable" || name == "reenable") {
		s.noteNothing(v.word)
	}
	s.printChanges(&r)
	if err := s.reloadAfter(); err != nil {
		return 1, err
	}
	return s.startNow(name, names)
}

// writeFileCall writes the arguments of a method that changes unit files.
func (s *session) writeFileCall(w *dbus.Writer, v fileVerb, names []string) {
	w.StringArray(names)
	if v.sig == "assbb" {
		mode := s.opt.presetMode
		if mode == "" {
			mode = "full"
		}
		w.String(mode)
	}
	if v.sig != "as" {
		w.Bool(s.opt.has("runtime"))
	}
	if strings.HasSuffix(v.sig, "bb") {
		w.Bool(s.opt.forced > 0)
	}
}

// noteNothing tells that nothing asks for units to be enabled.
func (s *session) noteNothing(word string) {
	if !s.opt.has("quiet") && !s.opt.has("no-warn") {
		s.notice(fmt.Sprintf(noInstallInfo, word))
	}
}

// noInstallInfo is said of units that nothing asks to be started with.
const noInstallInfo = "The unit files have no installation config (WantedBy=, RequiredBy=, Also=,\n" +
	"Alias= settings in the [Install] section, and DefaultInstance= for template\n" +
	"units). This means they are not meant to be %sd using systemctl: another unit,\n" +
	"a socket, a timer, a path, the bus or a device starts them, or a template\n" +
	"needs the name of an instance."

func suffixed(word string) string {
	if strings.Contains(filepath.Base(word), ".") {
		return word
	}
	return word + ".service"
}

// withoutPaths takes paths of unit files for the names of their units.
func (s *session) withoutPaths(names []string) error {
	told := false
	for i, name := range names {
		if !strings.HasPrefix(name, "/") {
			continue
		}
		if !told {
			s.warn("Warning: Can't execute disable on the unit file path. Proceeding with the unit name.")
			told = true
		}
		if names[i] = filepath.Base(name); unitname.Valid(names[i]) != nil {
			return fmt.Errorf("Failed to disable unit, \"%s\" is not a valid unit name.", names[i])
		}
	}
	return nil
}

// fileNames makes unit names of the arguments; paths become absolute.
func (s *session) fileNames(verb string, args []string) ([]string, error) {
	var names []string
	for _, word := range args {
		if strings.Contains(word, "/") {
			path, err := absolute(word)
			if err != nil {
				return nil, err
			}
			names = append(names, path)
			continue
		}
		more, err := s.plainNames(verb, []string{word}, ".service")
		if err != nil {
			return nil, err
		}
		names = append(names, more...)
	}
	return names, nil
}

// warnMissing tells which units that are to be masked do not exist.
func (s *session) warnMissing(names []string) {
	for _, name := range names {
		unit := s.unitProperties(unitPath(name), "LoadState")
		if unit.text("LoadState") == "not-found" {
			s.warn(fmt.Sprintf("Unit %s does not exist, proceeding anyway.", name))
		}
	}
}

// printChanges prints what was changed, an a(sss) of type, path and target.
func (s *session) printChanges(r *dbus.Reader) {
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		s.printChange(install.Change{Type: install.Type(r.String()), Path: r.String(), Target: r.String()})
	}
}

// printChange prints one change, or a note.
func (s *session) printChange(c install.Change) {
	if s.opt.has("quiet") {
		return
	}
	switch c.Type {
	case install.Symlinked:
		s.announce(fmt.Sprintf("Created symlink %s → %s.", s.inRoot(c.Path), c.Target))
	case install.Unlinked:
		s.announce(fmt.Sprintf("Removed \"%s\".", s.inRoot(c.Path)))
	case install.IsMaskedBy:
		s.announce(fmt.Sprintf("Unit %s is masked, ignoring.", s.inRoot(c.Path)))
	case install.Dangling:
		s.announce(fmt.Sprintf("Unit %s is an alias to a unit that is not present, ignoring.", s.inRoot(c.Path)))
	case install.NoSuchUnit:
		s.warn(fmt.Sprintf("Unit %s is added as a dependency to a non-existent unit %s.", s.inRoot(c.Target), c.Path))
	case install.NoSuchAlso:
		s.warn(fmt.Sprintf("Failed to enable auxiliary unit %s, ignoring.", c.Path))
	}
}

// reloadAfter has the manager read what was changed.
func (s *session) reloadAfter() error {
	if s.opt.has("no-reload") {
		return nil
	}
	_, err := s.daemonReload("daemon-reload", nil)
	return err
}

// startNow starts or stops what was enabled, disabled or masked, which --now asks for.
func (s *session) startNow(name string, names []string) (int, error) {
	if !s.opt.has("now") {
		return 0, nil
	}
	v := jobVerbOf("stop")
	switch name {
	case "enable", "reenable":
		v = jobVerbOf("start")
	case "disable", "mask":
	default:
		return 0, nil
	}
	switch {
	case s.opt.root != "":
		s.notice("The units are in another root, ignoring --now.")
		return 0, nil
	case s.inChroot():
		s.passOver(v.word)
		return 0, nil
	}
	for i, n := range names {
		names[i] = filepath.Base(n)
	}
	return s.startAll(v, "replace", names)
}

// setDefault is set-default.
func (s *session) setDefault(name string, args []string) (int, error) {
	names, err := s.plainNames(name, args, ".target")
	if err != nil {
		return 1, err
	}
	if s.offline() {
		status, err := s.editHere(name, "set default", names)
		if err == nil && status == 0 {
			s.noteDefault(names[0])
		}
		return status, err
	}
	m, err := s.callBody("SetDefaultTarget", "sb", func(w *dbus.Writer) {
		w.String(names[0])
		w.Bool(true)
	})
	return s.changed("set default target", m, err)
}

// noteDefault tells that the default unit, which was set here, is another one than was asked for.
func (s *session) noteDefault(name string) {
	root, path, err := s.place()
	if err != nil || s.opt.has("quiet") {
		return
	}
	before := path.Dirs[:max(slices.Index(path.Dirs, path.Config), 0)]
	covered := slices.ContainsFunc(before, func(dir string) bool {
		_, err := root.Lstat(dir + "/default.target")
		return err == nil
	})
	if made, err := root.Readlink(path.Config + "/default.target"); !covered && err == nil && filepath.Base(made) == name {
		return // what was asked for is no alias, and nothing goes before what was made
	}
	view, err := s.view()
	if err != nil {
		return
	}
	if is, err := view.Default(); err == nil && is != name {
		s.notice(fmt.Sprintf("Note: \"%s\" is the default unit (possibly a runtime override).", is))
	}
}

// addDependency is add-wants and add-requires.
func (s *session) addDependency(name string, args []string) (int, error) {
	target, err := s.plainNames("as target", args[:1], ".target")
	if err != nil {
		return 1, err
	}
	names, err := s.plainNames("as target", args[1:], ".service")
	if err != nil {
		return 1, err
	}
	if s.offline() {
		return s.editHere(name, "add dependency on", append(target, names...))
	}
	kind := map[string]string{"add-wants": "Wants", "add-requires": "Requires"}[name]
	m, err := s.callBody("AddDependencyUnitFiles", "asssbb", func(w *dbus.Writer) {
		w.StringArray(names)
		w.String(target[0])
		w.String(kind)
		w.Bool(s.opt.has("runtime"))
		w.Bool(s.opt.forced > 0)
	})
	return s.changed("add dependency", m, err)
}

// presetAll is preset-all.
func (s *session) presetAll(name string, _ []string) (int, error) {
	mode := s.opt.presetMode
	if mode == "" {
		mode = "full"
	}
	if s.offline() {
		return s.editHere(name, "preset", nil)
	}
	m, err := s.callBody("PresetAllUnitFiles", "sbb", func(w *dbus.Writer) {
		w.String(mode)
		w.Bool(s.opt.has("runtime"))
		w.Bool(s.opt.forced > 0)
	})
	return s.changed("preset all units", m, err)
}

// changed prints the changes that a manager made, and has it read them.
func (s *session) changed(what string, m *transport.Message, err error) (int, error) {
	if err != nil {
		return 1, failed(what, err)
	}
	r := m.Reader()
	s.printChanges(&r)
	if err := s.reloadAfter(); err != nil {
		return 1, err
	}
	return 0, nil
}
