package analyze

import (
	"fmt"
	"time"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/span"
)

// timestamp prints what points of time mean.
func (s *session) timestamp(args []string) (int, error) {
	return s.each(args, s.oneTimestamp)
}

func (s *session) oneTimestamp(text string) error {
	usec, err := span.ParseTimestamp(text, s.now(), s.zone())
	if err != nil {
		s.complain(fmt.Errorf("Failed to parse \"%s\": %s", text, parseText(err)))
		s.hint(text, aTimespan, aCalendar)
		return err
	}
	t := vertical()
	t.Add("Original form:", text)
	s.addTime(t, "Normalized form:", usec)
	second := uint64(span.Second)
	unix := fmt.Sprintf("@%d", usec/second)
	if usec%second != 0 {
		unix = fmt.Sprintf("@%d.%06d", usec/second, usec%second)
	}
	t.Add("UNIX seconds:", unix)
	t.Add("From now:", dash(span.FormatRelative(usec, s.now())))
	t.Print(s.IO)
	return nil
}

// addTime adds a point of time to a table, and where the local time is another than UTC, that in the next line.
func (s *session) addTime(t *ui.Table, name string, usec uint64) {
	zone := s.zone()
	t.Rows = append(t.Rows, []ui.Cell{{Text: name}, {Text: dash(span.FormatTimestamp(usec, zone)), Style: ui.Blue}})
	if !isUTC(zone, usec) {
		t.Add("(in UTC):", dash(span.FormatTimestamp(usec, time.UTC)))
	}
}

// isUTC says whether a time zone is called UTC: others that show the same time may not do so always.
func isUTC(zone *time.Location, usec uint64) bool {
	name, _ := time.UnixMicro(int64(usec)).In(zone).Zone()
	return name == "UTC"
}

// dash stands for what is not there.
func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
