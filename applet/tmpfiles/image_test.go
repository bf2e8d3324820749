package tmpfiles

import (
	"os"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/beside"
	"github.com/steward-init/steward/image"
	"github.com/steward-init/steward/image/fixture"
)

// imageConfig is configuration of an image, also about what --image= passes over, and with lines that fail.
const imageConfig = `d /var/lib/x 0750 alice users
f /var/lib/x/file 0640 alice users - text
f+ /etc/machine-info - - - - NAME=%o
L /var/link - - - - /etc/os-release
C /etc/copy - - - - /usr/lib/src
D /var/emptied 0755
R /var/gone
r /var/file
z /usr/lib/src 0600
d /run/x
d /dev/x
d /tmp/x 1777 - - 0
p /var/fifo
f /etc/os-release/impossible
d /var/bad nobody-knows
`

// Both systemd-tmpfiles --image= make the same files, and say the same.
func TestImageAgainstOracle(t *testing.T) {
	fixture.Need(t)
	system := fixture.FileSystem(t, "ext4", map[string]string{
		fixture.OSRelease: "ID=x\n", "usr/lib/tmpfiles.d/x.conf": imageConfig, "usr/lib/src/a": "a\n",
		"etc/passwd": "root:x:0:0::/root:/bin/sh\nalice:x:4711:4700::/:/bin/sh\n", "etc/group": "root:x:0:\nusers:x:4700:\n",
		"var/emptied/in": "", "var/gone/deep/in": "", "var/file": "", "run/": "", "dev/": "", "tmp/x/old": "",
	})
	pair := beside.New(t, "systemd-tmpfiles", Run)
	dir, mountPoint := fixture.MountPoint(t, "systemd-tmpfiles")
	for _, path := range []string{system,
		fixture.GPT(t, fixture.Partition{Type: fixture.RootType(t, "root"), File: system},
			fixture.Partition{Type: fixture.Var, File: fixture.FileSystem(t, "ext4", map[string]string{"gone/x": ""})}),
		fixture.GPT(t, fixture.Partition{Type: fixture.RootType(t, "root"), File: system, Flags: "60"})} {
		ours, theirs := fixture.Copy(t, path), fixture.Copy(t, path)
		for _, options := range []string{"--create", "--create --prefix=/etc", "--clean", "--remove", "--create --remove",
			"--create --root=/x", "--create --user"} {
			c := beside.Case{Args: strings.Fields(options),
				Env: []string{"SYSTEMD_COLORS=0", "TMPDIR=" + dir, "PATH=" + os.Getenv("PATH"), "HOME=/root"}}
			pair.CompareImages(t, c, theirs, ours, mountPoint)
		}
		if got, want := contents(t, ours), contents(t, theirs); got != want {
			t.Errorf("the images differ:\n%s\nwant:\n%s", got, want)
		}
	}
}

// contents is what is in an image.
func contents(t *testing.T, path string) string {
	t.Helper()
	i, err := image.Open(path, image.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	list := fixture.Listing(t, i.Directory())
	if err := i.Close(); err != nil {
		t.Error(err)
	}
	return list
}
