package output

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/steward-init/steward/journal/file"
)

// maxValue is the longest field that JSON has without Options.All, with its name; a longer one is null.
const maxValue = 4096

// appendJSON appends the entry as a JSON object: an element for each field, an array for one that stands more than
// once. A value that is no text is an array of numbers.
func appendJSON(b []byte, e *file.Entry, o Options) []byte {
	w := jsonWriter{b: b, pretty: o.Mode == "json-pretty", color: o.Color}
	switch o.Mode {
	case "json-sse":
		w.b = append(w.b, "data: "...)
	case "json-seq":
		w.b = append(w.b, '\x1e')
	}
	w.b = append(w.b, '{')
	w.key("__CURSOR")
	w.text(appendCursor(nil, e))
	w.key("__REALTIME_TIMESTAMP")
	w.text(strconv.AppendUint(nil, e.Realtime, 10))
	w.key("__MONOTONIC_TIMESTAMP")
	w.text(strconv.AppendUint(nil, e.Monotonic, 10))
	w.key("_BOOT_ID")
	w.text([]byte(e.BootID.String()))
	done := map[string]bool{"_BOOT_ID": true}
	for i, field := range e.Fields {
		name, _, _ := bytes.Cut(field, []byte("="))
		if done[string(name)] {
			continue
		}
		done[string(name)] = true
		w.key(string(name))
		w.values(e.Fields[i:], name, o.All)
	}
	w.line(0)
	w.b = append(w.b, "}\n"...)
	if o.Mode == "json-sse" {
		w.b = append(w.b, '\n')
	}
	return w.b
}

// jsonWriter appends an object.
type jsonWriter struct {
	b             []byte
	pretty, color bool
	some          bool
}

// line begins another line where lines are for people.
func (w *jsonWriter) line(depth int) {
	if w.pretty {
		w.b = append(append(w.b, '\n'), "\t\t\t"[:depth]...)
	}
}

func (w *jsonWriter) key(name string) {
	if w.some {
		w.b = append(w.b, ',')
	}
	w.some = true
	w.line(1)
	w.text([]byte(name))
	if w.pretty {
		w.b = append(w.b, " : "...)
	} else {
		w.b = append(w.b, ':')
	}
}

// values appends all values of a field.
func (w *jsonWriter) values(fields [][]byte, name []byte, all bool) {
	var list [][]byte
	for _, field := range fields {
		if n, value, _ := bytes.Cut(field, []byte("=")); bytes.Equal(n, name) {
			list = append(list, value)
		}
	}
	if len(list) == 1 {
		w.value(list[0], len(name), 1, all)
		return
	}
	w.array(1, len(list), func(i int) { w.value(list[i], len(name), 2, all) })
}

// array appends an array that stands so deep in the object, by its elements.
func (w *jsonWriter) array(depth, n int, element func(i int)) {
	w.b = append(w.b, '[')
	for i := range n {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.line(depth + 1)
		element(i)
	}
	w.line(depth)
	w.b = append(w.b, ']')
}

func (w *jsonWriter) value(value []byte, name, depth int, all bool) {
	switch {
	case !all && name+1+len(value) >= maxValue:
		w.styled(bold, "null")
	case printable(value):
		w.text(value)
	default:
		w.array(depth, len(value), func(i int) { w.styled(blue, strconv.Itoa(int(value[i]))) })
	}
}

// text appends a string.
func (w *jsonWriter) text(value []byte) {
	var quoted []byte
	for _, r := range string(value) {
		switch {
		case r == '"' || r == '\\':
			quoted = append(quoted, '\\', byte(r))
		case r == '\b':
			quoted = append(quoted, `\b`...)
		case r == '\f':
			quoted = append(quoted, `\f`...)
		case r == '\n':
			quoted = append(quoted, `\n`...)
		case r == '\r':
			quoted = append(quoted, `\r`...)
		case r == '\t':
			quoted = append(quoted, `\t`...)
		case r < ' ':
			quoted = fmt.Appendf(quoted, `\u%04x`, r)
		default:
			quoted = append(quoted, string(r)...)
		}
	}
	w.b = append(w.b, '"')
	w.styled(green, string(quoted))
	w.b = append(w.b, '"')
}

func (w *jsonWriter) styled(style, text string) {
	if w.color {
		text = style + text + plainStyle
	}
	w.b = append(w.b, text...)
}
