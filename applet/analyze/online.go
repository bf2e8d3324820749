package analyze

import (
	"errors"
	"fmt"

	"github.com/steward-init/steward/applet/connect"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// unitInterface is the interface of every unit. org.freedesktop.systemd1(5).
const unitInterface = connect.Name + ".Unit"

// manager is a connection to a manager.
type manager struct{ *connect.Manager }

// manager connects to the manager that the options name.
func (s *session) manager() (*manager, error) {
	if s.opt.host != "" {
		return nil, errors.New("Operating on remote hosts and containers is not supported.")
	}
	user := s.opt.scope != systemScope
	m, err := connect.Open(s.IO, user)
	if err != nil {
		return nil, errors.New(connect.Explain(err, user))
	}
	return &manager{m}, nil
}

// unitPath is the object of a unit.
func unitPath(name string) string { return connect.Path + "/unit/" + dbus.PathEscape(name) }

// listed is what a manager's list says of a unit.
type listed struct{ id, path string }

// units are those that a manager has loaded, in its order.
func (m *manager) units() ([]listed, error) {
	r, err := m.Call("ListUnits", "", nil)
	if err != nil {
		return nil, fmt.Errorf("Failed to list units: %s", connect.Text(err))
	}
	var list []listed
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		u := listed{id: r.String()}
		r.Skip("sssss")
		u.path = r.ObjectPath()
		r.Skip("uso")
		list = append(list, u)
	}
	if r.Err() != nil {
		return nil, fmt.Errorf("Failed to list units: %s", connect.Text(r.Err()))
	}
	return list, nil
}

// window is how many questions are under way at once: enough that neither side waits, too few to fill a queue.
const window = 64

// askAll asks the same of many units, several at a time, and gives the answers to take in their order.
func (m *manager) askAll(units []listed, h dbus.Header, body func(*dbus.Writer),
	take func(i int, r *dbus.Reader, err error) error) error {
	h.Type, h.Destination = dbus.MethodCall, connect.Name
	tickets := make([]transport.Ticket, 0, len(units))
	for i := range units {
		for len(tickets) < len(units) && len(tickets) < i+window {
			h.Path = units[len(tickets)].path
			t, err := m.Begin(h, body)
			if err != nil {
				return err
			}
			tickets = append(tickets, t)
		}
		answer, err := m.Wait(tickets[i], connect.Patience)
		var r dbus.Reader
		if err == nil {
			r = answer.Reader()
		}
		if err := take(i, &r, err); err != nil {
			return err
		}
	}
	return nil
}

// getAll asks for the properties of an object, all of them of one interface; "" is all interfaces.
func getAll(face string) (dbus.Header, func(*dbus.Writer)) {
	return dbus.Header{Interface: dbus.PropertiesInterface, Member: "GetAll", Signature: "s"},
		func(w *dbus.Writer) { w.String(face) }
}

// get asks for one property of a unit.
func (m *manager) get(path, face, name string) (*dbus.Reader, string, error) {
	r, err := m.Ask(path, dbus.PropertiesInterface, "Get", "ss", func(w *dbus.Writer) {
		w.String(face)
		w.String(name)
	})
	if err != nil {
		return nil, "", err
	}
	return r, r.Variant(), r.Err()
}

// getText is get for a property that is a text.
func (m *manager) getText(path, face, name string) (string, error) {
	r, sig, err := m.get(path, face, name)
	if err != nil {
		return "", err
	}
	if sig != "s" {
		return "", fmt.Errorf("property %s is %q, not a text", name, sig)
	}
	text := r.String()
	return text, r.Err()
}

// getNames is get for a property that is a list of names.
func (m *manager) getNames(path, face, name string) ([]string, error) {
	r, sig, err := m.get(path, face, name)
	if err != nil {
		return nil, err
	}
	if sig != "as" {
		return nil, fmt.Errorf("property %s is %q, not a list", name, sig)
	}
	list := r.StringArray()
	return list, r.Err()
}

// eachProperty reads a dictionary of properties; take reads the value, of the signature it is told, or says false.
func eachProperty(r *dbus.Reader, take func(name, sig string) bool) error {
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		name := r.String()
		if sig := r.Variant(); !take(name, sig) {
			r.Skip(sig)
		}
	}
	return r.Err()
}
