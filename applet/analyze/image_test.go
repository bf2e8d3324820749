package analyze

import (
	"strings"
	"testing"

	twin "github.com/steward-init/steward/applet/beside"
	"github.com/steward-init/steward/image/fixture"
)

// The verbs that look at files look at those of an image, which they don't write, and for which it need not hold a
// whole system. What they say is what they say of a directory.
func TestImage(t *testing.T) {
	fixture.Need(t)
	files := map[string]string{
		"usr/lib/systemd/system/a.service":      "[Service]\nExecStart=/bin/a\nNoNewPrivileges=yes\nWrong=1\n",
		"usr/lib/systemd/system/sysinit.target": "", "usr/lib/systemd/system/basic.target": "",
		"usr/lib/systemd/system/shutdown.target": "", "etc/systemd/system.conf": "[Manager]\n#x\n", "bin/": "",
	}
	path := fixture.GPT(t, fixture.Partition{Type: fixture.RootType(t, "root"),
		File: fixture.FileSystem(t, "ext4", files)})
	tree := fixture.Tree(t, files)
	pair := twin.New(t, "systemd-analyze", Run)
	temporary, mountPoint := fixture.MountPoint(t, "systemd-analyze")
	for _, line := range []string{"cat-config systemd/system.conf", "security --offline=yes a.service --no-pager",
		"verify a.service --man=no", "condition --unit=a.service"} {
		c := twin.Case{Env: []string{"SYSTEMD_COLORS=0", "TMPDIR=" + temporary, "LANG=C.UTF-8"}}
		c.Args = append([]string{"--root=" + tree}, strings.Fields(line)...)
		want := pair.Ours(c)
		c.Args[0] = "--image=" + path
		got, theirs := pair.Ours(c), pair.Theirs(t, c)
		want.Out = strings.ReplaceAll(want.Out, tree+"/", path+":/")
		twin.Differ(t, "systemd-analyze", c, got, want)
		theirs.Out = mountPoint.ReplaceAllString(theirs.Out, path+":")
		if !strings.HasPrefix(line, "verify") && got.Out != theirs.Out || got.Status != theirs.Status {
			t.Errorf("%s:\n got %+v\nwant %+v", line, got, theirs)
		}
	}
	for _, line := range []string{"--root=/x verify a.service", "timespan 1"} {
		pair.Compare(t, twin.Case{Args: append([]string{"--image=" + path}, strings.Fields(line)...),
			Env: []string{"SYSTEMD_COLORS=0"}})
	}
}
