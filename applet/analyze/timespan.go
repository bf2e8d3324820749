package analyze

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/calendar"
	"github.com/steward-init/steward/syntax/span"
)

// timespan prints what spans of time mean.
func (s *session) timespan(args []string) (int, error) {
	for i, arg := range args {
		if i > 0 {
			s.printf("\n")
		}
		if err := s.oneTimespan(arg); err != nil {
			return 1, nil
		}
	}
	return 0, nil
}

func (s *session) oneTimespan(text string) error {
	d, err := span.Parse(text)
	if err != nil {
		s.complain(fmt.Errorf("Failed to parse time span '%s': %s", text, parseText(err)))
		s.hint(text, aCalendar, aTimestamp)
		return err
	}
	t := vertical()
	t.Add("Original:", text)
	t.Add("μs:", strconv.FormatUint(uint64(d), 10))
	t.Rows = append(t.Rows, []ui.Cell{{Text: "Human:"}, {Text: d.String(), Style: ui.Bold}})
	t.Print(s.IO)
	return nil
}

// each does something with every argument, with an empty line between what is printed of them. All are done; the status
// says whether all went well.
func (s *session) each(args []string, do func(arg string) error) (status int, err error) {
	for i, arg := range args {
		if err := do(arg); err != nil {
			status = 1
		}
		if i < len(args)-1 {
			s.printf("\n")
		}
	}
	return status, nil
}

// vertical is a table of names and values, a pair on each line.
func vertical() *ui.Table {
	return &ui.Table{Head: make([]string, 2), Right: []bool{true}, NoHead: true}
}

// parseText is an error of parsing in the words of the C library.
func parseText(err error) string {
	switch {
	case errors.Is(err, span.ErrRange), errors.Is(err, calendar.ErrRange):
		return "Numerical result out of range"
	case errors.Is(err, calendar.ErrMany):
		return "No buffer space available"
	}
	return "Invalid argument"
}

// reading is a kind of text, of which a hint can tell that it would have been right for another verb.
type reading struct {
	verb, noun string
	fits       func(s *session, text string) bool
}

var (
	aTimespan = reading{"timespan", "timespan", func(_ *session, text string) bool {
		_, err := span.Parse(text)
		return err == nil
	}}
	aTimestamp = reading{"timestamp", "timestamp", func(s *session, text string) bool {
		_, err := span.ParseTimestamp(text, s.now(), s.zone())
		return err == nil
	}}
)

// hint says that another verb would have understood the text; --quiet does not keep the original from it either.
func (s *session) hint(text string, among ...reading) {
	for _, r := range among {
		if r.fits(s, text) {
			s.notice(fmt.Sprintf("Hint: this expression is a valid %s. Use 'systemd-analyze %s \"%s\"' instead?",
				r.noun, r.verb, text))
		}
	}
}
