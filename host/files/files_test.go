package files_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/load"
)

func TestRoot(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a": "text", "empty": "", "big": strings.Repeat("x", 100)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	err := errors.Join(os.Symlink("a", dir+"/link"), os.Mkdir(dir+"/dir", 0o755), unix.Mkfifo(dir+"/fifo", 0o644))
	if err != nil {
		t.Fatal(err)
	}
	root := files.Root(dir)
	kinds := map[string]load.Kind{"a": load.Regular, "empty": load.Regular, "big": load.Regular, "link": load.Symlink,
		"dir": load.Directory, "fifo": load.Special}
	entries, err := root.ReadDir("/")
	if err != nil || len(entries) != len(kinds) {
		t.Fatalf("ReadDir: %v, %v", entries, err)
	}
	for _, e := range entries {
		st, err := root.Lstat("/" + e.Name)
		if err != nil || st.Kind != kinds[e.Name] || e.Kind != kinds[e.Name] || st.Inode == 0 || st.Modified == 0 {
			t.Errorf("%s: entry %v, stat %+v, %v", e.Name, e.Kind, st, err)
		}
		data, _, err := root.ReadFile("/"+e.Name, 50)
		if good := e.Name == "a" || e.Name == "empty"; good != (err == nil) {
			t.Errorf("ReadFile %s: %q, %v", e.Name, data, err)
		}
	}
	if data, st, err := root.ReadFile("/a", 4); string(data) != "text" || st.Size != 4 || err != nil {
		t.Errorf("ReadFile: %q, %+v, %v", data, st, err)
	}
	if target, err := root.Readlink("/link"); target != "a" || err != nil {
		t.Errorf("Readlink: %q, %v", target, err)
	}
	if _, err := root.Readlink("/none"); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), dir) {
		t.Errorf("Readlink of nothing: %v", err)
	}
}

func TestReadsFilesWithoutASize(t *testing.T) {
	data, _, err := files.Root("").ReadFile("/proc/self/status", 1<<20)
	if err != nil || !strings.HasPrefix(string(data), "Name:") {
		t.Errorf("%q, %v", data, err)
	}
}
