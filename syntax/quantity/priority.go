package quantity

import "strconv"

// wordOrNumber looks s up in words, whose index is the number; a number up to most is taken as it is.
func wordOrNumber(s string, words []string, most int, want string) (int, error) {
	for n, word := range words {
		if word == s && s != "" {
			return n, nil
		}
	}
	if n, err := ParseUint(s, 31); err == nil {
		if n > uint64(most) {
			return 0, rangeError(s, want)
		}
		return int(n), nil
	}
	return 0, syntaxError(s, want)
}

func wordOf(n int, words []string) string {
	if n >= 0 && n < len(words) && words[n] != "" {
		return words[n]
	}
	return strconv.Itoa(n)
}

var ioClasses = []string{"none", "realtime", "best-effort", "idle"}

// ParseIOClass reads an I/O scheduling class, ioprio_set(2): none, realtime, best-effort, idle, or 0 to 7.
func ParseIOClass(s string) (int, error) {
	return wordOrNumber(s, ioClasses, 7, "none, realtime, best-effort or idle")
}

// IOClassName is the word for an I/O scheduling class.
func IOClassName(n int) string { return wordOf(n, ioClasses) }

// The numbers of sched(7); 4 was never used.
var schedulerPolicies = []string{"other", "fifo", "rr", "batch", "", "idle"}

// ParseScheduler reads a CPU scheduling policy, sched(7): other, batch, idle, fifo, rr, or its number.
func ParseScheduler(s string) (int, error) {
	return wordOrNumber(s, schedulerPolicies, 1<<30, "other, batch, idle, fifo or rr")
}

// SchedulerName is the word for a CPU scheduling policy.
func SchedulerName(n int) string { return wordOf(n, schedulerPolicies) }

var syslogLevels = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// ParseSyslogLevel reads a level, syslog(3): emerg, alert, crit, err, warning, notice, info, debug, or 0 to 7.
func ParseSyslogLevel(s string) (int, error) {
	return wordOrNumber(s, syslogLevels, 7, "a level such as info")
}

// SyslogLevelName is the word for a level.
func SyslogLevelName(n int) string { return wordOf(n, syslogLevels) }

var syslogFacilities = []string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "", "", "", "",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

// ParseSyslogFacility reads a facility, syslog(3), not shifted: kern to local7, or 0 to 127.
func ParseSyslogFacility(s string) (int, error) {
	return wordOrNumber(s, syslogFacilities, 127, "a facility such as daemon")
}

// SyslogFacilityName is the word for a facility, not shifted.
func SyslogFacilityName(n int) string { return wordOf(n, syslogFacilities) }

// ParseNice reads a nice level, -20 to 19.
func ParseNice(s string) (int, error) { return parseBetween(s, -20, 19) }

func parseBetween(s string, low, high int) (int, error) {
	want := strconv.Itoa(low) + " to " + strconv.Itoa(high)
	n, err := ParseInt(s, 32)
	if err != nil {
		return 0, syntaxError(s, want)
	}
	if int(n) < low || int(n) > high {
		return 0, rangeError(s, want)
	}
	return int(n), nil
}
