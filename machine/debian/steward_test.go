package debian_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-init/steward/machine"
)

func TestMain(m *testing.M) {
	machine.Init()
	code := m.Run()
	if dir, err := binary(); err == nil {
		_ = os.RemoveAll(dir) // best effort: a folder of temporary files
	}
	os.Exit(code)
}

// stewardPath is where machines find our manager.
const stewardPath = "/opt/steward/steward"

// binary builds steward and returns the folder that it is in.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "steward-debian-")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "steward"),
		"github.com/steward-init/steward/cmd/steward")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("build steward: %w: %s", err, out)
	}
	return dir, nil
})

// booted is a machine that is up.
type booted struct {
	*machine.Machine
	t   testing.TB
	ctx context.Context
}

// boot starts steward on Debian's own units, and waits until it says that all is up.
func boot(t *testing.T, c machine.Config) *booted {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a machine of its own needs root")
	}
	dir, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if c.Binds == nil {
		c.Binds = map[string]string{}
	}
	c.Binds[dir] = filepath.Dir(stewardPath)
	if c.Init == nil {
		c.Init = []string{stewardPath, "--system"}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	b := &booted{machine.Start(t, c), t, ctx}
	if err := b.WaitNotice(ctx, "READY=1"); err != nil {
		t.Fatalf("%v\n%s", err, b.text("sh", "-c", "systemctl list-jobs; systemctl --failed; journalctl -b | tail -40"))
	}
	return b
}

// text runs a command and returns what it prints.
func (b *booted) text(argv ...string) string {
	b.t.Helper()
	out, stderr, status := b.Exec(b.ctx, argv...)
	if status != 0 && stderr != "" {
		b.t.Logf("%s: status %d, %s", strings.Join(argv, " "), status, stderr)
	}
	return strings.TrimSuffix(out, "\n")
}

// good runs a command that must succeed.
func (b *booted) good(argv ...string) string {
	b.t.Helper()
	out, stderr, status := b.Exec(b.ctx, argv...)
	if status != 0 {
		b.t.Fatalf("%s: status %d, %s%s", strings.Join(argv, " "), status, out, stderr)
	}
	return strings.TrimSuffix(out, "\n")
}

// show returns a property of a unit.
func (b *booted) show(unit, property string) string {
	b.t.Helper()
	return b.good("systemctl", "show", "-P", property, unit)
}

// await waits until a property of a unit has a value; systemctl is asked again and again, as it can't wait for this.
func (b *booted) await(unit, property string, want func(string) bool) string {
	b.t.Helper()
	for {
		got := b.show(unit, property)
		if want(got) {
			return got
		}
		select {
		case <-b.ctx.Done():
			b.t.Fatalf("%s of %s stays %q", property, unit, got)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func is(want string) func(string) bool { return func(got string) bool { return got == want } }
