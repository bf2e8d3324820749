package bus

import (
	"strconv"

	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// dispatch answers one message. A call to something that doesn't exist gets the D-Bus error that says so.
func (s *Server) dispatch(from *client, m *transport.Message) {
	defer m.Close()
	if m.Type != dbus.MethodCall {
		return
	}
	c := &call{server: s, client: from, message: m, in: m.Reader()}
	switch m.Interface {
	case "org.freedesktop.DBus.Peer":
		c.peer()
		return
	case "org.freedesktop.DBus.Introspectable":
		c.introspect()
		return
	case "org.freedesktop.DBus":
		c.busDaemon()
		return
	}
	object, refusal := s.resolveFor(from, m.Path)
	if refusal != nil {
		c.refuse(refusal.Error, "%s", refusal.Message)
		return
	}
	c.object = object
	if m.Interface == propertiesInterface {
		c.properties()
		return
	}
	for _, i := range s.interfaces(object) {
		if m.Interface != "" && m.Interface != i.name {
			continue
		}
		if row := i.method(m.Member); row != nil {
			c.run(row)
			return
		}
	}
	c.refuse(errorUnknownMethod, "Unknown method %s or interface %s.", m.Member, m.Interface)
}

// run checks the arguments' types and calls the method.
func (c *call) run(row *method) {
	if c.message.Signature != row.in {
		c.refuse(errorInvalidArgs, "Invalid arguments '%s' to call %s.%s(), expecting '%s'.",
			c.message.Signature, c.message.Interface, c.message.Member, row.in)
		return
	}
	if !c.allowed(row) {
		c.refuse(errorAccessDenied, "Access denied")
		return
	}
	row.run(c)
}

// read reports whether the arguments could be read; otherwise the call is refused.
func (c *call) read() bool {
	if err := c.in.Err(); err != nil {
		c.refuse(errorInvalidMessage, "Invalid message body: %v", err)
		return false
	}
	return true
}

func (c *call) peer() {
	switch c.message.Member {
	case "Ping":
		c.done()
	case "GetMachineId":
		c.reply("s", func(w *dbus.Writer) { w.String(c.server.manager.Facts().MachineID) })
	default:
		c.refuse(errorUnknownMethod, "Unknown method %s or interface %s.", c.message.Member, c.message.Interface)
	}
}

const propertiesInterface = "org.freedesktop.DBus.Properties"

// properties answers Get, GetAll and Set of org.freedesktop.DBus.Properties.
func (c *call) properties() {
	switch c.message.Member + "(" + c.message.Signature + ")" {
	case "Get(ss)":
		c.get(c.in.String(), c.in.String())
	case "GetAll(s)":
		c.getAll(c.in.String())
	case "Set(ssv)":
		c.set(c.in.String(), c.in.String())
	default:
		c.refuse(errorUnknownMethod, "Unknown method %s or interface %s.", c.message.Member, propertiesInterface)
	}
}

func (c *call) get(name, member string) {
	if !c.read() {
		return
	}
	for _, i := range c.server.interfaces(c.object) {
		if name != "" && name != i.name {
			continue
		}
		if row := i.property(member); row != nil {
			c.reply("v", func(w *dbus.Writer) {
				w.Variant(row.sig)
				row.get(w, c.server, c.object)
			})
			return
		}
		if name != "" {
			break
		}
	}
	c.refuse(errorUnknownProp, "Unknown interface %s or property %s.", name, member)
}

// getAll writes all properties of an interface, or of all of them for "": what systemctl show asks for.
func (c *call) getAll(name string) {
	if !c.read() {
		return
	}
	known := name == ""
	for _, i := range c.server.interfaces(c.object) {
		known = known || i.name == name
	}
	if !known {
		c.refuse(errorUnknownIface, "Unknown interface %s.", name)
		return
	}
	c.reply("a{sv}", func(w *dbus.Writer) {
		mark := w.OpenArray(8)
		for _, i := range c.server.interfaces(c.object) {
			if name != "" && name != i.name {
				continue
			}
			for n := range i.properties {
				row := &i.properties[n]
				row.entry(w)
				row.get(w, c.server, c.object)
			}
		}
		w.CloseArray(mark)
	})
}

func (c *call) set(name, member string) {
	sig := c.in.Variant()
	if !c.read() {
		return
	}
	for _, i := range c.server.interfaces(c.object) {
		row := i.property(member)
		if row == nil || name != "" && name != i.name {
			continue
		}
		switch {
		case row.set == nil:
			c.refuse(errorReadOnly, "Property '%s' is not writable.", member)
		case !c.client.trusted():
			c.refuse(errorAccessDenied, "Access denied")
		case sig != row.sig:
			c.refuse(errorInvalidArgs, "Property '%s' has the type '%s', not '%s'.", member, row.sig, sig)
		default:
			row.set(c)
		}
		return
	}
	c.refuse(errorUnknownProp, "Unknown property '%s'.", member)
}

// introspect describes an object, and the children that busctl tree walks down to.
func (c *call) introspect() {
	if c.message.Member != "Introspect" {
		c.refuse(errorUnknownMethod, "Unknown method %s.", c.message.Member)
		return
	}
	var children []string
	switch path := c.message.Path; path {
	case "/":
		children = []string{"org/freedesktop/systemd1", "org/freedesktop/LogControl1"}
	case "/org", "/org/freedesktop":
		children = []string{map[string]string{"/org": "freedesktop", "/org/freedesktop": "systemd1"}[path]}
	case unitPrefix[:len(unitPrefix)-1]:
		for _, unit := range c.server.manager.Engine().Units() {
			children = append(children, dbus.PathEscape(unit.Unit.Name))
		}
	case jobPrefix[:len(jobPrefix)-1]:
		for _, job := range c.server.manager.Engine().Jobs() {
			children = append(children, strconv.FormatUint(uint64(job.ID), 10))
		}
	default:
		object, refusal := c.server.resolveFor(c.client, path)
		if refusal != nil {
			c.refuse(refusal.Error, "%s", refusal.Message)
			return
		}
		xml := c.server.describe(object)
		c.reply("s", func(w *dbus.Writer) { w.String(string(xml)) })
		return
	}
	xml := string(dbus.AppendIntrospection(nil, nil, children))
	c.reply("s", func(w *dbus.Writer) { w.String(xml) })
}

// describe is the introspection document of an object.
func (s *Server) describe(o *object) []byte {
	var described []dbus.Interface
	var children []string
	for n := range standard {
		described = append(described, standard[n].describe())
	}
	for _, i := range s.interfaces(o) {
		described = append(described, i.describe())
	}
	if o.path == managerPath {
		children = []string{"unit", "job"}
	}
	return dbus.AppendIntrospection(nil, described, children)
}
