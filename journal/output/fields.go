package output

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"github.com/steward-init/steward/journal/file"
)

// maxFlat is how long a field or message may be where lines have a width.
const maxFlat = 300

// appendVerbose appends all fields, a line each.
func appendVerbose(b []byte, e *file.Entry, o Options) []byte {
	b = realtime(e).In(o.Zone).AppendFormat(b, "Mon 2006-01-02 15:04:05.000000 MST")
	b = append(appendCursor(append(b, " ["...), e), "]\n"...)
	for _, field := range e.Fields {
		name, value, _ := bytes.Cut(field, []byte("="))
		on, off := "", ""
		if o.Color && string(name) == "MESSAGE" {
			on, off = bold, plainStyle
		}
		b = append(append(append(append(b, "    "...), on...), name...), '=')
		if !o.All && (!printable(value) || o.Width > 0 && len(field) >= maxFlat) {
			b = append(append(append(b, '['), size(len(value))...), " blob data]"...)
			b = append(append(b, off...), '\n')
			continue
		}
		indent := bytes.Repeat([]byte(" "), len("    ")+len(name)+1)
		for i, line := range bytes.Split(bytes.TrimSuffix(value, []byte("\n")), []byte("\n")) {
			if i > 0 {
				b = append(append(b, '\n'), indent...)
			}
			line, _, _ = bytes.Cut(line, []byte("\x00")) // as the C library prints it
			b = append(b, line...)
		}
		b = append(append(b, '\n'), off...)
	}
	return b
}

// appendExport appends the entry in the export format, https://systemd.io/JOURNAL_EXPORT_FORMATS.
func appendExport(b []byte, e *file.Entry) []byte {
	b = append(appendCursor(append(b, "__CURSOR="...), e), '\n')
	b = append(strconv.AppendUint(append(b, "__REALTIME_TIMESTAMP="...), e.Realtime, 10), '\n')
	b = append(strconv.AppendUint(append(b, "__MONOTONIC_TIMESTAMP="...), e.Monotonic, 10), '\n')
	b = append(append(append(b, "_BOOT_ID="...), e.BootID.String()...), '\n')
	for _, field := range e.Fields {
		name, value, _ := bytes.Cut(field, []byte("="))
		switch {
		case string(name) == "_BOOT_ID":
		case oneLine(value):
			b = append(append(b, field...), '\n')
		default:
			b = binary.LittleEndian.AppendUint64(append(append(b, name...), '\n'), uint64(len(value)))
			b = append(append(b, value...), '\n')
		}
	}
	return append(b, '\n')
}

// oneLine says whether a value can stand in a line.
func oneLine(value []byte) bool { return printable(value) && bytes.IndexByte(value, '\n') < 0 }
