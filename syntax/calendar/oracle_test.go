package calendar_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/syntax/calendar"
	"github.com/steward-init/steward/syntax/span"
)

var events = flag.Int("calendar.events", 2000, "generated calendar events to compare with the oracle in each zone")

// generator makes calendar events, most of them valid.
type generator struct{ *rand.Rand }

func (g generator) pick(from ...string) string { return from[g.IntN(len(from))] }

// field is a list of values up to a bound.
func (g generator) field(low, high int, fraction bool) string {
	if g.IntN(3) == 0 {
		return "*"
	}
	number := func() string {
		n := fmt.Sprint(low + g.IntN(high-low+1))
		if g.IntN(12) == 0 {
			n = "0" + n
		}
		if fraction && g.IntN(3) == 0 {
			n += fmt.Sprintf(".%d", g.IntN(1000))
		}
		return n
	}
	var list []string
	many := 1 + g.IntN(6)/4 + g.IntN(6)/5
	for range many {
		v := number()
		ranged := g.IntN(4) == 0
		if ranged {
			v += ".." + number()
		}
		// The oracle loses values where a repetition without end stands in a list: docs/compat.md.
		if g.IntN(4) == 0 && (ranged || many == 1) {
			v += fmt.Sprintf("/%d", g.IntN(high/2+2))
			if fraction && g.IntN(3) == 0 {
				v += fmt.Sprintf(".%d", g.IntN(100))
			}
		}
		list = append(list, v)
	}
	return strings.Join(list, ",")
}

func (g generator) weekdays() string {
	day := func() string {
		return g.pick("Mon", "tue", "Wednesday", "Thu", "friday", "SAT", "Sun", "Mon", "Tue", "Sat")
	}
	text := day()
	for range g.IntN(3) {
		text += g.pick("..", ",", ",", "-") + day()
	}
	return text
}

func (g generator) event() string {
	if g.IntN(25) == 0 {
		return g.pick("daily", "weekly", "monthly", "yearly", "quarterly", "minutely", "hourly", "") + g.pick("", " UTC")
	}
	var words []string
	if g.IntN(3) == 0 {
		words = append(words, g.weekdays())
	}
	if g.IntN(3) > 0 {
		date := g.field(1, 12, false) + "-" + g.field(1, 31, false)
		if g.IntN(3) == 0 { // the oracle refuses some lists of days from the end: docs/compat.md
			date = g.field(1, 12, false) + "~" + g.field(1, 19, false)
			date = strings.ReplaceAll(date, ",", "/")
		}
		if g.IntN(2) == 0 {
			date = g.pick("*", "*", "2026", "2026..2040/3", "27", g.field(2020, 2060, false)) + "-" + date
		}
		words = append(words, date)
	}
	if g.IntN(3) > 0 {
		clock := g.field(0, 23, false) + ":" + g.field(0, 59, false)
		if g.IntN(2) == 0 {
			clock += ":" + g.field(0, 59, true)
		}
		words = append(words, clock)
	}
	if g.IntN(6) == 0 {
		words = append(words, g.pick("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "No/Zone", "utc"))
	}
	text := strings.Join(words, " ")
	if g.IntN(12) == 0 && text != "" { // damage it
		at := g.IntN(len(text))
		text = text[:at] + g.pick("", "*", "/", ".", "..", "-", ":", ",", " ", "@", "x", "9") + text[at+g.IntN(2):]
	}
	return text
}

// answer is what is said of one event: its normalized form and the next times, or an error.
type answer struct{ form, times, err string }

// ask has the oracle answer for all events at once.
func ask(t *testing.T, oracle, zone, base string, events []string) map[string]answer {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(oracle, append([]string{"calendar", "--iterations=3", "--base-time=" + base, "--"}, events...)...)
	cmd.Stdout, cmd.Stderr, cmd.Env = &stdout, &stderr, []string{"TZ=" + zone}
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	answers := map[string]answer{}
	for block := range strings.SplitSeq(stdout.String(), "\n\n") {
		event, a := "", answer{}
		for line := range strings.SplitSeq(block, "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch key = strings.TrimSpace(key); {
			case key == "Original form":
				event = value
			case key == "Normalized form":
				a.form = value
			case key == "Next elapse", strings.HasPrefix(key, "Iter. #"):
				a.times += value + "; "
			}
		}
		if event == "" { // an event in its normal form is not said twice
			event = a.form
		}
		if a.form != "" {
			answers[event] = a
		}
	}
	for line := range strings.SplitSeq(stderr.String(), "\n") {
		if rest, ok := strings.CutPrefix(line, "Failed to parse calendar specification '"); ok {
			at := strings.LastIndex(rest, "': ")
			answers[rest[:at]] = answer{err: rest[at+3:]}
		}
	}
	return answers
}

// answerTo is our answer.
func answerTo(event string, zones calendar.Zones, base uint64) (a answer) {
	spec, err := calendar.Parse(event, zones)
	switch {
	case errors.Is(err, calendar.ErrRange):
		return answer{err: "Numerical result out of range"}
	case err != nil:
		return answer{err: "Invalid argument"}
	}
	a.form = spec.String()
	for i := range 3 {
		next, ok := spec.Next(base)
		if !ok && i == 0 {
			a.times = "never; "
		}
		if !ok {
			break
		}
		a.times += span.FormatTimestamp(next, zones.Local) + "; "
		base = next
	}
	return a
}

// TestOracle compares generated events with the oracle: normalized forms, the next three times, and errors.
func TestOracle(t *testing.T) {
	oracle, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("the oracle's systemd-analyze is not installed")
	}
	for i, at := range [][2]string{
		{"UTC", "2026-01-01 00:00:00"}, {"Europe/Berlin", "2026-03-28 12:00:00"}, {"America/New_York", "2028-02-28 23:00:00"},
	} {
		zone, base := at[0], at[1]
		g := generator{rand.New(rand.NewPCG(3, uint64(i)))}
		local, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		zones := calendar.Zones{Local: local, Load: time.LoadLocation}
		from, err := span.ParseTimestamp(base, 0, local)
		if err != nil {
			t.Fatal(err)
		}
		for range *events / 500 {
			var batch []string
			for range 500 {
				batch = append(batch, g.event())
			}
			answers := ask(t, oracle, zone, base, batch)
			for _, event := range batch {
				want, asked := answers[event]
				if got := answerTo(event, zones, from); asked && got != want {
					t.Errorf("%q in %s:\n got %+v\nwant %+v", event, zone, got, want)
				}
			}
			if len(answers) < 400 {
				t.Errorf("only %d answers", len(answers))
			}
		}
	}
}
