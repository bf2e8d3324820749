package directive

import (
	"slices"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// Dependency reads unit names and adds an edge of a kind for each. A template's name gets the unit's own instance, or
// its prefix where it has none. Dependencies can't be taken back: the empty text does nothing. systemd.unit(5).
func Dependency(kind model.Dependency) *Codec[[]model.Edge] {
	return &Codec[[]model.Edge]{
		Parse: func(old []model.Edge, text string, ctx *Context) ([]model.Edge, error) {
			list, err := splitNames(text, ctx)
			v := slices.Clip(old)
			if len(list) > 0 {
				v = slices.Grow(old, len(list))
			}
			for _, word := range list {
				name, wrong := unitName(word, ctx)
				if wrong != nil {
					ctx.warn(wrong)
					continue
				}
				v = append(v, model.Edge{Kind: kind, Unit: name, Origin: ctx.from()})
			}
			return v, err
		},
		Format: func(v []model.Edge) string {
			var names []string
			for _, e := range v {
				if e.Kind == kind {
					names = append(names, escapeSpecifiers(e.Unit))
				}
			}
			return strings.Join(names, " ")
		},
		Sig: "as",
		Encode: func(w *dbus.Writer, v []model.Edge) {
			mark := w.OpenArray(4)
			for _, e := range v {
				if e.Kind == kind {
					w.String(e.Unit)
				}
			}
			w.CloseArray(mark)
		},
	}
}

// from says where the line stands.
func (c *Context) from() model.Origin {
	if c == nil {
		return model.Origin{Implied: model.FromClient}
	}
	return c.origin
}

// unitName reads the name of another unit.
func unitName(word string, ctx *Context) (string, error) {
	name, err := ctx.expand(word)
	if err != nil {
		return "", err
	}
	form, err := unitname.FormOf(name)
	if err != nil {
		p := bad("%q is not a unit name", name)
		if unitname.TypeOf(name) == "" && name != "" {
			return "", p.advise("add the type, as in %s.service", name)
		}
		return "", p
	}
	if form != unitname.TemplateForm {
		return name, nil
	}
	if ctx == nil || ctx.unit == nil {
		return "", bad("%q is a template without an instance", name)
	}
	instance := unitname.Instance(ctx.unit.Name)
	if instance == "" {
		instance = unitname.Prefix(ctx.unit.Name)
	}
	return unitname.ReplaceInstance(name, instance)
}

// UnitName reads the name of one unit of the given type; "" for any type.
func UnitName(suffix string) *Codec[string] {
	c := *Text
	c.Parse = func(old, text string, ctx *Context) (string, error) {
		name, err := unitName(text, ctx)
		if err != nil {
			return old, err
		}
		if !strings.HasSuffix(name, suffix) {
			return old, bad("%q is not the name of a %s unit", name, strings.TrimPrefix(suffix, "."))
		}
		return name, nil
	}
	return &c
}

// Condition reads a condition or assertion of a kind and adds it; the empty text drops all that the unit has.
// systemd.unit(5), Conditions and Asserts.
func Condition(kind string, isPath bool) *Codec[[]model.Condition] {
	return &Codec[[]model.Condition]{
		Parse: func(old []model.Condition, text string, ctx *Context) ([]model.Condition, error) {
			if text == "" {
				return nil, nil
			}
			c := model.Condition{Kind: kind}
			text, c.Trigger = strings.CutPrefix(text, "|")
			if !isPath { // white space may stand behind the signs
				text = strings.TrimLeft(text, " \t")
			}
			if text, c.Negate = strings.CutPrefix(text, "!"); !isPath {
				text = strings.TrimLeft(text, " \t")
			}
			value, err := ctx.expand(text)
			if err != nil {
				return old, err
			}
			if isPath {
				if p := badPath(value); p != nil {
					return old, p
				}
				value = simplify(value)
			}
			c.Value = value
			return append(slices.Clip(old), c), nil
		},
		Format: func(v []model.Condition) string {
			for _, c := range v {
				if c.Kind == kind {
					return formatCondition(c)
				}
			}
			return ""
		},
		Sig:    "a(sbbsi)",
		Encode: func(*dbus.Writer, []model.Condition) {}, // with the results: package bus does
	}
}

func formatCondition(c model.Condition) string {
	text := escapeSpecifiers(c.Value)
	if c.Negate {
		text = "!" + text
	}
	if c.Trigger {
		text = "|" + text
	}
	return text
}

// Documentation reads a list of URIs. systemd.unit(5).
func Documentation() *Codec[[]string] {
	return Words("a valid URI", func(s string) bool {
		for _, scheme := range []string{"http://", "https://", "file:/", "info:", "man:"} {
			if strings.HasPrefix(s, scheme) && len(s) > len(scheme) {
				return true
			}
		}
		return false
	})
}

// Commands reads command lines and adds them; the empty text drops those before. systemd.service(5), COMMAND LINES.
var Commands = &Codec[[]words.Command]{
	Parse: func(old []words.Command, text string, ctx *Context) ([]words.Command, error) {
		if text == "" {
			return nil, nil
		}
		var expand func(string) (string, error)
		if ctx != nil {
			expand = ctx.Specifiers
		}
		list, err := words.ParseCommands(text, expand)
		if len(old) == 0 {
			return list, err
		}
		return append(slices.Clip(old), list...), err
	},
	Format: func(v []words.Command) string {
		list := make([]string, len(v))
		for i, c := range v {
			list[i] = c.String()
		}
		return strings.Join(list, " ; ")
	},
	Sig:    "a(sasbttttuii)",
	Encode: func(*dbus.Writer, []words.Command) {}, // with the newest run: package bus does
	Decode: decodeCommands,
}
