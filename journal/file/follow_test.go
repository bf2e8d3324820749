package file

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestFollow: journalctl -f, already waiting, shows each burst when it is flushed, over a rotation too.
func TestFollow(t *testing.T) {
	path, err := exec.LookPath("journalctl")
	if err != nil {
		t.Skip("journalctl, which this runs, is not installed")
	}
	for _, base := range []string{"/dev/shm", t.TempDir()} { // marks OFFLINE at each flush, and does not
		dir, err := os.MkdirTemp(base, "journal")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		w := open(t, Config{Dir: dir})
		write(t, w, "web", 0, 1)
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, path, "-f", "-q", "-o", "cat", "-D", dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Wait()
		defer cancel()
		lines := bufio.NewScanner(out)
		for i := range 20 {
			if !lines.Scan() {
				t.Fatalf("%s: line %d was not shown: %v", base, i, ctx.Err())
			}
			if want := fmt.Sprintf("line %d of web", i); lines.Text() != want {
				t.Fatalf("%q, want %q", lines.Text(), want)
			}
			if i == 10 {
				if err := w.Rotate(); err != nil {
					t.Fatal(err)
				}
			}
			write(t, w, "web", i+1, i+2)
		}
	}
}

// resident is how much of the mapped file counts as this process's memory.
func resident(t testing.TB, path string) (kib int) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	in := false
	for line := range bytes.Lines(b) {
		switch f := strings.Fields(string(line)); {
		case strings.Contains(f[0], "-"):
			in = f[len(f)-1] == path
		case in && f[0] == "Rss:":
			n := 0
			if _, err := fmt.Sscan(f[1], &n); err != nil {
				t.Fatal(err)
			}
			kib += n
		}
	}
	return kib
}

// TestResident: a thousand services that each print a little cost the writer's process next to nothing.
func TestResident(t *testing.T) {
	if detecting {
		t.Skip("with the race detector each atomic store is a load before, which maps in what is around: run without -race")
	}
	for _, base := range []string{"/dev/shm", t.TempDir()} {
		dir, err := os.MkdirTemp(base, "journal")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		w := open(t, Config{Dir: dir, MaxFileBytes: 16 << 20})
		top := 0
		for n := range 10_000 {
			if err := w.Append(at(n), line(fmt.Sprintf("service-%d", n%1000), n/1000)); err != nil {
				t.Fatal(err)
			}
			if n%50 != 0 {
				continue
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			top = max(top, resident(t, w.path()))
		}
		if err := w.Release(); err != nil {
			t.Fatal(err)
		}
		rest := resident(t, w.path())
		t.Logf("%s: file %d KiB, at most %d KiB resident while writing, %d KiB at rest", base, w.image.end>>10, top, rest)
		if top > 2048 || rest > 64 {
			t.Errorf("%d KiB resident while writing, %d KiB at rest", top, rest)
		}
	}
}
