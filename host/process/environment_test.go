package process

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"golang.org/x/sys/unix"
)

// TestPrecedence sees that of two assignments the one further down the documented list wins.
func TestPrecedence(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "env")
	if err := os.WriteFile(file, []byte("FROM_FILE=file\nA='two words'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PASSED", "passed")
	l := &Launcher{NotifySocket: "/run/notify"}
	exec := &model.Exec{
		Environment:      []string{"A=unit", "B=unit", "FROM_FILE=unit", "GONE=1", "KEPT=1"},
		EnvironmentFiles: []model.EnvFile{{Path: file}, {Path: filepath.Join(dir, "none"), Optional: true}},
		PassEnvironment:  []string{"PASSED", "NOT_SET"},
		UnsetEnvironment: []string{"GONE", "KEPT=2"},
	}
	spawn := &port.Spawn{Unit: &model.Unit{Service: &model.Service{Exec: exec}}, Notify: true, MainPID: 42,
		Manager: []string{"A=manager", "B=manager", "C=manager"}, Env: []string{"SERVICE_RESULT=success"}}
	b, err := l.environment(spawn, exec, &identity{named: true, name: "joe", home: "/home/joe", shell: "/bin/zsh"})
	if err != nil {
		t.Fatal(err)
	}
	b.remove(exec.UnsetEnvironment)
	want := []string{"A=two words", "B=unit", "C=manager", "FROM_FILE=file", "HOME=/home/joe",
		"INVOCATION_ID=00000000000000000000000000000000", "KEPT=1", "LOGNAME=joe", "MAINPID=42", "NOTIFY_SOCKET=/run/notify",
		"PASSED=passed", "SERVICE_RESULT=success", "SHELL=/bin/zsh", "USER=joe"}
	if got := slices.Sorted(slices.Values(b.entries)); !slices.Equal(got, want) {
		t.Errorf("environment\n%q, want\n%q", got, want)
	}
}

// TestEnvironmentFileRefused sees that a file that is missing, huge, no text, or would block is an error that names it,
// and that of an optional one nothing is taken.
func TestEnvironmentFileRefused(t *testing.T) {
	dir := t.TempDir()
	fifo, huge := filepath.Join(dir, "fifo"), filepath.Join(dir, "huge")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, maxEnvironmentFile+1); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "binary")
	if err := os.WriteFile(binary, []byte("A=1\nB=\xff\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, huge, binary, dir, filepath.Join(dir, "none"), filepath.Join(dir, "none*")} {
		if _, err := newBlock(0).load(model.EnvFile{Path: path}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v does not name it", path, err)
		}
		b := newBlock(0)
		if _, err := b.load(model.EnvFile{Path: path, Optional: true}); err != nil || len(b.entries) > 0 {
			t.Errorf("%s, optional: %v, %q", path, err, b.entries)
		}
	}
}

// TestMakeOwned sees that a directory is made with its mode, that a symlink in its place is left as it is, and that a
// file there is an error.
func TestMakeOwned(t *testing.T) {
	root := t.TempDir()
	id := &identity{uid: uint32(os.Getuid()), gid: uint32(os.Getgid())}
	if err := makeOwned(root, "a/b", 0o751, false, id); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(root, "a/b")); err != nil || info.Mode().Perm() != 0o751 {
		t.Errorf("a/b: %v, %v", info, err)
	}
	if info, err := os.Stat(filepath.Join(root, "a")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("a: %v, %v", info, err)
	}
	for _, c := range []struct {
		name string
		keep bool
		mode os.FileMode
	}{{"a/b", true, 0o751}, {"a/b", false, 0o700}, {"a/new", true, 0o700}} { // ConfigurationDirectory= keeps what is there
		if err := makeOwned(root, c.name, 0o700, c.keep, id); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(root, c.name)); err != nil || info.Mode().Perm() != c.mode {
			t.Errorf("%s, %v: %v, %v, want %v", c.name, c.keep, info, err, c.mode)
		}
	}
	other := t.TempDir()
	if err := os.Chmod(other, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	if err := makeOwned(root, "link", 0o777, false, id); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(other); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the link's target was changed: %v, %v", info, err)
	}
	if err := os.WriteFile(filepath.Join(root, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := makeOwned(root, "file", 0o755, false, id); err == nil {
		t.Error("a file in the place of a directory is no error")
	}
}

// TestGiveAwayWhatWasOpened swaps a directory for a link to another one between the look and the deed.
func TestGiveAwayWhatWasOpened(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := t.TempDir()
	mine, other := filepath.Join(dir, "mine"), filepath.Join(dir, "other")
	for _, sub := range []string{mine, other} {
		if err := os.MkdirAll(filepath.Join(sub, "below"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	fd, err := unix.Open(mine, unix.O_DIRECTORY|unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(os.Rename(mine, mine+"-moved"), os.Symlink(other, mine)); err != nil {
		t.Fatal(err)
	}
	if err := chownTree(fd, mine, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]uint32{mine + "-moved": 65534, mine + "-moved/below": 65534,
		other: 0, other + "/below": 0} {
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil || st.Uid != want {
			t.Errorf("%s belongs to %d, want %d; %v", path, st.Uid, want, err)
		}
	}
}

// TestEnvironmentFileWithoutASize reads one whose size is said to be 0.
func TestEnvironmentFileWithoutASize(t *testing.T) {
	if _, err := readBounded("/proc/self/environ", 1); err == nil {
		t.Error("more than the limit was read")
	}
}
