package directive

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// The refusals of properties that a client sends; another error says what is wrong with the value.
var (
	// ErrProperty means that there is no such property, or that clients can't set it.
	ErrProperty  = errors.New("cannot set property, or unknown property")
	errSignature = errors.New("the property has another signature")
)

// SetProperty reads the value of a property of StartTransientUnit() or SetUnitProperties() into u, which is a new unit
// or a copy: sig is the signature of the variant that r stands at the value of. Lists are added to, empty ones reset.
// org.freedesktop.systemd1(5).
func SetProperty(u *model.Unit, name, sig string, r *dbus.Reader, ctx *Context) error {
	plain := Context{Defaults: unconfigured(), unit: u, origin: model.Origin{Implied: model.FromClient}}
	if ctx != nil && ctx.Defaults != nil {
		plain.Defaults = ctx.Defaults
	}
	err := setProperty(u, name, sig, r, &plain)
	switch {
	case err != nil:
	case r.Err() != nil:
		err = r.Err()
	case len(plain.found) > 0 && plain.found[0].Severity != 0:
		// What a file's line is only warned of is refused here: the client is there to be told.
		err = errors.New(plain.found[0].Message)
	}
	if err != nil {
		return fmt.Errorf("property %s: %w", name, err)
	}
	return nil
}

func setProperty(u *model.Unit, name, sig string, r *dbus.Reader, ctx *Context) error {
	if set := special(u, name); set != nil {
		return set(r, sig)
	}
	own := u.Type.String()
	for _, section := range []string{strings.ToUpper(own[:1]) + own[1:], "Unit"} {
		s := FindSection(section)
		if s == nil || s.Unrun {
			continue
		}
		if p := s.byProperty().find(name); p.directive != nil {
			return p.group.decode(u, p.row, r, sig, ctx)
		}
	}
	if base, ok := strings.CutSuffix(name, "Ex"); ok && sig == "a(sasas)" {
		return setProperty(u, base, sig, r, ctx)
	}
	if base, ok := strings.CutSuffix(name, "Scale"); ok && sig == "u" {
		return setScale(u, base, r.Uint32())
	}
	return ErrProperty
}

// Live says whether SetUnitProperties() may set a property while the unit is loaded: the rest is for new units only.
func Live(u *model.Unit, name string) bool {
	if name == "Description" {
		return true
	}
	if controlOf(u) == nil || name == "Slice" {
		return false
	}
	rows := FindSection("Slice").byProperty()
	return rows.find(name).directive != nil || rows.find(strings.TrimSuffix(name, "Scale")).directive != nil
}

// special are properties that no row has.
func special(u *model.Unit, name string) func(r *dbus.Reader, sig string) error {
	switch name {
	case "Conditions":
		return func(r *dbus.Reader, sig string) error { return setConditions(&u.Conditions, r, sig) }
	case "Asserts":
		return func(r *dbus.Reader, sig string) error { return setConditions(&u.Asserts, r, sig) }
	}
	switch {
	case u.Scope != nil && name == "PIDs":
		return func(r *dbus.Reader, sig string) error { return setPIDs(u.Scope, r, sig) }
	case u.Scope != nil && name == "Controller":
		return text(func(v string) error {
			if u.Scope.ControllerName = v; v != "" && !dbus.ValidBusName(v) {
				return fmt.Errorf("%q is no bus name", v)
			}
			return nil
		})
	case u.Service != nil:
		return specialExec(u.Service.Exec, name)
	}
	return nil
}

