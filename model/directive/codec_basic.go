package directive

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// Bool reads yes, true, on, 1 and their opposites. systemd.syntax(7).
var Bool = &Codec[bool]{
	Parse: func(old bool, text string, _ *Context) (bool, error) {
		v, err := quantity.ParseBool(text)
		if err != nil {
			return old, bad("%q is not a boolean", text).advise("write yes or no")
		}
		return v, nil
	},
	Format: quantity.FormatBool,
	Sig:    "b",
	Encode: (*dbus.Writer).Bool,
	Words:  []string{"yes", "no"},
}

// Text reads any text, with specifiers; Verbatim without.
var (
	Text = &Codec[string]{
		Parse: func(old, text string, ctx *Context) (string, error) {
			v, err := ctx.expand(text)
			if err != nil {
				return old, err
			}
			return v, nil
		},
		Format: escapeSpecifiers,
		Sig:    "s",
		Encode: (*dbus.Writer).String,
	}
	Verbatim = &Codec[string]{
		Parse:  func(_, text string, _ *Context) (string, error) { return text, nil },
		Format: func(v string) string { return v },
		Sig:    "s",
		Encode: (*dbus.Writer).String,
	}
)

func escapeSpecifiers(v string) string { return strings.ReplaceAll(v, "%", "%%") }

// checked is Text whose value must pass a test. what names a value in the message.
func checked(what string, ok func(string) bool) *Codec[string] {
	c := *Text
	c.Parse = func(old, text string, ctx *Context) (string, error) {
		v, err := ctx.expand(text)
		if err != nil {
			return old, err
		}
		if v != "" && !ok(v) {
			return old, bad("%q is not %s", v, what)
		}
		return v, nil
	}
	return &c
}

// refuse makes one text an error.
func (c *Codec[T]) refuse(text string) *Codec[T] {
	parse := c.Parse
	c.Parse = func(old T, given string, ctx *Context) (T, error) {
		if given == text {
			return old, bad("%q is not possible here", text)
		}
		return parse(old, given, ctx)
	}
	return c
}

// orDefault makes the empty text stand for a value.
func (c *Codec[T]) orDefault(v T) *Codec[T] {
	parse := c.Parse
	c.Parse = func(old T, text string, ctx *Context) (T, error) {
		if text == "" {
			return v, nil
		}
		return parse(old, text, ctx)
	}
	return c
}

// Path reads an absolute path, with specifiers, and makes it simple.
var Path = &Codec[string]{
	Parse: func(old, text string, ctx *Context) (string, error) {
		v, err := ctx.expand(text)
		if err != nil || v == "" {
			return ifBad(old, v, err)
		}
		if p := badPath(v); p != nil {
			return old, p
		}
		return simplify(v), nil
	},
	Format: escapeSpecifiers,
	Sig:    "s",
	Encode: (*dbus.Writer).String,
}

// requiredPath is Path for what is no path when it is empty.
func requiredPath(text string, ctx *Context) (string, error) {
	path, err := Path.Parse("", text, ctx)
	if err == nil && path == "" {
		return "", bad("the path is empty")
	}
	return path, err
}

func ifBad(old, v string, err error) (string, error) {
	if err != nil {
		return old, err
	}
	return v, nil
}

// badPath says why a path can't be used, nil if it can.
func badPath(path string) *Problem {
	switch {
	case !utf8.ValidString(path):
		return bad("the path is not valid UTF-8: %q", path)
	case !strings.HasPrefix(path, "/"):
		return bad("the path is not absolute: %q", path)
	case len(path) >= 4096:
		return bad("the path is longer than 4095 bytes")
	case slices.Contains(strings.Split(path, "/"), ".."):
		return bad("the path contains \"..\": %q", path)
	}
	return nil
}

// simplify drops doubled and trailing slashes and "." components.
func simplify(path string) string {
	if path == "/" || !strings.Contains(path, "//") && !strings.Contains(path, "/.") && !strings.HasSuffix(path, "/") {
		return strings.TrimPrefix(path, "./")
	}
	kept := make([]string, 0, strings.Count(path, "/")+1)
	for part := range strings.SplitSeq(path, "/") {
		if part != "" && part != "." {
			kept = append(kept, part)
		}
	}
	joined := strings.Join(kept, "/")
	if strings.HasPrefix(path, "/") {
		return "/" + joined
	}
	return joined
}

// Words reads a list of words; each may be quoted, is expanded, and must pass a test, which may be nil. The empty text
// empties the list. what names a word in messages.
func Words(what string, ok func(string) bool) *Codec[[]string] {
	return &Codec[[]string]{
		Parse: func(old []string, text string, ctx *Context) ([]string, error) {
			return parseWords(old, text, ctx, what, ok)
		},
		Format: func(v []string) string { return escapeSpecifiers(words.Join(v)) },
		Sig:    "as",
		Encode: (*dbus.Writer).StringArray,
	}
}

func parseWords(old []string, text string, ctx *Context, what string, ok func(string) bool) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	list, err := splitWords(text, ctx)
	v := slices.Clip(old)
	for _, word := range list {
		word, wrong := ctx.expand(word)
		switch {
		case wrong != nil:
			ctx.warn(wrong)
		case ok != nil && !ok(word):
			ctx.warn(bad("%q is not %s", word, what))
		default:
			v = append(v, word)
		}
	}
	return v, err
}

