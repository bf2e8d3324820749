package bus

import (
	"strings"

	"github.com/steward-init/steward/wire/dbus"
)

// iface is one interface: its methods, signals and properties, each a row. Introspection, dispatch, Get, GetAll,
// Set and PropertiesChanged all read these rows.
type iface struct {
	name       string
	methods    []method
	signals    []signal
	properties []property
	telling    telling
}

// method is a row of an interface. in and out are signatures; args names the arguments, in then out, between blanks.
type method struct {
	name, in, out, args string
	flag                flag
	run                 func(*call)
}

// flag says what is particular about a method or property.
type flag uint8

const (
	// privileged methods are marked so in introspection. What others may call says access.go.
	privileged flag = 1 << iota
	// noReply methods are never answered: the manager that would is gone by then.
	noReply
)

// signal is a row of an interface; args names the arguments between blanks.
type signal struct{ name, sig, args string }

// property is a row of an interface. get writes the value; set, where there is one, reads a new one.
type property struct {
	name, sig string
	emits     emits
	get       func(w *dbus.Writer, s *Server, o *object)
	set       func(c *call)
	head      []byte // of its entry in a dictionary, once it was written
}

// entry begins the property's entry in a dictionary.
func (p *property) entry(w *dbus.Writer) {
	if p.head == nil {
		p.head = dbus.EntryHead(p.name, p.sig)
	}
	w.PutEntry(p.head)
}

// emits says how a property's change is told. dbus-specification, EmitsChangedSignal.
type emits uint8

const (
	emitsFalse emits = iota
	emitsTrue
	emitsInvalidates
	emitsConst
)

var emitsWords = [...]string{"false", "true", "invalidates", "const"}

// describe turns the rows into what introspection prints.
func (i *iface) describe() dbus.Interface {
	d := dbus.Interface{Name: i.name}
	for _, m := range i.methods {
		names := strings.Fields(m.args)
		in := dbus.Args(m.in, names...)
		out := dbus.Args(m.out, names[min(len(in), len(names)):]...)
		row := dbus.Method{Name: m.name, In: in, Out: out}
		if m.flag&privileged != 0 {
			row.Annotations = append(row.Annotations, dbus.Annotation{Name: busName + ".Privileged", Value: "true"})
		}
		if m.flag&noReply != 0 {
			row.Annotations = append(row.Annotations,
				dbus.Annotation{Name: "org.freedesktop.DBus.Method.NoReply", Value: "true"})
		}
		d.Methods = append(d.Methods, row)
	}
	for _, g := range i.signals {
		d.Signals = append(d.Signals, dbus.SignalSpec{Name: g.name, Args: dbus.Args(g.sig, strings.Fields(g.args)...)})
	}
	for _, p := range i.properties {
		row := dbus.Property{Name: p.name, Sig: p.sig, Writable: p.set != nil}
		if p.emits != emitsTrue {
			row.Annotations = append(row.Annotations, dbus.EmitsChanged(emitsWords[p.emits]))
		}
		if p.set != nil {
			row.Annotations = append(row.Annotations, dbus.Annotation{Name: busName + ".Privileged", Value: "true"})
		}
		d.Properties = append(d.Properties, row)
	}
	return d
}

// method returns the row of a method.
func (i *iface) method(name string) *method {
	for n := range i.methods {
		if i.methods[n].name == name {
			return &i.methods[n]
		}
	}
	return nil
}

// property returns the row of a property.
func (i *iface) property(name string) *property {
	for n := range i.properties {
		if i.properties[n].name == name {
			return &i.properties[n]
		}
	}
	return nil
}

// telling are the rows of the properties whose changes are told, with their values or by name only.
type telling struct {
	known               bool
	values, invalidated []*property
}

func (i *iface) tells() *telling {
	if i.telling.known {
		return &i.telling
	}
	i.telling.known = true
	for n := range i.properties {
		switch row := &i.properties[n]; row.emits {
		case emitsTrue:
			i.telling.values = append(i.telling.values, row)
		case emitsInvalidates:
			i.telling.invalidated = append(i.telling.invalidated, row)
		}
	}
	return &i.telling
}