func specialExec(x *model.Exec, name string) func(r *dbus.Reader, sig string) error {
	if base, ok := strings.CutSuffix(strings.TrimPrefix(name, "Limit"), "Soft"); ok && strings.HasPrefix(name, "Limit") {
		resource, err := quantity.ParseResource(base)
		if err != nil {
			return nil
		}
		return func(r *dbus.Reader, sig string) error {
			if sig != "t" {
				return errSignature
			}
			x.Limits = changeLimit(x.Limits, resource, r.Uint64(), true)
			return nil
		}
	}
	stream, rest := &x.Stdin, ""
	switch {
	case strings.HasPrefix(name, "StandardInput"):
		rest = strings.TrimPrefix(name, "StandardInput")
	case strings.HasPrefix(name, "StandardOutput"):
		stream, rest = &x.Stdout, strings.TrimPrefix(name, "StandardOutput")
	case strings.HasPrefix(name, "StandardError"):
		stream, rest = &x.Stderr, strings.TrimPrefix(name, "StandardError")
	}
	kind := model.Stdio{Input: model.InputFile}
	if stream != &x.Stdin {
		kind.Input = 0
	}
	switch {
	case rest == "FileDescriptorName" && stream == &x.Stdin:
		kind.Input = model.InputNamedFD
	case rest == "FileDescriptorName":
		kind.Output = model.OutputNamedFD
	case rest == "File" && stream != &x.Stdin:
		kind.Output = model.OutputFile
	case rest == "FileToAppend" && stream != &x.Stdin:
		kind.Output = model.OutputAppend
	case rest == "FileToTruncate" && stream != &x.Stdin:
		kind.Output = model.OutputTruncate
	case rest != "File":
		return nil
	}
	return text(func(v string) error { return setStream(stream, kind, v) })
}

func setStream(stream *model.Stdio, kind model.Stdio, v string) error {
	named := kind.Input == model.InputNamedFD || kind.Output == model.OutputNamedFD
	switch {
	case named && !validDescriptor(v):
		return bad("%q is not a name of a file descriptor", v)
	case !named && badPath(v) != nil:
		return badPath(v)
	}
	kind.Path = v
	*stream = kind
	return nil
}

// text is a property that is a string.
func text(set func(v string) error) func(r *dbus.Reader, sig string) error {
	return func(r *dbus.Reader, sig string) error {
		if sig != "s" {
			return errSignature
		}
		return set(r.String())
	}
}

// setConditions reads type, trigger, negate and parameter of each; none drops those before.
func setConditions(list *[]model.Condition, r *dbus.Reader, sig string) error {
	if sig != "a(sbbs)" {
		return errSignature
	}
	count := 0
	for end := r.OpenArray(dbus.AlignOf('(')); r.More(end); count++ {
		r.Struct()
		kind := r.String()
		c := model.Condition{Trigger: r.Bool(), Negate: r.Bool(), Value: r.String()}
		c.Kind = strings.TrimPrefix(strings.TrimPrefix(kind, "Condition"), "Assert")
		if Find("Unit", "Condition"+c.Kind) == nil {
			return bad("%q is not a type of condition", kind)
		}
		*list = append((*list)[:len(*list):len(*list)], c)
	}
	if count == 0 {
		*list = nil
	}
	return nil
}

// Lines are what a unit file says to give u the value that it has for a property: the section and lines NAME=value,
// none where no row is behind the property. The first line resets a list.
func Lines(u *model.Unit, property string) (section string, lines []string) {
	own := u.Type.String()
	property = strings.TrimSuffix(strings.TrimSuffix(property, "Ex"), "Scale")
	for _, section := range []string{strings.ToUpper(own[:1]) + own[1:], "Unit"} {
		s := FindSection(section)
		if s == nil || s.Unrun {
			continue
		}
		if p := s.byProperty().find(property); p.directive != nil {
			return section, p.group.lines(u, p.row)
		}
	}
	return "", nil
}

// maxPIDs bounds the processes that one call moves into a scope.
const maxPIDs = 4096

func setPIDs(s *model.Scope, r *dbus.Reader, sig string) error {
	if sig != "au" {
		return errSignature
	}
	for end := r.OpenArray(dbus.AlignOf('u')); r.More(end); {
		s.PIDs = append(s.PIDs, int(r.Uint32()))
		if len(s.PIDs) > maxPIDs {
			return bad("more than %d processes", maxPIDs)
		}
	}
	return nil
}

