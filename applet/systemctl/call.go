package systemctl

import (
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// unitPath is the object of a unit. The client computes it, and the manager loads the unit on demand.
func unitPath(name string) string { return unitPrefix + dbus.PathEscape(name) }

// header is that of a call to the manager.
func (s *session) header(path, iface, member, sig string) dbus.Header {
	h := dbus.Header{Type: dbus.MethodCall, Destination: managerName, Path: path, Interface: iface, Member: member,
		Signature: sig}
	if s.opt.scope == systemScope && !s.opt.has("no-ask-password") {
		h.Flags = dbus.Interactive
	}
	return h
}

// begin sends a call and does not wait.
func (s *session) begin(h dbus.Header, body func(*dbus.Writer)) (transport.Ticket, error) {
	p, err := s.manager()
	if err != nil {
		return 0, err
	}
	return p.Begin(h, body)
}

// wait waits for the answer to a call.
func (s *session) wait(p transport.Ticket) (*transport.Message, error) {
	return s.bus.Wait(p, timeout)
}

// send makes a call and waits for the answer.
func (s *session) send(h dbus.Header, body func(*dbus.Writer)) (*transport.Message, error) {
	p, err := s.begin(h, body)
	if err != nil {
		return nil, err
	}
	return s.wait(p)
}

// call makes a call to the manager object; the arguments are strings.
func (s *session) call(member string, args ...string) (*transport.Message, error) {
	const many = "ssssssss"
	return s.send(s.header(managerPath, managerInterface, member, many[:len(args)]), func(w *dbus.Writer) {
		for _, a := range args {
			w.String(a)
		}
	})
}

// callBody is call for other arguments.
func (s *session) callBody(member, sig string, body func(*dbus.Writer)) (*transport.Message, error) {
	return s.send(s.header(managerPath, managerInterface, member, sig), body)
}

// beginGet asks for one property.
func (s *session) beginGet(path, iface, property string) (transport.Ticket, error) {
	return s.begin(s.header(path, dbus.PropertiesInterface, "Get", "ss"), func(w *dbus.Writer) {
		w.String(iface)
		w.String(property)
	})
}

// getString is a property that is a string.
func (s *session) getString(path, iface, property string) (string, error) {
	p, err := s.beginGet(path, iface, property)
	if err != nil {
		return "", err
	}
	return s.waitString(p)
}

// waitString is the answer to beginGet for a property that is a string.
func (s *session) waitString(p transport.Ticket) (string, error) {
	m, err := s.wait(p)
	if err != nil {
		return "", err
	}
	r := m.Reader()
	if sig := r.Variant(); sig != "s" && sig != "o" {
		return "", dbus.ErrType
	}
	text := r.String()
	return text, r.Err()
}

// get is a property of any type.
func (s *session) get(path, iface, property string) (any, error) {
	p, err := s.beginGet(path, iface, property)
	if err != nil {
		return nil, err
	}
	m, err := s.wait(p)
	if err != nil {
		return nil, err
	}
	r := m.Reader()
	v := r.Value(r.Variant())
	return v, r.Err()
}

// beginAll asks for all properties of an object.
func (s *session) beginAll(path string) (transport.Ticket, error) {
	return s.begin(s.header(path, dbus.PropertiesInterface, "GetAll", "s"), func(w *dbus.Writer) { w.String("") })
}

// all is all properties of an object, by name.
func (s *session) all(path string) (properties, error) {
	p, err := s.beginAll(path)
	if err != nil {
		return nil, err
	}
	m, err := s.wait(p)
	if err != nil {
		return nil, err
	}
	return readProperties(m)
}

// properties are an object's properties by name, as dbus.Reader.Value reads them.
type properties map[string]any

func readProperties(m *transport.Message) (properties, error) {
	r := m.Reader()
	list := properties{}
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		name := r.String()
		list[name] = r.Value(r.Variant())
	}
	return list, r.Err()
}

// text is a property that is a string, "" where it is not there.
func (p properties) text(name string) string {
	switch v := p[name].(type) {
	case string:
		return v
	case dbus.ObjectPath:
		return string(v)
	}
	return ""
}

// list is a property that is a list of strings.
func (p properties) list(name string) []string {
	v, _ := p[name].([]string)
	return v
}

// number is a property that is a number.
func (p properties) number(name string) uint64 {
	switch v := p[name].(type) {
	case uint64:
		return v
	case uint32:
		return uint64(v)
	case int32:
		return uint64(int64(v))
	case int64:
		return uint64(v)
	}
	return 0
}

// yes is a property that is a truth value.
func (p properties) yes(name string) bool {
	v, _ := p[name].(bool)
	return v
}
