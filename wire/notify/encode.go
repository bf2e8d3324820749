package notify

import (
	"strconv"
	"strings"
)

// Encode prints the fields of a message as a datagram, a line each, then the unknown ones as they are. Line ends in
// texts become spaces, as they would begin another field.
func (m *Message) Encode() []byte {
	var b []byte
	line := func(field Field, name, value string) {
		if m.Has(field) {
			b = append(append(b, name...), '=')
			b = append(append(b, oneLine(value)...), '\n')
		}
	}
	unsigned := func(n uint64) string { return strconv.FormatUint(n, 10) }
	watchdog, poll := "1", "0"
	if m.WatchdogTrigger {
		watchdog = "trigger"
	}
	if m.FDPoll {
		poll = "1"
	}
	for _, f := range flags {
		line(f.field, f.name, "1")
	}
	line(Status, "STATUS", m.Status)
	line(Errno, "ERRNO", strconv.Itoa(m.Errno))
	line(BusError, "BUSERROR", m.BusError)
	line(ExitStatus, "EXIT_STATUS", strconv.Itoa(m.ExitStatus))
	line(MainPID, "MAINPID", strconv.Itoa(m.MainPID))
	line(MainPIDFDID, "MAINPIDFDID", unsigned(m.MainPIDFDID))
	line(Watchdog, "WATCHDOG", watchdog)
	line(WatchdogUsec, "WATCHDOG_USEC", unsigned(m.WatchdogUsec))
	line(MonotonicUsec, "MONOTONIC_USEC", unsigned(m.MonotonicUsec))
	line(ExtendTimeoutUsec, "EXTEND_TIMEOUT_USEC", unsigned(m.ExtendTimeoutUsec))
	line(FDName, "FDNAME", m.FDName)
	line(FDPoll, "FDPOLL", poll)
	line(NotifyAccess, "NOTIFYACCESS", m.NotifyAccess)
	line(InvocationID, "INVOCATION_ID", m.InvocationID)
	for _, u := range m.Unknown {
		b = append(append(b, oneLine(u)...), '\n')
	}
	return b
}

// oneLine keeps a value from being read as more than itself.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\n\x00") {
		return s
	}
	return strings.NewReplacer("\n", " ", "\x00", " ").Replace(s)
}
