package watch

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func wait(t *testing.T, w *Watcher) {
	t.Helper()
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(w.FD), Events: unix.POLLIN}}, 10_000)
	if err != nil || n != 1 {
		t.Fatalf("no event: n %d, error %v", n, err)
	}
	w.Read()
}

func TestWatchers(t *testing.T) {
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(w.FD)
	dir := t.TempDir()
	var calls string
	note := func(who string) func() { return func() { calls += who } }
	add := func(owner string) {
		if err := w.AddFor(dir, owner, unix.IN_CREATE, note(owner)); err != nil {
			t.Fatal(err)
		}
	}
	add("a")
	add("b")
	touch := func(name string) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	touch("1")
	wait(t, w)
	if calls != "ab" {
		t.Errorf("calls %q, want both watchers of the folder", calls)
	}
	w.RemoveFor("a")
	touch("2")
	wait(t, w)
	if calls != "abb" {
		t.Errorf("calls %q, want only b after a left", calls)
	}
	w.RemoveFor("b")
	touch("3")
	if len(w.byPath) != 0 || len(w.byID) != 0 {
		t.Errorf("%d paths and %d watches are left", len(w.byPath), len(w.byID))
	}
}

func TestRemovedFolderIsForgotten(t *testing.T) {
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(w.FD)
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := w.Add(dir, unix.IN_CREATE|unix.IN_DELETE_SELF, func() {}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	wait(t, w)
	if len(w.byPath) != 0 {
		t.Error("a removed folder is still watched")
	}
	if err := w.Add(dir, unix.IN_CREATE, func() {}); err == nil {
		t.Error("a folder that isn't there can be watched")
	}
}

func TestLostEvents(t *testing.T) {
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(w.FD)
	var calls string
	for _, owner := range []string{"a", "b"} {
		dir := filepath.Join(t.TempDir(), owner)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := w.AddFor(dir, owner, unix.IN_CREATE, func() { calls += owner }); err != nil {
			t.Fatal(err)
		}
	}
	w.all()
	if len(calls) != 2 {
		t.Errorf("calls %q, want everybody once", calls)
	}
}

// TestTwoPathsOfOneFolder watches a folder by its path and by a link to it, as /run and /var/run are: both hear of it,
// also when one has gone. Then another folder takes the first one's path.
func TestTwoPathsOfOneFolder(t *testing.T) {
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(w.FD)
	top := t.TempDir()
	dir, link := filepath.Join(top, "run"), filepath.Join(top, "var-run")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	var calls string
	for owner, path := range map[string]string{"a": dir, "b": link} {
		if err := w.AddFor(path, owner, unix.IN_CREATE, func() { calls += owner }); err != nil {
			t.Fatal(err)
		}
	}
	touch := func(name string, want int) {
		t.Helper()
		calls = ""
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		wait(t, w)
		if len(calls) != want {
			t.Errorf("calls %q, want %d", calls, want)
		}
	}
	touch("1", 2)
	w.RemoveFor("b")
	touch("2", 1)
	if err := os.Rename(dir, dir+"-old"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := w.AddFor(dir, "c", unix.IN_CREATE, func() { calls += "c" }); err != nil {
		t.Fatal(err)
	}
	w.Read() // what the kernel says of the watch that ended
	touch("3", 2)
	w.RemoveFor("a")
	w.RemoveFor("c")
	if len(w.byPath) != 0 || len(w.byID) != 0 {
		t.Errorf("%d paths and %d watches are left", len(w.byPath), len(w.byID))
	}
}
