package mount

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	got := parse("22 1 0:1 / / rw,relatime shared:1 - overlay overlay rw\n" +
		"23 22 0:2 / /proc rw - proc proc rw\n" +
		"24 22 0:3 / /mnt rw shared:2 master:1 - tmpfs below rw\n" +
		"25 24 0:4 / /mnt ro - ext4 /dev/sda1 rw\n" +
		`26 22 0:5 / /a\040b\134c rw - tmpfs none rw` + "\n" +
		"27 22 0:6 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n" +
		"28 22 short\n" +
		"29 22 0:7 / /tmp rw -\n")
	want := []Point{
		{Where: "/", What: "overlay", Type: "overlay", Options: "rw,relatime"},
		{Where: "/mnt", What: "/dev/sda1", Type: "ext4", Options: "ro"},
		{Where: `/a b\c`, What: "none", Type: "tmpfs", Options: "rw"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestRead(t *testing.T) {
	points, err := Read()
	if err != nil || !slices.ContainsFunc(points, func(p Point) bool { return p.Where == "/" }) {
		t.Errorf("no root among %+v: %v", points, err)
	}
}

// TestWatch is told once at the beginning; that changes are told, the machine's test proves, where mounting is safe.
func TestWatch(t *testing.T) {
	told := make(chan struct{}, 1)
	if err := Watch(func() { told <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	<-told
}