// setScale sets a share of a resource, of which 2^32-1 is the whole.
func setScale(u *model.Unit, name string, share uint32) error {
	c := controlOf(u)
	if c == nil || name != "TasksMax" && !strings.HasPrefix(name, "Memory") {
		return ErrProperty
	}
	percent := math.Round(float64(share)/math.MaxUint32*percentScale) / 100
	c.Settings = append(without(c.Settings, name),
		model.Setting{Name: name, Value: strconv.FormatFloat(percent, 'f', -1, 64) + "%"})
	return nil
}

// decode reads a value that a client sent. Without a reader of its own, a codec reads the text that the value is
// written as in a unit file.
func (c *Codec[T]) decode(r *dbus.Reader, sig string, old T, ctx *Context) (T, error) {
	if c.Decode != nil {
		return c.Decode(r, sig, old, ctx)
	}
	if sig != c.Sig {
		return old, errSignature
	}
	v := r.Value(sig)
	if r.Err() != nil {
		return old, r.Err()
	}
	return c.Parse(old, valueText(v), ctx)
}

// valueText is a D-Bus value as a unit file would have it: words of a list, "infinity" for the greatest number.
func valueText(v any) string {
	switch x := v.(type) {
	case bool:
		return quantity.FormatBool(x)
	case string:
		return x
	case []string:
		return words.Join(x)
	case uint64:
		if x == math.MaxUint64 {
			return "infinity"
		}
		return strconv.FormatUint(x, 10)
	case dbus.Struct:
		return memberText(x)
	case []any:
		return memberText(x)
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

// settingText is a property's value as its option has it, where the two count in different units.
func settingText(property string, v any) string {
	n, number := v.(uint64)
	switch {
	case !number || n == math.MaxUint64:
		return valueText(v)
	case property == "CPUQuotaPerSecUSec":
		return strconv.FormatFloat(float64(n)/percentScale, 'f', -1, 64) + "%"
	case strings.HasSuffix(property, "USec"):
		return strconv.FormatUint(n, 10) + "us"
	}
	return valueText(v)
}

func memberText(list []any) string {
	text := make([]string, len(list))
	for i, member := range list {
		text[i] = valueText(member)
	}
	return strings.Join(text, " ")
}

// decodeCommands reads command lines, a(sasb), or with flags by name, a(sasas); none drops those before.
func decodeCommands(r *dbus.Reader, sig string, old []words.Command, _ *Context) ([]words.Command, error) {
	if sig != "a(sasb)" && sig != "a(sasas)" {
		return old, errSignature
	}
	v, count := old[:len(old):len(old)], 0
	for end := r.OpenArray(dbus.AlignOf('(')); r.More(end); count++ {
		r.Struct()
		c := words.Command{Path: r.String(), Args: r.StringArray()}
		flags, err := decodeFlags(r, sig)
		if err != nil {
			return old, err
		}
		c.Flags = flags
		if len(c.Args) == 0 || badPath(c.Path) != nil {
			return old, bad("%q is not the absolute path of a program with its arguments", c.Path)
		}
		if c.Args[0] != c.Path {
			c.Flags |= words.ExplicitArgv0
		}
		v = append(v, c)
	}
	if count == 0 {
		return nil, nil
	}
	return v, nil
}

func decodeFlags(r *dbus.Reader, sig string) (flags words.CommandFlags, err error) {
	if sig == "a(sasb)" {
		if r.Bool() {
			flags = words.IgnoreFailure
		}
		return flags, nil
	}
	for _, name := range r.StringArray() {
		flag, ok := commandFlag(name)
		if !ok {
			return 0, bad("%q is not a flag of a command", name)
		}
		flags |= flag
	}
	return flags, nil
}

var commandFlags = [...]struct {
	name string
	flag words.CommandFlags
}{
	{"ignore-failure", words.IgnoreFailure}, {"privileged", words.FullPrivileges}, {"no-setuid", words.NoSetuid},
	{"ambient", words.AmbientMagic}, {"no-env-expand", words.NoEnvExpand},
}

func commandFlag(name string) (words.CommandFlags, bool) {
	for _, f := range commandFlags {
		if f.name == name {
			return f.flag, true
		}
	}
	return 0, false
}
