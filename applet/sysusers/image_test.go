package sysusers

import (
	"os"
	"testing"

	"github.com/steward-init/steward/applet/beside"
	"github.com/steward-init/steward/image"
	"github.com/steward-init/steward/image/fixture"
)

// Both systemd-sysusers --image= make the same accounts, and say the same.
func TestImageAgainstOracle(t *testing.T) {
	fixture.Need(t)
	system := fixture.FileSystem(t, "ext4", map[string]string{
		fixture.OSRelease:           "ID=x\n",
		"usr/lib/sysusers.d/x.conf": "u first 441 \"The first\" /first\ng second 442\nm first second\nbad line\n",
		"etc/passwd":                "root:x:0:0:root:/root:/bin/sh\n", "etc/group": "root:x:0:\n",
	})
	pair := beside.New(t, "systemd-sysusers", Run)
	dir, mountPoint := fixture.MountPoint(t, "systemd-sysusers")
	for _, path := range []string{system,
		fixture.GPT(t, fixture.Partition{Type: fixture.RootType(t, "root"), File: system}),
		fixture.GPT(t, fixture.Partition{Type: fixture.Swap, File: system})} {
		ours, theirs := fixture.Copy(t, path), fixture.Copy(t, path)
		for _, options := range [][]string{{"--dry-run"}, nil, {"--inline", "u third 443"}, {"--root=/x"}} {
			c := beside.Case{Args: options, Env: []string{"SYSTEMD_COLORS=0", "SOURCE_DATE_EPOCH=86400",
				"TMPDIR=" + dir, "PATH=" + os.Getenv("PATH")}}
			pair.CompareImages(t, c, theirs, ours, mountPoint)
		}
		if got, want := accounts(t, ours), accounts(t, theirs); got != want {
			t.Errorf("accounts differ:\n%s\nwant:\n%s", got, want)
		}
	}
}

// accounts are the account files of an image; "" for one that can't be opened.
func accounts(t *testing.T, path string) string {
	t.Helper()
	i, err := image.Open(path, image.Options{ReadOnly: true})
	if err != nil {
		return ""
	}
	list := fixture.Listing(t, i.Directory()+"/etc")
	if err := i.Close(); err != nil {
		t.Error(err)
	}
	return list
}
