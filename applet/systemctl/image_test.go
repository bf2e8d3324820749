package systemctl_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/beside"
	"github.com/steward-init/steward/applet/systemctl"
	"github.com/steward-init/steward/image"
	"github.com/steward-init/steward/image/fixture"
)

// imageFiles are the files of a system with some units.
var imageFiles = map[string]string{
	fixture.OSRelease: "ID=x\n",
	"usr/lib/systemd/system/a.service": "[Service]\nExecStart=/bin/a\n[Install]\nWantedBy=multi-user.target\n" +
		"Also=b.socket\nAlias=other.service\n",
	"usr/lib/systemd/system/b.socket":              "[Socket]\nListenStream=/run/b\n[Install]\nWantedBy=sockets.target\n",
	"usr/lib/systemd/system/b.service":             "[Service]\nExecStart=/bin/b\n",
	"usr/lib/systemd/system/t@.service":            "[Service]\nExecStart=/bin/t\n[Install]\nWantedBy=multi-user.target\n",
	"usr/lib/systemd/system/multi-user.target":     "[Unit]\n",
	"usr/lib/systemd/system/sockets.target":        "[Unit]\n",
	"usr/lib/systemd/system-preset/50-x.preset":    "disable a.service\nenable b.*\n",
	"etc/systemd/system/local.service":             "[Service]\nExecStart=/bin/l\n[Install]\nRequiredBy=a.service\n",
	"etc/systemd/system/a.service.d/override.conf": "[Unit]\nDescription=A\n",
}

// readingVerbs and writingVerbs are what is done to images.
var (
	readingVerbs = []string{"list-unit-files", "is-enabled a.service", "list-unit-files *.service --state=enabled",
		"get-default", "is-enabled a.service b.socket t@1.service other.service", "enable none.service",
		"start a.service", "list-units"}
	writingVerbs = []string{"mask b.service", "is-enabled b.service", "unmask b.service",
		"set-default multi-user.target", "get-default", "enable a.service t@1.service", "disable a.service", "preset-all",
		"add-wants multi-user.target local.service", "reenable a.service", "preset a.service", "revert a.service",
		"enable a.service --runtime", "list-unit-files", "is-enabled a.service b.socket t@1.service other.service"}
)

// TestImageAgainstOracle has both systemctl --image= work on copies of an image, for each way to lay one out, and
// compares what they say and what the images have then.
func TestImageAgainstOracle(t *testing.T) {
	fixture.Need(t)
	system, other := fixture.FileSystem(t, "ext4", imageFiles), fixture.FileSystem(t, "ext4", nil)
	root := fixture.Partition{Type: fixture.RootType(t, "root"), File: system}
	generic := fixture.Partition{Type: fixture.Generic, File: system}
	with := func(p fixture.Partition, flags string) fixture.Partition {
		p.Flags = flags
		return p
	}
	all := slices.Concat(readingVerbs, writingVerbs)
	for _, c := range []struct {
		name  string
		verbs []string
		image func(t *testing.T) string
	}{
		{"bare", all, func(*testing.T) string { return system }},
		{"btrfs", append(readingVerbs, writingVerbs[0]), func(t *testing.T) string {
			return fixture.FileSystem(t, "btrfs", imageFiles)
		}},
		{"gpt", all, func(t *testing.T) string {
			return fixture.GPT(t, fixture.Partition{Type: fixture.Var, File: other}, root)
		}},
		{"mbr", append(readingVerbs, writingVerbs[0]), func(t *testing.T) string {
			return fixture.MBR(t, fixture.Partition{Type: "83", Flags: "boot", File: system})
		}},
		// Where nothing can be written, systemd says of what is in a directory that is missing that it does not exist.
		{"read-only", append(readingVerbs, "mask b.service"), func(t *testing.T) string {
			return fixture.GPT(t, with(root, "60"))
		}},
		{"squashfs", append(readingVerbs, "set-default multi-user.target"), func(t *testing.T) string {
			return fixture.FileSystem(t, "squashfs", imageFiles)
		}},
		{"no-auto", readingVerbs[:2], func(t *testing.T) string { return fixture.GPT(t, with(root, "63")) }},
		{"two", readingVerbs[:2], func(t *testing.T) string { return fixture.GPT(t, generic, generic) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			pair := beside.New(t, "systemctl", systemctl.Run)
			path := c.image(t)
			ours, theirs := fixture.Copy(t, path), fixture.Copy(t, path)
			for _, verb := range c.verbs {
				compareOnImages(t, pair, verb, ours, theirs)
			}
			if got, want := contents(t, ours), contents(t, theirs); got != want {
				t.Errorf("the images differ:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// compareOnImages has both do a verb on a copy each.
func compareOnImages(t *testing.T, pair beside.Pair, verb, ours, theirs string) {
	t.Helper()
	dir, mountPoint := fixture.MountPoint(t, "systemctl")
	c := beside.Case{Env: []string{"SYSTEMD_COLORS=0", "LANG=C.UTF-8", "TMPDIR=" + dir}}
	c.Args = append([]string{"--image=" + theirs}, strings.Fields(verb)...)
	want := pair.Theirs(t, c)
	want.Err = strings.ReplaceAll(mountPoint.ReplaceAllString(want.Err, "IMAGE:"), theirs, "IMAGE")
	c.Args[0] = "--image=" + ours
	got := pair.Ours(c)
	got.Err = strings.ReplaceAll(got.Err, ours, "IMAGE")
	// The order of what is removed is that of the directory, for systemd.
	got.Err, want.Err = sorted(got.Err), sorted(want.Err)
	beside.Differ(t, "systemctl", c, got, want)
}

func sorted(text string) string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// contents is what is in an image; "" for one that can't be opened.
func contents(t *testing.T, path string) string {
	t.Helper()
	i, err := image.Open(path, image.Options{ReadOnly: true, AnyFiles: true})
	if err != nil {
		return ""
	}
	list := fixture.Listing(t, i.Directory())
	if err := i.Close(); err != nil {
		t.Error(err)
	}
	return list
}
