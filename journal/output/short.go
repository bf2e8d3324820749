package output

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/steward-init/steward/journal/file"
	"github.com/steward-init/steward/syntax/ellipsis"
)

// appendCat appends the message alone.
func appendCat(b []byte, e *file.Entry, o Options) []byte {
	message := e.Get("MESSAGE")
	if message == nil {
		return b
	}
	style, between := styles(e, o)
	if style != "" {
		b = append(append(append(b, style...), between...), style...)
	}
	b = append(b, message...)
	if style != "" {
		b = append(b, plainStyle...)
	}
	return append(b, '\n')
}

// appendShort appends an entry with a head in one line, as in a log file:
//
//	Nov 21 07:07:06 host identifier[pid]: message
//
// An entry without MESSAGE= is nothing. A message of more lines is indented; one that is not printable is its size.
func appendShort(b []byte, e, before *file.Entry, o Options) (out []byte, cut bool) {
	message := last(e, "MESSAGE")
	if message == nil {
		return b, false
	}
	start := len(b)
	b = appendTime(b, e, before, o)
	if host := first(e, o, "_HOSTNAME"); host != nil {
		b = append(append(b, ' '), host...)
	}
	b, uncounted := appendSource(append(b, ' '), e, o)
	if pid := first(e, o, "_PID", "SYSLOG_PID"); pid != nil {
		b = append(append(append(b, '['), pid...), ']')
	}
	b = append(b, ": "...)
	if !o.All {
		if message = plain(message); !printable(message) {
			return append(append(append(b, '['), size(len(message))...), " blob data]\n"...), false
		}
	}
	return appendLines(b, message, utf8.RuneCount(b[start:])-uncounted, e, o)
}

// appendSource appends who said it: a program, or the unit and the user's unit in it. uncounted are the columns that
// the original leaves out, where lines are indented by them; of two units it counts the first one twice.
func appendSource(b []byte, e *file.Entry, o Options) (out []byte, uncounted int) {
	if o.Mode == "with-unit" {
		unit, user := first(e, o, "_SYSTEMD_UNIT"), first(e, o, "_SYSTEMD_USER_UNIT")
		switch {
		case unit != nil && user != nil:
			return append(append(append(b, unit...), '/'), user...), len(user) - len(unit)
		case unit != nil:
			return append(b, unit...), 0
		case user != nil:
			return append(b, user...), 0
		}
	}
	if name := first(e, o, "SYSLOG_IDENTIFIER", "_COMM"); name != nil {
		return append(b, name...), 0
	}
	return append(b, "unknown"...), len(" unknown")
}

// maxLines is how many lines of a message are shown where lines have a width.
const maxLines = 3

// appendLines appends the lines of a message, all but the first indented. Where lines have a width, a message has a
// bound too: of its last line that is shown the end is left out, and so that there may be more is always seen.
func appendLines(b, message []byte, head int, e *file.Entry, o Options) (out []byte, cut bool) {
	style, between := styles(e, o)
	if len(message) == 0 {
		style = ""
	}
	message = bytes.TrimSuffix(message, []byte("\n"))
	bounded := o.Width > 0 && !o.All
	end := -1
	for i, line := range bytes.Split(message, []byte("\n")) {
		if end += 1 + len(line); i > 0 {
			b = append(b, bytes.Repeat([]byte(" "), head)...)
		}
		final := i+1 == maxLines || end+1 >= maxFlat
		full := !bounded || head+len(line)+1 < o.Width && !final
		line, _, _ = bytes.Cut(line, []byte("\x00")) // as the C library prints it
		if !full {
			cut = true // the original too says so of a line that just fits
			line = shorten(line, o.Width-head, final)
		}
		style := style
		if bounded && o.Width-head < minWidth {
			style = ""
		}
		b = append(b, style...)
		if full && i == 0 && len(line) > 0 {
			b = append(append(b, between...), style...)
		}
		b = append(b, line...)
		if style != "" {
			b = append(b, plainStyle...)
		}
		if b = append(b, '\n'); bounded && final {
			break
		}
	}
	return b, cut
}

// minWidth is the least width in which anything of a line is shown.
const minWidth = 3

// shorten makes a line fit, or shows that there is more.
func shorten(line []byte, width int, final bool) []byte {
	switch {
	case width < minWidth:
		return []byte("...")
	case width > len(line)+3:
		return append(line[:len(line):len(line)], "..."...)
	case final:
		return []byte(ellipsis.Shorten(string(line), width, 100))
	}
	return []byte(ellipsis.Shorten(string(line), width, 90))
}

