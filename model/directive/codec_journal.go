package directive

import (
	"slices"
	"strings"

	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// journalFields reads fields of journal entries, NAME=value, and adds them. systemd.exec(5), LogExtraFields=.
func journalFields() *Codec[[]string] {
	return &Codec[[]string]{
		Parse: func(old []string, text string, ctx *Context) ([]string, error) {
			if text == "" {
				return nil, nil
			}
			list, err := words.Split(text)
			v := slices.Clone(old)
			for _, word := range list {
				field, wrong := ctx.expand(word)
				if p := badField(field); wrong == nil && p != nil {
					wrong = p
				}
				if wrong != nil {
					ctx.warn(wrong)
					continue
				}
				v = append(v, field)
			}
			return v, err
		},
		Format: func(v []string) string { return escapeSpecifiers(words.Join(v)) },
		Sig:    "aay",
		Encode: func(w *dbus.Writer, v []string) {
			mark := w.OpenArray(4)
			for _, field := range v {
				w.ByteArray([]byte(field))
			}
			w.CloseArray(mark)
		},
		Decode: func(r *dbus.Reader, sig string, old []string, _ *Context) ([]string, error) {
			if sig != "aay" {
				return old, errSignature
			}
			v, count := slices.Clip(old), 0
			for end := r.OpenArray(4); r.More(end); count++ {
				field := string(r.ByteArray())
				if p := badField(field); p != nil {
					return old, p
				}
				v = append(v, field)
			}
			if count == 0 {
				return nil, nil
			}
			return v, nil
		},
	}
}

// badField says why something is no field that a program may give, nil for one.
func badField(field string) *Problem {
	name, _, ok := strings.Cut(field, "=")
	if !ok {
		return bad("the journal field %q has no '='", shorten(field))
	}
	const most = 64
	valid := name != "" && len(name) <= most
	for i, c := range []byte(name) {
		valid = valid && (c >= 'A' && c <= 'Z' || i > 0 && (c == '_' || c >= '0' && c <= '9'))
	}
	if !valid {
		return bad("%q is not the name of a journal field", shorten(name)).
			advise("use upper-case letters, digits and '_', a letter first")
	}
	return nil
}
