package plan

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/steward-init/steward/applet/connect"
	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/plan"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
)

// count says whether there is such a command, and whether it has as many arguments as it takes.
func (c *command) count() error {
	verb, queues := plan.FindVerb(c.verb)
	least, most := 1, len(c.names)
	switch {
	case !queues && !slices.Contains(install.Verbs(), c.verb):
		return fmt.Errorf("No plan for %s: it is no command that queues jobs or edits unit files. "+
			"\"steward plan --help\" lists those.", c.verb)
	case verb.Unit != "", c.verb == "preset-all":
		least, most = 0, 0
	case c.verb == "isolate", c.verb == "set-default":
		most = 1
	case strings.HasPrefix(c.verb, "add-"):
		least = 2
	}
	switch {
	case len(c.names) < least:
		return errors.New("Too few arguments.")
	case len(c.names) > most:
		return errors.New("Too many arguments.")
	}
	return nil
}

// mangle makes unit names of the words of the command line, and patterns of those that are for jobs. Edits can be of
// unit files by their paths.
func (c *command) mangle(p *plan.Plan) error {
	suffix, mangle := ".service", unitname.Mangle
	if c.verb == "isolate" || c.verb == "set-default" {
		suffix = ".target"
	}
	_, queues := plan.FindVerb(c.verb)
	if queues && c.verb != "isolate" {
		mangle = unitname.MangleGlob
	}
	for i, word := range c.names {
		name, err := word, error(nil)
		switch {
		case !queues && c.verb != "set-default" && strings.Contains(word, "/"):
			name, err = c.file(word)
		case i == 0 && strings.HasPrefix(c.verb, "add-"):
			name, err = unitname.Mangle(word, ".target")
		default:
			name, err = mangle(word, suffix)
		}
		if err != nil {
			return fmt.Errorf("Failed to mangle unit name: %w", err)
		}
		p.Units = append(p.Units, name)
	}
	return nil
}

// file is a path of a unit file. What is disabled is a name, wherever its file is.
func (c *command) file(path string) (string, error) {
	if c.verb == "disable" {
		return filepath.Base(path), nil
	}
	return filepath.Abs(path)
}

// match puts the loaded units that a pattern matches in its place, as systemctl does.
func match(m *connect.Manager, p *plan.Plan) error {
	patterns := slices.DeleteFunc(slices.Clone(p.Units), func(name string) bool { return !unitname.IsGlob(name) })
	if len(patterns) == 0 {
		return nil
	}
	p.Units = slices.DeleteFunc(p.Units, unitname.IsGlob)
	r, err := m.Call("ListUnitsByPatterns", "asas", func(w *dbus.Writer) {
		w.StringArray(nil)
		w.StringArray(patterns)
	})
	if err != nil {
		return fmt.Errorf("Failed to list units: %w", err)
	}
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		p.Units = append(p.Units, r.String())
		for range 5 {
			_ = r.String() // description and states are of no use here
		}
		_, _, _, _ = r.ObjectPath(), r.Uint32(), r.String(), r.ObjectPath() // neither are its path and job
	}
	return r.Err()
}
