package span

import (
	"strconv"
	"time"
)

// lastFormattable is the last second of 9999-12-30 UTC, in microseconds: later points of time have no text form.
const lastFormattable = 253402214399000000

// FormatTimestamp prints a point of time, microseconds since 1970, as systemctl does: "Sat 2026-11-21 07:07:06 UTC".
// 0 and Infinity mean "never" and give "".
func FormatTimestamp(usec uint64, loc *time.Location) string {
	return formatPoint(usec, loc, "Mon 2006-01-02 15:04:05 MST")
}

// FormatTimestampMicro is FormatTimestamp with microseconds, "Sat 2026-11-21 07:07:06.123456 UTC".
func FormatTimestampMicro(usec uint64, loc *time.Location) string {
	return formatPoint(usec, loc, "Mon 2006-01-02 15:04:05.000000 MST")
}

// FormatTimestampUnix is the point of time in seconds since 1970, "@1795244826".
func FormatTimestampUnix(usec uint64) string {
	if usec == 0 || usec == uint64(Infinity) {
		return ""
	}
	return "@" + strconv.FormatUint(usec/uint64(Second), 10)
}

func formatPoint(usec uint64, loc *time.Location, layout string) string {
	if usec == 0 || usec == uint64(Infinity) {
		return ""
	}
	if usec > lastFormattable {
		return "--- XXXX-XX-XX XX:XX:XX"
	}
	return time.UnixMicro(int64(usec)).In(loc).Format(layout)
}

// FormatRelative says how long before or after now a point of time is, as systemctl does: "2h 3min ago", "5s left",
// "now". Both are microseconds since 1970; 0 and Infinity give "".
func FormatRelative(usec, now uint64) string {
	if usec == 0 || usec == uint64(Infinity) {
		return ""
	}
	if usec == now {
		return "now"
	}
	if usec > now {
		return formatDistance(Span(usec-now)) + " left"
	}
	return formatDistance(Span(now-usec)) + " ago"
}

// formatDistance uses the one or two units that matter at each size.
func formatDistance(d Span) string {
	switch {
	case d >= Year:
		return plural(d/Year, "year") + " " + plural(d%Year/Month, "month")
	case d >= Month:
		return plural(d/Month, "month") + " " + plural(d%Month/Day, "day")
	case d >= Week:
		return plural(d/Week, "week") + " " + plural(d%Week/Day, "day")
	case d >= 2*Day:
		return plural(d/Day, "day")
	case d >= 25*Hour:
		return plural(d/Day, "day") + " " + count(d%Day/Hour, "h")
	case d >= 6*Hour:
		return count(d/Hour, "h")
	case d >= Hour:
		return count(d/Hour, "h") + " " + count(d%Hour/Minute, "min")
	case d >= 5*Minute:
		return count(d/Minute, "min")
	case d >= Minute:
		return count(d/Minute, "min") + " " + count(d%Minute/Second, "s")
	case d >= Second:
		return count(d/Second, "s")
	case d >= Millisecond:
		return count(d/Millisecond, "ms")
	}
	return count(d, "us")
}

func count(n Span, unit string) string { return strconv.FormatUint(uint64(n), 10) + unit }

func plural(n Span, unit string) string {
	if n != 1 {
		unit += "s"
	}
	return count(n, " "+unit)
}
