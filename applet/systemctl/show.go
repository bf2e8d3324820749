package systemctl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// show prints properties of units, jobs or the manager, each as NAME=VALUE.
func (s *session) show(_ string, args []string) (int, error) {
	s.page()
	if len(args) == 0 && len(s.opt.states) == 0 && len(s.opt.types) == 0 {
		return s.showObjects([]string{managerPath})
	}
	var words, paths []string
	for _, word := range args {
		id, err := strconv.ParseUint(word, 10, 32)
		switch {
		case err != nil:
			words = append(words, word)
		case id == 0:
			return 1, errors.New("Failed to parse \"0\": Numerical result out of range")
		default:
			paths = append(paths, jobPrefix+strconv.FormatUint(id, 10))
		}
	}
	names := []string(nil)
	if len(words) > 0 || len(args) == 0 {
		var err error
		if names, _, err = s.expand(words, ".service"); err != nil {
			return 1, err
		}
	}
	for _, name := range names {
		paths = append(paths, unitPath(name))
	}
	return s.showObjects(paths)
}

// showObjects prints the properties of objects, with an empty line between them.
func (s *session) showObjects(paths []string) (int, error) {
	status, printed := 0, false
	s.pipeline(len(paths), func(i int) (transport.Ticket, error) {
		return s.beginAll(paths[i])
	}, func(_ int, p transport.Ticket, err error) bool {
		m := (*transport.Message)(nil)
		if err == nil {
			m, err = s.wait(p)
		}
		if err != nil {
			text := err.Error()
			if p != 0 { // it was sent
				text = "Failed to get properties: " + errorText(err)
			}
			s.complain(errors.New(text))
			status = 1
			return false
		}
		if printed {
			s.printf("\n")
		}
		printed = true
		s.showMessage(m)
		return true
	})
	return status, nil
}

// showMessage prints the properties of one object, in the order the manager tells them.
func (s *session) showMessage(m *transport.Message) {
	v := valueWriter{session: s, all: s.opt.has("all") || len(s.opt.properties) > 0, zone: s.zone()}
	r := m.Reader()
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		name := r.String()
		sig := r.Variant()
		if len(s.opt.properties) > 0 && !slices.Contains(s.opt.properties, name) {
			r.Skip(sig)
			continue
		}
		v.property(&r, name, sig)
	}
	if r.Err() != nil {
		s.complain(fmt.Errorf("Failed to parse properties: %w", r.Err()))
	}
}

// unitOfPath is the unit of an object path.
func unitOfPath(path string) string {
	if len(path) <= len(unitPrefix) {
		return ""
	}
	return dbus.PathUnescape(path[len(unitPrefix):])
}
