package span_test

import (
	_ "embed"
	"errors"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // no machine is without the zones of the world

	"github.com/steward-init/steward/syntax/recorded"
	"github.com/steward-init/steward/syntax/span"
)

var (
	//go:embed testdata/parse.txt
	parseFacts string
	//go:embed testdata/format.txt
	formatFacts string
	//go:embed testdata/timestamp.txt
	timestampFacts string
	//go:embed testdata/parsestamp.txt
	parseStampFacts string
)

func number(t testing.TB, s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func result(s span.Span, err error) string { return recorded.Result(uint64(s), err) }

func TestParseAsTheOracle(t *testing.T) {
	for _, row := range recorded.Rows(parseFacts) {
		s := row.Text(0)
		if got := result(span.Parse(s)); got != row[1] {
			t.Errorf("%s: got %s, want %s", row[0], got, row[1])
		}
		if got := result(span.ParseDefault(s, span.Microsecond)); got != row[2] {
			t.Errorf("%s in microseconds: got %s, want %s", row[0], got, row[2])
		}
	}
}

func TestFormatAsTheOracle(t *testing.T) {
	for _, row := range recorded.Rows(formatFacts) {
		s := span.Span(number(t, row[0]))
		for i, accuracy := range []span.Span{0, 1, 100, span.Millisecond, span.Second, span.Minute} {
			if got := s.Format(accuracy); got != row.Text(i+1) {
				t.Errorf("%s at %d: got %s, want %s", row[0], accuracy, got, row[i+1])
			}
		}
	}
}

func TestTimestampsAsTheOracle(t *testing.T) {
	for _, row := range recorded.Rows(timestampFacts) {
		usec := number(t, row[0])
		got := []string{span.FormatTimestamp(usec, time.UTC), span.FormatTimestampMicro(usec, time.UTC)}
		if got[0] != row.Text(1) || got[1] != row.Text(2) {
			t.Errorf("%s: got %q, want %s, %s", row[0], got, row[1], row[2])
		}
	}
	for _, row := range recorded.Rows(parseStampFacts) {
		if got := recorded.Result(span.ParseTimestamp(row.Text(0), 0, time.UTC)); got != row[1] {
			t.Errorf("%s: got %s, want %s", row[0], got, row[1])
		}
	}
}

func TestTimestampsAroundNow(t *testing.T) {
	now := uint64(time.Date(2026, 11, 21, 7, 7, 6, 500000000, time.UTC).UnixMicro())
	for in, want := range map[string]string{
		"now":           "2026-11-21 07:07:06.500000",
		"today":         "2026-11-21 00:00:00.000000",
		"yesterday":     "2026-11-20 00:00:00.000000",
		"tomorrow":      "2026-11-22 00:00:00.000000",
		"+1h":           "2026-11-21 08:07:06.500000",
		"-1h":           "2026-11-21 06:07:06.500000",
		"1h 30min ago":  "2026-11-21 05:37:06.500000",
		"5s left":       "2026-11-21 07:07:11.500000",
		"12:30":         "2026-11-21 12:30:00.000000",
		"Sat 12:30:5.5": "2026-11-21 12:30:05.500000",
		"Sun 12:30":     "",
		"24:00":         "",
	} {
		usec, err := span.ParseTimestamp(in, now, time.UTC)
		got := ""
		if err == nil {
			got = strings.TrimSuffix(span.FormatTimestampMicro(usec, time.UTC)[4:], " UTC")
		} else if !errors.Is(err, span.ErrTimestamp) {
			t.Errorf("%s: %v", in, err)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// TestTimestampsOfSummerInWinter has an hour in which the abbreviation of summer time is a day ahead: the day is that
// of the clock. The values are the oracle's at that time.
func TestTimestampsOfSummerInWinter(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := uint64(time.Date(2026, 11, 30, 22, 19, 0, 0, time.UTC).UnixMicro())
	for in, want := range map[string]int64{"today CEST": 1795989600, "Mon 13:20:31 CEST": 1796037631} {
		if usec, err := span.ParseTimestamp(in, now, berlin); err != nil || int64(usec) != want*1e6 {
			t.Errorf("%s: %d, %v, want %d", in, usec/1e6, err, want)
		}
	}
}

// The words were seen by asking the oracle about points of time before and after the present.
func TestFormatRelative(t *testing.T) {
	const now = uint64(100 * span.Year)
	for distance, want := range map[span.Span]string{
		1:                                      "1us",
		1500:                                   "1ms",
		span.Second + 1:                        "1s",
		span.Minute:                            "1min 0s",
		5*span.Minute - 1:                      "4min 59s",
		5 * span.Minute:                        "5min",
		span.Hour:                              "1h 0min",
		6*span.Hour - 1:                        "5h 59min",
		6 * span.Hour:                          "6h",
		25*span.Hour - 1:                       "24h",
		25 * span.Hour:                         "1 day 1h",
		2 * span.Day:                           "2 days",
		span.Week:                              "1 week 0 days",
		8 * span.Day:                           "1 week 1 day",
		span.Month:                             "1 month 0 days",
		2*span.Month + 5*span.Day:              "2 months 5 days",
		span.Year:                              "1 year 0 months",
		5*span.Year + span.Month + span.Second: "5 years 1 month",
	} {
		if got := span.FormatRelative(now-uint64(distance), now); got != want+" ago" {
			t.Errorf("%d: got %s, want %s ago", distance, got, want)
		}
		if got := span.FormatRelative(now+uint64(distance), now); got != want+" left" {
			t.Errorf("%d: got %s, want %s left", distance, got, want)
		}
	}
	if got := span.FormatRelative(now, now) + span.FormatRelative(0, now); got != "now" {
		t.Errorf("got %s", got)
	}
}

func TestArithmeticEndsAtInfinity(t *testing.T) {
	if span.Infinity.Add(1) != span.Infinity || (span.Infinity-1).Add(1) != span.Infinity || span.Span(1).Add(2) != 3 {
		t.Error("sums go wrong")
	}
	if span.Infinity.Duration() != math.MaxInt64 || span.Second.Duration() != time.Second ||
		span.OfDuration(-1) != 0 || span.OfDuration(time.Minute) != span.Minute {
		t.Error("conversions go wrong")
	}
}

// TestTimespanAsInstalled compares with the tool on this machine, on other texts than the recorded ones.
func TestTimespanAsInstalled(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed; testdata/parse.txt holds what its parser did")
	}
	for _, s := range []string{"1s", "1h 1s", "90min", "1.2345s", "3w 4d", "infinity"} {
		out, err := exec.Command(tool, "timespan", s).Output()
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := span.Parse(s)
		if err != nil || !strings.Contains(string(out), "Human: "+parsed.Format(span.Microsecond)+"\n") {
			t.Errorf("%s: got %v, %v, the tool prints %s", s, parsed, err, out)
		}
	}
}

func FuzzSpan(f *testing.F) {
	for _, row := range recorded.Rows(parseFacts) {
		f.Add(row.Text(0), uint64(1))
	}
	for _, row := range recorded.Rows(formatFacts) {
		f.Add("1s", number(f, row[0]))
	}
	f.Fuzz(func(t *testing.T, s string, n uint64) {
		if parsed, err := span.Parse(s); err == nil && parsed != span.Infinity && parsed > math.MaxInt64 {
			// Each part is below 2^63 seconds; only their sum may come near the end.
			if _, err := span.Parse(s + " " + s); !errors.Is(err, span.ErrRange) {
				t.Errorf("%q twice is %v", s, err)
			}
		}
		n /= 2 // longer ones can be held, but not be read: each unit is checked to leave room
		if got, err := span.Parse(span.Span(n).String()); err != nil || got != span.Span(n) {
			t.Errorf("%d: printed as %s, read as %d, %v", n, span.Span(n), got, err)
		}
	})
}

func FuzzTimestamp(f *testing.F) {
	for _, row := range recorded.Rows(parseStampFacts) {
		f.Add(row.Text(0), uint64(1795244826123456))
	}
	f.Fuzz(func(t *testing.T, s string, now uint64) {
		usec, err := span.ParseTimestamp(s, now%(1<<52), time.UTC)
		if err != nil || usec == 0 || usec > 253402214399000000 { // later ones have no text
			return
		}
		text := span.FormatTimestampMicro(usec, time.UTC)
		if again, err := span.ParseTimestamp(text, 0, time.UTC); err != nil || again != usec {
			t.Errorf("%q is %d, printed as %s, read as %d, %v", s, usec, text, again, err)
		}
		span.FormatRelative(usec, now)
	})
}
