package files_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/steward-init/steward/host/files"
)

// TestTreeStaysInside has symlinks lead out of a tree in every way: nothing outside is read, made or removed.
func TestTreeStaysInside(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	err := errors.Join(os.WriteFile(outside+"/secret", []byte("x"), 0o644), os.Mkdir(dir+"/etc", 0o755),
		os.Symlink(outside, dir+"/etc/abs"), os.Symlink("../../../../.."+outside, dir+"/etc/rel"),
		os.Symlink("loop", dir+"/etc/loop"), os.Symlink(outside+"/secret", dir+"/etc/file"))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := files.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	for _, path := range []string{"/etc/abs/secret", "/etc/rel/secret", "/etc/loop/secret",
		"/etc/../../" + outside + "/secret"} {
		if _, _, err := tree.ReadFile(path, 100); err == nil {
			t.Errorf("%s can be read", path)
		}
		if err := tree.Unlink(path); err == nil {
			t.Errorf("%s can be removed", path)
		}
		if err := tree.RemoveAll(path); err == nil && path == "/etc/loop/secret" {
			t.Errorf("%s can be removed", path)
		}
	}
	if err := tree.Symlink("/dev/null", "/etc/abs/new", false); err == nil {
		t.Error("a symlink that leads nowhere inside has a file below it")
	}
	if err := tree.RemoveAll("/etc/abs"); err != nil {
		t.Error(err)
	}
	if list, err := os.ReadDir(outside); err != nil || len(list) != 1 {
		t.Errorf("outside: %v, %v", list, err)
	}
}

func TestTreeEdits(t *testing.T) {
	dir := t.TempDir()
	tree, err := files.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	link := func() string {
		target, _ := os.Readlink(filepath.Join(dir, "a/b/link")) // "" if there is none
		return target
	}
	if err := tree.Symlink("one", "/a/b/link", false); err != nil || link() != "one" {
		t.Errorf("%v, %q", err, link())
	}
	if err := tree.Symlink("two", "/a/b/link", false); !errors.Is(err, fs.ErrExist) || link() != "one" {
		t.Errorf("%v, %q", err, link())
	}
	if err := tree.Symlink("two", "/a/b/link", true); err != nil || link() != "two" {
		t.Errorf("%v, %q", err, link())
	}
	if err := os.WriteFile(dir+"/a/b/file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if tree.Unlink("/a/b/file") == nil || tree.Symlink("x", "/a/b/file", true) == nil {
		t.Error("a file was taken for a symlink")
	}
	if err := tree.Unlink("/a/b/link"); err != nil || link() != "" {
		t.Errorf("%v, %q", err, link())
	}
	if tree.RemoveEmpty("/a/b") == nil {
		t.Error("a full directory was removed")
	}
	if err := errors.Join(tree.RemoveAll("/a/b/file"), tree.RemoveEmpty("/a/b")); err != nil {
		t.Error(err)
	}
}