// appendTime appends the time of an entry.
func appendTime(b []byte, e, before *file.Entry, o Options) []byte {
	at, monotonic := realtime(e).In(o.Zone), monotonic(e)
	switch o.Mode {
	case "short-full", "with-unit":
		return at.AppendFormat(b, "Mon 2006-01-02 15:04:05 MST")
	case "short-iso":
		return at.AppendFormat(b, "2006-01-02T15:04:05-0700")
	case "short-iso-precise":
		return at.AppendFormat(b, "2006-01-02T15:04:05.000000-0700")
	case "short-precise":
		return at.AppendFormat(b, "Jan 02 15:04:05.000000")
	case "short-unix":
		return fmt.Appendf(b, "%d.%06d", at.Unix(), at.Nanosecond()/1000)
	case "short-monotonic":
		return fmt.Appendf(b, "[%5d.%06d]", monotonic/1e6, monotonic%1e6)
	case "short-delta":
		b = fmt.Appendf(b, "[%5d.%06d", monotonic/1e6, monotonic%1e6)
		if before == nil {
			return append(b, "                ]"...)
		}
		since, mark := sinceOf(e, before)
		return fmt.Appendf(b, " <%5d.%06d%c>]", since/1e6, since%1e6, mark)
	}
	return at.AppendFormat(b, "Jan 02 15:04:05")
}

// sinceOf is how long after another one an entry was made: by the other clock, and with a star, where a machine was
// started between them.
func sinceOf(e, before *file.Entry) (since uint64, mark rune) {
	now, then, mark := monotonic(e), monotonic(before), ' '
	if before.BootID != e.BootID {
		now, then, mark = uint64(realtime(e).UnixMicro()), uint64(realtime(before).UnixMicro()), '*'
	}
	return now - min(now, then), mark
}

// maxHead is how long a field in the head of a line may be.
const maxHead = 300

// first is the first of the fields that is there and may stand in a line, nil if there is none.
func first(e *file.Entry, o Options, names ...string) []byte {
	for _, n := range names {
		if v := last(e, n); len(v) > 0 && (o.All || len(v) < maxHead && printable(v)) {
			return v
		}
	}
	return nil
}

// last is the last value of a field, nil if there is none.
func last(e *file.Entry, name string) (value []byte) {
	for _, f := range e.Fields {
		if v, ok := bytes.CutPrefix(f, []byte(name+"=")); ok {
			value = v
		}
	}
	return value
}

// printable tells whether p is UTF-8 without control characters other than newline and tab.
func printable(p []byte) bool {
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		if r == utf8.RuneError && n == 1 || r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r <= 0x9f {
			return false
		}
		p = p[n:]
	}
	return true
}

// plain is a message without colours and titles of windows and with tabs as eight spaces, as it may stand in a
// terminal.
func plain(p []byte) []byte {
	if bytes.IndexByte(p, '\x1b') < 0 && bytes.IndexByte(p, '\t') < 0 && bytes.IndexByte(p, '\r') < 0 {
		return p
	}
	out := make([]byte, 0, len(p)+16)
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '\t':
			out = append(out, "        "...)
		case p[i] == '\r' && (i+1 == len(p) || p[i+1] == '\n'):
		case p[i] == '\x1b':
			if n := sequence(p[i:]); n > 0 {
				i += n - 1
				continue
			}
			out = append(out, p[i])
		default:
			out = append(out, p[i])
		}
	}
	return out
}

// sequence is the length of the control sequence that p begins with, 0 if it is none or not complete.
func sequence(p []byte) int {
	switch {
	case bytes.HasPrefix(p, []byte("\x1b[")):
		return colour(p)
	case !bytes.HasPrefix(p, []byte("\x1b]")):
		return 0
	}
	for i, c := range p[2:] {
		switch {
		case c == '\a':
			return i + 3
		case c < ' ':
			return 0
		}
	}
	return 0
}

// colour is the length of the control sequence that p begins with, 0 if it is not complete.
func colour(p []byte) int {
	for i, c := range p[2:] {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return i + 3
		}
		if c != ';' && (c < '0' || c > '9') {
			return 0
		}
	}
	return 0
}

// size is a number of bytes as systemd prints it: 512B, 1.5K.
func size(n int) string {
	const units = "KMGT"
	if n < 1024 {
		return strconv.Itoa(n) + "B"
	}
	unit, i := 1024, 0
	for n >= unit*1024 && i < len(units)-1 {
		unit, i = unit*1024, i+1
	}
	return strconv.Itoa(n/unit) + "." + strconv.Itoa(n*10/unit%10) + units[i:i+1]
}
