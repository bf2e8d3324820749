package span

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrTimestamp is wrapped by errors about points of time.
var ErrTimestamp = errors.New("timestamp is not valid")

// ParseTimestamp reads a point of time of systemd.time(7), "PARSING TIMESTAMPS": what FormatTimestamp prints, parts of
// it ("2026-11-21", "07:07"), now, today, yesterday, tomorrow, "@1795244826", and spans as "+1h", "-1h", "1h ago",
// "1h left". now and the result are microseconds since 1970. A time zone is loc's, or UTC if the text ends in that.
func ParseTimestamp(s string, now uint64, loc *time.Location) (uint64, error) {
	text := strings.Trim(s, whitespace)
	if usec, ok := relativePoint(text, now); ok {
		return usec, nil
	}
	if unix, ok := strings.CutPrefix(text, "@"); ok {
		if t, err := ParseDefault(unix, Second); err == nil && t <= lastFormattable {
			return uint64(t), nil
		}
		return 0, fmt.Errorf("%q: %w", s, ErrTimestamp)
	}
	if rest, ok := strings.CutSuffix(text, " UTC"); ok {
		text, loc = rest, time.UTC
	}
	present := time.UnixMicro(int64(min(now, lastFormattable))).In(loc)
	// The zone's abbreviation at either time of the year may stand behind, as FormatTimestamp puts it there.
	for _, month := range []time.Month{1, 7} {
		zone, _ := time.Date(present.Year(), month, 1, 0, 0, 0, 0, loc).Zone()
		text = strings.TrimSuffix(text, " "+zone)
	}
	t, ok := absolutePoint(text, present)
	if !ok || t.UnixMicro() < 0 || t.UnixMicro() > lastFormattable {
		return 0, fmt.Errorf("%q: %w", s, ErrTimestamp)
	}
	return uint64(t.UnixMicro()), nil
}

// relativePoint reads what is said as a distance from now.
func relativePoint(text string, now uint64) (usec uint64, ok bool) {
	if text == "now" {
		return now, true
	}
	sign := 0
	if rest, found := strings.CutPrefix(text, "+"); found {
		text, sign = rest, 1
	} else if rest, found := strings.CutPrefix(text, "-"); found {
		text, sign = rest, -1
	} else if rest, found := strings.CutSuffix(text, " ago"); found {
		text, sign = rest, -1
	} else if rest, found := strings.CutSuffix(text, " left"); found {
		text, sign = rest, 1
	}
	distance, err := Parse(text)
	switch {
	case sign == 0 || err != nil:
		return 0, false
	case sign > 0:
		usec = uint64(Span(now).Add(distance))
		return usec, usec <= lastFormattable
	}
	return now - min(now, uint64(distance)), true
}

// absolutePoint reads a date, a time of day, or both.
func absolutePoint(text string, present time.Time) (time.Time, bool) {
	year, month, day := present.Date()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, present.Location())
	switch text {
	case "today":
		return midnight, true
	case "yesterday":
		return midnight.AddDate(0, 0, -1), true
	case "tomorrow":
		return midnight.AddDate(0, 0, 1), true
	}
	weekday, text := cutWeekday(text)
	if text == "" {
		return time.Time{}, false
	}
	if date, clock, both := strings.Cut(text, " "); both || strings.Contains(date, "-") {
		var ok bool
		if midnight, ok = parseDate(date, present.Location()); !ok {
			return time.Time{}, false
		}
		text = strings.TrimLeft(clock, whitespace)
		if text == "" && both {
			return time.Time{}, false
		}
	}
	if weekday >= 0 && midnight.Weekday() != weekday {
		return time.Time{}, false
	}
	if text == "" {
		return midnight, true
	}
	return addClock(midnight, text)
}

// parseDate reads "2026-11-21" or "26-11-21", which is between 1969 and 2068. A day that the month does not have is
// counted on into the next.
func parseDate(text string, loc *time.Location) (time.Time, bool) {
	year, rest, _ := strings.Cut(text, "-")
	month, day, _ := strings.Cut(rest, "-")
	y, ok1 := smallNumber(year, 4, 0, 9999)
	m, ok2 := smallNumber(month, 2, 1, 12)
	d, ok3 := smallNumber(day, 2, 1, 31)
	switch {
	case len(year) == 2 && y < 69:
		y += 2000
	case len(year) == 2:
		y += 1900
	case len(year) != 4:
		return time.Time{}, false
	}
	return time.Date(y, time.Month(m), d, 0, 0, 0, 0, loc), ok1 && ok2 && ok3
}

// addClock adds a time of day, "07:07", "07:07:06" or "07:07:06.5".
func addClock(midnight time.Time, text string) (time.Time, bool) {
	hour, rest, _ := strings.Cut(text, ":")
	minute, second, hasSecond := strings.Cut(rest, ":")
	second, fraction, hasFraction := strings.Cut(second, ".")
	h, ok1 := smallNumber(hour, 2, 0, 23)
	m, ok2 := smallNumber(minute, 2, 0, 59)
	s, ok3 := smallNumber(second, 2, 0, 60)
	if !ok1 || !ok2 || hasSecond && !ok3 {
		return time.Time{}, false
	}
	nanoseconds := 0
	if hasFraction {
		if fraction == "" || digits(fraction) != len(fraction) {
			return time.Time{}, false
		}
		nanoseconds, _ = strconv.Atoi((fraction + "000000")[:6] + "000") // nine digits always fit
	}
	year, month, day := midnight.Date()
	return time.Date(year, month, day, h, m, s, nanoseconds, midnight.Location()), true
}

// smallNumber reads a decimal of at most so many digits.
func smallNumber(s string, width, low, high int) (int, bool) {
	if s == "" || len(s) > width || digits(s) != len(s) {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= low && n <= high
}

// cutWeekday takes a day of the week off, -1 if there is none.
func cutWeekday(text string) (weekday time.Weekday, rest string) {
	word, after, _ := strings.Cut(text, " ")
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := d.String(); strings.EqualFold(word, name) || strings.EqualFold(word, name[:3]) {
			return d, strings.TrimLeft(after, whitespace)
		}
	}
	return -1, text
}
