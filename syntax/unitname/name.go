// Package unitname holds the grammar of unit names, systemd.unit(5): type suffixes, templates and instances, escaping,
// and the forgiving reading of what is typed at a command line.
//
// It exists so that a name is checked and taken apart in one place. It must not know which units exist, nor what their
// types do.
package unitname

import (
	"errors"
	"fmt"
	"strings"
)

// Max is the longest name plus one: names of 256 bytes and more are invalid.
const Max = 256

// Type is a unit type as its suffix without the dot, "service".
type Type string

// The unit types, in the order of systemd's documentation.
const (
	Service   Type = "service"
	Mount     Type = "mount"
	Swap      Type = "swap"
	Socket    Type = "socket"
	Target    Type = "target"
	Device    Type = "device"
	Automount Type = "automount"
	Timer     Type = "timer"
	Path      Type = "path"
	Slice     Type = "slice"
	Scope     Type = "scope"
)

// Types lists all unit types.
func Types() []Type {
	return []Type{Service, Mount, Swap, Socket, Target, Device, Automount, Timer, Path, Slice, Scope}
}

// Known says whether t is one of the unit types.
func (t Type) Known() bool {
	switch t {
	case Service, Mount, Swap, Socket, Target, Device, Automount, Timer, Path, Slice, Scope:
		return true
	}
	return false
}

// Suffix is the type with its dot, ".service".
func (t Type) Suffix() string { return "." + string(t) }

// Form says which of the three shapes a name has; as an argument, forms are ORed to say which are allowed.
type Form uint8

const (
	// PlainForm is "ssh.service".
	PlainForm Form = 1 << iota
	// TemplateForm is "getty@.service".
	TemplateForm
	// InstanceForm is "getty@tty1.service".
	InstanceForm
	// AnyForm is every form.
	AnyForm = PlainForm | TemplateForm | InstanceForm
)

// ErrName is wrapped by every error about a name or a part of one.
var ErrName = errors.New("unit name is not valid")

func invalid(name, why string) error { return fmt.Errorf("%q: %w: %s", name, ErrName, why) }

func validByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return c == ':' || c == '-' || c == '_' || c == '.' || c == '\\'
}

// Valid checks a whole name, allowing the given forms; without any, all are allowed.
func Valid(name string, forms ...Form) error {
	form, err := FormOf(name)
	if err != nil || len(forms) == 0 {
		return err
	}
	var allowed Form
	for _, f := range forms {
		allowed |= f
	}
	if form&allowed != 0 {
		return nil
	}
	switch form {
	case TemplateForm:
		return invalid(name, "a template without an instance cannot be used here")
	case InstanceForm:
		return invalid(name, "an instance cannot be used here")
	}
	return invalid(name, "a template or instance is needed here")
}

// FormOf checks a whole name and says which form it has.
func FormOf(name string) (Form, error) {
	if name == "" {
		return 0, invalid(name, "it is empty")
	}
	if len(name) >= Max {
		return 0, invalid(name[:32]+"…", "it is longer than 255 bytes")
	}
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return 0, invalid(name, "it has no suffix such as .service")
	}
	if !Type(name[dot+1:]).Known() {
		return 0, invalid(name, "its suffix is no unit type")
	}
	at := -1
	for i := 0; i < dot; i++ {
		if name[i] == '@' {
			if at < 0 {
				at = i
			}
		} else if !validByte(name[i]) {
			return 0, invalid(name, fmt.Sprintf("character %q has to be escaped", name[i]))
		}
	}
	switch {
	case dot == 0 || at == 0:
		return 0, invalid(name, "nothing stands before its suffix or '@'")
	case at < 0:
		return PlainForm, nil
	case at+1 == dot:
		return TemplateForm, nil
	}
	return InstanceForm, nil
}

// IsTemplate says whether name is a valid template name, "getty@.service".
func IsTemplate(name string) bool { f, err := FormOf(name); return err == nil && f == TemplateForm }

// IsInstance says whether name is a valid instance name, "getty@tty1.service".
func IsInstance(name string) bool { f, err := FormOf(name); return err == nil && f == InstanceForm }

// IsPlain says whether name is valid and neither a template nor an instance.
func IsPlain(name string) bool { f, err := FormOf(name); return err == nil && f == PlainForm }

// TypeOf is the type of a unit, by its suffix; "" if that is none. The rest of the name is not looked at.
func TypeOf(name string) Type {
	dot := strings.LastIndexByte(name, '.')
	if t := Type(name[dot+1:]); dot >= 0 && t.Known() {
		return t
	}
	return ""
}

// Stem is the name without its type suffix, "getty@tty1" of "getty@tty1.service".
func Stem(name string) string {
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		return name[:dot]
	}
	return name
}

// Prefix is the part before '@', or without one before the suffix: "getty" of "getty@tty1.service".
func Prefix(name string) string {
	stem := Stem(name)
	if at := strings.IndexByte(stem, '@'); at >= 0 {
		return stem[:at]
	}
	return stem
}

// Instance is the part between '@' and the suffix, still escaped; "" for plain names and templates.
func Instance(name string) string {
	stem := Stem(name)
	if at := strings.IndexByte(stem, '@'); at >= 0 {
		return stem[at+1:]
	}
	return ""
}

// Template is the template an instance is made from, "getty@.service" of "getty@tty1.service"; "" for other names.
func Template(name string) string {
	if !IsInstance(name) {
		return ""
	}
	at, dot := strings.IndexByte(name, '@'), strings.LastIndexByte(name, '.')
	return name[:at+1] + name[dot:]
}

// ReplaceInstance gives a template or instance another instance; an empty one makes a template.
func ReplaceInstance(name, instance string) (string, error) {
	if err := Valid(name, TemplateForm, InstanceForm); err != nil {
		return "", err
	}
	replaced := Prefix(name) + "@" + instance + TypeOf(name).Suffix()
	return replaced, Valid(replaced)
}

// Build puts a name together from escaped parts; suffix is with its dot. Without an instance the name is plain.
func Build(prefix, instance, suffix string) (string, error) {
	name := prefix + suffix
	if instance != "" {
		name = prefix + "@" + instance + suffix
	}
	if strings.ContainsRune(prefix, '@') {
		return "", invalid(name, "'@' cannot stand in a prefix")
	}
	return name, Valid(name)
}
