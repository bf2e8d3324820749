package bus

import (
	"github.com/steward-init/steward/wire/dbus"
)

// iface is one interface: its methods, signals and properties, each a row. Introspection, dispatch, Get, GetAll,
// Set and PropertiesChanged all read these rows.
type iface struct {
	name       string
	methods    []method
	signals    []signal
	properties []property
}

// method is a row of an interface. in and out are signatures; names name the arguments, in then out.
type method struct {
	name, in, out string
	names         []string
	run           func(*call)
}

// signal is a row of an interface.
type signal struct {
	name, sig string
	names     []string
}

// property is a row of an interface. get writes the value; set, where there is one, reads a new one.
type property struct {
	name, sig string
	emits     emits
	get       func(w *dbus.Writer, s *Server, o *object)
	set       func(c *call)
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
		in := dbus.Args(m.in, m.names...)
		out := dbus.Args(m.out, m.names[min(len(in), len(m.names)):]...)
		d.Methods = append(d.Methods, dbus.Method{Name: m.name, In: in, Out: out})
	}
	for _, g := range i.signals {
		d.Signals = append(d.Signals, dbus.SignalSpec{Name: g.name, Args: dbus.Args(g.sig, g.names...)})
	}
	for _, p := range i.properties {
		row := dbus.Property{Name: p.name, Sig: p.sig, Writable: p.set != nil}
		if p.emits != emitsTrue {
			row.Annotations = append(row.Annotations, dbus.EmitsChanged(emitsWords[p.emits]))
		}
		d.Properties = append(d.Properties, row)
	}
	return d
}

// find returns the row of a method.
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
