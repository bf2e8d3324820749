package analyze

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/span"
)

// result is what a command gave.
type result struct {
	out, err string
	status   int
}

// ours runs our side of a command line, with an environment of its own.
func ours(env map[string]string, args ...string) result {
	var out, err bytes.Buffer
	u := ui.IO{Out: &out, Err: &err, Lookup: func(name string) (string, bool) {
		if v, ok := env[name]; ok {
			return v, true
		}
		v, ok := map[string]string{"HOME": "/nowhere", "LANG": "C.UTF-8"}[name]
		return v, ok
	}}
	status := run(context.Background(), u, append([]string{"systemd-analyze"}, args...),
		func() uint64 { return uint64(time.Now().UnixMicro()) })
	return result{out.String(), err.String(), status}
}

// oracle runs the real command with the same environment.
func oracle(t *testing.T, env map[string]string, args ...string) result {
	t.Helper()
	path, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("the oracle's systemd-analyze is not installed")
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nowhere", "LANG=C.UTF-8"}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	named := strings.ReplaceAll(stderr.String(), path+": ", "systemd-analyze: ")
	return result{stdout.String(), named, cmd.ProcessState.ExitCode()}
}

// plain is a surrounding without colours.
var plain = map[string]string{"TZ": "UTC"}

// coloured is one with colours.
var coloured = map[string]string{"TZ": "UTC", "SYSTEMD_COLORS": "1"}

