package directive

import (
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/wire/dbus"
)

// Status says what this version does with an option.
type Status uint8

// The statuses.
const (
	// Implemented options have their effect.
	Implemented Status = iota
	// Planned ones are accepted, kept as written and shown, and will have their effect in a later version.
	Planned
	// Ignored ones are accepted and will stay without effect, for a reason that the row gives.
	Ignored
)

func (s Status) String() string { return [...]string{"implemented", "planned", "ignored"}[s] }

// Directive is what a row says of an option, for those who list options.
type Directive struct {
	Name   string
	Hint   string // what stands behind the "=" in the oracle's list
	Status Status
	Reason string // why it is ignored, or what is missing
	// Target is the option that an obsolete name stands for.
	Target string
	// Outdated says that the use of an obsolete name is told of.
	Outdated bool
	// Since is the first version of systemd that has it, where that is newer than the oracle's 252.
	Since int
	// Words may stand for a value.
	Words []string
	// Property is the name on D-Bus.
	Property  string
	Signature string
}

// entry is a row of options whose values lie in a T.
type entry[T any] struct {
	Directive
	parse   func(x *T, text string, ctx *Context) error
	format  func(x *T) string
	encode  func(w *dbus.Writer, x *T)
	decode  func(r *dbus.Reader, sig string, x *T, ctx *Context) error
	keep    textual // the grammar of a value that is kept as text
	repeats bool    // each line adds something
	reset   string  // the text that takes all before back
}

// row joins a name, what the oracle's list says of its value, a codec and the field.
func row[T, V any](name, hint string, c *Codec[V], at func(*T) *V) *entry[T] {
	return &entry[T]{
		Directive: Directive{Name: name, Hint: hint, Words: c.Words, Property: name, Signature: c.Sig},
		parse: func(x *T, text string, ctx *Context) error {
			p := at(x)
			v, err := c.Parse(*p, text, ctx)
			*p = v
			return err
		},
		format: func(x *T) string { return c.Format(*at(x)) },
		encode: func(w *dbus.Writer, x *T) { c.Encode(w, *at(x)) },
		decode: func(r *dbus.Reader, sig string, x *T, ctx *Context) error {
			p := at(x)
			v, err := c.decode(r, sig, *p, ctx)
			*p = v
			return err
		},
	}
}

// marks says which field tells that the option was given: the empty text takes it back.
func (e *entry[T]) marks(at func(*T) *bool) *entry[T] {
	parse, decode := e.parse, e.decode
	e.parse = func(x *T, text string, ctx *Context) error {
		err := parse(x, text, ctx)
		if err == nil {
			*at(x) = text != ""
		}
		return err
	}
	e.decode = func(r *dbus.Reader, sig string, x *T, ctx *Context) error {
		err := decode(r, sig, x, ctx)
		if err == nil {
			*at(x) = true
		}
		return err
	}
	return e
}

// then is what follows from a value for other fields.
func (e *entry[T]) then(follow func(x *T)) *entry[T] {
	parse, decode := e.parse, e.decode
	e.parse = func(x *T, text string, ctx *Context) error {
		err := parse(x, text, ctx)
		if err == nil {
			follow(x)
		}
		return err
	}
	e.decode = func(r *dbus.Reader, sig string, x *T, ctx *Context) error {
		err := decode(r, sig, x, ctx)
		if err == nil {
			follow(x)
		}
		return err
	}
	return e
}

// property gives the D-Bus property another name; "" says that there is none.
func (e *entry[T]) property(name string) *entry[T] { e.Property = name; return e }

// since says which version of systemd added the option.
func (e *entry[T]) since(version int) *entry[T] { e.Since = version; return e }

// obsolete says which option should be used instead.
func (e *entry[T]) obsolete(target string) *entry[T] {
	e.Target, e.Property = target, ""
	return e
}

// outdated is obsolete, for names whose use the oracle warns of.
func (e *entry[T]) outdated(target string) *entry[T] {
	e.Outdated = true
	return e.obsolete(target)
}

// resetBy says which text takes back what was said before, where that is not the empty one.
func (e *entry[T]) resetBy(text string) *entry[T] { e.reset = text; return e }

// lacking says that the value is stored, but that this version does not do all of what it asks for.
func (e *entry[T]) lacking(reason string) *entry[T] {
	e.Status, e.Reason = Planned, reason
	return e
}

// planned is a row whose value is kept as it is written, after the codec has looked at it.
func planned[T any](name, hint string, c textual) *entry[T] {
	return &entry[T]{
		Directive: Directive{
			Name: name, Hint: hint, Status: Planned, Property: name, Signature: c.Signature(), Words: c.Completions(),
		},
		keep: c,
	}
}

// ignored is a row that will never have an effect.
func ignored[T any](name, hint, reason string) *entry[T] {
	e := planned[T](name, hint, known(""))
	e.Status, e.Reason, e.Property = Ignored, reason, ""
	return e
}

