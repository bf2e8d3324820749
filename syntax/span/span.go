// Package span holds spans and points of time as systemd counts them, in microseconds, and their text forms of
// systemd.time(7).
//
// It exists so that a time is one integer everywhere, with one word for "never". It must not know what time it is: the
// present is an argument.
package span

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Span is a length of time in microseconds.
type Span uint64

// The units of systemd.time(7).
const (
	Microsecond Span = 1
	Millisecond      = 1000 * Microsecond
	Second           = 1000 * Millisecond
	Minute           = 60 * Second
	Hour             = 60 * Minute
	Day              = 24 * Hour
	Week             = 7 * Day
	// Month is a twelfth of Year.
	Month = 2629800 * Second
	// Year is 365.25 days.
	Year = 31557600 * Second
	// Infinity is longer than every other span; it turns a timeout off.
	Infinity Span = math.MaxUint64
)

// unitWords are the words for the units as they are read.
var unitWords = [...]struct {
	word string
	unit Span
}{
	{"seconds", Second}, {"second", Second}, {"sec", Second}, {"s", Second},
	{"minutes", Minute}, {"minute", Minute}, {"min", Minute},
	{"months", Month}, {"month", Month}, {"M", Month},
	{"msec", Millisecond}, {"ms", Millisecond}, {"m", Minute},
	{"hours", Hour}, {"hour", Hour}, {"hr", Hour}, {"h", Hour},
	{"days", Day}, {"day", Day}, {"d", Day},
	{"weeks", Week}, {"week", Week}, {"w", Week},
	{"years", Year}, {"year", Year}, {"y", Year},
	{"usec", Microsecond}, {"us", Microsecond}, {"µs", Microsecond}, {"μs", Microsecond},
}

// The errors of parsing.
var (
	ErrSyntax = errors.New("time span is not valid")
	ErrRange  = errors.New("time span is too long")
)

// Parse reads a span whose plain numbers are seconds.
func Parse(s string) (Span, error) { return ParseDefault(s, Second) }

// ParseSeconds is Parse, named for settings whose names end in Sec.
func ParseSeconds(s string) (Span, error) { return ParseDefault(s, Second) }

// ParseDefault reads a span: numbers with an optional fraction and unit, that are added up, or "infinity". Numbers
// without a unit count unit.
func ParseDefault(s string, unit Span) (Span, error) {
	rest := strings.TrimLeft(s, whitespace)
	if after, ok := strings.CutPrefix(rest, "infinity"); ok {
		if strings.Trim(after, whitespace) != "" {
			return 0, fmt.Errorf("%q: %w", s, ErrSyntax)
		}
		return Infinity, nil
	}
	var sum Span
	for something := false; ; something = true {
		rest = strings.TrimLeft(rest, whitespace)
		if rest == "" {
			if !something {
				return 0, fmt.Errorf("%q: %w", s, ErrSyntax)
			}
			return sum, nil
		}
		part, after, err := parsePart(rest, unit)
		if err != nil {
			return 0, fmt.Errorf("%q: %w", s, err)
		}
		if part >= Infinity-sum {
			return 0, fmt.Errorf("%q: %w", s, ErrRange)
		}
		sum, rest = sum+part, after
	}
}

const whitespace = " \t\n\r"

// parsePart reads one number with its unit.
func parsePart(s string, unit Span) (part Span, rest string, err error) {
	if strings.HasPrefix(s, "+") && digits(s[1:]) > 0 {
		s = s[1:]
	} else if strings.HasPrefix(s, "-") {
		return 0, "", ErrRange
	}
	n := digits(s)
	if n == 0 && !strings.HasPrefix(s, ".") {
		return 0, "", ErrSyntax
	}
	whole := uint64(0)
	if n > 0 {
		if whole, err = strconv.ParseUint(s[:n], 10, 63); err != nil {
			return 0, "", ErrRange
		}
	}
	fraction := ""
	rest = s[n:]
	if strings.HasPrefix(rest, ".") {
		m := digits(rest[1:])
		fraction, rest = rest[1:1+m], rest[1+m:]
		if m == 0 {
			return 0, "", ErrSyntax
		}
	}
	unit, rest, ok := parseUnit(rest, unit)
	if !ok {
		return 0, "", ErrSyntax
	}
	if unit != 0 && whole >= uint64(Infinity/unit) {
		return 0, "", ErrRange
	}
	part = Span(whole) * unit
	for scale := unit / 10; fraction != ""; fraction = fraction[1:] {
		part += Span(fraction[0]-'0') * scale
		scale /= 10
	}
	return part, rest, nil
}

// parseUnit reads a unit's word. Without one there must be white space before the next number.
func parseUnit(s string, without Span) (unit Span, rest string, ok bool) {
	rest = strings.TrimLeft(s, whitespace)
	for _, u := range unitWords {
		if after, found := strings.CutPrefix(rest, u.word); found {
			return u.unit, after, true
		}
	}
	return without, rest, rest == "" || len(rest) < len(s)
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// String is Format with every digit.
func (s Span) String() string { return s.Format(Microsecond) }

// Format prints a span as systemd does, "1min 30s", "500ms", "infinity", leaving out what is below accuracy. Below a
// minute the last number may have a fraction.
func (s Span) Format(accuracy Span) string {
	switch s {
	case Infinity:
		return "infinity"
	case 0:
		return "0"
	}
	var b []byte
	for _, u := range [...]struct {
		word string
		unit Span
	}{
		{"y", Year}, {"month", Month}, {"w", Week}, {"d", Day}, {"h", Hour}, {"min", Minute}, {"s", Second},
		{"ms", Millisecond}, {"us", Microsecond},
	} {
		if s == 0 || s < accuracy && len(b) > 0 {
			break
		}
		if s < u.unit {
			continue
		}
		if len(b) > 0 {
			b = append(b, ' ')
		}
		whole, rest := s/u.unit, s%u.unit
		b = strconv.AppendUint(b, uint64(whole), 10)
		if u.unit <= Second && rest > 0 {
			b = appendFraction(b, rest, u.unit, accuracy)
			rest = 0
		}
		b = append(b, u.word...)
		s = rest
	}
	return string(b)
}

// appendFraction prints rest as the decimal fraction of unit, down to accuracy.
func appendFraction(b []byte, rest, unit, accuracy Span) []byte {
	width := 0
	for u := unit; u > 1; u /= 10 {
		width++
	}
	for a := accuracy; a > 1 && width > 0; a /= 10 {
		rest /= 10
		width--
	}
	if width == 0 {
		return b
	}
	text := strconv.FormatUint(uint64(rest), 10)
	b = append(b, '.')
	b = append(b, strings.Repeat("0", width-len(text))...)
	return append(b, text...)
}

// Duration is the span as Go has it; spans too long for that become the longest one.
func (s Span) Duration() time.Duration {
	if s > math.MaxInt64/1000 {
		return math.MaxInt64
	}
	return time.Duration(s) * time.Microsecond
}

// OfDuration is the span of a Go duration; negative ones become 0.
func OfDuration(d time.Duration) Span {
	return Span(max(0, d) / time.Microsecond)
}

// Add is the sum, Infinity if that is too long.
func (s Span) Add(more Span) Span {
	if s >= Infinity-more {
		return Infinity
	}
	return s + more
}
