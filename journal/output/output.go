// Package output prints entries of a journal as journalctl -o does: a pure function of an entry to bytes.
//
// It exists so that every command which shows logs shows the same. It must not know where entries come from, nor which
// are wanted.
package output

import (
	"strconv"
	"time"

	"github.com/steward-init/steward/journal/file"
)

// Options say how entries are printed.
type Options struct {
	Mode string // one of Modes
	Zone *time.Location
	// All prints values in full that are long, and as they are where they have control characters.
	All bool
	// Width is how many columns there are for a line of the modes that are for people to read, 0 for any number.
	Width int
	Color bool
}

// Modes are the names of the modes, in the order that journalctl lists them in.
func Modes() []string {
	return []string{"short", "short-full", "short-iso", "short-iso-precise", "short-precise", "short-monotonic",
		"short-delta", "short-unix", "verbose", "export", "json", "json-pretty", "json-sse", "json-seq", "cat", "with-unit"}
}

// Append appends an entry, with what stands behind it. before is the entry that was printed before it, nil for none.
// cut says that something was left out for want of Width.
func Append(b []byte, e, before *file.Entry, o Options) (out []byte, cut bool) {
	switch o.Mode {
	case "verbose":
		return appendVerbose(b, e, o), false
	case "export":
		return appendExport(b, e), false
	case "json", "json-pretty", "json-sse", "json-seq":
		return appendJSON(b, e, o), false
	case "cat":
		return appendCat(b, e, o), false
	}
	return appendShort(b, e, before, o)
}

// appendCursor appends what tells the entry from all others, sd_journal_get_cursor(3).
func appendCursor(b []byte, e *file.Entry) []byte {
	b = append(append(b, "s="...), e.SeqnumID.String()...)
	b = strconv.AppendUint(append(b, ";i="...), e.Seqnum, 16)
	b = append(append(b, ";b="...), e.BootID.String()...)
	b = strconv.AppendUint(append(b, ";m="...), e.Monotonic, 16)
	b = strconv.AppendUint(append(b, ";t="...), e.Realtime, 16)
	return strconv.AppendUint(append(b, ";x="...), e.XorHash, 16)
}

// realtime is when the entry was made.
func realtime(e *file.Entry) time.Time {
	return time.UnixMicro(int64(min(sourceTime(e, "_SOURCE_REALTIME_TIMESTAMP", e.Realtime), 1<<62)))
}

// monotonic is the same by the clock that begins with the machine, in µs.
func monotonic(e *file.Entry) uint64 {
	return sourceTime(e, "_SOURCE_MONOTONIC_TIMESTAMP", e.Monotonic)
}

// sourceTime is a time in µs as the entry's source says it, or else as the journal does.
func sourceTime(e *file.Entry, field string, own uint64) uint64 {
	if n, err := strconv.ParseUint(string(last(e, field)), 10, 64); err == nil && n > 0 {
		return n
	}
	return own
}

// The looks of what stands out.
const (
	plainStyle = "\x1b[0m"
	bold       = "\x1b[0;1;39m"
	red        = "\x1b[0;1;31m"
	yellow     = "\x1b[0;1;38;5;185m"
	grey       = "\x1b[0;38;5;245m"
	green      = "\x1b[0;32m"
	blue       = "\x1b[0;1;34m"
)

// styles are the look of a message of the entry's priority, and one that the original switches to and back for nothing.
func styles(e *file.Entry, o Options) (text, between string) {
	p := last(e, "PRIORITY")
	switch {
	case !o.Color || len(p) != 1 || p[0] == '6' || p[0] < '0' || p[0] > '7':
		return "", ""
	case p[0] <= '3':
		return red, bold
	case p[0] == '4':
		return yellow, bold
	case p[0] == '5':
		return bold, red
	}
	return grey, red
}
