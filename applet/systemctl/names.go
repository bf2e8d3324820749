package systemctl

import (
	"fmt"
	"slices"
	"strings"

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
			return nil, unmangled(word)
		}
		if escaped, changed := escapedAs(word, name, suffix); changed && !unitname.IsGlob(word) {
			s.hint(fmt.Sprintf(escapedText, word, escaped))
		}
		names = append(names, name)
	}
	return names, nil
}

// unmangled is the refusal of what can't be made a unit's name.
func unmangled(word string) error {
	return fmt.Errorf("Failed to mangle unit name or path '%s': %w", word, errInvalid)
}

// escapedText is the hint that a name had to be guessed.
const escapedText = "Invalid unit name \"%s\" escaped as \"%s\" (maybe you should use systemd-escape?)."

// escapedAs says whether a word was escaped to become a name, and how, without the suffix that was added to it.
func escapedAs(word, name, suffix string) (escaped string, changed bool) {
	if unitname.Valid(word) == nil || word == "" || word[0] == '/' {
		return "", false
	}
	escaped = name
	bare := strings.TrimSuffix(name, suffix)
	if unitname.Valid(bare) != nil && (strings.HasSuffix(bare, suffix) || !strings.HasSuffix(word, suffix)) {
		escaped = bare
	}
	return escaped, escaped != word
}

// hint tells what can be done without.
func (s *session) hint(text string) {
	if !s.opt.has("quiet") {
		s.notice(text)
	}
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
