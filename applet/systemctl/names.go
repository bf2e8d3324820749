package systemctl

import (
	"fmt"
	"slices"

	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
)

// unitInfo is what ListUnits tells of a unit.
type unitInfo struct {
	name, description, load, active, sub, following string
	path                                            string
	job                                             uint32
	jobType, jobPath                                string
}

// mangle makes unit names of what the user typed, and says so where it had to guess.
func (s *session) mangle(words []string, suffix string) ([]string, error) {
	names := make([]string, 0, len(words))
	for _, word := range words {
		name, err := unitname.MangleGlob(word, suffix)
		if err != nil {
			return nil, fmt.Errorf("Failed to mangle unit name: %w", errInvalid)
		}
		if escaped := unitname.Stem(name); unitname.Valid(word) != nil && !unitname.IsGlob(word) &&
			word[0] != '/' && escaped != word && escaped+suffix == name {
			s.notice(fmt.Sprintf("Invalid unit name \"%s\" escaped as \"%s\" (maybe you should use systemd-escape?).",
				word, escaped))
		}
		names = append(names, name)
	}
	return names, nil
}

// listLoaded asks for the units that match patterns and are in one of some states; none of either is all.
func (s *session) listLoaded(states, patterns []string) ([]unitInfo, error) {
	m, err := s.callBody("ListUnitsByPatterns", "asas", func(w *dbus.Writer) {
		w.StringArray(states)
		w.StringArray(patterns)
	})
	if err != nil {
		return nil, failed("list units", err)
	}
	r := m.Reader()
	var list []unitInfo
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		list = append(list, unitInfo{name: r.String(), description: r.String(), load: r.String(), active: r.String(),
			sub: r.String(), following: r.String(), path: r.ObjectPath(), job: r.Uint32(), jobType: r.String(),
			jobPath: r.ObjectPath()})
	}
	return list, r.Err()
}

// expand makes unit names of what the user typed; patterns become the loaded units that match, and nothing all that
// are to be shown.
func (s *session) expand(words []string, suffix string) (names []string, globbed bool, err error) {
	mangled, err := s.mangle(words, suffix)
	if err != nil {
		return nil, false, err
	}
	var patterns []string
	for _, name := range mangled {
		if unitname.IsGlob(name) {
			patterns = append(patterns, name)
		} else {
			names = append(names, name)
		}
	}
	if len(words) == 0 {
		patterns = nil
	} else if len(patterns) == 0 {
		return names, false, nil
	}
	units, err := s.listLoaded(s.opt.states, patterns)
	if len(words) == 0 {
		slices.SortFunc(units, byTypeAndName)
	}
	for _, u := range units {
		if s.wanted(&u) {
			names = append(names, u.name)
		}
	}
	return names, true, err
}
