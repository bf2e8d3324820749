package notify

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The bounds of what a message may hold beside the known fields.
const (
	maxUnknown  = 16
	maxProblems = 16
	maxFDName   = 255
)

// Parse reads a datagram: lines "NAME=value" up to the first NUL or the end. Any bytes give a message; what is not
// valid in it is left out and told in Problems. The message keeps no reference to data.
func Parse(data []byte) Message {
	var m Message
	if len(data) > MaxDatagram {
		m.problem("Datagram is longer than 4096 bytes, ignoring it")
		return m
	}
	text := string(data)
	if nul := strings.IndexByte(text, 0); nul >= 0 {
		text = text[:nul]
	}
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			lines++
			m.line(line)
		}
	}
	if m.Has(Barrier) && lines > 1 {
		m.Fields &^= Barrier
		m.problem("BARRIER=1 is not alone in its datagram, ignoring it")
	}
	return m
}

// flags are the fields whose only value is "1".
var flags = [...]struct {
	name  string
	field Field
}{
	{"READY", Ready}, {"RELOADING", Reloading}, {"STOPPING", Stopping}, {"FDSTORE", FDStore},
	{"FDSTOREREMOVE", FDStoreRemove}, {"BARRIER", Barrier},
}

func (m *Message) line(line string) {
	name, value, found := strings.Cut(line, "=")
	if !found {
		m.unknown(line)
		return
	}
	for _, f := range flags {
		if f.name == name {
			m.keep(f.field, value == "1", line)
			return
		}
	}
	if !m.number(name, value, line) && !m.word(name, value, line) {
		m.unknown(line)
	}
}

// number reads the fields whose values are numbers; false means that the name is none of theirs.
func (m *Message) number(name, value, line string) bool {
	switch name {
	case "MAINPID":
		set(m, MainPID, &m.MainPID, line, func() (int, bool) { return integer(value, 1, 1<<31-1) })
	case "MAINPIDFDID":
		set(m, MainPIDFDID, &m.MainPIDFDID, line, func() (uint64, bool) { return unsigned(value) })
	case "ERRNO":
		set(m, Errno, &m.Errno, line, func() (int, bool) { return integer(value, 1, 4095) })
	case "EXIT_STATUS":
		set(m, ExitStatus, &m.ExitStatus, line, func() (int, bool) { return integer(value, 0, 255) })
	case "WATCHDOG_USEC":
		set(m, WatchdogUsec, &m.WatchdogUsec, line, func() (uint64, bool) { return unsigned(value) })
	case "MONOTONIC_USEC":
		set(m, MonotonicUsec, &m.MonotonicUsec, line, func() (uint64, bool) { return unsigned(value) })
	case "EXTEND_TIMEOUT_USEC":
		set(m, ExtendTimeoutUsec, &m.ExtendTimeoutUsec, line, func() (uint64, bool) { return unsigned(value) })
	default:
		return false
	}
	return true
}

// word reads the fields whose values are words or text; false means that the name is none of theirs.
func (m *Message) word(name, value, line string) bool {
	switch name {
	case "STATUS":
		set(m, Status, &m.Status, line, func() (string, bool) { return value, utf8.ValidString(value) })
	case "BUSERROR":
		set(m, BusError, &m.BusError, line, func() (string, bool) { return value, printable(value, 255) })
	case "FDNAME":
		set(m, FDName, &m.FDName, line, func() (string, bool) { return value, ValidFDName(value) })
	case "FDPOLL":
		set(m, FDPoll, &m.FDPoll, line, func() (bool, bool) { return value == "1", value == "0" || value == "1" })
	case "WATCHDOG":
		set(m, Watchdog, &m.WatchdogTrigger, line, func() (bool, bool) {
			return value == "trigger", value == "1" || value == "trigger"
		})
	case "NOTIFYACCESS":
		set(m, NotifyAccess, &m.NotifyAccess, line, func() (string, bool) {
			return value, value == "none" || value == "main" || value == "exec" || value == "all"
		})
	case "INVOCATION_ID":
		set(m, InvocationID, &m.InvocationID, line, func() (string, bool) { return identifier(value) })
	default:
		return false
	}
	return true
}

// set stores what read gives, unless an earlier line had the field.
func set[T any](m *Message, field Field, to *T, line string, read func() (T, bool)) {
	value, ok := read()
	if ok && !m.Has(field) {
		*to = value
	}
	m.keep(field, ok, line)
}

func (m *Message) keep(field Field, ok bool, line string) {
	if ok {
		m.Fields |= field
		return
	}
	m.problem("Ignoring invalid " + quoted(line))
}

func (m *Message) unknown(line string) {
	if len(m.Unknown) < maxUnknown {
		m.Unknown = append(m.Unknown, line)
		return
	}
	m.Dropped++
}

func (m *Message) problem(text string) {
	if len(m.Problems) < maxProblems {
		m.Problems = append(m.Problems, text)
	}
}

// quoted makes a line fit for a log.
func quoted(line string) string {
	const most = 80
	if len(line) > most {
		line = line[:most] + "…"
	}
	return strconv.QuoteToASCII(line)
}

func integer(s string, low, high int64) (int, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return int(n), err == nil && n >= low && n <= high
}

func unsigned(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}

// ValidFDName says whether a name can be given to a stored descriptor: at most 255 printable ASCII characters, no ':'.
func ValidFDName(s string) bool { return printable(s, maxFDName) && !strings.Contains(s, ":") }

func printable(s string, most int) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return len(s) <= most
}

// identifier reads 32 hexadecimal digits, with or without the dashes of a UUID.
func identifier(s string) (string, bool) {
	s = strings.ToLower(strings.ReplaceAll(s, "-", ""))
	return s, len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}
