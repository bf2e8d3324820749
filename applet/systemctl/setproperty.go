package systemctl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
)

// setProperty changes settings of a unit that may be changed while it runs.
func (s *session) setProperty(_ string, args []string) (int, error) {
	names, err := s.plainNames("set-property", args[:1], ".service")
	if err != nil {
		return 1, err
	}
	name := names[0]
	kind, ok := model.ParseType(string(unitname.TypeOf(name)))
	if !ok {
		return 1, fmt.Errorf("Invalid unit type: %s", name)
	}
	defaults := directive.NewDefaults(s.opt.scope != systemScope)
	unit := directive.NewUnit(name, kind, defaults)
	var list []directive.Property
	for _, assignment := range args[1:] {
		p, err := assign(unit, assignment, defaults)
		if err != nil {
			return 1, err
		}
		list = append(list, p)
	}
	_, err = s.callBody("SetUnitProperties", "sba(sv)", func(w *dbus.Writer) {
		w.String(name)
		w.Bool(s.opt.has("runtime"))
		mark := w.OpenArray(8)
		for _, p := range list {
			w.Struct()
			w.String(p.Name)
			w.Variant(p.Sig)
			p.Encode(w, unit)
		}
		w.CloseArray(mark)
	})
	if err != nil {
		return 1, failed("set unit properties on "+name, err)
	}
	return 0, nil
}

// assign gives a unit the setting of NAME=VALUE, as in a unit file, and returns the property that tells it.
func assign(u *model.Unit, assignment string, defaults *directive.Defaults) (directive.Property, error) {
	key, value, ok := strings.Cut(assignment, "=")
	if !ok {
		return directive.Property{}, errors.New("Not an assignment: " + assignment)
	}
	if key == "Markers" { // marks are kept by the manager alone
		return directive.Property{Name: key, Sig: "as", Encode: func(w *dbus.Writer, _ *model.Unit) {
			w.StringArray(strings.Fields(value))
		}}, nil
	}
	own := u.Type.String()
	for _, section := range []string{strings.ToUpper(own[:1]) + own[1:], "Unit"} {
		d := directive.Find(section, key)
		if d == nil {
			continue
		}
		line := unitfile.Line{Section: section, Key: key, Value: value, Kind: unitfile.Assignment}
		for _, wrong := range directive.Apply(u, &line, &directive.Context{Defaults: defaults}) {
			if wrong.Severity > unitfile.Info {
				return directive.Property{}, fmt.Errorf("Failed to parse %s: %w", assignment, errInvalid)
			}
		}
		for _, p := range directive.Properties(u.Type, defaults) {
			if p.Name == d.Property && p.Encode != nil {
				return p, nil
			}
		}
	}
	return directive.Property{}, errors.New("Unknown assignment: " + assignment)
}
