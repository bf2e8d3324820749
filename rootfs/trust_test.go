package rootfs

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOpenTrusted(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give files away")
	}
	const stranger = 4712
	top := t.TempDir()
	for _, dir := range []string{"mine/deep", "theirs/mine", "theirs/theirs"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(top, "mine/file"), "x")
	for name, target := range map[string]string{"theirs/link": "/mine/file", "theirs/up": "..", "link": "theirs/theirs",
		"mine/own": "file", "theirs/root": "/"} {
		if err := os.Symlink(target, filepath.Join(top, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"theirs", "theirs/theirs", "theirs/link", "theirs/up", "theirs/root"} {
		if err := os.Lchown(filepath.Join(top, name), stranger, stranger); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Open(top)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, c := range []struct {
		path   string
		follow bool
		want   error
	}{
		{"/", true, nil},
		{"mine/deep", true, nil},
		{"mine/own", true, nil},
		{"mine/deep/../file", true, nil},
		{"theirs/theirs", true, nil},
		{"link", true, nil},
		{"theirs/mine", true, unix.ENOLINK},
		{"theirs/link", false, nil},
		{"theirs/link", true, unix.ENOLINK},
		{"theirs/up/mine", true, unix.ENOLINK},
		{"theirs/../mine", true, unix.ENOLINK},
		{"theirs/root/mine", true, unix.ENOLINK},
		{"link/../mine", true, unix.ENOLINK},
		{"nothing", true, unix.ENOENT},
		{"mine/file/x", true, unix.ENOTDIR},
	} {
		f, err := r.OpenTrusted(c.path, c.follow)
		if err == nil {
			f.Close()
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.path, err, c.want)
		}
	}
	_, err = r.OpenTrusted("/theirs/mine", true)
	var u *UnsafeError
	if !errors.As(err, &u) || u.From != "/theirs" || u.To != "/theirs/mine" || u.FromOwner != stranger || u.ToOwner != 0 {
		t.Errorf("%+v", u)
	}
}
