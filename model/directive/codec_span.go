package directive

import (
	"strconv"

	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/wire/dbus"
)

// spanCodec reads a time span whose plain numbers are seconds; read turns text into a value.
func spanCodec(read func(text string) (span.Span, error)) *Codec[span.Span] {
	return &Codec[span.Span]{
		Parse: func(old span.Span, text string, _ *Context) (span.Span, error) {
			v, err := read(text)
			if err != nil {
				return old, bad("%q is not a time span", text).advise("write for example 90, 1min 30s or infinity")
			}
			return v, nil
		},
		Format: formatSpan,
		Sig:    "t",
		Encode: encodeSpan,
		Decode: decodeSpan,
		Words:  []string{"infinity"},
	}
}

func formatSpan(v span.Span) string { return v.Format(span.Microsecond) }

func encodeSpan(w *dbus.Writer, v span.Span) { w.Uint64(uint64(v)) }

func decodeSpan(r *dbus.Reader, sig string, old span.Span, _ *Context) (span.Span, error) {
	if sig != "t" {
		return old, errSignature
	}
	return span.Span(r.Uint64()), nil
}

// Seconds reads a span as it is written.
func Seconds() *Codec[span.Span] {
	return spanCodec(span.Parse)
}

// Timeout reads a span and takes zero for infinity: TimeoutStartSec= and its kin.
func Timeout() *Codec[span.Span] {
	return spanCodec(func(text string) (span.Span, error) {
		v, err := span.Parse(text)
		if v == 0 {
			v = span.Infinity
		}
		return v, err
	})
}

// Nanoseconds reads a time span whose plain numbers are nanoseconds.
var Nanoseconds = &Codec[uint64]{
	Parse: func(old uint64, text string, _ *Context) (uint64, error) {
		if v, err := strconv.ParseUint(text, 10, 64); err == nil {
			return v, nil
		}
		if v, ok := cutNanoseconds(text); ok {
			return v, nil
		}
		v, err := span.Parse(text)
		if err != nil || v >= span.Infinity/1000 {
			return old, bad("%q is not a time span in nanoseconds", text)
		}
		return uint64(v) * 1000, nil
	},
	Format: func(v uint64) string { return strconv.FormatUint(v, 10) },
	Sig:    "t",
	Encode: (*dbus.Writer).Uint64,
}

// cutNanoseconds reads "50ns" and "50nsec", units that time spans elsewhere don't have.
func cutNanoseconds(text string) (uint64, bool) {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	if unit := text[n:]; unit != "ns" && unit != "nsec" {
		return 0, false
	}
	v, err := strconv.ParseUint(text[:n], 10, 64)
	return v, err == nil
}
