package calendar_test

import (
	"errors"
	"testing"
	"time"

	"github.com/steward-init/steward/syntax/calendar"
)

var utc = calendar.Zones{Local: time.UTC, Load: time.LoadLocation}

// manual has the examples of systemd.time(7), "CALENDAR EVENTS".
var manual = [][2]string{
	{"minutely", "*-*-* *:*:00"}, {"hourly", "*-*-* *:00:00"}, {"daily", "*-*-* 00:00:00"},
	{"monthly", "*-*-01 00:00:00"}, {"weekly", "Mon *-*-* 00:00:00"}, {"yearly", "*-01-01 00:00:00"},
	{"quarterly", "*-01,04,07,10-01 00:00:00"}, {"semiannually", "*-01,07-01 00:00:00"},
	{"Sat,Thu,Mon..Wed,Sat..Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00"},
	{"Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00"}, {"Wed *-1", "Wed *-*-01 00:00:00"},
	{"Wed..Wed,Wed *-1", "Wed *-*-01 00:00:00"}, {"Wed, 17:48", "Wed *-*-* 17:48:00"},
	{"Wed..Sat,Tue 12-10-15 1:2:3", "Tue..Sat 2012-10-15 01:02:03"}, {"*-*-7 0:0:0", "*-*-07 00:00:00"},
	{"10-15", "*-10-15 00:00:00"}, {"monday *-12-* 17:00", "Mon *-12-* 17:00:00"},
	{"Mon,Fri *-*-3,1,2 *:30:45", "Mon,Fri *-*-01,02,03 *:30:45"},
	{"12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00"}, {"12..14:10,20,30", "*-*-* 12..14:10,20,30:00"},
	{"mon,fri *-1/2-1,3 *:30:45", "Mon,Fri *-01/2-01,03 *:30:45"}, {"03-05 08:05:40", "*-03-05 08:05:40"},
	{"08:05:40", "*-*-* 08:05:40"}, {"05:40", "*-*-* 05:40:00"}, {"Sat,Sun 12-05 08:05:40", "Sat,Sun *-12-05 08:05:40"},
	{"Sat,Sun 08:05:40", "Sat,Sun *-*-* 08:05:40"}, {"2003-03-05 05:40", "2003-03-05 05:40:00"},
	{"05:40:23.4200004/3.1700005", "*-*-* 05:40:23.420000/3.170001"}, {"2003-02..04-05", "2003-02..04-05 00:00:00"},
	{"2003-03-05 05:40 UTC", "2003-03-05 05:40:00 UTC"}, {"2003-03-05", "2003-03-05 00:00:00"},
	{"daily UTC", "*-*-* 00:00:00 UTC"}, {"annually", "*-01-01 00:00:00"}, {"*:2/3", "*-*-* *:02/3:00"},
	{"weekly Pacific/Auckland", "Mon *-*-* 00:00:00 Pacific/Auckland"}, {"*-02~03", "*-02~03 00:00:00"},
	{"Mon *-05~07/1", "Mon *-05~07/1 00:00:00"},
}

func TestManualPage(t *testing.T) {
	for _, c := range manual {
		spec, err := calendar.Parse(c[0], utc)
		if err != nil || spec.String() != c[1] {
			t.Errorf("%s: %v, %v, want %s", c[0], spec, err, c[1])
		}
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]error{
		"": calendar.ErrSyntax, "Sun..Tue": calendar.ErrSyntax, "24:00": calendar.ErrSyntax, "*": calendar.ErrSyntax,
		"*:1/0": calendar.ErrRange, "99999999999:0": calendar.ErrRange, "10:00 No/Where": calendar.ErrSyntax,
		"*-*~29": calendar.ErrSyntax, "10:00 Local": calendar.ErrSyntax, "2200-1-1": calendar.ErrSyntax,
	} {
		if _, err := calendar.Parse(text, utc); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

// TestNext has events that are rare, impossible, or at the mercy of clocks.
func TestNext(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ event, base, want string }{
		{"*-2-29", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00+01:00"},
		{"Mon *-2-29", "2026-01-01T00:00:00Z", "2044-02-29T00:00:00+01:00"},
		{"*-2-30 *:*:*", "2026-01-01T00:00:00Z", ""},
		{"2020-1-1", "2026-01-01T00:00:00Z", ""},
		{"yearly", "2199-12-31T00:00:00Z", ""},
		{"Mon *-05~07/1", "2026-01-01T00:00:00Z", "2026-05-25T00:00:00+02:00"},
		{"*-*~1", "2028-02-01T00:00:00Z", "2028-02-29T00:00:00+01:00"},
		// Clocks go from 2:00 to 3:00: what was to happen between does not.
		{"02:30", "2026-03-28T12:00:00Z", "2026-03-30T02:30:00+02:00"},
		{"2026-03-29 02:30", "2026-03-28T12:00:00Z", ""},
		{"*:*:*", "2026-03-29T00:59:59Z", "2026-03-29T03:00:00+02:00"},
		{"02..03:*:0/0.5", "2026-03-29T00:00:00Z", "2026-03-29T03:00:00+02:00"},
		// Clocks go from 3:00 to 2:00: what happened in the first hour does not happen again.
		{"02:30", "2026-10-24T12:00:00Z", "2026-10-25T02:30:00+02:00"},
		{"02:30", "2026-10-25T00:30:00Z", "2026-10-26T02:30:00+01:00"},
		{"hourly", "2026-10-25T00:00:00Z", "2026-10-25T03:00:00+01:00"},
		{"02:30", "2026-10-25T01:10:00Z", "2026-10-25T02:30:00+01:00"}, // but a manager that starts then is told
		{"daily UTC", "2026-10-25T01:10:00Z", "2026-10-26T01:00:00+01:00"},
		{"02:30 CEST", "2026-10-24T12:00:00Z", "2026-10-25T02:30:00+02:00"},
	} {
		spec, err := calendar.Parse(c.event, calendar.Zones{Local: berlin, Load: time.LoadLocation})
		if err != nil {
			t.Fatal(err)
		}
		base, err := time.Parse(time.RFC3339, c.base)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if next, ok := spec.Next(uint64(base.UnixMicro())); ok {
			got = time.UnixMicro(int64(next)).In(berlin).Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s after %s: %s, want %s", c.event, c.base, got, c.want)
		}
	}
}

func FuzzCalendar(f *testing.F) {
	for _, c := range manual {
		f.Add(c[0], uint64(1795244826123456))
	}
	zones := calendar.Zones{Local: time.UTC}
	f.Fuzz(func(t *testing.T, text string, after uint64) {
		spec, err := calendar.Parse(text, zones)
		if err != nil {
			return
		}
		again, err := calendar.Parse(spec.String(), zones)
		if err != nil || again.String() != spec.String() {
			t.Fatalf("%q is printed as %q, read as %v, %v", text, spec, again, err)
		}
		after %= 7258118400000000
		next, ok := spec.Next(after)
		if !ok {
			return
		}
		if next <= after {
			t.Errorf("%q after %d: %d", text, after, next)
		}
		if same, ok := spec.Next(next - 1); !ok || same != next {
			t.Errorf("%q after %d: %d, but after %d: %d", text, after, next, next-1, same)
		}
	})
}
