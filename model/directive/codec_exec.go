package directive

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// Assignments reads environment variables, NAME=value, and adds them; a name that is there already gets the new value.
// systemd.exec(5), Environment=.
var Assignments = &Codec[[]string]{
	Parse: func(old []string, text string, ctx *Context) ([]string, error) {
		if text == "" {
			return nil, nil
		}
		list, err := words.Split(text)
		v := slices.Clone(old)
		for _, word := range list {
			word, wrong := ctx.expand(word)
			if wrong == nil {
				_, _, wrong = words.ParseAssignment(word)
			}
			if wrong != nil {
				ctx.warn(wrong)
				continue
			}
			v = words.SetVariable(v, word)
		}
		return v, err
	},
	Format: func(v []string) string { return escapeSpecifiers(words.Join(v)) },
	Sig:    "as",
	Encode: (*dbus.Writer).StringArray,
}

// Variables reads names of environment variables.
func Variables() *Codec[[]string] {
	return Words("a name of an environment variable", words.ValidVariable)
}

// VariablesOrAssignments reads names and NAME=value.
func VariablesOrAssignments() *Codec[[]string] {
	return Words("a name or assignment of an environment variable", func(s string) bool {
		if words.ValidVariable(s) {
			return true
		}
		_, _, err := words.ParseAssignment(s)
		return err == nil
	})
}

// EnvironmentFiles reads one path, with "-" for one that may be missing, and adds it. systemd.exec(5).
var EnvironmentFiles = &Codec[[]model.EnvFile]{
	Parse: func(old []model.EnvFile, text string, ctx *Context) ([]model.EnvFile, error) {
		if text == "" {
			return nil, nil
		}
		path, optional := strings.CutPrefix(text, "-")
		path, err := requiredPath(path, ctx)
		if err != nil {
			return old, err
		}
		return append(slices.Clip(old), model.EnvFile{Path: path, Optional: optional}), nil
	},
	Format: func(v []model.EnvFile) string {
		if len(v) == 0 {
			return ""
		}
		return formatOptional(v[0].Path, v[0].Optional)
	},
	Sig: "a(sb)",
	Encode: func(w *dbus.Writer, v []model.EnvFile) {
		mark := w.OpenArray(8)
		for _, f := range v {
			w.Struct()
			w.String(f.Path)
			w.Bool(f.Optional)
		}
		w.CloseArray(mark)
	},
	Decode: func(r *dbus.Reader, sig string, old []model.EnvFile, _ *Context) ([]model.EnvFile, error) {
		if sig != "a(sb)" {
			return old, errSignature
		}
		v, count := slices.Clip(old), 0
		for end := r.OpenArray(8); r.More(end); count++ {
			r.Struct()
			f := model.EnvFile{Path: r.String(), Optional: r.Bool()}
			if p := badPath(f.Path); p != nil {
				return old, p
			}
			v = append(v, f)
		}
		if count == 0 {
			return nil, nil
		}
		return v, nil
	},
}

func formatOptional(path string, optional bool) string {
	if optional {
		path = "-" + path
	}
	return escapeSpecifiers(path)
}

// Resource reads one resource limit. systemd.exec(5), Process Properties.
func Resource(resource quantity.Resource) *Codec[[]model.Rlimit] {
	return &Codec[[]model.Rlimit]{
		Parse: func(old []model.Rlimit, text string, _ *Context) ([]model.Rlimit, error) {
			i := limitIndex(old, resource)
			limit, err := quantity.ParseLimit(resource, text)
			if err != nil {
				return old, bad("%v", err)
			}
			v := model.Rlimit{Resource: uint8(resource), Soft: limit.Soft, Hard: limit.Hard}
			if i < 0 {
				return append(slices.Clip(old), v), nil
			}
			old = slices.Clone(old)
			old[i] = v
			return old, nil
		},
		Format: func(v []model.Rlimit) string {
			i := limitIndex(v, resource)
			if i < 0 {
				return ""
			}
			return quantity.Limit{Soft: v[i].Soft, Hard: v[i].Hard}.String()
		},
		Sig:    "t",
		Encode: func(w *dbus.Writer, v []model.Rlimit) { _, hard := LimitOf(v, resource); w.Uint64(hard) },
		Decode: func(r *dbus.Reader, sig string, old []model.Rlimit, _ *Context) ([]model.Rlimit, error) {
			if sig != "t" {
				return old, errSignature
			}
			return changeLimit(old, resource, r.Uint64(), false), nil
		},
	}
}

// changeLimit sets the hard limit, or the soft one, and both of a resource that had none.
func changeLimit(list []model.Rlimit, resource quantity.Resource, value uint64, soft bool) []model.Rlimit {
	i := limitIndex(list, resource)
	if i < 0 {
		return append(slices.Clip(list), model.Rlimit{Resource: uint8(resource), Soft: value, Hard: value})
	}
	list = slices.Clone(list)
	if soft {
		list[i].Soft = value
	} else {
		list[i].Hard = value
	}
	return list
}

