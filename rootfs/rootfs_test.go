package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// both runs a test with the kernel's resolution and with our own.
func both(t *testing.T, test func(t *testing.T, r *Root, outside string)) {
	for _, walk := range []bool{false, true} {
		name := map[bool]string{false: "kernel", true: "walk"}[walk]
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			for _, dir := range []string{"root/etc/deep/er", "root/usr", "outside"} {
				if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			write(t, filepath.Join(top, "root/etc/file"), "inside")
			write(t, filepath.Join(top, "outside/file"), "outside")
			for name, target := range map[string]string{
				"absolute":   "/etc/file",
				"relative":   "etc/file",
				"dots":       "../../../../../../etc/file",
				"out":        filepath.Join(top, "outside"),
				"outdots":    "../outside",
				"dir":        "/etc/deep",
				"loop":       "loop",
				"ping":       "pong",
				"pong":       "/ping",
				"dangling":   "/etc/new",
				"etc/up":     "..",
				"etc/deep/x": "../../etc/./file",
			} {
				if err := os.Symlink(target, filepath.Join(top, "root", name)); err != nil {
					t.Fatal(err)
				}
			}
			r, err := Open(filepath.Join(top, "root"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.Close() })
			r.walk = walk
			test(t, r, filepath.Join(top, "outside"))
			if got := read(t, filepath.Join(top, "outside/file")); got != "outside" {
				t.Errorf("the file outside says %q", got)
			}
			if list, _ := os.ReadDir(filepath.Join(top, "outside")); len(list) != 1 {
				t.Errorf("outside are %v", list)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestOpenStaysInside(t *testing.T) {
	both(t, func(t *testing.T, r *Root, outside string) {
		for _, c := range []struct {
			path string
			want error // nil is the file inside
		}{
			{"/etc/file", nil},
			{"etc/file", nil},
			{"//etc/./deep/../file", nil},
			{"absolute", nil},
			{"relative", nil},
			{"dots", nil},
			{"dir/x", nil},
			{"dir/../file", nil},
			{"etc/up/etc/file", nil},
			{"../../etc/file", nil},
			{"out/file", unix.ENOENT},
			{"outdots/file", unix.ENOENT},
			{"outdots", unix.ENOENT},
			{"../outside/file", unix.ENOENT},
			{"loop", unix.ELOOP},
			{"ping/x", unix.ELOOP},
			{"dangling", unix.ENOENT},
			{"etc/file/x", unix.ENOTDIR},
			{"etc/file/", unix.ENOTDIR},
			{"nothing", unix.ENOENT},
		} {
			data, err := r.ReadFile(c.path, 100)
			if !errors.Is(err, c.want) || c.want == nil && string(data) != "inside" {
				t.Errorf("%s: %q, %v; want %v", c.path, data, err, c.want)
			}
		}
	})
}

func TestOpenFlags(t *testing.T) {
	both(t, func(t *testing.T, r *Root, outside string) {
		if _, err := r.Open("absolute", unix.O_RDONLY|unix.O_NOFOLLOW, 0); !errors.Is(err, unix.ELOOP) {
			t.Errorf("a symlink that is not to be followed: %v", err)
		}
		f, err := r.Open("dangling", unix.O_WRONLY|unix.O_CREAT, 0o640)
		if err != nil {
			t.Fatalf("create through a symlink: %v", err)
		}
		f.Close()
		if st, err := r.Lstat("/etc/new"); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
			t.Errorf("what was created: %+v, %v", st.Mode, err)
		}
		for path, want := range map[string]error{"etc": unix.EISDIR, "etc/new2/": unix.EISDIR, "out": unix.ENOENT} {
			if _, err := r.Open(path, unix.O_WRONLY|unix.O_CREAT, 0o600); !errors.Is(err, want) {
				t.Errorf("create %s: %v, want %v", path, err, want)
			}
		}
	})
}

func TestChangesStayInside(t *testing.T) {
	both(t, func(t *testing.T, r *Root, outside string) {
		for what, err := range map[string]error{
			"mkdir below a link out":  r.MkdirAll("out/a/b", 0o755),
			"file below a link out":   r.WriteFile("outdots/file", []byte("x"), 0o644),
			"link below a link out":   r.Symlink("x", "out/link"),
			"remove below a link out": r.Remove("out/file"),
			"rename to a link out":    r.Rename("etc/file", "out/file"),
			"mkdir in a loop":         r.MkdirAll("loop/a", 0o755),
		} {
			if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ELOOP) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := r.RemoveAll("out"); err != nil {
			t.Errorf("remove the link itself: %v", err)
		}
		for _, path := range []string{"..", "/", "", "etc/..", "etc/."} {
			if err := r.Remove(path); !errors.Is(err, unix.EINVAL) {
				t.Errorf("remove %q: %v", path, err)
			}
		}
	})
}

func TestChanges(t *testing.T) {
	both(t, func(t *testing.T, r *Root, _ string) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(r.MkdirAll("dir/one/two", 0o755))
		must(r.MkdirAll("dir/one/two", 0o755))
		must(r.WriteFile("dir/one/two/file", []byte("new"), 0o4711))
		st, err := r.Lstat("etc/deep/one/two/file")
		must(err)
		if st.Mode != unix.S_IFREG|0o4711 {
			t.Errorf("mode %o", st.Mode)
		}
		must(r.WriteFile("absolute", []byte("new"), 0o644))
		if data, err := r.ReadFile("etc/file", 100); string(data) != "inside" || err != nil {
			t.Errorf("a symlink's target was written: %q, %v", data, err)
		}
		if _, err := r.ReadFile("etc/file", 5); !errors.Is(err, unix.EFBIG) {
			t.Errorf("a large file: %v", err)
		}
		if err := r.Symlink("x", "etc/file"); !errors.Is(err, fs.ErrExist) {
			t.Errorf("a symlink in a file's place: %v", err)
		}
		must(r.Relink("../there", "etc/file"))
		if target, err := r.Readlink("/etc/file"); target != "../there" || err != nil {
			t.Errorf("relinked: %q, %v", target, err)
		}
		must(r.Rename("dir/one/two/file", "usr/file"))
		must(r.RemoveAll("etc/deep"))
		must(r.RemoveAll("etc/deep"))
		must(r.Remove("etc/up"))
		list, err := r.ReadDir("/etc")
		must(err)
		var names []string
		for _, e := range list {
			names = append(names, e.Name())
		}
		if got := strings.Join(names, " "); got != "file" {
			t.Errorf("left in etc: %s", got)
		}
	})
}

func TestResolve(t *testing.T) {
	both(t, func(t *testing.T, r *Root, outside string) {
		for path, want := range map[string]string{
			"absolute":          "/etc/file",
			"dots":              "/etc/file",
			"dir/er/..//x":      "/etc/file",
			"":                  "/",
			"..":                "/",
			"etc/up":            "/",
			"out/file":          outside + "/file",
			"dangling":          "/etc/new",
			"dir/nothing/there": "/etc/deep/nothing/there",
		} {
			if got, err := r.Resolve(path); got != want || err != nil {
				t.Errorf("%q: %q, %v; want %q", path, got, err, want)
			}
		}
		if _, err := r.Resolve("ping"); !errors.Is(err, unix.ELOOP) {
			t.Errorf("a loop: %v", err)
		}
	})
}

// What is mounted somewhere is somebody else's, also if it is of the same file system.
func TestRemoveAllStopsAtMounts(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to mount")
	}
	top := t.TempDir()
	for _, dir := range []string{"a/b/mount", "c/deep"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(top, "c/file"), "keep")
	write(t, filepath.Join(top, "a/file"), "gone")
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for good: the thread has its own mounts, and ends with the goroutine
		result <- func() error {
			err := errors.Join(unix.Unshare(unix.CLONE_FS|unix.CLONE_NEWNS),
				unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
				unix.Mount(filepath.Join(top, "c"), filepath.Join(top, "a/b/mount"), "", unix.MS_BIND, ""))
			if err != nil {
				return err
			}
			r, err := Open(top)
			if err != nil {
				return err
			}
			defer r.Close()
			if err := r.RemoveAll("a/b/mount"); !errors.Is(err, unix.EBUSY) {
				t.Errorf("a mount point: %v", err)
			}
			if err := r.RemoveAll("a"); !errors.Is(err, unix.ENOTEMPTY) {
				t.Errorf("a directory with a mount point in it: %v", err)
			}
			return nil
		}()
	}()
	if err := <-result; errors.Is(err, unix.EPERM) {
		t.Skip("needs the right to mount")
	} else if err != nil {
		t.Fatal(err)
	}
	if read(t, filepath.Join(top, "c/file")) != "keep" {
		t.Error("what was mounted is gone")
	}
	if _, err := os.Lstat(filepath.Join(top, "a/file")); err == nil {
		t.Error("what was not mounted is there")
	}
}

func TestLongNames(t *testing.T) {
	both(t, func(t *testing.T, r *Root, _ string) {
		name := "etc/" + strings.Repeat("n", maxBase)
		if err := errors.Join(r.WriteFile(name, nil, 0o600), r.Relink("x", name)); err != nil {
			t.Error(err)
		}
		if err := r.WriteFile(name+"n", nil, 0o600); !errors.Is(err, unix.ENAMETOOLONG) {
			t.Errorf("too long: %v", err)
		}
	})
}
