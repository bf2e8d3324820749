package image

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/steward-init/steward/image/fixture"
)

// losetup makes a block device of a file for as long as the test runs.
func losetup(t *testing.T, options ...string) string {
	t.Helper()
	path, err := exec.LookPath("losetup")
	if err != nil {
		path = "/usr/sbin/losetup"
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("this needs losetup")
	}
	out, err := exec.Command(path, append([]string{"--find", "--show"}, options...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	device := strings.TrimSpace(string(out))
	t.Cleanup(func() {
		if out, err := exec.Command(path, "--detach", device).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return device
}

// A block device is opened like a file: with the kernel's own devices for its partitions, and without.
func TestDevice(t *testing.T) {
	fixture.Need(t)
	bare := fixture.FileSystem(t, "ext4", system)
	disk := func() string {
		return fixture.GPT(t, fixture.Partition{Type: fixture.RootType(t, "root"), File: bare},
			fixture.Partition{Type: fixture.Var, File: fixture.FileSystem(t, "ext4", map[string]string{"is": "var"})})
	}
	for name, device := range map[string]string{
		"bare":               losetup(t, fixture.Copy(t, bare)),
		"partitions":         losetup(t, "--partscan", disk()),
		"unknown partitions": losetup(t, disk()),
	} {
		for _, want := range []string{fixture.OSRelease, "/etc/new"} {
			i := open(t, device, Options{})
			if _, err := i.Root().Stat(want); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if got := read(t, i, "/var/is"); name != "bare" && got != "var" {
				t.Errorf("%s: /var/is: %q", name, got)
			}
			if err := i.Root().WriteFile("/etc/new", nil, 0o644); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			shut(t, i)
		}
	}
	i := open(t, losetup(t, "--read-only", bare), Options{})
	if err := i.Root().WriteFile("/etc/new", nil, 0o644); err == nil {
		t.Error("a read-only device was written")
	}
	shut(t, i)
}
