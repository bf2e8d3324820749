package host

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/host/watch"
)

// TestShortageTellsOfEachKill has files in the place of the kernel's: what is told of them, when, and how often.
func TestShortageTellsOfEachKill(t *testing.T) {
	watcher, err := watch.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(watcher.FD) })
	told := map[string]int{}
	s := &shortage{watcher, func(unit string) { told[unit]++ }, map[string]*memoryEvents{}}
	dir := t.TempDir()
	file := func(unit string) string { return filepath.Join(dir, unit) }
	write := func(unit string, kills int) {
		t.Helper()
		text := fmt.Sprintf("low 0\nhigh 0\nmax 7\noom 4\noom_kill %d\noom_group_kill 9\n", kills)
		if err := os.WriteFile(file(unit), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(when, unit string, want int) {
		t.Helper()
		for { // the kernel has queued whatever was written by now
			ready, err := unix.Poll([]unix.PollFd{{Fd: int32(watcher.FD), Events: unix.POLLIN}}, 0)
			if err != nil || ready == 0 {
				break
			}
			watcher.Read()
		}
		if told[unit] != want {
			t.Errorf("%s: %s was told %d times, want %d", when, unit, told[unit], want)
		}
	}
	s.watch("none.service", file("none.service"))
	s.check("none.service")
	expect("without the controller", "none.service", 0)

	write("a.service", 2)
	s.watch("a.service", file("a.service"))
	expect("those of the past", "a.service", 0)
	write("a.service", 3)
	expect("a kill", "a.service", 1)
	write("a.service", 3)
	expect("another event", "a.service", 1)
	write("a.service", 5)
	s.check("a.service") // as when a process's end comes before the loop has read the watch
	if told["a.service"] != 2 {
		t.Error("a look did not find the new kills")
	}
	expect("after that look", "a.service", 2)
	if err := os.WriteFile(file("a.service"), []byte("oom_kill x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	expect("a broken file", "a.service", 2)
	s.unwatch("a.service")
	write("a.service", 6)
	expect("unwatched", "a.service", 2)
	s.watch("a.service", file("a.service"))
	write("a.service", 7)
	expect("the next run", "a.service", 3)
}
