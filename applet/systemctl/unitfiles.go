package systemctl

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/glob"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// offline says whether unit files are to be looked at and changed here, without a manager: in another root, for all
// users, where $SYSTEMD_OFFLINE asks for it, in a chroot, and where no manager runs.
func (s *session) offline() bool {
	if s.opt.host != "" {
		return false
	}
	return s.opt.root != "" || s.opt.scope == globalScope || s.inChroot() || s.unmanaged()
}

// mode is whose unit files are meant.
func (s *session) mode() load.Mode {
	if s.opt.scope == systemScope {
		return load.System
	}
	return load.User
}

// searchPath is where the unit files are.
func (s *session) searchPath() load.SearchPath {
	if s.opt.scope == globalScope {
		return load.Global()
	}
	return load.Paths(s.mode(), s.Getenv)
}

// plainNames makes unit names of what the user typed where patterns make no sense; verb is for the message.
func (s *session) plainNames(verb string, args []string, suffix string) ([]string, error) {
	var names []string
	for _, word := range args {
		name, err := unitname.Mangle(word, suffix)
		if err != nil {
			return nil, unmangled(word)
		}
		if escaped, changed := escapedAs(word, name, suffix); changed && unitname.IsGlob(word) {
			s.hint(fmt.Sprintf("Glob pattern passed to %s, but globs are not supported for this.", verb))
			s.hint(fmt.Sprintf("Invalid unit name \"%s\" escaped as \"%s\".", word, escaped))
		} else if changed {
			s.hint(fmt.Sprintf(escapedText, word, escaped))
		}
		names = append(names, name)
	}
	return names, nil
}

// isEnabled prints the state of unit files; the status is 0 if one of them is enabled in some way.
func (s *session) isEnabled(_ string, args []string) (int, error) {
	names, err := s.fileNames("check", args)
	if err != nil {
		return 1, err
	}
	names, status, err := s.redirectSysV("is-enabled", names)
	if err != nil || len(names) == 0 {
		return status, err
	}
	state := func(name string) (string, error) {
		m, err := s.call("GetUnitFileState", name)
		if err != nil {
			return "", err
		}
		r := m.Reader()
		return r.String(), r.Err()
	}
	if s.offline() {
		v, err := s.view()
		if err != nil {
			if err = asErrno(err); errors.Is(err, syscall.EINVAL) {
				err = failed("get unit file state for "+names[0], err)
			}
			return 1, err
		}
		state = func(name string) (string, error) {
			found, err := v.State(name)
			return string(found), asErrno(err)
		}
	}
	for _, name := range names {
		word, err := state(name)
		if strings.HasPrefix(name, "/") {
			err = syscall.EINVAL
		}
		if err != nil {
			return 1, failed("get unit file state for "+name, err)
		}
		if install.State(word).IsEnabled() {
			status = 0
		}
		if !s.opt.has("quiet") {
			s.printf("%s\n", word)
			s.showLinks(name)
		}
	}
	return status, nil
}

// asErrno is what is wrong with a unit file as the error number that systemctl tells where no manager does.
func asErrno(err error) error {
	var fault *install.Fault
	if errors.As(err, &fault) {
		switch fault.Code {
		case install.Missing:
			return syscall.ENOENT
		case install.Masked:
			return syscall.ERFKILL
		case install.BadSpecifier:
			return syscall.EBADSLT
		case install.Invalid:
			return syscall.EINVAL
		}
	}
	return err
}

// pathless is why there is nowhere to look for unit files.
func pathless(what string, err error) error {
	var errno syscall.Errno
	if err = asErrno(err); errors.As(err, &errno) {
		return failed(what, errno)
	}
	return err
}

// showLinks prints where the symlinks of a unit lead from, which --full asks for.
func (s *session) showLinks(name string) {
	if !s.opt.has("full") {
		return
	}
	if s.offline() {
		plan, err := s.planOf("disable", []string{name})
		for _, c := range plan.Changes {
			if err == nil && c.Type == install.Unlinked {
				s.printf("  %s\n", s.inRoot(c.Path))
			}
		}
		return
	}
	m, err := s.callBody("GetUnitFileLinks", "sb", func(w *dbus.Writer) {
		w.String(name)
		w.Bool(s.opt.has("runtime"))
	})
	if err != nil {
		return
	}
	r := m.Reader()
	for _, link := range r.StringArray() {
		s.printf("  %s\n", link)
	}
}

