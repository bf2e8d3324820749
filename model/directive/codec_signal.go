package directive

import (
	"slices"
	"strconv"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/exitstatus"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/wire/dbus"
)

// Signal reads a signal by name or number.
var Signal = &Codec[int32]{
	Parse: func(old int32, text string, _ *Context) (int32, error) {
		v, err := quantity.ParseSignal(text)
		if err != nil {
			return old, bad("%q is not a signal", text).advise("write a name such as SIGTERM")
		}
		return int32(v), nil
	},
	Format: func(v int32) string {
		if v == 0 {
			return ""
		}
		return signalName(int(v))
	},
	Sig:    "i",
	Encode: (*dbus.Writer).Int32,
}

// signalName is a name with SIG where the signal has one.
func signalName(number int) string {
	name := quantity.SignalName(number)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return name
	}
	return "SIG" + name
}

// Statuses reads exit statuses, by number or name, and signals, and adds them. systemd.service(5), SuccessExitStatus=.
var Statuses = &Codec[*model.StatusSet]{
	Parse: func(old *model.StatusSet, text string, ctx *Context) (*model.StatusSet, error) {
		if text == "" {
			return nil, nil
		}
		var v model.StatusSet
		if old != nil {
			v = model.StatusSet{Statuses: slices.Clone(old.Statuses), Signals: slices.Clone(old.Signals)}
		}
		list, err := splitWords(text, ctx)
		for _, word := range list {
			if !addStatus(&v, word) {
				ctx.warn(bad("%q is neither an exit status nor a signal", word))
			}
		}
		if len(v.Statuses)+len(v.Signals) == 0 {
			return nil, err
		}
		return &v, err
	},
	Format: func(v *model.StatusSet) string {
		if v == nil {
			return ""
		}
		var list []string
		for _, s := range v.Statuses {
			list = append(list, strconv.Itoa(int(s)))
		}
		for _, s := range v.Signals {
			list = append(list, signalName(int(s)))
		}
		return strings.Join(list, " ")
	},
	Sig: "(aiai)",
	Encode: func(w *dbus.Writer, v *model.StatusSet) {
		if v == nil {
			v = &model.StatusSet{}
		}
		w.Struct()
		encodeSmall(w, v.Statuses)
		encodeSmall(w, v.Signals)
	},
	Decode: func(r *dbus.Reader, sig string, old *model.StatusSet, _ *Context) (*model.StatusSet, error) {
		if sig != "(aiai)" {
			return old, errSignature
		}
		r.Struct()
		v := &model.StatusSet{Statuses: decodeSmall(r), Signals: decodeSmall(r)}
		if len(v.Statuses)+len(v.Signals) == 0 {
			return nil, nil
		}
		return v, nil
	},
}

func addStatus(v *model.StatusSet, word string) bool {
	if status, ok := exitstatus.Parse(word); ok {
		v.Statuses = insert(v.Statuses, uint8(status))
		return true
	}
	signal, err := quantity.ParseSignal(word)
	if err == nil {
		v.Signals = insert(v.Signals, uint8(signal))
	}
	return err == nil
}

// insert keeps a sorted set.
func insert(set []uint8, v uint8) []uint8 {
	i, found := slices.BinarySearch(set, v)
	if found {
		return set
	}
	return slices.Insert(set, i, v)
}

func encodeSmall(w *dbus.Writer, list []uint8) {
	mark := w.OpenArray(4)
	for _, v := range list {
		w.Int32(int32(v))
	}
	w.CloseArray(mark)
}

func decodeSmall(r *dbus.Reader) []uint8 {
	var list []uint8
	for end := r.OpenArray(4); r.More(end); {
		if v := r.Int32(); v >= 0 && v <= 255 {
			list = insert(list, uint8(v))
		}
	}
	return list
}
