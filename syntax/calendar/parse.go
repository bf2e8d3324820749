package calendar

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// maxValues is how many values a field may list.
const maxValues = 241

// shorthands are the words for common events, and some that are accepted though they are not documented.
var shorthands = [...]struct{ word, event string }{
	{"minutely", "*-*-* *:*:00"}, {"hourly", "*-*-* *:00:00"}, {"daily", "*-*-* 00:00:00"},
	{"monthly", "*-*-01 00:00:00"}, {"weekly", "Mon *-*-* 00:00:00"}, {"yearly", "*-01-01 00:00:00"},
	{"annually", "*-01-01 00:00:00"}, {"anually", "*-01-01 00:00:00"}, {"quarterly", "*-01,04,07,10-01 00:00:00"},
	{"semiannually", "*-01,07-01 00:00:00"}, {"biannually", "*-01,07-01 00:00:00"},
	{"bi-annually", "*-01,07-01 00:00:00"}, {"semi-annually", "*-01,07-01 00:00:00"},
}

// Parse reads a calendar event. The errors wrap ErrSyntax, ErrRange or ErrMany.
func Parse(text string, zones Zones) (*Spec, error) {
	s := &Spec{zone: zones.Local}
	rest := s.cutZone(text, zones)
	for _, row := range shorthands {
		if strings.EqualFold(rest, row.word) {
			rest = row.event
			break
		}
	}
	p := parser{rest: rest}
	if rest == "" {
		p.fail(ErrSyntax)
	}
	s.weekdays = p.weekdays()
	p.date(s)
	p.clock(s)
	if p.err != nil {
		return nil, fmt.Errorf("%q: %w", text, p.err)
	}
	for _, f := range [...]struct {
		list     *[]values
		from, to int64
		back     bool
	}{
		{&s.year, firstYear, lastYear, false}, {&s.month, 1, 12, false}, {&s.day, 1, 31, s.endOfMonth},
		{&s.hour, 0, 23, false}, {&s.minute, 0, 59, false}, {&s.second, 0, 60*second - 1, false},
	} {
		if f.back {
			f.to = 28 // what every month has
		}
		for i, v := range *f.list {
			v = v.ended()
			if !v.fits(f.from, f.to, f.back) {
				return nil, fmt.Errorf("%q: %w", text, ErrSyntax)
			}
			(*f.list)[i] = v
		}
		*f.list = normalized(*f.list)
	}
	return s, nil
}

// fits says whether the values are in a field's bounds, back for one that counts down, and there is more than one of
// them if there is a repetition.
func (v values) fits(from, to int64, back bool) bool {
	switch {
	case v.start < from || v.start > to || v.stop > to || v.repeat > to-from:
		return false
	case v.stop >= 0:
		return v.start <= v.stop
	case v.repeat > 0 && back:
		return v.start-v.repeat >= from
	}
	return v.start+v.repeat <= to
}

// normalized sorts a list and drops what is there twice.
func normalized(list []values) []values {
	slices.SortFunc(list, func(a, b values) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.stop, b.stop), cmp.Compare(a.repeat, b.repeat))
	})
	return slices.Compact(list)
}

