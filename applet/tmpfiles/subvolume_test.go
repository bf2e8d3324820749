package tmpfiles

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/steward-init/steward/applet/beside"
	"github.com/steward-init/steward/image"
	"github.com/steward-init/steward/image/fixture"
	"github.com/steward-init/steward/sys"
)

// subvolumes are lines that make some, and what will be removed and cleaned up.
const subvolumes = `v /v 0750 1000 1001
v /deep/er/v
d /d
v /d/v 0700
v /etc
v /etc/os-release
v /R
f /R/f
v /Rn
v /Rn/n
f /Rn/n/f
v /Rn/n/nn
v /r
v /rf
f /rf/f
d /plain
v /plain/s
f /plain/s/f
v /D
v /D/s
f /D/s/f
d /Dx
v /Dx/ro
f /Dx/ro/f
v /ro
f /ro/f
d /x
v /x/ro
f /x/ro/f
v /clean
f /clean/f
v /clean/s
f /clean/s/f
d /cleanp
v /cleanp/e
v /cleanp/s
f /cleanp/s/f
v /rep
f /rep/f
`

const removal = "R /R\nR /Rn\nr /r\nr /rf\nR /plain\nD /D\nD /Dx\nR /ro\nR /x\ne /clean - - - 0\ne /cleanp - - - 0\n" +
	"f= /rep - - - - x\n"

// btrfsImage is an image of a system on btrfs, whose root is a subvolume as all of them are.
func btrfsImage(t *testing.T) string {
	t.Helper()
	fixture.Need(t)
	return fixture.FileSystem(t, "btrfs", map[string]string{fixture.OSRelease: "ID=x\n"})
}

