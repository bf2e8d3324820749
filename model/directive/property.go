package directive

import (
	_ "embed" // for properties.txt
	"math"
	"strconv"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/wire/dbus"
)

// Emits says how a property's change is told. D-Bus Specification, EmitsChangedSignal.
type Emits uint8

// The ways.
const (
	EmitsValue Emits = iota
	EmitsInvalidation
	EmitsNothing
	EmitsConst // the value never changes while the unit stays loaded
)

var emitWords = []string{"change", "invalidates", "false", "const"}

func (e Emits) String() string { return emitWords[e] }

// Property is a D-Bus property of units of a type.
type Property struct {
	Interface string // org.freedesktop.systemd1.Unit or that of the type
	Name      string
	Sig       string
	Emits     Emits
	// Encode writes the value of Sig; it is nil for run-time state, which package bus knows.
	Encode func(w *dbus.Writer, u *model.Unit)
}

//go:embed properties.txt
var propertyText string

const interfacePrefix = "org.freedesktop.systemd1."

// Properties lists the properties of a type of units in the oracle's order: first those of the type's own interface,
// then those of all units.
func Properties(t model.Type, d *Defaults) []Property {
	if d == nil {
		d = unconfigured()
	}
	name := t.String()
	own := strings.ToUpper(name[:1]) + name[1:]
	b := propertyBuilder{defaults: d, derived: derivedProperties(d)}
	if s := FindSection(own); s != nil {
		b.groups = s.groups()
		if s.Unrun {
			b.groups = standIns(d)
		}
	}
	b.addInterface(own)
	b.groups = FindSection("Unit").groups()
	b.addInterface("Unit")
	return b.list
}

// standIns are the groups of a type that isn't run: its units show the defaults.
func standIns(d *Defaults) []mounted {
	blank := NewUnit("", model.TypeService, d)
	Complete(blank, d)
	return []mounted{
		mount[model.Exec]{execGroup(), func(*model.Unit) *model.Exec { return blank.Service.Exec }},
		mount[model.Control]{controlGroup(), func(*model.Unit) *model.Control { return &blank.Service.Control }},
		mount[model.Kill]{killGroup(), func(*model.Unit) *model.Kill { return &blank.Service.Kill }},
	}
}

type propertyBuilder struct {
	defaults *Defaults
	derived  map[string]func(*dbus.Writer, *model.Unit)
	groups   []mounted
	list     []Property
	iface    string
}

func (b *propertyBuilder) addInterface(name string) {
	b.iface = interfacePrefix + name
	b.addBlock("interface " + name)
}

// addBlock reads the lines of one block of properties.txt.
func (b *propertyBuilder) addBlock(title string) {
	_, block, found := strings.Cut(propertyText, "\n"+title+"\n")
	if !found {
		return
	}
	for line := range strings.SplitSeq(block, "\n") {
		if line == "" {
			return
		}
		if name, ok := strings.CutPrefix(line, "+"); ok {
			b.addBlock("group " + name)
			continue
		}
		b.add(strings.Fields(line))
	}
}

func (b *propertyBuilder) add(f []string) {
	p := Property{Interface: b.iface, Name: f[0], Sig: f[1]}
	for i, word := range emitWords {
		if word == f[2] {
			p.Emits = Emits(i)
		}
	}
	text := ""
	if len(f) > 3 {
		text = f[3]
	}
	if text != "@" {
		p.Encode = b.encoder(p.Name, p.Sig, text)
	}
	b.list = append(b.list, p)
}

// encoder finds what writes a property: a derivation, a row of the table, or its default.
func (b *propertyBuilder) encoder(name, sig, text string) func(*dbus.Writer, *model.Unit) {
	if f := b.derived[name]; f != nil {
		return f
	}
	for _, g := range b.groups {
		encode, found := g.encoder(name)
		if found == "" {
			continue
		}
		if encode == nil || found != sig {
			break
		}
		return func(w *dbus.Writer, u *model.Unit) {
			if !encode(w, u) {
				writeDefault(w, sig, text)
			}
		}
	}
	return func(w *dbus.Writer, _ *model.Unit) { writeDefault(w, sig, text) }
}

// writeDefault writes the value that a word or number of properties.txt stands for; "" is zero or empty.
func writeDefault(w *dbus.Writer, sig, text string) {
	switch sig[0] {
	case 'b':
		w.Bool(text == "yes")
	case 's':
		w.String(text)
	case 'a':
		w.CloseArray(w.OpenArray(dbus.AlignOf(sig[1])))
	case '(':
		w.Struct()
		for rest := sig[1 : len(sig)-1]; rest != ""; {
			first, after, _ := dbus.NextType(rest)
			writeDefault(w, first, "")
			rest = after
		}
	default:
		writeNumber(w, sig[0], text)
	}
}

func writeNumber(w *dbus.Writer, code byte, text string) {
	var v uint64
	switch {
	case text == "max":
		v = math.MaxUint64
	case strings.HasPrefix(text, "-"):
		n, _ := strconv.ParseInt(text, 10, 64) // of a table that a test reads
		v = uint64(n)
	case text != "":
		v, _ = strconv.ParseUint(text, 10, 64) // of a table that a test reads
	}
	switch code {
	case 'i', 'u':
		w.Uint32(uint32(v))
	case 'q':
		w.Uint16(uint16(v))
	default:
		w.Uint64(v)
	}
}