// known is the codec of an option of which only the D-Bus signature is known: its value is not looked at, and the
// property has its default.
func known(sig string) textual { return opaque(sig) }

type opaque string

func (o opaque) Signature() string                               { return string(o) }
func (opaque) Completions() []string                             { return nil }
func (opaque) check(string, *Context) error                      { return nil }
func (opaque) encodeTexts(*dbus.Writer, []model.Setting, string) {}

// group is the rows of one kind, in the oracle's order, and where values are kept that have no field.
type group[T any] struct {
	manual string // the page that describes the options
	rows   []*entry[T]
	kept   func(*T) *[]model.Setting
}

// mounted is a group as a section has it.
type mounted interface {
	// directives lists the rows; page is the manual page that describes them.
	directives() []*Directive
	page() string
	apply(u *model.Unit, i int, text string, ctx *Context) error
	// lines are NAME=value for the value that the unit has.
	lines(u *model.Unit, i int) []string
	decode(u *model.Unit, i int, r *dbus.Reader, sig string, ctx *Context) error
	encoder(property string) (encode func(*dbus.Writer, *model.Unit) bool, sig string)
}

// mount is a group at its place in a unit; at returns nil for a unit that has none of it.
type mount[T any] struct {
	*group[T]
	at func(*model.Unit) *T
}

func (m mount[T]) page() string { return m.manual }

func (m mount[T]) directives() []*Directive {
	list := make([]*Directive, len(m.rows))
	for i, e := range m.rows {
		list[i] = &e.Directive
	}
	return list
}

func (m mount[T]) apply(u *model.Unit, i int, text string, ctx *Context) error {
	if x := m.at(u); x != nil {
		return m.set(x, i, text, ctx)
	}
	return nil
}

// set gives row i a value by its text.
func (m mount[T]) set(x *T, i int, text string, ctx *Context) error {
	e := m.rows[i]
	switch {
	case e.Status == Ignored:
		return nil
	case e.keep == nil:
		return e.parse(x, text, ctx)
	}
	if text != "" {
		if err := e.keep.check(text, ctx); err != nil {
			return err
		}
	}
	list := m.kept(x)
	if text == "" || !e.repeats {
		*list = without(*list, e.Name)
	}
	if text != "" {
		*list = append(*list, model.Setting{Name: e.Name, Value: text})
	}
	return nil
}

// without drops a name from settings.
func without(list []model.Setting, name string) []model.Setting {
	if !hasSetting(list, name) {
		return list
	}
	var kept []model.Setting
	for _, s := range list {
		if s.Name != name {
			kept = append(kept, s)
		}
	}
	return kept
}

func hasSetting(list []model.Setting, name string) bool {
	for _, s := range list {
		if s.Name == name {
			return true
		}
	}
	return false
}

func (m mount[T]) lines(u *model.Unit, i int) []string {
	x, e := m.at(u), m.rows[i]
	var list []string
	if e.repeats {
		list = append(list, e.Name+"="+e.reset)
	}
	switch {
	case x == nil:
		return nil
	case e.keep == nil:
		if text := e.format(x); text != "" || !e.repeats || e.reset != "" {
			list = append(list, e.Name+"="+text)
		}
		return list
	}
	for _, s := range *m.kept(x) {
		if s.Name == e.Name {
			list = append(list, e.Name+"="+s.Value)
		}
	}
	return list
}

func (m mount[T]) decode(u *model.Unit, i int, r *dbus.Reader, sig string, ctx *Context) error {
	x, e := m.at(u), m.rows[i]
	switch {
	case x == nil:
		return ErrProperty
	case e.decode != nil:
		return e.decode(r, sig, x, ctx)
	case sig != e.Signature:
		return errSignature
	}
	list := m.kept(x)
	text := settingText(e.Property, r.Value(sig))
	if !e.repeats || text == "" {
		*list = without(*list, e.Name)
	}
	if text != "" {
		*list = append(*list, model.Setting{Name: e.Name, Value: text})
	}
	return nil
}

// encoder returns what writes a property, and says by its result whether the unit has a value for it.
func (m mount[T]) encoder(property string) (func(*dbus.Writer, *model.Unit) bool, string) {
	for _, e := range m.rows {
		if e.Property != property || e.Signature == "" {
			continue
		}
		if e.keep == nil {
			return func(w *dbus.Writer, u *model.Unit) bool {
				x := m.at(u)
				if x == nil {
					return false
				}
				e.encode(w, x)
				return true
			}, e.Signature
		}
		if _, blind := e.keep.(opaque); blind {
			return nil, e.Signature
		}
		return func(w *dbus.Writer, u *model.Unit) bool {
			x := m.at(u)
			if x == nil || !hasSetting(*m.kept(x), e.Name) {
				return false
			}
			e.keep.encodeTexts(w, *m.kept(x), e.Name)
			return true
		}, e.Signature
	}
	return nil, ""
}
