package directive

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// Codec is the grammar of a type of values, in text and on D-Bus.
type Codec[T any] struct {
	// Parse reads text. old is the value so far, which lists add to; the empty text gives the empty or default value,
	// as systemd does for most types. Parse returns the value that holds from now on, also with an error: that is old
	// unless a part of the text was good. old is never changed in place.
	Parse func(old T, text string, ctx *Context) (T, error)
	// Format prints a value such that Parse(zero, Format(v)) is v; "" for one that needs no line.
	Format func(v T) string
	// Sig is the D-Bus signature of the property, and Encode writes its value.
	Sig    string
	Encode func(w *dbus.Writer, v T)
	// Decode reads what a client sent with the signature sig. nil: by way of the text, see Decode in transient.go.
	Decode func(r *dbus.Reader, sig string, old T, ctx *Context) (T, error)
	// Words are what may stand for a value, for completion and advice.
	Words []string
}

// Context is what the meaning of a line depends on besides its text. Each unit being loaded has its own.
type Context struct {
	// Specifiers expands the specifiers of systemd.unit(5) in a text for this unit; nil leaves them alone.
	Specifiers func(text string) (string, error)
	// Defaults are the manager's settings; nil stands for those of an unconfigured system manager.
	Defaults *Defaults

	unit   *model.Unit
	origin model.Origin
	line   *unitfile.Line
	found  []unitfile.Diagnostic
	told   []string // rows of Unit.Service and the like that a diagnostic has named already
}

// expand replaces specifiers, as systemd does for most options.
func (c *Context) expand(text string) (string, error) {
	if c == nil || c.Specifiers == nil {
		return text, nil
	}
	out, err := c.Specifiers(text)
	if err != nil {
		return "", bad("cannot resolve the specifiers in %q: %v", text, err)
	}
	return out, nil
}

// ofFile says whether the value is of a line of a unit's file: a client is not warned but refused.
func (c *Context) ofFile() bool { return c != nil && c.line != nil }

// warn tells of a part of a value that is ignored or read in another way than it is written.
func (c *Context) warn(err error) {
	if c != nil {
		c.found = append(c.found, c.diagnose(err))
	}
}

// diagnose gives an error of a codec its place in the file.
func (c *Context) diagnose(err error) unitfile.Diagnostic {
	d := unitfile.Diagnostic{Severity: unitfile.Warning, Message: err.Error()}
	offset := 0
	switch e := err.(type) {
	case *Problem:
		d.Advice, d.Severity, offset = e.Advice, e.Severity, e.Offset
	case *words.Error:
		offset = e.Offset
		if e.Level == words.Fatal {
			d.Severity = unitfile.Error
		}
	}
	if c.line != nil {
		d.Message = c.line.Key + "=: " + d.Message
		d.Pos = c.line.At(offset)
	}
	return d
}

// Problem is what is wrong with a value.
type Problem struct {
	Offset   int // bytes from the value's beginning
	Severity unitfile.Severity
	Message  string
	Advice   string
}

func (p *Problem) Error() string { return p.Message }

// bad is a problem that costs the line its effect.
func bad(format string, args ...any) *Problem {
	return &Problem{Severity: unitfile.Warning, Message: fmt.Sprintf(format, args...) + ignoring}
}

// odd is a problem that costs nothing.
func odd(format string, args ...any) *Problem {
	return &Problem{Severity: unitfile.Warning, Message: fmt.Sprintf(format, args...)}
}

// advise adds what to do about it.
func (p *Problem) advise(format string, args ...any) *Problem {
	p.Advice = fmt.Sprintf(format, args...)
	return p
}

// vital has a wrong value cost the whole unit, where a service without the setting would have rights that its author
// meant to take from it, or work somewhere else: as another user, in another root.
func vital[T any](c *Codec[T]) *Codec[T] {
	v := *c
	v.Parse = func(old T, text string, ctx *Context) (T, error) {
		told := 0
		if ctx != nil {
			told = len(ctx.found)
		}
		value, err := c.Parse(old, text, ctx)
		if ctx != nil {
			for i := range ctx.found[told:] {
				refuse(&ctx.found[told+i])
			}
		}
		return value, refusal(err)
	}
	return &v
}

// ignoring is how messages end about what has no effect.
const ignoring = ", ignoring"

// refuse makes a remark on what is ignored the reason why the unit is refused.
func refuse(d *unitfile.Diagnostic) {
	if rest, ok := strings.CutSuffix(d.Message, ignoring); ok {
		d.Message, d.Severity = rest, unitfile.Error
	}
}

// refusal does the same to an error of a codec. A quote that does not end costs the line alone, also here.
func refusal(err error) error {
	if p, ok := err.(*Problem); ok {
		if rest, ok := strings.CutSuffix(p.Message, ignoring); ok {
			return &Problem{Offset: p.Offset, Severity: unitfile.Error, Message: rest, Advice: p.Advice}
		}
	}
	return err
}

// Signature is the signature of the D-Bus property.
func (c *Codec[T]) Signature() string { return c.Sig }

// Completions are the words that may stand for a value.
func (c *Codec[T]) Completions() []string { return c.Words }

// check says what is wrong with a text, for an option whose value is kept as it is written.
func (c *Codec[T]) check(text string, ctx *Context) error {
	var zero T
	_, err := c.Parse(zero, text, ctx)
	return err
}

// encodeTexts writes the value that the texts give in order.
func (c *Codec[T]) encodeTexts(w *dbus.Writer, texts []model.Setting, name string) {
	var v T
	for _, s := range texts {
		if s.Name == name {
			v, _ = c.Parse(v, s.Value, nil) // what was wrong with it was told when it was loaded
		}
	}
	c.Encode(w, v)
}

// textual is what a Codec can do for a value that is kept as text.
type textual interface {
	Signature() string
	Completions() []string
	check(text string, ctx *Context) error
	encodeTexts(w *dbus.Writer, texts []model.Setting, name string)
}
