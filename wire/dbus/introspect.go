package dbus

import "strings"

// Interface is what an object answers to, for org.freedesktop.DBus.Introspectable.
type Interface struct {
	Name        string
	Methods     []Method
	Signals     []SignalSpec
	Properties  []Property
	Annotations []Annotation
}

// Method is a method with its arguments in order.
type Method struct {
	Name        string
	In, Out     []Arg
	Annotations []Annotation
}

// SignalSpec is a signal with its arguments in order.
type SignalSpec struct {
	Name        string
	Args        []Arg
	Annotations []Annotation
}

// Property is a property: Sig is one complete type.
type Property struct {
	Name        string
	Sig         string
	Writable    bool
	Annotations []Annotation
}

// Arg is an argument: Sig is one complete type, Name may be "".
type Arg struct{ Name, Sig string }

// Annotation is a remark for tools.
type Annotation struct{ Name, Value string }

// EmitsChanged is the annotation that tells how a property's changes are announced: "true" (the default, which is not
// written), "invalidates", "const" or "false".
func EmitsChanged(how string) Annotation {
	return Annotation{"org.freedesktop.DBus.Property.EmitsChangedSignal", how}
}

// Deprecated is the annotation of what should not be used any more.
func Deprecated() Annotation { return Annotation{"org.freedesktop.DBus.Deprecated", "true"} }

// Args reads a signature into arguments; names are given in order and may be fewer.
func Args(sig string, names ...string) []Arg {
	var list []Arg
	for i := 0; sig != ""; i++ {
		first, rest, ok := NextType(sig)
		if !ok {
			break
		}
		arg := Arg{Sig: first}
		if i < len(names) {
			arg.Name = names[i]
		}
		list, sig = append(list, arg), rest
	}
	return list
}

const introspectHead = `<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
<node>
`

// AppendIntrospection appends the introspection document of an object with these interfaces, and with these names
// of objects right below its path, to dst.
func AppendIntrospection(dst []byte, interfaces []Interface, children []string) []byte {
	x := document{append(dst, introspectHead...)}
	for i := range interfaces {
		x.iface(&interfaces[i])
	}
	for _, child := range children {
		x.tag(1, "node", "name", child)
		x.b = append(x.b, "/>\n"...)
	}
	return append(x.b, "</node>\n"...)
}

type document struct{ b []byte }

func (x *document) iface(i *Interface) {
	x.tag(1, "interface", "name", i.Name)
	x.b = append(x.b, ">\n"...)
	x.annotations(2, i.Annotations)
	for j := range i.Properties {
		x.property(&i.Properties[j])
	}
	for j := range i.Methods {
		m := &i.Methods[j]
		x.tag(2, "method", "name", m.Name)
		x.b = append(x.b, ">\n"...)
		x.args(m.In, "in")
		x.args(m.Out, "out")
		x.annotations(3, m.Annotations)
		x.end(2, "method")
	}
	for j := range i.Signals {
		s := &i.Signals[j]
		x.tag(2, "signal", "name", s.Name)
		x.b = append(x.b, ">\n"...)
		x.args(s.Args, "")
		x.annotations(3, s.Annotations)
		x.end(2, "signal")
	}
	x.end(1, "interface")
}

func (x *document) property(p *Property) {
	access := "read"
	if p.Writable {
		access = "readwrite"
	}
	x.tag(2, "property", "name", p.Name, "type", p.Sig, "access", access)
	if len(p.Annotations) == 0 {
		x.b = append(x.b, "/>\n"...)
		return
	}
	x.b = append(x.b, ">\n"...)
	x.annotations(3, p.Annotations)
	x.end(2, "property")
}

func (x *document) args(list []Arg, direction string) {
	for _, a := range list {
		x.tag(3, "arg", "type", a.Sig, "name", a.Name, "direction", direction)
		x.b = append(x.b, "/>\n"...)
	}
}

func (x *document) annotations(depth int, list []Annotation) {
	for _, a := range list {
		x.tag(depth, "annotation", "name", a.Name, "value", a.Value)
		x.b = append(x.b, "/>\n"...)
	}
}

// tag writes the start of an element with its attributes, without its bracket; attributes without value are left out.
func (x *document) tag(depth int, name string, attributes ...string) {
	x.b = append(x.b, strings.Repeat(" ", depth)...)
	x.b = append(append(x.b, '<'), name...)
	for i := 0; i+1 < len(attributes); i += 2 {
		if attributes[i+1] == "" {
			continue
		}
		x.b = append(append(append(x.b, ' '), attributes[i]...), '=', '"')
		x.b = append(append(x.b, escapeXML(attributes[i+1])...), '"')
	}
}

func (x *document) end(depth int, name string) {
	x.b = append(x.b, strings.Repeat(" ", depth)...)
	x.b = append(append(append(x.b, "</"...), name...), ">\n"...)
}

func escapeXML(s string) string {
	if !strings.ContainsAny(s, `<>&"'`) {
		return s
	}
	return strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", `"`, "&quot;", "'", "&apos;").Replace(s)
}
