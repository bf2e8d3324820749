package host

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/process"
	"github.com/steward-init/steward/host/watch"
)

// TestPIDFileComesLate: a daemon may make the directories of its PID file long after its start, one by one.
func TestPIDFileComesLate(t *testing.T) {
	c := exec.Command("/bin/sleep", "1000")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // best effort: it was killed
	})
	watcher, err := watch.New()
	if err != nil {
		t.Fatal(err)
	}
	l := &Loop{Engine: engine.New(engine.Config{})}
	w := &World{loop: l, watcher: watcher, pidfiles: map[string]string{}, tracker: process.NewTracker(os.Getpid()),
		running: map[int]offspring{c.Process.Pid: {unit: "a.service", pidfd: -1}}}
	dir := t.TempDir()
	path := filepath.Join(dir, "a/b/a.pid")
	said := func() string {
		t.Helper()
		for {
			if n, err := unix.Poll([]unix.PollFd{{Fd: int32(watcher.FD), Events: unix.POLLIN}}, 0); err != nil || n == 0 {
				break
			}
			watcher.Read()
		}
		text := ""
		for _, event := range l.queue {
			e := event.(port.PIDFileRead)
			text += fmt.Sprint(e.PID == c.Process.Pid, " ", e.Err, "\n")
		}
		l.queue = nil
		return text
	}
	w.watchPIDFile("a.service", path)
	want := "false Can't open PID file " + path + " (yet?) after start: No such file or directory\n"
	if got := said(); got != want {
		t.Errorf("at first: %q, want %q", got, want)
	}
	for _, step := range []func() error{
		func() error { return os.Mkdir(filepath.Join(dir, "a"), 0o755) },
		func() error { return os.Mkdir(filepath.Join(dir, "a/b"), 0o755) },
		func() error { return os.Remove(filepath.Join(dir, "a/b")) },
		func() error { return os.Mkdir(filepath.Join(dir, "a/b"), 0o755) },
		func() error { return os.WriteFile(path+".new", fmt.Appendln(nil, c.Process.Pid), 0o644) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		if got := said(); got != "" {
			t.Errorf("too early: %q", got)
		}
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	if got := said(); got != "true \n" {
		t.Errorf("at last: %q", got)
	}
	if len(w.pidfiles) != 0 {
		t.Errorf("%v is still waited for", w.pidfiles)
	}
}

// TestPIDFileIsNoGood sees what people are told of a PID file that can't be used.
func TestPIDFileIsNoGood(t *testing.T) {
	w := &World{loop: &Loop{Engine: engine.New(engine.Config{})}}
	path := filepath.Join(t.TempDir(), "a.pid")
	for content, want := range map[string]string{
		"1\n":           "New main PID 1 is the manager, refusing.",
		"2000000000\n":  "New main PID 2000000000 does not exist or is a zombie.",
		"junk\n":        "Failed to parse PID from file " + path + ": Invalid argument",
		"":              "Failed to parse PID from file " + path + ": Invalid argument",
		"-5\n":          "Failed to parse PID from file " + path + ": Invalid argument",
		"99999999999\n": "New main PID 99999999999 does not exist or is a zombie.",
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		pid, _, err := readPIDFile(path)
		if err == nil {
			t.Errorf("%q is good", content)
		}
		if got := w.whyNot("a.service", path, pid, err); got != want {
			t.Errorf("%q: %q, want %q", content, got, want)
		}
	}
}
