package query

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/journal/file"
	"github.com/steward-init/steward/journal/output"
)

var (
	machine = file.ID{1}
	bootA   = file.ID{0xa}
	bootB   = file.ID{0xb}
)

// realFolder is a folder with the files that systemd-journald 252 wrote.
func realFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, kind := range []string{"regular", "compact"} {
		name := "journald-252-" + kind + ".journal"
		in, err := os.Open("../file/testdata/" + name + ".gz")
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err := errors.Join(err, in.Close(), os.WriteFile(filepath.Join(dir, name), b, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func tail(t testing.TB, dir string, n int, q Query) string {
	t.Helper()
	j, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	entries, err := j.Tail(n, q)
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for i := range entries {
		b, _ = output.Append(b, &entries[i], nil, output.Options{Mode: "short", Zone: time.UTC})
	}
	return string(b)
}

func oracle(t testing.TB, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("journalctl"); err != nil {
		t.Skip("journalctl, which this compares with, is not installed")
	}
	cmd := exec.Command("journalctl", append([]string{"--no-pager", "-q", "-o", "short"}, args...)...)
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C.UTF-8")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("journalctl %v: %v", args, err)
	}
	return string(out)
}

// TestAsOracle: over files of systemd-journald, the lines are those of journalctl, byte for byte.
func TestAsOracle(t *testing.T) {
	dir := realFolder(t)
	for _, c := range []struct {
		args string
		n    int
		q    Query
	}{
		{"", 1000, Query{}},
		{"-n 7", 7, Query{}},
		{"-u t1.service", 1000, Query{Match: Unit("t1.service")}},
		{"-u t1.service -n 3", 3, Query{Match: Unit("t1.service")}},
		{"-u init.scope", 1000, Query{Match: Unit("init.scope")}},
		{"-u system.slice", 1000, Query{Match: Unit("system.slice")}},
		{"-u no.service", 10, Query{Match: Unit("no.service")}},
		{"_SYSTEMD_INVOCATION_ID=16c4cb7d986b499f988259e4de9edf6b + INVOCATION_ID=16c4cb7d986b499f988259e4de9edf6b", 1000,
			Query{Match: Invocation("16c4cb7d986b499f988259e4de9edf6b")}},
		{"_UID=0 USER_UNIT=ut1.service + _UID=0 _SYSTEMD_USER_UNIT=ut1.service", 10,
			Query{Match: UserUnit("ut1.service", 0)}},
	} {
		want := oracle(t, append(strings.Fields(c.args), "-D", dir)...)
		if got := tail(t, dir, c.n, c.q); got != want {
			t.Errorf("journalctl %s:\n%s\nwant\n%s", c.args, got, want)
		}
	}
}

// entry is what the tests write.
func entry(unit, message string) [][]byte {
	return [][]byte{[]byte("MESSAGE=" + message), []byte("_SYSTEMD_UNIT=" + unit), []byte("_HOSTNAME=vm"),
		[]byte("_PID=7"), []byte("SYSLOG_IDENTIFIER=x")}
}

// TestTail: entries of several files, in the order of time, of one boot and from one moment on.
func TestTail(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, boot file.ID, from, step uint64, n int) {
		w, err := file.Open(file.Config{Dir: dir, Name: name, MachineID: machine})
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint64(n) {
			fields := append(entry("a.service", fmt.Sprintf("%s %d", name, from+i*step)), []byte("_BOOT_ID="+boot.String()))
			at := file.Stamp{Realtime: 1_000_000 + from + i*step, Monotonic: from + i*step, BootID: boot}
			if err := w.Append(at, fields); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write("one", bootA, 0, 10, 3)
	write("one", bootB, 100, 10, 3)
	write("two", bootB, 105, 10, 3)
	const head = "Jan 01 00:00:01 vm x[7]: "
	for _, c := range []struct {
		n    int
		q    Query
		want string
	}{
		{4, Query{Match: Unit("a.service")}, "one 110|two 115|one 120|two 125"},
		{9, Query{Boot: bootA}, "one 0|one 10|one 20"},
		{9, Query{Match: Unit("a.service"), Boot: bootB, Since: 115}, "two 115|one 120|two 125"},
		{9, Query{Boot: file.ID{9}}, ""},
		{0, Query{}, ""},
	} {
		got := strings.TrimSuffix(strings.ReplaceAll(strings.ReplaceAll(tail(t, dir, c.n, c.q), head, ""), "\n", "|"), "|")
		if got != c.want {
			t.Errorf("%d of %v: %s, want %s", c.n, c.q, got, c.want)
		}
	}
}

// TestDamaged: a damaged file is an error, and the entries of the others are there.
func TestDamaged(t *testing.T) {
	dir := realFolder(t)
	if err := os.WriteFile(filepath.Join(dir, "a.journal"), []byte("no journal"), 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := Open(dir, filepath.Join(dir, "absent"))
	if !errors.Is(err, file.ErrCorrupt) {
		t.Errorf("err %v, want ErrCorrupt", err)
	}
	defer j.Close()
	if got, err := j.Tail(5, Query{}); len(got) != 5 || err != nil {
		t.Errorf("%d entries, %v", len(got), err)
	}
}