func limitIndex(list []model.Rlimit, resource quantity.Resource) int {
	return slices.IndexFunc(list, func(l model.Rlimit) bool { return l.Resource == uint8(resource) })
}

// LimitOf returns the soft and hard limit of a resource in a list, infinity where it is not there.
func LimitOf(list []model.Rlimit, resource quantity.Resource) (soft, hard uint64) {
	if i := limitIndex(list, resource); i >= 0 {
		return list[i].Soft, list[i].Hard
	}
	return quantity.Unlimited, quantity.Unlimited
}

// InputText adds a line to what a command reads as its input, InputData bytes in base64. systemd.exec(5).
var (
	InputText = &Codec[[]byte]{
		Parse: func(old []byte, text string, ctx *Context) ([]byte, error) {
			if text == "" {
				return nil, nil
			}
			plain, err := words.Unescape(text)
			if err == nil {
				plain, err = ctx.expand(plain)
			}
			if err != nil {
				return old, err
			}
			return addInput(old, append([]byte(plain), '\n'))
		},
		Format: func([]byte) string { return "" }, // InputData prints both
		Sig:    "ay",
		Encode: (*dbus.Writer).ByteArray,
	}
	InputData = &Codec[[]byte]{
		Parse: func(old []byte, text string, _ *Context) ([]byte, error) {
			if text == "" {
				return nil, nil
			}
			more, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
			if err != nil {
				return old, bad("the text is not in base64")
			}
			return addInput(old, more)
		},
		Format: func(v []byte) string { return base64.StdEncoding.EncodeToString(v) },
		Sig:    "ay",
		Encode: (*dbus.Writer).ByteArray,
		Decode: func(r *dbus.Reader, sig string, old []byte, _ *Context) ([]byte, error) {
			if sig != "ay" {
				return old, errSignature
			}
			more := r.ByteArray()
			if len(more) == 0 {
				return nil, nil
			}
			return addInput(old, more)
		},
	}
)

// maxInput bounds what a unit can hold as input, as systemd does.
const maxInput = 64 << 20

func addInput(old, more []byte) ([]byte, error) {
	if len(old)+len(more) > maxInput {
		return old, bad("the input data is longer than 64 MiB")
	}
	return append(slices.Clip(old), more...), nil
}

// Capabilities reads names of capabilities; "~" takes those that follow away. initial is the set of a unit that says
// nothing. systemd.exec(5), CapabilityBoundingSet=.
func Capabilities(initial uint64) *Codec[uint64] {
	return &Codec[uint64]{
		Parse: func(old uint64, text string, ctx *Context) (uint64, error) {
			names, invert := strings.CutPrefix(text, "~")
			list, err := splitWords(names, ctx)
			var sum uint64
			for _, word := range list {
				n, wrong := quantity.ParseCapability(word)
				if wrong != nil || n > 63 {
					ctx.warn(bad("%q is not a capability", word).advise("see capabilities(7) for their names"))
					continue
				}
				sum |= 1 << n
			}
			switch fresh := sum == 0 || old == initial; {
			case fresh && invert:
				return ^sum, err
			case fresh:
				return sum, err
			case invert:
				return old &^ sum, err
			}
			return old | sum, err
		},
		Format: func(v uint64) string {
			if v == initial && initial != 0 {
				return "~"
			}
			if known := uint64(1)<<(quantity.LastCapability+1) - 1; v&^known == ^known {
				return "~" + strings.Join(quantity.CapabilityNames(^v), " ")
			}
			return strings.Join(quantity.CapabilityNames(v), " ")
		},
		Sig:    "t",
		Encode: (*dbus.Writer).Uint64,
		Decode: func(r *dbus.Reader, sig string, old uint64, _ *Context) (uint64, error) {
			if sig != "t" {
				return old, errSignature
			}
			return r.Uint64(), nil
		},
	}
}

// SecureBits reads the flags of SecureBits= and adds them. systemd.exec(5).
var SecureBits = &Codec[uint32]{
	Parse: func(old uint32, text string, ctx *Context) (uint32, error) {
		if text == "" {
			return 0, nil
		}
		list, err := splitWords(text, ctx)
		for _, word := range list {
			bit, wrong := quantity.ParseSecureBit(word)
			if wrong != nil {
				ctx.warn(bad("%v", wrong))
				continue
			}
			old |= uint32(bit)
		}
		return old, err
	},
	Format: func(v uint32) string { return quantity.SecureBits(v).String() },
	Sig:    "i",
	Encode: func(w *dbus.Writer, v uint32) { w.Int32(int32(v)) },
	Decode: func(r *dbus.Reader, sig string, old uint32, _ *Context) (uint32, error) {
		const known = 1<<6 - 1
		if sig != "i" {
			return old, errSignature
		}
		v := r.Int32()
		if v&^known != 0 {
			return old, bad("%#x holds unknown secure bits", v)
		}
		return uint32(v), nil
	},
}
