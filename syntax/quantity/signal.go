package quantity

import (
	"strconv"
	"strings"
)

// The real-time signals as the C library leaves them to programs, signal(7).
const (
	SignalRealtimeMin = 34
	SignalRealtimeMax = 64
)

// signalNames are the names of signals 1 to 31 on all architectures but mips and alpha, signal(7).
var signalNames = [...]string{
	1: "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
	"TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
	"WINCH", "IO", "PWR", "SYS",
}

// ParseSignal reads a signal: a name with or without "SIG", RTMIN, RTMIN+n, RTMAX-n, or a number.
func ParseSignal(s string) (int, error) {
	if n, err := ParseInt(s, 32); err == nil {
		if n < 1 || n > SignalRealtimeMax {
			return 0, rangeError(s, "a signal from 1 to 64")
		}
		return int(n), nil
	}
	name := strings.TrimPrefix(s, "SIG")
	for n := 1; n < len(signalNames); n++ {
		if signalNames[n] == name {
			return n, nil
		}
	}
	if n, ok := realtimeSignal(name); ok {
		if n < SignalRealtimeMin || n > SignalRealtimeMax {
			return 0, rangeError(s, "SIGRTMIN to SIGRTMAX")
		}
		return n, nil
	}
	return 0, syntaxError(s, "a signal name such as SIGTERM")
}

// realtimeSignal reads RTMIN, RTMIN+n, RTMAX and RTMAX-n.
func realtimeSignal(name string) (n int, ok bool) {
	base, offset := 0, ""
	if rest, found := strings.CutPrefix(name, "RTMIN"); found {
		base, offset = SignalRealtimeMin, rest
	} else if rest, found := strings.CutPrefix(name, "RTMAX"); found {
		base, offset = SignalRealtimeMax, rest
	} else {
		return 0, false
	}
	if offset == "" {
		return base, true
	}
	sign := byte('+')
	if base == SignalRealtimeMax {
		sign = '-'
	}
	distance, err := ParseUint(offset[1:], 8)
	if err != nil || offset[0] != sign || digits(offset[1:]) == 0 {
		return 0, false
	}
	if sign == '-' {
		return base - int(distance), true
	}
	return base + int(distance), true
}

// SignalName is the name without "SIG", as systemd prints it: "TERM", "RTMIN+3"; other numbers as such.
func SignalName(n int) string {
	switch {
	case n > 0 && n < len(signalNames):
		return signalNames[n]
	case n >= SignalRealtimeMin && n <= SignalRealtimeMax:
		return "RTMIN+" + strconv.Itoa(n-SignalRealtimeMin)
	}
	return strconv.Itoa(n)
}
