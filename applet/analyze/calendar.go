package analyze

import (
	"fmt"
	"time"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/calendar"
	"github.com/steward-init/steward/syntax/span"
)

// aCalendar is what the verb calendar reads.
var aCalendar = reading{"calendar", "calendar specification", func(s *session, text string) bool {
	_, err := calendar.Parse(text, s.zones())
	return err == nil
}}

// zones are the time zones of this machine.
func (s *session) zones() calendar.Zones {
	return calendar.Zones{Local: s.zone(), Load: time.LoadLocation}
}

// calendar prints what calendar events mean and when they elapse.
func (s *session) calendar(args []string) (int, error) {
	base := s.opt.baseTime
	if base == 0 {
		base = s.now()
	}
	return s.each(args, func(text string) error { return s.oneCalendar(text, base) })
}

func (s *session) oneCalendar(text string, base uint64) error {
	spec, err := calendar.Parse(text, s.zones())
	if err != nil {
		s.complain(fmt.Errorf("Failed to parse calendar specification '%s': %s", text, parseText(err)))
		s.hint(text, aTimestamp, aTimespan)
		return err
	}
	t := vertical()
	normalized := spec.String()
	if text != normalized {
		t.Add("Original form:", text)
	}
	t.Add("Normalized form:", normalized)
	for i := range s.opt.iterations {
		next, ok := spec.Next(base)
		if !ok {
			if i == 0 {
				t.Rows = append(t.Rows, []ui.Cell{{Text: "Next elapse:"}, {Text: "never", Style: ui.Yellow}})
			}
			break
		}
		name := "Next elapse:"
		if i > 0 {
			name = fmt.Sprintf("Iter. #%d:", i+1)
		}
		s.addTime(t, name, next)
		t.Add("From now:", dash(span.FormatRelative(next, s.now())))
		base = next
	}
	t.Print(s.IO)
	return nil
}