// withoutNow takes out the lines that depend on when the command ran.
func withoutNow(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "From now: ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// same compares a command line's result on both sides, without what depends on the present.
func same(t *testing.T, env map[string]string, args ...string) {
	t.Helper()
	got, want := ours(env, args...), oracle(t, env, args...)
	got.out, want.out = withoutNow(got.out), withoutNow(want.out)
	if got != want {
		t.Errorf("%q %v:\n got %q\n     %q, status %d\nwant %q\n     %q, status %d", args, env, got.out, got.err, got.status,
			want.out, want.err, want.status)
	}
}

// TestCommandLines compares options, what is refused, and the verbs that depend on nothing but their arguments.
func TestCommandLines(t *testing.T) {
	for _, line := range []string{
		"timespan", "timespan 1s 300s", "timespan 1s bad 2s", "timespan infinity",
		"timestamp", "timestamp 2026-01-01 bad 1h", "timestamp @0", "timestamp @5.25", "timestamp infinity",
		"compare-versions 1", "compare-versions 1 2", "compare-versions 2 1", "compare-versions 1 1",
		"compare-versions 1 xx 2", "compare-versions 1 ltx 2", "compare-versions 1 2 3 4", "compare-versions 1 ge 2",
		"exit-status", "exit-status 0 1 9 64 200", "exit-status 300", "exit-status USAGE foo", "exit-status usage",
		"calendar", "calendar daily bad 2020-01-01", "calendar 1h +1h now @5",
		"calendar --iterations=3 --base-time=2026-01-01 daily weekly *:0/7:*", "calendar --iterations=0 daily",
		"calendar --iterations=200000 2027-01-01", "timespan 12:00", "timespan daily", "--quiet timespan 12:00",
		"bogus", "--bogus", "--iterations=x", "--iterations", "--iterations=-1", "--iterations=4294967296",
		"--base-time=x", "--json=x", "--threshold=101", "--threshold=x", "--offline=x", "--fuzz=x", "--man=x",
		"--recursive-errors=x", "--generators=x", "--profile=", "--unit= condition", "--unit=a timespan 1",
		"--unit=a condition b", "condition", "--offline=yes timespan 1", "--json=short timespan 1",
		"--global timespan 1", "--global dump", "--user cat-config x", "--security-policy=x timespan 1",
		"--root=/tmp timespan 1", "--root=/ timespan 1", "--image=/tmp timespan 1", "--root=/tmp --image=/x cat-config x",
		"--threshold=5 --json=short timespan 1", "--global --threshold=5 timespan 1", "-H a -M b timespan 1",
		"--unit=x --threshold=4 bogus", "--iterations=0x10 timespan 1", "--iterations=+5 timespan 1", "--s",
		"-q timespan 1", "--man timespan 1", "--iter=5 timespan 1", "timespan -- -1",
	} {
		same(t, plain, strings.Fields(line)...)
		same(t, coloured, strings.Fields(line)...)
	}
	berlin := map[string]string{"TZ": "Europe/Berlin"}
	same(t, berlin, "timestamp", "2026-07-01 00:00:00", "@5", "2026-07-01 00:00 UTC")
	same(t, berlin, "calendar", "--iterations=2", "--base-time=2026-01-01", "daily", "daily UTC", "*-*-* 00:00:00")
	same(t, map[string]string{"TZ": "Europe/London"}, "timestamp", "2026-01-01")
	for _, rule := range []string{"XYZ5", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0", "<+0330>-3:30"} {
		env := map[string]string{"TZ": rule}
		same(t, env, "timestamp", "2026-01-01", "2026-07-01 12:00", "@5", "2026-03-29 02:30:00")
		same(t, env, "calendar", "--iterations=4", "--base-time=2026-03-28", "daily", "*-*-* 03:00", "02:30 UTC")
	}
	same(t, plain, "compare-versions", "", "1")
	same(t, plain, "compare-versions", "1", "lt ", "2")
	same(t, plain, "exit-status", "")
	for _, text := range []string{"1h ", "1h\t \n", "1h\n\n", "1h \n 2min", "\n1h"} {
		same(t, plain, "timespan", text)
		same(t, coloured, "timespan", text)
	}
}

// times makes a text that is a time span, a timestamp, or nearly one.
func times(rnd *rand.Rand) string {
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	number := func(n int) string { return strconv.Itoa(rnd.IntN(n)) }
	var words []string
	switch rnd.IntN(3) {
	case 0:
		for range 1 + rnd.IntN(3) {
			word := number(5000)
			if rnd.IntN(4) == 0 {
				word += "." + number(10000)
			}
			words = append(words, word+pick("", " ")+pick("s", "ms", "us", "min", "h", "d", "w", "y", "M", "month", "sec",
				"hours", "", "x", "m", "usec", "days"))
		}
	case 1:
		date := pick("2026", "26", "1970", "1999", number(10000)) + "-" + number(14) + "-" + number(33)
		clock := number(26) + ":" + number(62) + pick("", ":"+number(62), ":"+number(62)+"."+number(10000000))
		for _, part := range []string{pick("", "", "Mon", "sat", "Wednesday"), pick(date, date, ""), pick(clock, clock, ""),
			pick("", "", "UTC", "CEST", "utc", "XYZ")} {
			if part != "" && !(len(words) == 0 && part == clock) { // a time of day alone is of today
				words = append(words, part)
			}
		}
		if len(words) == 0 || len(words) == 1 && !strings.Contains(words[0], "-") {
			words = []string{date}
		}
	default:
		words = []string{pick("@"+number(1<<40), "@"+number(1<<31)+"."+number(1000000), "@"+number(100)+"s", "infinity", "@",
			"@ 5", "@-1", "@+5", "@1h 5min", "@"+number(1<<32)+" UTC", "-", "+", "ago", " ", "")}
	}
	text := strings.Join(words, pick(" ", " ", " ", "  ", ""))
	if rnd.IntN(15) == 0 && text != "" && text[0] != '+' && text[0] != '-' { // not what counts from the present
		at := rnd.IntN(len(text))
		text = text[:at] + pick("", ".", ":", "-", " ", "x", "0", "\t") + text[at+rnd.IntN(2):]
	}
	return strings.TrimLeft(text, "+-")
}

// TestTimes compares generated time spans and timestamps with the oracle, two thousand of each.
func TestTimes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for i := range 10 {
		env := map[string]string{"TZ": []string{"UTC", "Europe/Berlin"}[i%2]}
		args := []string{"timestamp", "--"}
		for range 200 {
			args = append(args, times(rnd))
		}
		compareLines(t, env, args)
		var spans []string // of which the first bad one ends the command
		for _, text := range args[2:] {
			if _, err := span.Parse(text); err == nil && text == strings.TrimSpace(text) {
				spans = append(spans, text)
			}
		}
		compareLines(t, env, append([]string{"timespan", "--"}, spans...))
	}
}

// compareLines compares long output, and reports lines that differ.
func compareLines(t *testing.T, env map[string]string, args []string) {
	t.Helper()
	got, want := ours(env, args...), oracle(t, env, args...)
	for i, pair := range [][2]string{{withoutNow(got.out), withoutNow(want.out)}, {got.err, want.err}} {
		g, w := strings.Split(pair[0], "\n"), strings.Split(pair[1], "\n")
		for len(g) > 0 && len(w) > 0 && g[0] == w[0] {
			g, w = g[1:], w[1:]
		}
		if len(g)+len(w) > 0 {
			t.Errorf("%s %v, %s:\n got %q\nwant %q", args[0], env, []string{"output", "errors"}[i], g[:min(4, len(g))],
				w[:min(4, len(w))])
		}
	}
}
