package directive

import (
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/wire/dbus"
)

// StandardInput reads where a command's input comes from. systemd.exec(5).
var StandardInput = &Codec[model.Stdio]{
	Parse: func(old model.Stdio, text string, ctx *Context) (model.Stdio, error) {
		if name, ok := cutDescriptor(text); ok {
			path, err := descriptorName(name, "stdin", ctx)
			if err != nil {
				return old, err
			}
			return model.Stdio{Input: model.InputNamedFD, Path: path}, nil
		}
		if file, ok := strings.CutPrefix(text, "file:"); ok {
			path, err := requiredPath(file, ctx)
			if err != nil {
				return old, err
			}
			return model.Stdio{Input: model.InputFile, Path: path}, nil
		}
		kind, err := inputWord().Parse(old.Input, text, ctx)
		if kind == model.InputFile && err == nil {
			return old, bad("file needs a path").advise("write file:/path")
		}
		if err != nil {
			return old, notOneOf(text, model.Inputs())
		}
		return model.Stdio{Input: kind}, nil
	},
	Format: func(v model.Stdio) string { return stdioText(v.Input.String(), v.Path) },
	Sig:    "s",
	Encode: func(w *dbus.Writer, v model.Stdio) { w.String(v.Input.String()) },
	Words:  model.Inputs(),
}

// StandardOutput reads where a command's output goes; name is the descriptor that "fd" alone means.
func StandardOutput(name string) *Codec[model.Stdio] {
	words := outputWord()
	return &Codec[model.Stdio]{
		Parse: func(old model.Stdio, text string, ctx *Context) (model.Stdio, error) {
			if fd, ok := cutDescriptor(text); ok {
				path, err := descriptorName(fd, name, ctx)
				if err != nil {
					return old, err
				}
				return model.Stdio{Output: model.OutputNamedFD, Path: path}, nil
			}
			word, file, hasFile := strings.Cut(text, ":")
			word = modernOutput(word, ctx)
			kind, err := words.Parse(old.Output, word, ctx)
			takesFile := kind >= model.OutputFile
			if err == nil && takesFile && !hasFile {
				return old, bad("%s needs a path", text).advise("write %s:/path", text)
			}
			if err != nil || hasFile != takesFile {
				return old, notOneOf(text, model.Outputs())
			}
			v := model.Stdio{Output: kind}
			if takesFile {
				if v.Path, err = requiredPath(file, ctx); err != nil {
					return old, err
				}
			}
			return v, nil
		},
		Format: func(v model.Stdio) string { return stdioText(v.Output.String(), v.Path) },
		Sig:    "s",
		Encode: func(w *dbus.Writer, v model.Stdio) { w.String(v.Output.String()) },
		Words:  model.Outputs(),
	}
}

func inputWord() *Codec[model.Input] {
	return Enum[model.Input](model.Inputs())
}

func outputWord() *Codec[model.Output] {
	return Enum[model.Output](model.Outputs())
}

// modernOutput replaces the words that systemd dropped, with the same remark.
func modernOutput(word string, ctx *Context) string {
	now := word
	switch word {
	case "syslog":
		now = "journal"
	case "syslog+console":
		now = "journal+console"
	default:
		return word
	}
	ctx.warn(odd("the output type %s is obsolete, taking %s", word, now).advise("write %s, or drop the line", now))
	return now
}

func stdioText(word, path string) string {
	if path == "" {
		return word
	}
	return word + ":" + escapeSpecifiers(path)
}

// cutDescriptor reads "fd" and "fd:name".
func cutDescriptor(text string) (name string, ok bool) {
	if text == "fd" {
		return "", true
	}
	return strings.CutPrefix(text, "fd:")
}

func descriptorName(text, empty string, ctx *Context) (string, error) {
	name, err := ctx.expand(text)
	if err != nil {
		return "", err
	}
	if name == "" {
		return empty, nil
	}
	if !validDescriptor(name) {
		return "", bad("%q is not a name of a file descriptor", name)
	}
	return name, nil
}

// validDescriptor says whether a name can be one of $LISTEN_FDNAMES. sd_listen_fds(3).
func validDescriptor(name string) bool {
	return len(name) <= 255 && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' })
}

// Facility, Level and LevelMax read words of syslog(3); no value of LevelMax is -1.
var (
	Facility = &Codec[uint8]{
		Parse: func(old uint8, text string, _ *Context) (uint8, error) {
			v, err := quantity.ParseSyslogFacility(text)
			if err != nil {
				return old, bad("%v", err)
			}
			return uint8(v), nil
		},
		Format: func(v uint8) string { return quantity.SyslogFacilityName(int(v)) },
		Sig:    "i",
		Encode: func(w *dbus.Writer, v uint8) { w.Int32(int32(v)) },
	}
	Level = &Codec[uint8]{
		Parse: func(old uint8, text string, _ *Context) (uint8, error) {
			v, err := quantity.ParseSyslogLevel(text)
			if err != nil {
				return old, bad("%v", err)
			}
			return uint8(v), nil
		},
		Format: func(v uint8) string { return quantity.SyslogLevelName(int(v)) },
		Sig:    "i",
		Encode: func(w *dbus.Writer, v uint8) { w.Int32(int32(v)) },
	}
	LevelMax = &Codec[int8]{
		Parse: func(old int8, text string, _ *Context) (int8, error) {
			v, err := quantity.ParseSyslogLevel(text)
			if err != nil {
				return old, bad("%v", err)
			}
			return int8(v), nil
		},
		Format: func(v int8) string {
			if v < 0 {
				return ""
			}
			return quantity.SyslogLevelName(int(v))
		},
		Sig:    "i",
		Encode: func(w *dbus.Writer, v int8) { w.Int32(int32(v)) },
	}
)