// inImage does something in an image that is open.
func inImage(t *testing.T, path string, do func(dir string)) {
	t.Helper()
	i, err := image.Open(path, image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	do(i.Directory())
	if err := i.Close(); err != nil {
		t.Error(err)
	}
}

// tree lists what is in a directory, with a mark at each subvolume.
func tree(t *testing.T, top string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(top+"/", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		mark := ""
		if st.Ino == 256 && info.IsDir() {
			mark = " subvolume"
		}
		fmt.Fprintf(&b, "%s %s %d:%d%s\n", strings.TrimPrefix(path, top), info.Mode(), st.Uid, st.Gid, mark)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return b.String()
}

// btrfs has a shell do something in the root of an image, mounted where nobody else sees it: btrfs(8) takes no path
// that leads through a descriptor.
func btrfs(t *testing.T, path, script string) {
	t.Helper()
	cmd := exec.Command("unshare", "--mount", "sh", "-ec", `mount -o loop "$1" "$2"; cd "$2"; eval "$3"`, "sh", path,
		t.TempDir(), script)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// Both systemd-tmpfiles make, remove and clean up the same subvolumes.
func TestSubvolumesAgainstOracle(t *testing.T) {
	path := btrfsImage(t)
	pair := beside.New(t, "systemd-tmpfiles", Run)
	dir, mountPoint := fixture.MountPoint(t, "systemd-tmpfiles")
	ours, theirs := fixture.Copy(t, path), fixture.Copy(t, path)
	for _, step := range []struct{ option, config string }{{"--create", subvolumes}, {"--create", subvolumes},
		{"--remove", removal}, {"--clean", removal}, {"--create", removal}} {
		c := beside.Case{Args: []string{"--image=" + theirs, step.option, "-"}, In: step.config,
			Env: []string{"SYSTEMD_COLORS=0", "TMPDIR=" + dir, "PATH=/usr/bin:/usr/sbin"}}
		want := pair.Theirs(t, c)
		c.Args[0] = "--image=" + ours
		got := pair.Ours(c)
		want.Err = mountPoint.ReplaceAllString(want.Err, "IMAGE:")
		got.Err = strings.ReplaceAll(got.Err, ours, "IMAGE")
		beside.Differ(t, "systemd-tmpfiles", c, got, want)
		var trees []string
		for _, path := range []string{ours, theirs} {
			inImage(t, path, func(dir string) {
				trees = append(trees, tree(t, dir))
			})
			if step.config == subvolumes {
				btrfs(t, path, "for v in Dx/ro ro x/ro; do btrfs property set $v ro true; done")
			}
		}
		if trees[0] != trees[1] {
			t.Errorf("%s:\n%s\nwant:\n%s", step.option, trees[0], trees[1])
		}
		if step.option == "--create" && !strings.Contains(trees[0], "subvolume\n/") {
			t.Errorf("no subvolumes:\n%s", trees[0])
		}
	}
}

// Subvolumes are made where the root is one, or where it is wanted.
func TestSubvolumesElsewhere(t *testing.T) {
	path := btrfsImage(t)
	inImage(t, path, func(dir string) {
		ours := func(root, config string, env ...string) beside.Result {
			c := beside.Case{Args: []string{"--root=" + dir + root, "--create", "-"}, In: config, Env: env}
			return beside.Alone("systemd-tmpfiles", Run).Ours(c)
		}
		for _, c := range []struct {
			root string
			env  []string
			want bool
		}{
			{"/", nil, true}, {"/etc", nil, false},
			{"/etc", []string{"SYSTEMD_TMPFILES_FORCE_SUBVOL=1"}, true},
			{"/", []string{"SYSTEMD_TMPFILES_FORCE_SUBVOL=0"}, false},
			{"/", []string{"SYSTEMD_TMPFILES_FORCE_SUBVOL=nonsense"}, true},
		} {
			for _, kind := range []string{"v", "q", "Q"} {
				got := ours(c.root, kind+" /made", c.env...)
				info, err := os.Stat(dir + c.root + "/made")
				if err != nil || got.Status != 0 || got.Err != "" {
					t.Fatalf("%s: %+v, %v", c.root, got, err)
				}
				if is := info.Sys().(*syscall.Stat_t).Ino == 256; is != c.want {
					t.Errorf("%s in %s with %q: subvolume %v, want %v", kind, c.root, c.env, is, c.want)
				}
				if err := os.Remove(dir + c.root + "/made"); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

// q puts a subvolume into its parent's groups, Q into one of its own below these, which goes with it. tmpfiles.d(5).
func TestQuotaGroups(t *testing.T) {
	path := btrfsImage(t)
	run := func(option, config string) {
		t.Helper()
		c := beside.Case{Args: []string{"--image=" + path, option, "-"}, In: config}
		got := beside.Alone("systemd-tmpfiles", Run).Ours(c)
		if got.Status != 0 || got.Err != "" {
			t.Errorf("%+v", got)
		}
	}
	btrfs(t, path, "btrfs quota enable .")
	run("--create", "v /v\nq /q\nQ /Q\nq /Q/q\nQ /Q/Q\nQ /Q/Q/Q\nv /Q/v\nq /Q/Q/d/q\n")
	const level = 1 << 48
	var numbers []uint64
	inImage(t, path, func(dir string) {
		id := func(name string) uint64 { return subvolumeID(t, dir+name) }
		top, inner, innermost := 255*level+id("/Q"), 254*level+id("/Q/Q"), 253*level+id("/Q/Q/Q")
		for group, want := range map[uint64][]uint64{
			id("/v"): nil, id("/q"): nil, id("/Q/v"): nil, id("/Q"): {top}, top: nil, id("/Q/q"): {top}, id("/Q/Q"): {inner},
			inner: {top}, id("/Q/Q/Q"): {innermost}, innermost: {inner}, id("/Q/Q/d/q"): {inner},
		} {
			if got := groupsAbove(t, dir, group); !slices.Equal(got, want) {
				t.Errorf("above %d/%d are %d, want %d", group/level, group%level, got, want)
			}
		}
		numbers = []uint64{top, inner, innermost}
	})
	run("--remove", "R /Q\n")
	inImage(t, path, func(dir string) {
		f, err := os.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, group := range numbers {
			// Only one that is not there yet can be made.
			if err := sys.CreateGroup(int(f.Fd()), group); err != nil {
				t.Errorf("%d/%d is left: %v", group/level, group%level, err)
			}
		}
	})
}

func subvolumeID(t *testing.T, path string) uint64 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	id, err := sys.SubvolumeID(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func groupsAbove(t *testing.T, path string, group uint64) []uint64 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	groups, err := sys.GroupsAbove(int(f.Fd()), group)
	if err != nil {
		t.Fatal(err)
	}
	return groups
}
