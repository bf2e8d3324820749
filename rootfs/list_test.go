package rootfs

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A directory that takes several calls is listed as package os lists it.
func TestListIsComplete(t *testing.T) {
	dir := t.TempDir()
	for i := range 700 {
		name := strings.Repeat("x", i%250+1) + strconv.Itoa(i)
		switch i % 3 {
		case 0:
			check(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
		case 1:
			check(t, os.Mkdir(filepath.Join(dir, name), 0o755))
		case 2:
			check(t, os.Symlink("nowhere", filepath.Join(dir, name)))
		}
	}
	check(t, unix.Mkfifo(filepath.Join(dir, "fifo"), 0o644))
	want, err := os.ReadDir(dir)
	check(t, err)
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	check(t, err)
	defer unix.Close(fd)
	list, err := List(fd)
	check(t, err)
	got := map[string]fs.FileMode{}
	for _, e := range list {
		got[e.Name] = e.Kind
	}
	if len(list) != len(want) || len(got) != len(want) {
		t.Fatalf("%d entries, %d names, want %d", len(list), len(got), len(want))
	}
	for _, e := range want {
		if kind, ok := got[e.Name()]; !ok || kind != e.Type() {
			t.Errorf("%s: %v %v, want %v", e.Name(), kind, ok, e.Type())
		}
	}
}

// Where a file system tells no types, they are asked for, and what has gone meanwhile is left out.
func TestListAsksForTypes(t *testing.T) {
	dir := t.TempDir()
	check(t, os.Symlink("nowhere", filepath.Join(dir, "link")))
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	check(t, err)
	defer unix.Close(fd)
	text := dirent("link", unix.DT_UNKNOWN) + dirent("gone", unix.DT_UNKNOWN) + dirent("..", unix.DT_DIR) +
		dirent("file", unix.DT_REG)
	list, err := appendEntries(nil, fd, text)
	check(t, err)
	if len(list) != 2 || list[0] != (Entry{"link", fs.ModeSymlink}) || list[1] != (Entry{"file", 0}) {
		t.Errorf("%+v", list)
	}
	for _, bad := range []string{text[:len(text)-1], strings.Repeat("\x00", 30)} {
		if _, err := appendEntries(nil, fd, bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// dirent is an entry as the kernel fills it in on a little-endian machine.
func dirent(name string, kind byte) string {
	length := direntName + len(name) + 1
	return strings.Repeat("\x00", direntLength) + string([]byte{byte(length), 0, kind}) + name + "\x00"
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
