package analyze

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/applet/ui"
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
		v, ok := env[name]
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
	same(t, plain, "compare-versions", "", "1")
	same(t, plain, "compare-versions", "1", "lt ", "2")
	same(t, plain, "exit-status", "")
}
