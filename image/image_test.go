package image

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/image/fixture"
)

// open opens an image for a test.
func open(t *testing.T, path string, o Options) *Image {
	t.Helper()
	i, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// shut closes an image, and fails the test if anything of it is left.
func shut(t *testing.T, i *Image) {
	t.Helper()
	if err := i.Close(); err != nil {
		t.Error(err)
	}
	nothingLeft(t, i.path)
}

// nothingLeft fails the test if an image is still mounted or has a loop device.
func nothingLeft(t *testing.T, path string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), "/dev/loop") && strings.Contains(string(mounts), path) {
		t.Errorf("still mounted: %v\n%s", err, mounts)
	}
	files, err := filepath.Glob("/sys/block/loop*/loop/backing_file")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil && strings.TrimSpace(string(text)) == path {
			t.Errorf("%s has %s still", name, path)
		}
	}
}

// system are the files of a system without anything in it.
var system = map[string]string{fixture.OSRelease: "ID=x\n"}

func read(t *testing.T, i *Image, name string) string {
	t.Helper()
	b, err := i.Root().ReadFile(name, 1<<16)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// What is written to an image is there when it is opened again, whatever the file system.
func TestWrites(t *testing.T) {
	fixture.Need(t)
	for _, kind := range []string{"ext2", "ext3", "ext4", "btrfs"} {
		t.Run(kind, func(t *testing.T) {
			path := fixture.FileSystem(t, kind, system)
			i := open(t, path, Options{Check: true})
			if err := i.Root().WriteFile("/etc/new", []byte("news"), 0o644); err != nil {
				t.Error(err)
			}
			shut(t, i)
			i = open(t, path, Options{ReadOnly: true})
			if got := read(t, i, "/etc/new"); got != "news" {
				t.Errorf("read %q", got)
			}
			if err := i.Root().WriteFile("/etc/new", nil, 0o644); !strings.HasSuffix(err.Error(), unix.EROFS.Error()) {
				t.Errorf("writing to a read-only image: %v", err)
			}
			shut(t, i)
		})
	}
}

// Images that can't be written are opened all the same.
func TestReadOnly(t *testing.T) {
	fixture.Need(t)
	for _, kind := range []string{"squashfs", "erofs"} {
		t.Run(kind, func(t *testing.T) {
			i := open(t, fixture.FileSystem(t, kind, system), Options{})
			if got := read(t, i, fixture.OSRelease); got != "ID=x\n" {
				t.Errorf("read %q", got)
			}
			if err := i.Root().Mkdir("/x", 0o755); err == nil {
				t.Error("made a directory")
			}
			shut(t, i)
		})
	}
}

// Each partition is where it belongs, and goes with the others.
func TestPartitions(t *testing.T) {
	fixture.Need(t)
	part := func(name string) string { return fixture.FileSystem(t, "ext4", map[string]string{"is": name}) }
	path := fixture.GPT(t,
		fixture.Partition{Type: fixture.Swap, File: part("swap")},
		fixture.Partition{Type: fixture.Var, File: part("var")},
		fixture.Partition{Type: fixture.RootType(t, "root"), File: part("root")},
		fixture.Partition{Type: fixture.RootType(t, "usr"), Label: "v9",
			File: fixture.FileSystem(t, "ext4", map[string]string{"lib/os-release": "", "is": "old"})},
		fixture.Partition{Type: fixture.RootType(t, "usr"), Label: "v10",
			File: fixture.FileSystem(t, "ext4", map[string]string{"lib/os-release": "", "is": "usr"})},
		fixture.Partition{Type: fixture.Home, Flags: "63", File: part("no-auto")},
		fixture.Partition{Type: fixture.Srv, Flags: "60", File: part("srv")},
		fixture.Partition{Type: fixture.Tmp, File: part("tmp")},
		fixture.Partition{Type: fixture.Boot, File: part("boot")})
	i := open(t, path, Options{})
	for name, want := range map[string]string{"/is": "root", "/usr/is": "usr", "/var/is": "var", "/srv/is": "srv",
		"/var/tmp/is": "tmp", "/boot/is": "boot"} {
		if got := read(t, i, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if _, err := i.Root().Stat("/home"); err == nil {
		t.Error("a partition that is not to be mounted is, or has its directory")
	}
	if err := i.Root().Mkdir("/srv/x", 0o755); err == nil {
		t.Error("a read-only partition was written")
	}
	entries, err := os.ReadDir(i.Directory())
	names := ""
	for _, e := range entries {
		names += " " + e.Name()
	}
	if err != nil || names != " boot is lost+found srv usr var" {
		t.Errorf("the directory has%s, %v", names, err)
	}
	shut(t, i)
}

// A partition of the old kind that is marked is the root.
func TestMBR(t *testing.T) {
	fixture.Need(t)
	i := open(t, fixture.MBR(t,
		fixture.Partition{Type: "83", File: fixture.FileSystem(t, "ext4", nil)},
		fixture.Partition{Type: "83", Flags: "boot", File: fixture.FileSystem(t, "ext4", system)}), Options{})
	if got := read(t, i, fixture.OSRelease); got != "ID=x\n" {
		t.Errorf("read %q", got)
	}
	shut(t, i)
}

// A file system that is marked for it grows to the size of its partition.
func TestGrows(t *testing.T) {
	fixture.Need(t)
	const least = 300 << 20 // btrfs refuses to be resized to less than 256 MiB
	small := fixture.FileSystem(t, "btrfs", system)
	if err := os.Truncate(small, least); err != nil {
		t.Fatal(err)
	}
	path := fixture.GPT(t, fixture.Partition{Type: fixture.RootType(t, "root"), Flags: "59", File: small})
	var sizes []uint64
	for _, o := range []Options{{}, {Check: true}} {
		i := open(t, path, o)
		var st unix.Statfs_t
		if err := unix.Statfs(i.Directory(), &st); err != nil {
			t.Error(err)
		}
		sizes = append(sizes, st.Blocks*uint64(st.Bsize))
		shut(t, i)
	}
	if sizes[0] != 128<<20 || sizes[1] != least {
		t.Errorf("sizes %d", sizes)
	}
}

// Mounts of an image are seen by nobody, and go when the process forgets it; two at a time don't disturb each other.
func TestHidden(t *testing.T) {
	fixture.Need(t)
	one, two := fixture.FileSystem(t, "ext4", system), fixture.FileSystem(t, "ext4", map[string]string{
		fixture.OSRelease: "ID=two\n"})
	a, b := open(t, one, Options{}), open(t, two, Options{})
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || slices.ContainsFunc(strings.Split(string(mounts), "\n"), func(line string) bool {
		return strings.Contains(line, "/dev/loop")
	}) {
		t.Errorf("mounts are seen: %v\n%s", err, mounts)
	}
	if got := read(t, a, fixture.OSRelease) + read(t, b, fixture.OSRelease); got != "ID=x\nID=two\n" {
		t.Errorf("read %q", got)
	}
	shut(t, a)
	if got := read(t, b, fixture.OSRelease); got != "ID=two\n" {
		t.Errorf("read %q", got)
	}
	shut(t, b)
}

// Who comes second waits for the first, instead of destroying the file system.
func TestWaits(t *testing.T) {
	fixture.Need(t)
	path := fixture.FileSystem(t, "ext4", system)
	first := open(t, path, Options{})
	waiting, second := make(chan string, 1), make(chan *Image)
	go func() {
		i, err := Open(path, Options{Say: func(text string) { waiting <- text }})
		if err != nil {
			t.Error(err)
		}
		second <- i
	}()
	if text := <-waiting; text != path+" is in use, waiting." {
		t.Error(text)
	}
	if err := first.Root().WriteFile("/etc/first", []byte("1"), 0o644); err != nil {
		t.Error(err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	i := <-second
	if got := read(t, i, "/etc/first"); got != "1" {
		t.Errorf("read %q", got)
	}
	shut(t, i)
}
