package directive

import (
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/wire/dbus"
)

// userName and userNames read users or groups, by name or number. Whether they exist shows when a command is run.
func userName() *Codec[string] {
	return checked("a valid user or group", validUser)
}

func userNames() *Codec[[]string] {
	return Words("a valid group", validUser)
}

// validUser is systemd's relaxed test: what can stand in passwd(5) and is not ambiguous with a path or a number.
func validUser(name string) bool {
	if name == "" || len(name) > 256 || name == "." || name == ".." || strings.TrimSpace(name) != name {
		return false
	}
	if strings.Trim(name, "0123456789") == "" {
		return len(name) <= 10 && name != "65535" && name != "4294967295"
	}
	if strings.ContainsAny(name[:1], "-+") && strings.Trim(name[1:], "0123456789") == "" {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == ':' || r == '/' })
}

// workingDirectory is a path, "~" for the user's home, with "-" for a directory that may be missing.
func workingDirectory() *entry[model.Exec] {
	e := row("WorkingDirectory", "OTHER", Path, func(x *model.Exec) *string { return &x.WorkingDirectory })
	e.parse = func(x *model.Exec, text string, ctx *Context) error {
		path, optional := strings.CutPrefix(text, "-")
		if path != "~" {
			var err error
			if path, err = Path.Parse("", path, ctx); err != nil && optional {
				return err
			} else if err != nil {
				return refusal(err)
			}
		}
		x.WorkingDirectory, x.WorkingDirectoryOpt = path, optional && path != ""
		return nil
	}
	e.format = func(x *model.Exec) string {
		text := escapeSpecifiers(x.WorkingDirectory)
		if x.WorkingDirectoryOpt {
			text = "-" + text
		}
		return text
	}
	e.encode = func(w *dbus.Writer, x *model.Exec) {
		text := x.WorkingDirectory
		if x.WorkingDirectoryOpt {
			text = "!" + text
		}
		w.String(text)
	}
	e.decode = func(r *dbus.Reader, sig string, x *model.Exec, ctx *Context) error {
		if sig != "s" {
			return errSignature
		}
		text := r.String()
		if rest, ok := strings.CutPrefix(text, "!"); ok {
			text = "-" + rest
		}
		return e.parse(x, text, ctx)
	}
	return e
}

// allCapabilities is the bounding set of a unit that says nothing of it.
const allCapabilities = ^uint64(0)

// personality reads the word of an architecture; the host knows which of them it can run.
func personality() *Codec[string] {
	return checked("an architecture", func(s string) bool {
		return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
	})
}

// runtimePreserve takes booleans too.
func runtimePreserve() *Codec[model.Preserve] {
	words := BoolOr("restart")
	c := *Enum[model.Preserve](model.Preserves())
	choose := c.Parse
	c.Parse = func(old model.Preserve, text string, ctx *Context) (model.Preserve, error) {
		word, err := words.Parse("", text, ctx)
		if err != nil {
			return old, err
		}
		return choose(old, word, ctx)
	}
	return &c
}

// optionalPath and optionalPaths take "-" for what may be missing and "+" for what is below the unit's root.
func optionalPath() *Codec[string] {
	c := *Path
	c.Parse = func(old, text string, ctx *Context) (string, error) {
		plain := strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+")
		path, err := Path.Parse("", plain, ctx)
		if err != nil || path == "" {
			return ifBad(old, path, err)
		}
		return text[:len(text)-len(plain)] + path, nil
	}
	return &c
}

func optionalPaths() *Codec[[]string] {
	c := *Paths
	c.Parse = func(old []string, text string, ctx *Context) ([]string, error) {
		if text == "" {
			return nil, nil
		}
		list, err := splitWords(text, ctx)
		for _, word := range list {
			path, wrong := optionalPath().Parse("", word, ctx)
			if wrong != nil {
				ctx.warn(wrong)
				continue
			}
			old = append(old[:len(old):len(old)], path)
		}
		return old, err
	}
	return &c
}
