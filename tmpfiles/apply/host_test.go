package apply

import "testing"

func TestAutomounted(t *testing.T) {
	a := &Applier{mountsKnown: true, mounts: automounts(`21 1 0:20 / / rw - ext4 /dev/sda rw
22 21 0:21 / /proc rw - proc proc rw
23 22 0:22 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw,fd=31
24 21 0:23 / /net rw - autofs a rw
25 24 0:24 / /net/host\040one rw - nfs host:/ rw
26 21 0:25 / /covered rw - autofs a rw
27 26 0:26 / /covered rw - nfs host:/ rw
`)}
	for path, want := range map[string]bool{
		"/": false, "/etc": false, "/proc/sys/fs": false, "/proc/sys/fs/binfmt_misc": true,
		"/proc/sys/fs/binfmt_misc/register": true, "/net": true, "/network": false, "/net/other": true,
		"/net/host one/file": false, "/covered/file": false,
	} {
		if got := a.automounted(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	if list := automounts("21 1 0:20 / / rw - ext4 /dev/sda rw\n"); list != nil {
		t.Errorf("without autofs: %v", list)
	}
}
