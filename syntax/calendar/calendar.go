// Package calendar reads calendar events of systemd.time(7), "CALENDAR EVENTS", prints their normalized form, and finds
// when they elapse next.
//
// It exists so that timers, systemctl and systemd-analyze agree about OnCalendar=. It must not know what time it is:
// the present is an argument, and so are the time zones, because their rules are in files.
package calendar

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// The years that an event can be in.
const (
	firstYear = 1970
	lastYear  = 2199
)

// second is how many units of the finest field, microseconds, a second has.
const second = 1000000

// Spec is a calendar event: the set of the points of time whose fields all match. The zero value is not valid.
type Spec struct {
	weekdays   uint8 // bit 0 is Monday; none stands for all
	endOfMonth bool  // days count back from the last of the month, which is 1
	// Each field is a list of which one value must match; an empty one matches all. Seconds are in microseconds.
	year, month, day, hour, minute, second []values

	zone     *time.Location // what the fields are in
	zoneName string         // as printed; "" for the local zone
}

// values are some of the values of a field: start alone, or from start in steps of repeat up to stop or, where that is
// negative, as far as the field goes.
type values struct {
	start, stop, repeat int64
}

// everySecond is what "*" for seconds means.
var everySecond = values{start: 0, stop: -1, repeat: second}

// Zones are the time zones that an event may be in. Load finds one by its name in the IANA database; it may be nil.
type Zones struct {
	Local *time.Location
	Load  func(name string) (*time.Location, error)
}

// The errors of Parse.
var (
	ErrSyntax = errors.New("calendar event is not valid")
	ErrRange  = errors.New("calendar event has a number out of range")
	ErrMany   = errors.New("calendar event lists too many values")
)

// dayNames are the days of the week in the order of the bits.
var dayNames = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// allDays has the bit of every weekday.
const allDays = 1<<len(dayNames) - 1

// String is the normalized form, "Mon..Fri *-*-* 08:00:00 UTC".
func (s *Spec) String() string {
	b := make([]byte, 0, 32)
	if s.weekdays != 0 && s.weekdays != allDays {
		b = append(s.appendWeekdays(b), ' ')
	}
	b = append(appendField(b, s.year, 1), '-')
	b = appendField(b, s.month, 1)
	if s.endOfMonth && len(s.day) > 0 {
		b = append(b, '~')
	} else {
		b = append(b, '-')
	}
	b = append(appendField(b, s.day, 1), ' ')
	b = append(appendField(b, s.hour, 1), ':')
	b = append(appendField(b, s.minute, 1), ':')
	if len(s.second) == 1 && s.second[0] == everySecond {
		b = append(b, '*')
	} else {
		b = appendField(b, s.second, second)
	}
	if s.zoneName != "" {
		b = append(append(b, ' '), s.zoneName...)
	}
	return string(b)
}

// appendWeekdays prints the days; three and more in a row are a range.
func (s *Spec) appendWeekdays(b []byte) []byte {
	separate := false
	for day := 0; day < len(dayNames); day++ {
		if s.weekdays>>day&1 == 0 {
			continue
		}
		last := day
		for last+1 < len(dayNames) && s.weekdays>>(last+1)&1 == 1 {
			last++
		}
		if separate {
			b = append(b, ',')
		}
		b = append(b, dayNames[day][:3]...)
		switch last - day {
		case 0:
		case 1:
			b = append(append(b, ','), dayNames[last][:3]...)
		default:
			b = append(append(b, ".."...), dayNames[last][:3]...)
		}
		separate, day = true, last
	}
	return b
}

// appendField prints the list of a field whose whole numbers count unit.
func appendField(b []byte, list []values, unit int64) []byte {
	if len(list) == 0 {
		return append(b, '*')
	}
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNumber(b, v.start, unit, 2)
		if v.stop >= 0 {
			b = appendNumber(append(b, ".."...), v.stop, unit, 2)
		}
		if v.repeat > 0 && (v.stop < 0 || v.repeat != unit) {
			b = appendNumber(append(b, '/'), v.repeat, unit, 1)
		}
	}
	return b
}

// appendNumber prints a number with at least so many digits, and six more behind a point if it is not whole.
func appendNumber(b []byte, n, unit int64, width int) []byte {
	whole, rest := n/unit, n%unit
	if width == 2 && whole < 10 {
		b = append(b, '0')
	}
	b = strconv.AppendInt(b, whole, 10)
	if rest > 0 {
		fraction := strconv.FormatInt(rest, 10)
		b = append(b, '.')
		b = append(b, strings.Repeat("0", 6-len(fraction))...)
		b = append(b, fraction...)
	}
	return b
}
