package manager

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/host/watch"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
)

// counted counts the looks at files.
type counted struct {
	load.Files
	looks int
}

func (c *counted) Lstat(path string) (load.Stat, error) {
	c.looks++
	return c.Files.Lstat(path)
}

// TestUnchangedDirectoriesAreNotLookedAt holds two loaders against each other, one of which looks at everything each
// time: whatever happens to the directories, a watched one knows the same.
func TestUnchangedDirectoriesAreNotLookedAt(t *testing.T) {
	top := t.TempDir()
	at := func(name string) string { return filepath.Join(top, name) }
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, description string) {
		t.Helper()
		check(os.MkdirAll(filepath.Dir(at(name)), 0o755))
		check(os.WriteFile(at(name), []byte("[Unit]\nDescription="+description+"\n[Service]\nExecStart=/bin/true\n"), 0o644))
	}
	write("real/a.service", "first")
	check(os.Symlink("real", at("link")))
	path := load.SearchPath{Dirs: []string{at("late/units"), at("link"), at("other")}}
	watcher := watch.NewTree()
	if watcher == nil {
		t.Skip("needs inotify and /proc/self/mountinfo")
	}
	defer watcher.Close()
	seen := &counted{Files: files.Root("")}
	watched := load.New(load.Options{Files: seen, Path: path, Watcher: watcher})
	names := []string{"a.service", "b.service", "c.service"}
	same := func(step string) {
		t.Helper()
		always := load.New(load.Options{Files: files.Root(""), Path: path})
		for _, name := range names {
			want, got := always.Unit(name), watched.Unit(name)
			if got.Load != want.Load || describe(got) != describe(want) || len(got.DropIns) != len(want.DropIns) {
				t.Errorf("%s: %s is %v %q %v, want %v %q %v", step, name, got.Load, describe(got), got.DropIns, want.Load,
					describe(want), want.DropIns)
			}
		}
	}
	quiet := func(step string) {
		t.Helper()
		same(step)
		same(step) // what is new is watched from the first time on, and trusted from the second
		same(step)
		before := seen.looks
		if watched.Catalog(); seen.looks != before {
			t.Errorf("%s: %d looks though nothing has changed", step, seen.looks-before)
		}
	}
	quiet("first")
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"a file appears", func() { write("real/b.service", "new") }},
		{"a file changes", func() { write("real/b.service", "newer, and longer") }},
		{"a file is replaced", func() { write("x", "replaced"); check(os.Rename(at("x"), at("real/b.service"))) }},
		{"a file vanishes", func() { check(os.Remove(at("real/b.service"))) }},
		{"the parent of a directory appears", func() { check(os.Mkdir(at("late"), 0o755)) }},
		{"a directory appears", func() { write("late/units/a.service", "before the first") }},
		{"a file appears in it", func() { write("late/units/c.service", "in it") }},
		{"a drop-in directory appears", func() { write("real/c.service.d/1.conf", "dropped in") }},
		{"a drop-in appears", func() { write("real/c.service.d/2.conf", "once more") }},
		{"a drop-in vanishes", func() { check(os.Remove(at("real/c.service.d/1.conf"))) }},
		{"a drop-in directory is replaced", func() {
			write("next.d/3.conf", "of the next")
			check(os.Rename(at("real/c.service.d"), at("gone.d")))
			check(os.Rename(at("next.d"), at("real/c.service.d")))
		}},
		{"a symlink leads elsewhere", func() {
			write("new/a.service", "elsewhere")
			write("new/b.service", "elsewhere too")
			check(os.Symlink("new", at("link2")))
			check(os.Rename(at("link2"), at("link")))
		}},
		{"an alias appears", func() { check(os.Symlink("b.service", at("new/c.service"))) }},
		{"a directory is moved away", func() { check(os.Rename(at("late"), at("away"))) }},
		{"a directory is made anew", func() { check(os.RemoveAll(at("new"))); write("new/a.service", "anew") }},
		{"more events than the kernel keeps", func() {
			for range 8_300 { // two events each, and fs.inotify.max_queued_events is 16384
				check(os.Symlink("n", at("new/n")))
				check(os.Remove(at("new/n")))
			}
			write("new/b.service", "lost in the crowd")
		}},
	} {
		step.do()
		same(step.name)
		quiet(step.name)
	}
}

func describe(u *model.Unit) string { return u.Description }
