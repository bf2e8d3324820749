package output

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/journal/ingest"
)

// TestForward sees lines where journal+console and kmsg+console send them, in the words of systemd-journald.
func TestForward(t *testing.T) {
	dir := t.TempDir()
	console, kernel := filepath.Join(dir, "console"), filepath.Join(dir, "kmsg")
	for forward, want := range map[Forward][2]string{
		{}:                            {`^$`, `^$`},
		{Console: true}:               {`^\[ *[0-9]+\.[0-9]{6}\] prog\[7\]: hello\n$`, `^$`},
		{Kernel: true}:                {`^$`, `^<27>prog\[7\]: hello\n$`},
		{Console: true, Kernel: true}: {`^\[ *[0-9]+\.[0-9]{6}\] prog\[7\]: hello\n$`, `^<27>prog\[7\]: hello\n$`},
	} {
		for _, path := range []string{console, kernel} {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o, err := Open(Config{Console: console, Kernel: kernel})
		if err != nil {
			t.Fatal(err)
		}
		_, fd, err := o.Stream(Settings{Source: ingest.Source{Identifier: "prog", Facility: 3}, Level: 6, Prefix: true,
			MaxLevel: -1, Forward: forward})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := unix.Write(fd, []byte("<3>hello\n")); err != nil {
			t.Fatal(err)
		}
		_ = unix.Close(fd) // what was written is read all the same
		o.Close()
		for i, path := range []string{console, kernel} {
			text, err := os.ReadFile(path)
			text = regexp.MustCompile(`prog\[[0-9]+\]`).ReplaceAll(text, []byte("prog[7]"))
			if err != nil || !regexp.MustCompile(want[i]).Match(text) {
				t.Errorf("%+v: %s has %q, %v", forward, filepath.Base(path), text, err)
			}
		}
	}
}