// unitFile is a row of list-unit-files.
type unitFile struct{ path, state string }

// listUnitFiles is list-unit-files.
func (s *session) listUnitFiles(_ string, args []string) (int, error) {
	patterns, err := s.mangle(args, ".service")
	if err != nil {
		return 1, err
	}
	list, err := s.unitFiles(patterns)
	if err != nil {
		return 1, err
	}
	list = slices.DeleteFunc(list, func(f unitFile) bool {
		kind := string(unitname.TypeOf(f.path))
		return len(s.opt.types) > 0 && !slices.Contains(s.opt.types, kind)
	})
	slices.SortFunc(list, func(a, b unitFile) int {
		return cmp.Or(cmp.Compare(filepath.Ext(a.path), filepath.Ext(b.path)),
			compareFold(filepath.Base(a.path), filepath.Base(b.path)))
	})
	if err := s.printUnitFiles(list); err != nil {
		return 1, err
	}
	if len(list) == 0 {
		return 1, nil
	}
	return 0, nil
}

// printUnitFiles prints the table; the last file of each type is underlined.
func (s *session) printUnitFiles(list []unitFile) error {
	presets, err := s.presets()
	if err != nil {
		return err
	}
	s.page()
	t := ui.Table{Head: []string{"UNIT FILE", "STATE", "PRESET"}}
	for i, f := range list {
		last := i+1 < len(list) && filepath.Ext(f.path) != filepath.Ext(list[i+1].path)
		name := filepath.Base(f.path)
		preset := ui.Cell{Text: "-", Style: ui.Grey, Line: last, Value: ui.Null}
		if hasPreset(f.state) {
			wanted, _ := presets.Query(name)
			preset = ui.Cell{Text: string(wanted), Style: listStateStyle(string(wanted)), Line: last}
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: name, Line: last, Gap: true},
			{Text: f.state, Style: listStateStyle(f.state), Line: last, Gap: true}, preset})
	}
	s.table(&t)
	if !s.opt.noLegend && !s.isJSON() {
		s.printf("\n%d unit files listed.\n", len(list))
	}
	return nil
}

// listStateStyle is the colour of an enablement state in a list, where "disabled" is red.
func listStateStyle(state string) ui.Style {
	switch state {
	case "masked", "masked-runtime", "disabled", "bad":
		return ui.Red
	case "enabled", "alias":
		return ui.Green
	}
	return ui.Plain
}

// unitFiles is all unit files that match, or all.
func (s *session) unitFiles(patterns []string) ([]unitFile, error) {
	if s.offline() {
		v, err := s.view()
		if err != nil {
			return nil, pathless("get unit file list", err)
		}
		var states []install.State
		for _, state := range s.opt.states {
			states = append(states, install.State(state))
		}
		var list []unitFile
		for _, f := range v.List(states, func(name string) bool {
			return len(patterns) == 0 || glob.MatchAny(patterns, name)
		}) {
			list = append(list, unitFile{path: f.Path, state: string(f.State)})
		}
		return list, nil
	}
	p, err := s.begin(s.header(managerPath, managerInterface, "ListUnitFilesByPatterns", "asas"),
		func(w *dbus.Writer) {
			w.StringArray(s.opt.states)
			w.StringArray(patterns)
		})
	var m *transport.Message
	if err == nil {
		m, err = s.bus.Wait(p, 0) // a manager that reads thousands of files takes its time
	}
	if err != nil {
		return nil, failed("list unit files", err)
	}
	r, end := readerOf(m, 8)
	var list []unitFile
	for r.More(end) {
		r.Struct()
		list = append(list, unitFile{path: r.String(), state: r.String()})
	}
	return list, r.Err()
}

// getDefault prints the name of the default target.
func (s *session) getDefault(string, []string) (int, error) {
	name, err := "", error(nil)
	if s.offline() {
		var v *install.View
		if v, err = s.view(); err != nil {
			return 1, pathless("get default target", err)
		}
		name, err = v.Default()
		err = asErrno(err)
	} else {
		var m *transport.Message
		if m, err = s.call("GetDefaultTarget"); err == nil {
			r := m.Reader()
			name = r.String()
		}
	}
	if err != nil {
		return 1, failed("get default target", err)
	}
	s.printf("%s\n", name)
	return 0, nil
}