// cutZone takes a time zone off the end: UTC, an abbreviation of the local one, or a name of the database.
func (s *Spec) cutZone(text string, zones Zones) (rest string) {
	at := strings.LastIndexByte(text, ' ')
	if at < 0 || at+1 == len(text) || !isLetter(text[at+1]) {
		return text
	}
	name := text[at+1:]
	if strings.EqualFold(name, "UTC") {
		s.zone, s.zoneName = time.UTC, "UTC"
		return text[:at]
	}
	// A year that is as all later ones are; the abbreviations are those of its winter and summer.
	for _, month := range []time.Month{time.January, time.July} {
		abbreviation, _ := time.Date(2037, month, 1, 0, 0, 0, 0, zones.Local).Zone()
		if strings.EqualFold(name, abbreviation) {
			s.zoneName = abbreviation
			return text[:at]
		}
	}
	if zones.Load == nil || name == "Local" { // time.LoadLocation has a meaning for that word
		return text
	}
	zone, err := zones.Load(name)
	if err != nil {
		return text
	}
	s.zone, s.zoneName = zone, name
	return text[:at]
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// parser reads from the beginning of rest. After the first error it reads nothing more.
type parser struct {
	rest string
	err  error
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.rest = ""
}

// take takes a text off the beginning, if it is there.
func (p *parser) take(text string) bool {
	rest, ok := strings.CutPrefix(p.rest, text)
	p.rest = rest
	return ok
}

// weekdays reads days of the week and what separates them from the rest: spaces, or a comma and spaces.
func (p *parser) weekdays() (set uint8) {
	for first := true; p.err == nil; first = false {
		from := p.weekday()
		if from < 0 {
			if !first {
				p.fail(ErrSyntax)
			}
			return set
		}
		to := from
		if p.take("..") || p.take("-") {
			if to = p.weekday(); to < from {
				p.fail(ErrSyntax)
				return 0
			}
		}
		for day := from; day <= to; day++ {
			set |= 1 << day
		}
		comma := p.take(",")
		if p.rest == "" || p.rest[0] == ' ' {
			p.spaces()
			return set
		}
		if !comma {
			p.fail(ErrSyntax)
		}
	}
	return set
}

// weekday reads the name of a day, or its first three letters; -1 if there is none.
func (p *parser) weekday() int {
	n := 0
	for n < len(p.rest) && isLetter(p.rest[n]) {
		n++
	}
	for day, name := range dayNames {
		if strings.EqualFold(p.rest[:n], name) || strings.EqualFold(p.rest[:n], name[:3]) {
			p.rest = p.rest[n:]
			return day
		}
	}
	return -1
}

func (p *parser) spaces() { p.rest = strings.TrimLeft(p.rest, " ") }

// date reads "year-month-day" or "month-day", where "~" may stand for the last dash, or "@" and seconds since 1970.
// Where a time of day stands instead, it reads nothing.
func (p *parser) date(s *Spec) {
	if p.rest == "" {
		return
	}
	if p.take("@") {
		p.epoch(s)
		return
	}
	whole := p.rest
	first := p.list(1)
	if strings.HasPrefix(p.rest, ":") {
		p.rest = whole
		return
	}
	if p.take("~") {
		s.month, s.endOfMonth, s.day = first, true, p.list(1)
		p.endOfDate()
		return
	}
	if !p.take("-") {
		p.fail(ErrSyntax)
		return
	}
	next := p.list(1)
	switch {
	case p.take("~"):
		s.endOfMonth = true
		fallthrough
	case p.take("-"):
		s.year, s.month, s.day = first, next, p.list(1)
		addCentury(s.year)
	default:
		s.month, s.day = first, next
	}
	p.endOfDate()
}

// endOfDate sees that the date is whole.
func (p *parser) endOfDate() {
	if p.rest != "" && p.rest[0] != ' ' {
		p.fail(ErrSyntax)
	}
	p.spaces()
}

// addCentury completes years of two digits: 70 to 99 are of the last century.
func addCentury(list []values) {
	complete := func(year *int64) {
		switch {
		case *year >= 70 && *year <= 99:
			*year += 1900
		case *year >= 0 && *year < 70:
			*year += 2000
		}
	}
	for i := range list {
		complete(&list[i].start)
		complete(&list[i].stop)
	}
}

// epoch reads seconds since 1970, which name one point of time in UTC, whatever zone was given.
func (p *parser) epoch(s *Spec) {
	p.spaces()
	p.take("+")
	n := p.number()
	if p.err == nil && p.rest != "" {
		p.fail(ErrSyntax)
	}
	t := time.Unix(n, 0).UTC()
	one := func(n int) []values { return []values{{start: int64(n), stop: -1}} }
	s.year, s.month, s.day = one(t.Year()), one(int(t.Month())), one(t.Day())
	s.hour, s.minute = one(t.Hour()), one(t.Minute())
	s.second = []values{{start: int64(t.Second()) * second, stop: -1}}
	s.zone, s.zoneName = time.UTC, "UTC"
}

// clock reads "hour:minute" or "hour:minute:second" and the end; midnight where nothing is left.
func (p *parser) clock(s *Spec) {
	zero := []values{{stop: -1}}
	if p.rest == "" {
		if s.hour == nil {
			s.hour, s.minute, s.second = zero, slices.Clone(zero), slices.Clone(zero)
		}
		return
	}
	s.hour = p.list(1)
	if !p.take(":") {
		p.fail(ErrSyntax)
		return
	}
	if s.minute = p.list(1); p.rest == "" {
		s.second = zero
		return
	}
	if !p.take(":") {
		p.fail(ErrSyntax)
		return
	}
	if s.second = p.list(second); s.second == nil {
		s.second = []values{everySecond}
	}
	if p.rest != "" {
		p.fail(ErrSyntax)
	}
}

// list reads the values of a field, nil for "*".
func (p *parser) list(unit int64) (list []values) {
	if p.take("*") {
		return nil
	}
	for p.err == nil {
		if len(list) == maxValues {
			p.fail(ErrMany)
			return nil
		}
		list = append(list, p.values(unit))
		if !p.take(",") {
			break
		}
	}
	return list
}

// values reads "start", "start/repeat", "start..stop" or "start..stop/repeat".
func (p *parser) values(unit int64) values {
	v := values{start: p.amount(unit), stop: -1}
	ranged := p.take("..")
	if ranged {
		v.stop, v.repeat = p.amount(unit), unit
	}
	repeated := p.take("/")
	if repeated {
		if v.repeat = p.amount(unit); v.repeat == 0 {
			p.fail(ErrRange)
		}
	}
	// A range of less than a second without its own steps is an error, though one minute alone may be a range.
	if unit == second && ranged && !repeated && v.start+v.repeat > v.stop {
		p.fail(ErrSyntax)
	}
	return v
}

// ended makes the stop of a range the last value that is reached, and a range of one value that value.
func (v values) ended() values {
	if v.stop < v.start || v.repeat == 0 {
		return v
	}
	if v.stop -= (v.stop - v.start) % v.repeat; v.stop == v.start {
		v.stop, v.repeat = -1, 0
	}
	return v
}

// amount reads a number; where whole ones count more than 1, with a fraction, which is rounded.
func (p *parser) amount(unit int64) int64 {
	n := p.number()
	if n > math.MaxInt32/unit {
		p.fail(ErrRange)
		return 0
	}
	n *= unit
	if unit == 1 || !strings.HasPrefix(p.rest, ".") || strings.HasPrefix(p.rest, "..") {
		return n
	}
	p.rest = p.rest[1:]
	if p.rest == "" || !isDigit(p.rest[0]) {
		p.fail(ErrSyntax)
		return 0
	}
	i := 0
	for scale := unit / 10; i < len(p.rest) && isDigit(p.rest[i]); i++ {
		n += int64(p.rest[i]-'0') * scale
		if scale == 0 && p.rest[i] >= '5' && i == 6 {
			n++
		}
		scale /= 10
	}
	p.rest = p.rest[i:]
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// number reads digits. More than any field holds stays at one too many.
func (p *parser) number() (n int64) {
	i := 0
	for ; i < len(p.rest) && isDigit(p.rest[i]); i++ {
		n = min(n*10+int64(p.rest[i]-'0'), 1<<40)
	}
	if i == 0 {
		p.fail(ErrSyntax)
		return 0
	}
	p.rest = p.rest[i:]
	return n
}
