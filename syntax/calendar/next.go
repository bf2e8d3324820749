package calendar

import "time"

// maxSteps bounds the search. Every step goes on to a later day at the least, but for those that leave an hour that a
// clock skips, so this is more than the days that there are.
const maxSteps = 100000

// civil is a point of time as a calendar and a clock show it.
type civil struct {
	year, month, day, hour, minute int64
	second                         int64 // microseconds
}

// Next is the first point of time later than after that matches, both in microseconds since 1970. ok is false where
// there is none before the year 2200.
//
// Where clocks are put back, an hour that comes twice matches once, the first time. What they skip does not match.
func (s *Spec) Next(after uint64) (next uint64, ok bool) {
	const lastMicrosecond = 7258204800 * second // some hours into 2200, wherever
	if after >= lastMicrosecond {
		return 0, false
	}
	at := civilOf(time.UnixMicro(int64(after) + 1).In(s.zone))
	for range maxSteps {
		if !s.advance(&at) {
			return 0, false
		}
		t, exists := s.instant(at, after)
		if exists {
			return uint64(t.UnixMicro()), true
		}
		at = behindGap(at, t)
	}
	return 0, false
}

// advance moves to the first match at or behind a point of time, not looking at whether the clocks skip it.
func (s *Spec) advance(at *civil) bool {
	for range maxSteps {
		year, ok := first(s.year, at.year, lastYear)
		if !ok {
			return false
		}
		if year != at.year {
			*at = civil{year: year, month: 1, day: 1}
		}
		month, ok := first(s.month, at.month, 12)
		if !ok {
			*at = civil{year: at.year + 1, month: 1, day: 1}
			continue
		}
		if month != at.month {
			*at = civil{year: year, month: month, day: 1}
		}
		day, ok := s.firstDay(*at)
		if !ok {
			*at = civil{year: year, month: month + 1, day: 1} // December ends the year above
			continue
		}
		if day != at.day {
			*at = civil{year: year, month: month, day: day}
		}
		if s.advanceClock(at) {
			return true
		}
		*at = civil{year: year, month: month, day: day + 1}
	}
	return false
}

// firstDay is the first day of the month, from the current one on, that matches and has a weekday that does.
func (s *Spec) firstDay(at civil) (int64, bool) {
	days := int64(time.Date(int(at.year), time.Month(at.month)+1, 0, 0, 0, 0, 0, time.UTC).Day())
	list := s.day
	if s.endOfMonth {
		list = make([]values, len(s.day))
		for i, v := range s.day {
			list[i] = v.fromEnd(days)
		}
	}
	for day := at.day; ; day++ {
		var ok bool
		if day, ok = first(list, day, days); !ok {
			return 0, false
		}
		weekday := time.Date(int(at.year), time.Month(at.month), int(day), 0, 0, 0, 0, time.UTC).Weekday()
		if s.weekdays == 0 || s.weekdays>>((weekday+6)%7)&1 == 1 {
			return day, true
		}
	}
}

// fromEnd turns days counted back from the end of a month into days of the month.
func (v values) fromEnd(days int64) values {
	start := days - v.start + 1
	if v.stop < 0 {
		return values{start: start, stop: -1, repeat: v.repeat}
	}
	return values{start: days - v.stop + 1, stop: start, repeat: v.repeat}
}

// advanceClock moves to the first time of day that matches, if there is one left.
func (s *Spec) advanceClock(at *civil) bool {
	for at.hour < 24 {
		hour, ok := first(s.hour, at.hour, 23)
		if !ok {
			return false
		}
		if hour != at.hour {
			at.hour, at.minute, at.second = hour, 0, 0
		}
		minute, ok := first(s.minute, at.minute, 59)
		if !ok {
			at.hour, at.minute, at.second = hour+1, 0, 0
			continue
		}
		if minute != at.minute {
			at.minute, at.second = minute, 0
		}
		if at.second, ok = first(s.second, at.second, 60*second-1); ok {
			return true
		}
		at.minute, at.second = minute+1, 0
	}
	return false
}

// first is the smallest value from low to high that is in the list. An empty list has all.
func first(list []values, low, high int64) (int64, bool) {
	if len(list) == 0 {
		return low, low <= high
	}
	best := high + 1
	for _, v := range list {
		n := v.start
		if n < low {
			if v.repeat == 0 {
				continue
			}
			if n += (low - n + v.repeat - 1) / v.repeat * v.repeat; v.stop >= 0 && n > v.stop {
				continue
			}
		}
		best = min(best, n)
	}
	return best, best <= high
}

func civilOf(t time.Time) civil {
	year, month, day := t.Date()
	hour, minute, seconds := t.Clock()
	return civil{int64(year), int64(month), int64(day), int64(hour), int64(minute),
		int64(seconds)*second + int64(t.Nanosecond()/1000)}
}

// instant is the point of time that clocks of the zone show so: the first one, unless it is not later than after.
// Where they never do, exists is false and t is the end of the gap.
func (s *Spec) instant(c civil, after uint64) (t time.Time, exists bool) {
	utc := time.Date(int(c.year), time.Month(c.month), int(c.day), int(c.hour), int(c.minute), 0, 0, time.UTC)
	utc = utc.Add(time.Duration(c.second) * time.Microsecond)
	// The zone's offsets on both sides of any change that is near.
	_, before := utc.Add(-24 * time.Hour).In(s.zone).Zone()
	_, behind := utc.Add(24 * time.Hour).In(s.zone).Zone()
	early, late := max(before, behind), min(before, behind)
	for _, offset := range [...]int{early, late} {
		t := utc.Add(-time.Duration(offset) * time.Second).In(s.zone)
		if civilOf(t) == c && t.UnixMicro() > int64(after) {
			return t, true
		}
	}
	_, end := utc.Add(-time.Duration(early) * time.Second).In(s.zone).ZoneBounds()
	return end, false
}

// behindGap is where to go on: at the end of what the clocks skip, or at the next minute at the least.
func behindGap(at civil, end time.Time) civil {
	if next := civilOf(end); !end.IsZero() && next.compare(at) > 0 {
		return next
	}
	return civilOf(time.Date(int(at.year), time.Month(at.month), int(at.day), int(at.hour), int(at.minute)+1, 0, 0,
		time.UTC))
}

// compare is the order in time on one clock.
func (c civil) compare(o civil) int {
	for _, pair := range [...][2]int64{{c.year, o.year}, {c.month, o.month}, {c.day, o.day}, {c.hour, o.hour},
		{c.minute, o.minute}, {c.second, o.second}} {
		if pair[0] != pair[1] {
			if pair[0] < pair[1] {
				return -1
			}
			return 1
		}
	}
	return 0
}
