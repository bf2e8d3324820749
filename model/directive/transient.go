package directive

import (
	"errors"
	"strconv"

	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// The refusals of properties that a client sends.
var (
	errSignature = errors.New("property: wrong signature")
	errReadOnly  = errors.New("property: not settable")
)

// decode reads a value that a client sent. Without a reader of its own, a codec reads the text that the value is
// written as in a unit file.
func (c *Codec[T]) decode(r *dbus.Reader, sig string, old T, ctx *Context) (T, error) {
	if c.Decode != nil {
		return c.Decode(r, sig, old, ctx)
	}
	if sig != c.Sig {
		return old, errSignature
	}
	plain := Context{}
	if ctx != nil {
		plain = *ctx
	}
	plain.Specifiers = nil // the client has expanded them
	switch sig {
	case "b":
		return c.Parse(old, quantity.FormatBool(r.Bool()), &plain)
	case "s":
		return c.Parse(old, r.String(), &plain)
	case "i":
		return c.Parse(old, strconv.Itoa(int(r.Int32())), &plain)
	case "u":
		return c.Parse(old, strconv.FormatUint(uint64(r.Uint32()), 10), &plain)
	case "t":
		return c.Parse(old, strconv.FormatUint(r.Uint64(), 10), &plain)
	case "as":
		return c.Parse(old, words.Join(r.StringArray()), &plain)
	}
	return old, errReadOnly
}

// decodeCommands reads command lines, a(sasb), or with flags by name, a(sasas); none drops those before.
func decodeCommands(r *dbus.Reader, sig string, old []words.Command, _ *Context) ([]words.Command, error) {
	if sig != "a(sasb)" && sig != "a(sasas)" {
		return old, errSignature
	}
	v, count := old[:len(old):len(old)], 0
	for end := r.OpenArray(8); r.More(end); count++ {
		r.Struct()
		c := words.Command{Path: r.String(), Args: r.StringArray()}
		if sig == "a(sasb)" {
			if r.Bool() {
				c.Flags = words.IgnoreFailure
			}
		} else {
			for _, name := range r.StringArray() {
				flag, ok := commandFlags[name]
				if !ok {
					return old, bad("%q is not a flag of a command", name)
				}
				c.Flags |= flag
			}
		}
		if len(c.Args) == 0 || c.Path == "" {
			return old, bad("a command without a program")
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

// commandFlags are the names of command prefixes on D-Bus. org.freedesktop.systemd1(5), ExecStartEx.
var commandFlags = map[string]words.CommandFlags{
	"ignore-failure": words.IgnoreFailure, "no-env-expand": words.NoEnvExpand, "privileged": words.FullPrivileges,
	"no-setuid": words.NoSetuid, "ambient": words.AmbientMagic,
}
