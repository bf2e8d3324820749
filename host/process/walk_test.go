package process

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/model"
)

// theirs is the user that a service of these tests has.
const theirs = 65534

// captured makes a root with a directory that belongs to a service, which put a link to another's directory there.
func captured(t *testing.T) (root, victim string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can have the directories of others")
	}
	root = t.TempDir()
	victim = filepath.Join(root, "victim")
	err := errors.Join(os.MkdirAll(filepath.Join(victim, "c"), 0o700), os.Mkdir(filepath.Join(root, "a"), 0o755),
		os.Lchown(filepath.Join(root, "a"), theirs, theirs), os.Symlink("../victim", filepath.Join(root, "a/b")),
		os.Lchown(filepath.Join(root, "a/b"), theirs, theirs))
	if err != nil {
		t.Fatal(err)
	}
	return root, victim
}

// TestServiceLeadsNobodyAstray has a service put a link in the middle of a name that a unit gives below the service's
// own directory: nothing is made, given away or removed behind it.
func TestServiceLeadsNobodyAstray(t *testing.T) {
	root, victim := captured(t)
	id := &identity{uid: theirs, gid: theirs}
	for _, name := range []string{"a/b/c", "a/b/new", "a/b/new/deep"} {
		if err := makeOwned(root, name, 0o777, false, id); !errors.Is(err, unix.ELOOP) {
			t.Errorf("%s: made, %v", name, err)
		}
		if err := link(root, "x", name); !errors.Is(err, unix.ELOOP) {
			t.Errorf("%s: linked, %v", name, err)
		}
		if err := remove(root, name); !errors.Is(err, unix.ELOOP) {
			t.Errorf("%s: removed, %v", name, err)
		}
		if err := unlink(root, name); !errors.Is(err, unix.ELOOP) {
			t.Errorf("%s: unlinked, %v", name, err)
		}
	}
	entries, err := os.ReadDir(victim)
	if err != nil || len(entries) != 1 {
		t.Errorf("another's directory: %v, %v", entries, err)
	}
	var st unix.Stat_t
	if err := unix.Lstat(filepath.Join(victim, "c"), &st); err != nil || st.Uid != 0 || st.Mode&0o777 != 0o700 {
		t.Errorf("another's file: user %d, mode %o, %v", st.Uid, st.Mode, err)
	}
	if err := remove(root, "a/b"); err != nil { // the link itself is the service's
		t.Error(err)
	}
	if _, err := os.Lstat(victim); err != nil {
		t.Error(err)
	}
}

// TestAdministratorLeadsTheWay: a link that root, or the manager's own user, made in the middle is followed.
func TestAdministratorLeadsTheWay(t *testing.T) {
	root, elsewhere := t.TempDir(), t.TempDir()
	id := &identity{uid: uint32(os.Getuid()), gid: uint32(os.Getgid())}
	if err := os.Symlink(elsewhere, filepath.Join(root, "a")); err != nil {
		t.Fatal(err)
	}
	if err := makeOwned(root, "a/b/c", 0o750, false, id); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(elsewhere, "b/c")); err != nil || info.Mode().Perm() != 0o750 {
		t.Errorf("%v, %v", info, err)
	}
	if err := remove(root, "a/b"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(elsewhere, "b")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	for _, name := range []string{"", ".", "..", "/", "a/../../b"} {
		if err := makeOwned(root, name, 0o750, false, id); !errors.Is(err, unix.EINVAL) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := remove(filepath.Join(root, "missing"), "x"); err != nil {
		t.Error(err)
	}
}

// TestDirectoryLinks makes the links of RuntimeDirectory=foo/x:bar/y, which are relative and go with the directory.
// systemd.exec(5), RuntimeDirectory=.
func TestDirectoryLinks(t *testing.T) {
	root := t.TempDir()
	l := &Launcher{}
	l.Roots[model.DirRuntime] = root
	exec := &model.Exec{Directories: []model.Directory{{Kind: model.DirRuntime, Mode: 0o755, Paths: []string{"foo/x"},
		Links: [][2]string{{"foo/x", "bar/y"}, {"foo/x", "baz"}}}}}
	id := &identity{uid: uint32(os.Getuid()), gid: uint32(os.Getgid())}
	for range 2 { // those that are right may be there
		if err := l.directories(exec, id); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"bar/y": "../foo/x", "baz": "foo/x"} {
		if got, err := os.Readlink(filepath.Join(root, name)); err != nil || got != want {
			t.Errorf("%s -> %s, want %s; %v", name, got, want, err)
		}
	}
	if err := l.RemoveRuntime(exec); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"bar/y", "baz", "foo/x"} {
		if _, err := os.Lstat(filepath.Join(root, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", name, err)
		}
	}
	if err := os.Symlink("/nowhere", filepath.Join(root, "baz")); err != nil {
		t.Fatal(err)
	}
	var failed *stepError
	if err := l.directories(exec, id); !errors.As(err, &failed) || failed.status.String() != "RUNTIME_DIRECTORY" {
		t.Errorf("another link in its place: %v", err)
	}
}
