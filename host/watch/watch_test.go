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
