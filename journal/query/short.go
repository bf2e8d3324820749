package query

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/steward-init/steward/journal/file"
)

// AppendShort appends an entry as journalctl -o short prints it, with its newline:
//
//	Nov 21 07:07:06 host identifier[pid]: message
//
// An entry without MESSAGE= is nothing. A message of more lines is indented; one that is not printable is its size.
func AppendShort(b []byte, e *file.Entry, zone *time.Location) []byte {
	return AppendMode(b, e, zone, "short")
}

// AppendMode is AppendShort for the modes of journalctl -o that differ from it in how the time is told, those that
// begin with "short", and for "cat", which is the message alone. Others are taken for "short".
func AppendMode(b []byte, e *file.Entry, zone *time.Location, mode string) []byte {
	message := e.Get("MESSAGE")
	switch {
	case message == nil:
		return b
	case mode == "cat":
		return append(append(b, bytes.TrimRight(message, "\n")...), '\n')
	}
	when := e.Realtime
	if s := e.Get("_SOURCE_REALTIME_TIMESTAMP"); s != nil {
		if n, err := strconv.ParseUint(string(s), 10, 64); err == nil && n > 0 {
			when = n
		}
	}
	start := len(b)
	b = appendTime(b, time.UnixMicro(int64(min(when, 1<<62))).In(zone), e.Monotonic, mode)
	if host := e.Get("_HOSTNAME"); printable(host) && len(host) > 0 {
		b = append(append(b, ' '), host...)
	}
	b = append(b, ' ')
	b = append(b, first(e, "unknown", "SYSLOG_IDENTIFIER", "_COMM")...)
	if pid := first(e, "", "_PID", "SYSLOG_PID"); len(pid) > 0 {
		b = append(append(append(b, '['), pid...), ']')
	}
	b = append(b, ": "...)
	message = plain(message)
	if !printable(message) {
		return append(append(append(b, '['), size(len(message))...), " blob data]\n"...)
	}
	indent := utf8.RuneCount(b[start:])
	message = bytes.TrimRight(message, "\n")
	for i, line := range bytes.Split(message, []byte("\n")) {
		if i > 0 {
			b = append(b, bytes.Repeat([]byte(" "), indent)...)
		}
		b = append(append(b, line...), '\n')
	}
	return b
}

// appendTime appends the time of an entry.
func appendTime(b []byte, at time.Time, monotonic uint64, mode string) []byte {
	switch mode {
	case "short-full":
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
	}
	return at.AppendFormat(b, "Jan 02 15:04:05")
}

// first is the first of the fields that is there and printable.
func first(e *file.Entry, other string, names ...string) []byte {
	for _, n := range names {
		if v := e.Get(n); len(v) > 0 && printable(v) {
			return v
		}
	}
	return []byte(other)
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

// plain is a message without colours and with tabs as eight spaces, as it may stand in a terminal.
func plain(p []byte) []byte {
	if bytes.IndexByte(p, '\x1b') < 0 && bytes.IndexByte(p, '\t') < 0 && bytes.IndexByte(p, '\r') < 0 {
		return p
	}
	out := make([]byte, 0, len(p)+16)
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '\t':
			out = append(out, "        "...)
		case p[i] == '\x1b' && i+1 < len(p) && p[i+1] == '[':
			if end := colour(p[i:]); end > 0 {
				i += end - 1
				continue
			}
			out = append(out, p[i])
		default:
			out = append(out, p[i])
		}
	}
	return out
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
