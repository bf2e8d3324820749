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
// "1h left". now and the result are microseconds since 1970. A time zone is loc's, or UTC if the text ends in that. The
// errors wrap ErrTimestamp, and ErrRange where a number is the reason.
func ParseTimestamp(s string, now uint64, loc *time.Location) (uint64, error) {
	text := s
	if usec, ok, err := relativePoint(text, now); ok || errors.Is(err, ErrRange) {
		return usec, timestampError(s, err)
	}
	if unix, ok := strings.CutPrefix(text, "@"); ok {
		t, err := ParseDefault(unix, Second)
		return uint64(t), timestampError(s, err)
	}
	text, zone := cutZone(text, now, loc)
	if zone == time.UTC {
		loc = zone
	}
	// What day it is, is said by the clock on the wall, though the text speaks of summer time in winter.
	year, month, day := time.UnixMicro(int64(min(now, lastFormattable))).In(loc).Date()
	t, ok := absolutePoint(text, time.Date(year, month, day, 0, 0, 0, 0, zone))
	if !ok || t.UnixMicro() < 0 || t.UnixMicro() > lastFormattable {
		return 0, fmt.Errorf("%q: %w", s, ErrTimestamp)
	}
	return uint64(t.UnixMicro()), nil
}

// timestampError turns the error of a span within a timestamp into one of the timestamp.
func timestampError(s string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrRange):
		return fmt.Errorf("%q: %w: %w", s, ErrTimestamp, ErrRange)
	}
	return fmt.Errorf("%q: %w", s, ErrTimestamp)
}

// cutZone takes "UTC" or an abbreviation of the local zone off the end. The latter is a fixed distance from UTC: it may
// be that of summer on a day in winter.
func cutZone(text string, now uint64, loc *time.Location) (string, *time.Location) {
	at := strings.LastIndexByte(text, ' ')
	if at < 0 {
		return text, loc
	}
	name := text[at+1:]
	if strings.EqualFold(name, "UTC") {
		return text[:at], time.UTC
	}
	year := time.UnixMicro(int64(min(now, lastFormattable))).In(loc).Year()
	for _, month := range []time.Month{time.January, time.July} {
		zone, offset := time.Date(year, month, 1, 0, 0, 0, 0, loc).Zone()
		if strings.EqualFold(name, zone) {
			return text[:at], time.FixedZone(zone, offset)
		}
	}
	return text, loc
}

// relativePoint reads what is said as a distance from now.
func relativePoint(text string, now uint64) (usec uint64, ok bool, err error) {
	if text == "now" {
		return now, true, nil
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
	if sign == 0 {
		return 0, false, nil
	}
	distance, err := Parse(text)
	switch {
	case err != nil || distance == Infinity:
		return 0, false, err
	case sign > 0:
		usec = uint64(Span(now).Add(distance))
		return usec, usec <= lastFormattable, nil
	}
	return now - min(now, uint64(distance)), true, nil
}

// absolutePoint reads a date, a time of day, or both; the time is on the day of a midnight where none is said.
func absolutePoint(text string, midnight time.Time) (time.Time, bool) {
	switch text {
	case "today":
		return midnight, true
	case "yesterday":
		return midnight.AddDate(0, 0, -1), true
	case "tomorrow":
		return midnight.AddDate(0, 0, 1), true
	}
	weekday, text := cutWeekday(text)
	p := fields{rest: text}
	if date, ok := p.date(midnight.Location()); ok {
		midnight = date
		p.spaces()
	} else {
		p.rest = text
	}
	if weekday >= 0 && midnight.Weekday() != weekday || text == "" {
		return time.Time{}, false
	}
	if p.rest == "" {
		return midnight, strings.TrimRight(text, whitespace) == text
	}
	return p.clock(midnight)
}

// fields reads numbers off the beginning of a text as strptime(3) does: white space may stand before each, and a number
// ends where another digit would make it too great.
type fields struct {
	rest string
	bad  bool
}

func (p *fields) spaces() { p.rest = strings.TrimLeft(p.rest, whitespace) }

// number reads one of at most so many digits.
func (p *fields) number(width, low, high int) int {
	p.spaces()
	n, i := 0, 0
	for i < len(p.rest) && i < width && p.rest[i] >= '0' && p.rest[i] <= '9' && (i == 0 || n*10 <= high) {
		n = n*10 + int(p.rest[i]-'0')
		i++
	}
	p.rest = p.rest[i:]
	p.bad = p.bad || i == 0 || n < low || n > high
	return n
}

// sign takes one character, which must be there.
func (p *fields) sign(c string) {
	rest, ok := strings.CutPrefix(p.rest, c)
	p.rest = rest
	p.bad = p.bad || !ok
}

// date reads "2026-11-21" or "26-11-21", which is between 1969 and 2068. A day that the month does not have is counted
// on into the next.
func (p *fields) date(loc *time.Location) (time.Time, bool) {
	whole := p.rest
	year := p.number(2, 0, 99)
	if year < 69 {
		year += 2000
	} else {
		year += 1900
	}
	if p.bad || !strings.HasPrefix(p.rest, "-") {
		*p = fields{rest: whole}
		year = p.number(4, 0, 9999)
	}
	p.sign("-")
	month := p.number(2, 1, 12)
	p.sign("-")
	day := p.number(2, 1, 31)
	ok := !p.bad
	p.bad = false
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, loc), ok
}

// clock reads a time of day, "07:07", "07:07:06" or "07:07:06.5", to its end.
func (p *fields) clock(midnight time.Time) (time.Time, bool) {
	hour := p.number(2, 0, 23)
	p.sign(":")
	minute := p.number(2, 0, 59)
	second, microsecond := 0, 0
	if strings.HasPrefix(p.rest, ":") {
		p.sign(":")
		second = p.number(2, 0, 61) // a leap second, or two
		if strings.HasPrefix(p.rest, ".") {
			microsecond = p.fraction()
		}
	}
	year, month, day := midnight.Date()
	t := time.Date(year, month, day, hour, minute, second, microsecond*1000, midnight.Location())
	return t, !p.bad && p.rest == ""
}

// fraction reads a point and digits as microseconds; the seventh digit rounds.
func (p *fields) fraction() int {
	n := digits(p.rest[1:])
	text := (p.rest[1:1+n] + "0000000")[:7]
	p.rest, p.bad = p.rest[1+n:], p.bad || n == 0
	tenths, _ := strconv.Atoi(text) // seven digits always fit
	return (tenths + 5) / 10
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
