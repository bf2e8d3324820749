// Package beside runs a command of ours and the command of the same name that systemd has, with the same arguments,
// environment and input, so that a test can hold one against the other.
//
// It exists because every differential test of a command needs just that. It is for tests, and must not know any
// command.
package beside

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/ui"
)

// Case is one call. Env are all variables that the command sees, as "NAME=value".
type Case struct {
	Args []string // without the name of the command
	Env  []string
	In   string
	Dir  string // the oracle's working directory; ours runs in that of the test
}

// Result is what a command said of it.
type Result struct {
	Out, Err string
	Status   int
}

// Pair is a command of ours and its original.
type Pair struct {
	name, oracle string
	run          func(ctx context.Context, u ui.IO, args []string) int
}

// New makes a Pair of the command called name; the test is skipped where systemd's is not installed.
func New(t *testing.T, name string, run func(ctx context.Context, u ui.IO, args []string) int) Pair {
	t.Helper()
	oracle, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("systemd's %s is not installed", name)
	}
	return Pair{name: name, oracle: oracle, run: run}
}

// Alone is a command of ours without its original.
func Alone(name string, run func(ctx context.Context, u ui.IO, args []string) int) Pair {
	return Pair{name: name, run: run}
}

// Ours is the result of our command.
func (p Pair) Ours(c Case) Result {
	var out, err bytes.Buffer
	u := ui.IO{In: strings.NewReader(c.In), Out: &out, Err: &err, Lookup: c.lookup}
	status := p.run(context.Background(), u, append([]string{p.name}, c.Args...))
	return Result{out.String(), err.String(), status}
}

// lookup finds a variable: the last of its name, as package exec leaves only that one to the oracle.
func (c Case) lookup(name string) (value string, set bool) {
	for _, v := range c.Env {
		if found, ok := strings.CutPrefix(v, name+"="); ok {
			value, set = found, true
		}
	}
	return value, set
}

// Theirs is the result of systemd's command.
func (p Pair) Theirs(t *testing.T, c Case) Result {
	t.Helper()
	var out, stderr bytes.Buffer
	cmd := exec.Command(p.oracle)
	cmd.Args = append([]string{p.name}, c.Args...)
	cmd.Env, cmd.Dir = slices.Clone(c.Env), c.Dir
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.In), &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return Result{out.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// Compare fails the test where the two differ.
func (p Pair) Compare(t *testing.T, c Case) {
	t.Helper()
	Differ(t, p.name, c, p.Ours(c), p.Theirs(t, c))
}

// CompareImages has each side work on an image of its own, and fails the test where what they say differs. mounted is
// what the oracle puts before a path in its image.
func (p Pair) CompareImages(t *testing.T, c Case, theirs, ours string, mounted *regexp.Regexp) {
	t.Helper()
	options := c.Args
	c.Args = append([]string{"--image=" + theirs}, options...)
	want := p.Theirs(t, c)
	c.Args = append([]string{"--image=" + ours}, options...)
	got := p.Ours(c)
	for _, text := range []*string{&want.Out, &want.Err, &got.Out, &got.Err} {
		*text = mounted.ReplaceAllString(*text, "IMAGE:")
		*text = strings.NewReplacer(ours, "IMAGE", theirs, "IMAGE").Replace(*text)
	}
	Differ(t, p.name, c, got, want)
}

// Differ fails the test if two results of a command are not the same.
func Differ(t *testing.T, name string, c Case, got, want Result) {
	t.Helper()
	if got == want {
		return
	}
	got.Out, want.Out = apart(got.Out, want.Out)
	got.Err, want.Err = apart(got.Err, want.Err)
	t.Errorf("%s %q, environment %q:\n got %q, %q, status %d\nwant %q, %q, status %d", name, c.Args, c.Env,
		got.Out, got.Err, got.Status, want.Out, want.Err, want.Status)
}

// apart shortens two texts to what is around their first difference.
func apart(a, b string) (string, string) {
	const around, most = 60, 600
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	from := max(0, at-around)
	return a[from:min(len(a), from+most)], b[from:min(len(b), from+most)]
}