// splitWords takes a list apart. Odd quoting is told of, but costs nothing.
func splitWords(text string, ctx *Context) ([]string, error) {
	if !strings.ContainsAny(text, "\\\"'") {
		return strings.Fields(text), nil
	}
	list, err := words.SplitRelaxed(text)
	if e, ok := err.(*words.Error); ok && e.Level == words.Odd {
		ctx.warn(err)
		err = nil
	}
	return list, err
}

// splitNames takes a list of unit names apart, in which a backslash belongs to the name: "dev-disk-by\x2duuid.device".
func splitNames(text string, ctx *Context) ([]string, error) {
	if !strings.ContainsAny(text, "\"'") {
		return strings.Fields(text), nil
	}
	return splitWords(strings.ReplaceAll(text, `\`, `\\`), ctx)
}

// Paths reads a list of absolute paths.
var Paths = &Codec[[]string]{
	Parse: func(old []string, text string, ctx *Context) ([]string, error) {
		if text == "" {
			return nil, nil
		}
		list, err := splitWords(text, ctx)
		v := slices.Clip(old)
		for _, word := range list {
			path, wrong := requiredPath(word, ctx)
			if wrong != nil {
				ctx.warn(wrong)
				continue
			}
			v = append(v, path)
		}
		return v, err
	},
	Format: func(v []string) string { return escapeSpecifiers(words.Join(v)) },
	Sig:    "as",
	Encode: (*dbus.Writer).StringArray,
}

// Enum reads one of words, whose index is the value.
func Enum[T ~uint8](list []string) *Codec[T] {
	return &Codec[T]{
		Parse: func(old T, text string, _ *Context) (T, error) {
			if i := slices.Index(list, text); i >= 0 {
				return T(i), nil
			}
			return old, notOneOf(text, list)
		},
		Format: func(v T) string { return wordOf(list, v) },
		Sig:    "s",
		Encode: func(w *dbus.Writer, v T) { w.String(wordOf(list, v)) },
		Words:  list,
	}
}

func wordOf[T ~uint8](list []string, v T) string {
	if int(v) < len(list) {
		return list[v]
	}
	return ""
}

func notOneOf(text string, list []string) *Problem {
	p := bad("%q is not one of %s", text, strings.Join(list, ", "))
	if near := nearest(text, list); near != "" {
		return p.advise("did you mean %s?", near)
	}
	return p
}

// Choice is Enum for an option whose value is kept as text. An empty entry in list stands for "".
func Choice(list ...string) *Codec[string] {
	return &Codec[string]{
		Parse: func(old, text string, _ *Context) (string, error) {
			if slices.Contains(list, text) {
				return text, nil
			}
			return old, notOneOf(text, list)
		},
		Format: func(v string) string { return v },
		Sig:    "s",
		Encode: (*dbus.Writer).String,
		Words:  list,
	}
}

// BoolOr reads a boolean or one of the words in list; a boolean becomes yes or no.
func BoolOr(list ...string) *Codec[string] {
	c := Choice(append([]string{"yes", "no"}, list...)...)
	choose := c.Parse
	c.Parse = func(old, text string, ctx *Context) (string, error) {
		if v, err := quantity.ParseBool(text); err == nil {
			return Bool.Format(v), nil
		}
		return choose(old, text, ctx)
	}
	return c
}

// Unsigned reads a number that fits 32 bits.
var Unsigned = &Codec[uint32]{
	Parse: func(old uint32, text string, _ *Context) (uint32, error) {
		v, err := strconv.ParseUint(text, 0, 32)
		if err != nil {
			return old, bad("%q is not a number from 0 to %d", text, uint32(math.MaxUint32))
		}
		return uint32(v), nil
	},
	Format: func(v uint32) string { return strconv.FormatUint(uint64(v), 10) },
	Sig:    "u",
	Encode: (*dbus.Writer).Uint32,
}

// Integer reads a number from low to high; the empty text gives empty.
func Integer(low, high, empty int32) *Codec[int32] {
	return &Codec[int32]{
		Parse: func(old int32, text string, _ *Context) (int32, error) {
			if text == "" {
				return empty, nil
			}
			v, err := strconv.ParseInt(text, 0, 32)
			if err != nil || int32(v) < low || int32(v) > high {
				return old, bad("%q is not a number from %d to %d", text, low, high)
			}
			return int32(v), nil
		},
		Format: func(v int32) string { return strconv.Itoa(int(v)) },
		Sig:    "i",
		Encode: (*dbus.Writer).Int32,
	}
}

// Mode reads an access mode in octal.
var Mode = &Codec[uint32]{
	Parse: func(old uint32, text string, _ *Context) (uint32, error) {
		v, err := quantity.ParseMode(text)
		if err != nil {
			return old, bad("%q is not an octal access mode", text).advise("write four digits, such as 0755")
		}
		return v, nil
	},
	Format: quantity.FormatMode,
	Sig:    "u",
	Encode: (*dbus.Writer).Uint32,
	Decode: decodeMode,
}

func decodeMode(r *dbus.Reader, sig string, old uint32, _ *Context) (uint32, error) {
	if sig != "u" {
		return old, errSignature
	}
	mode := r.Uint32()
	if mode > 0o7777 {
		return old, bad("%o is not an access mode", mode)
	}
	return mode, nil
}
