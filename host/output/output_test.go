package output

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/journal/file"
	"github.com/steward-init/steward/journal/ingest"
)

// collector gathers what Echo sees.
type collector struct {
	mu    sync.Mutex
	lines []string
}

func (c *collector) echo(l Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, fmt.Sprintf("%s %s %d %s", l.Unit, l.Identifier, l.Level, l.Text))
}

func open(t *testing.T, c *collector, dir string) *Output {
	t.Helper()
	config := Config{Echo: c.echo, MaxLevel: 6, Host: ingest.Host{Hostname: "lab"}}
	config.BootID[0], config.Host.MachineID[0] = 1, 2
	config.Host.BootID = config.BootID
	if dir != "" {
		w, err := file.Open(file.Config{Dir: dir, Name: "system", MachineID: config.Host.MachineID})
		if err != nil {
			t.Fatal(err)
		}
		config.Writer = w
	}
	o, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestStreams writes to several streams and closes at once: no line may be lost, and each must have its unit.
func TestStreams(t *testing.T) {
	var c collector
	dir := t.TempDir()
	o := open(t, &c, dir)
	for i := range 20 {
		unit := fmt.Sprintf("u%d.service", i)
		stream, fd, err := o.Stream(Settings{Unit: unit, Source: ingest.Source{Identifier: "prog"}, Level: 6, Prefix: true,
			MaxLevel: -1})
		if err != nil {
			t.Fatal(err)
		}
		stream.Began(ingest.Process{PID: os.Getpid(), Comm: "prog"})
		text := fmt.Sprintf("first of %d\n<3>second of %d\nthe rest of %d", i, i, i)
		if n, err := unix.Write(fd, []byte(text)); err != nil || n != len(text) {
			t.Fatal(n, err)
		}
		if err := unix.Close(fd); err != nil {
			t.Fatal(err)
		}
	}
	o.Log(&port.Log{Unit: "u1.service", Level: 6, Message: "Started u1."})
	o.Log(&port.Log{Unit: "u1.service", Level: 7, Message: "too chatty"})
	o.Close()
	seen := map[string]bool{}
	for _, line := range c.lines {
		seen[line] = true
	}
	for i := range 20 {
		for _, want := range []string{fmt.Sprintf("u%d.service prog 6 first of %d", i, i),
			fmt.Sprintf("u%d.service prog 3 second of %d", i, i), fmt.Sprintf("u%d.service prog 6 the rest of %d", i, i)} {
			if !seen[want] {
				t.Errorf("line %q is missing", want)
			}
		}
	}
	if !seen["u1.service systemd 6 Started u1."] || len(c.lines) != 61 {
		t.Errorf("%d lines, want 61, with the manager's: %v", len(c.lines), seen["u1.service systemd 6 Started u1."])
	}
	if n := entries(t, dir); n != 61 {
		t.Errorf("%d entries in the journal, want 61", n)
	}
}

func entries(t *testing.T, dir string) uint64 {
	t.Helper()
	r, err := file.OpenReader(dir + "/system.journal")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	list, err := r.Entries()
	if err != nil {
		t.Fatal(err)
	}
	return list.Len()
}

// TestMaxLevel sees that LogLevelMax= drops lines of the unit.
func TestMaxLevel(t *testing.T) {
	var c collector
	o := open(t, &c, "")
	_, fd, err := o.Stream(Settings{Unit: "a.service", Level: 6, Prefix: true, MaxLevel: 4})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Write(fd, []byte("<6>chat\n<4>warning\n")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Close(fd); err != nil {
		t.Fatal(err)
	}
	o.Close()
	if got := strings.Join(c.lines, "|"); got != "a.service  4 warning" {
		t.Errorf("lines %q", got)
	}
}

// TestDescriptorsAreNotKept sends descriptors down a stream: they must not stay open.
func TestDescriptorsAreNotKept(t *testing.T) {
	var c collector
	o := open(t, &c, "")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_, fd, err := o.Stream(Settings{Unit: "a.service", MaxLevel: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Sendmsg(fd, []byte("take this\n"), unix.UnixRights(int(w.Fd())), nil, 0); err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(fd)
	_ = w.Close()
	o.Close()
	var b [1]byte
	if n, err := r.Read(b[:]); n != 0 || err == nil {
		t.Errorf("the pipe is still open for writing: %d, %v", n, err)
	}
	_ = r.Close()
}
