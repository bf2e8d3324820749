package file

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	machine = ID{0x3d, 0x12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}
	bootA   = ID{0xaa, 1, 2, 3, 4, 5, 0x46, 7, 0x88, 9, 10, 11, 12, 13, 14, 15}
	bootB   = ID{0xbb, 1, 2, 3, 4, 5, 0x46, 7, 0x88, 9, 10, 11, 12, 13, 14, 15}
)

const epoch = 1_795_245_248_000_000

func at(i int) Stamp {
	return Stamp{Realtime: epoch + uint64(i)*1000, Monotonic: 5_000_000 + uint64(i)*1000, BootID: bootA}
}

// line is an entry as a service's output makes it.
func line(unit string, i int) [][]byte {
	fields := []string{
		"PRIORITY=6", "SYSLOG_FACILITY=3", "SYSLOG_IDENTIFIER=" + unit, "_TRANSPORT=stdout",
		"_STREAM_ID=0696b0bc9c7f4706a69f4a1328a3f28a", "_PID=131", "_UID=0", "_GID=0", "_COMM=" + unit,
		"_EXE=/usr/bin/" + unit, "_CMDLINE=/usr/bin/" + unit + " --serve",
		"_SYSTEMD_CGROUP=/system.slice/" + unit + ".service",
		"_SYSTEMD_UNIT=" + unit + ".service", "_SYSTEMD_SLICE=system.slice",
		"_SYSTEMD_INVOCATION_ID=16c4cb7d986b499f988259e4de9edf6b", "_BOOT_ID=" + bootA.String(),
		"_MACHINE_ID=" + machine.String(), "_HOSTNAME=vm", "_RUNTIME_SCOPE=system",
		fmt.Sprintf("MESSAGE=line %d of %s", i, unit),
	}
	out := make([][]byte, len(fields))
	for k, f := range fields {
		out[k] = []byte(f)
	}
	return out
}

func open(t testing.TB, c Config) *Writer {
	t.Helper()
	c.Name, c.MachineID = "system", machine
	w, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() }) // best effort: the test may have closed it
	return w
}

func write(t testing.TB, w *Writer, unit string, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := w.Append(at(i), line(unit, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// oracle runs the installed journalctl.
func oracle(t testing.TB, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("journalctl"); err != nil {
		t.Skip("journalctl, which this compares with, is not installed")
	}
	cmd := exec.Command("journalctl", append([]string{"--no-pager", "-q"}, args...)...)
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func ask(t testing.TB, args ...string) string {
	t.Helper()
	out, err := oracle(t, args...)
	if err != nil {
		t.Fatalf("journalctl %v: %v\n%s", args, err, out)
	}
	return out
}

func eachFormat(t *testing.T, f func(t *testing.T, compact bool)) {
	for _, compact := range []bool{false, true} {
		t.Run(map[bool]string{false: "regular", true: "compact"}[compact], func(t *testing.T) { f(t, compact) })
	}
}

// TestOracleReads: what is written, the installed journalctl verifies and shows.
func TestOracleReads(t *testing.T) {
	eachFormat(t, func(t *testing.T, compact bool) {
		dir := t.TempDir()
		w := open(t, Config{Dir: dir, Compact: compact})
		write(t, w, "web", 0, 20)
		write(t, w, "db", 20, 30)
		later := at(40)
		later.BootID, later.Monotonic = bootB, 1
		second := [][]byte{[]byte("MESSAGE=second\nline"), []byte("_BOOT_ID=" + bootB.String())}
		if err := w.Append(later, second); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "system.journal")
		ask(t, "--verify", "--file", path)
		for _, c := range []struct{ args, want string }{
			{"-u db -o cat", "line 20 of db"},
			{"-o json -n 1", `"MESSAGE":"second\nline"`},
			{"-o export -u web", "_SYSTEMD_UNIT=web.service\n"},
			{"-F _SYSTEMD_UNIT", "db.service\n"},
			{"--list-boots", bootA.String()},
			{"-b " + bootB.String() + " -o cat", "second\nline\n"},
			{"-o short -u web -n 1", "vm web[131]: line 19 of web"},
		} {
			got := ask(t, append(strings.Fields(c.args), "-D", dir)...)
			if !strings.Contains(got, c.want) {
				t.Errorf("journalctl %s: no %q in\n%s", c.args, c.want, got)
			}
		}
		if n := strings.Count(ask(t, "-u", "web", "-o", "cat", "-D", dir), "\n"); n != 20 {
			t.Errorf("%d lines of web.service, want 20", n)
		}
	})
}

func TestManyEntries(t *testing.T) {
	eachFormat(t, func(t *testing.T, compact bool) {
		dir := t.TempDir()
		w := open(t, Config{Dir: dir, Compact: compact, MaxFileBytes: 256 << 20})
		n := 100_000
		if compact {
			n = 20_000 // the same code but for the widths, and verifying takes seconds
		}
		write(t, w, "web", 0, n)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		ask(t, "--verify", "--file", filepath.Join(dir, "system.journal"))
		if got := ask(t, "-D", dir, "-u", "web", "-o", "cat", "-n", "1"); got != fmt.Sprintf("line %d of web\n", n-1) {
			t.Errorf("last line: %q", got)
		}
		r, err := OpenReader(filepath.Join(dir, "system.journal"))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		l, err := r.Find([]byte("_SYSTEMD_UNIT=web.service"))
		if err != nil || l.Len() != uint64(n) {
			t.Fatalf("%d entries, %v", l.Len(), err)
		}
		var e Entry
		for _, i := range []uint64{0, 1, 4, 5, 17_777, l.Len() - 1} {
			off, err := l.At(i)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Entry(off, &e); err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf("line %d of web", i); string(e.Get("MESSAGE")) != want || e.Seqnum != i+1 {
				t.Errorf("entry %d: %d %q", i, e.Seqnum, e.Get("MESSAGE"))
			}
		}
	})
}

// TestFlippedByte: a damaged entry is refused by the oracle, so its acceptance above means something.
func TestFlippedByte(t *testing.T) {
	dir := t.TempDir()
	w := open(t, Config{Dir: dir})
	write(t, w, "web", 0, 20)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "system.journal")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[strings.Index(string(b), "line 7 of web")] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := oracle(t, "--verify", "--file", path); err == nil {
		t.Errorf("accepted: %s", out)
	}
}

func TestRotate(t *testing.T) {
	dir := t.TempDir()
	w := open(t, Config{Dir: dir, MaxFileBytes: 512 << 10, MaxFiles: 3})
	write(t, w, "web", 0, 6000)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 4 {
		t.Fatalf("%d files, want the current and 3 archived: %v", len(names), names)
	}
	for _, n := range names {
		ask(t, "--verify", "--file", n)
	}
	out := ask(t, "-D", dir, "-o", "cat")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for i, l := range lines {
		if want := fmt.Sprintf("line %d of web", 6000-len(lines)+i); l != want {
			t.Fatalf("line %d is %q, want %q", i, l, want)
		}
	}
}

// TestTakeOver: a file closed in order is continued, one whose writer died is put aside.
func TestTakeOver(t *testing.T) {
	eachFormat(t, func(t *testing.T, compact bool) {
		dir := t.TempDir()
		c := Config{Dir: dir, Compact: compact}
		w := open(t, c)
		write(t, w, "web", 0, 50)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		w = open(t, c)
		write(t, w, "web", 50, 100)
		w.image.mem[hdrState] = stateOnline // also where Flush says otherwise
		if err := w.drop(); err != nil {
			t.Fatal(err)
		}
		w = open(t, c)
		write(t, w, "web", 100, 110)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		aside, _ := filepath.Glob(filepath.Join(dir, "system@*.journal~"))
		if len(aside) != 1 {
			t.Fatalf("put aside: %v", aside)
		}
		ask(t, "--verify", "--file", aside[0])
		ask(t, "--verify", "--file", filepath.Join(dir, "system.journal"))
		if n := strings.Count(ask(t, "-D", dir, "-o", "cat"), "\n"); n != 110 {
			t.Errorf("%d lines, want 110", n)
		}
	})
}

// TestSecondWriter: two writers cannot have one file.
func TestSecondWriter(t *testing.T) {
	dir := t.TempDir()
	open(t, Config{Dir: dir})
	if w, err := Open(Config{Dir: dir, Name: "system", MachineID: machine}); err == nil {
		_ = w.Close() // only on failure
		t.Fatal("a second writer opened the file")
	}
}

// TestTruncated: a file that somebody makes shorter costs entries, not the process.
func TestTruncated(t *testing.T) {
	dir := t.TempDir()
	w := open(t, Config{Dir: dir})
	write(t, w, "web", 0, 10)
	if err := os.Truncate(filepath.Join(dir, "system.journal"), 4096); err != nil {
		t.Fatal(err)
	}
	if err := w.Append(at(11), line("web", 11)); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("err %v, want ErrCorrupt", err)
	}
	write(t, w, "web", 12, 13)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	ask(t, "--verify", "--file", filepath.Join(dir, "system.journal"))
}

// TestClockBack: a step back within the jitter is evened out, a longer one begins another file.
func TestClockBack(t *testing.T) {
	dir := t.TempDir()
	w := open(t, Config{Dir: dir})
	write(t, w, "web", 10, 11)
	write(t, w, "web", 9, 10)
	if got, _ := filepath.Glob(filepath.Join(dir, "*")); len(got) != 1 {
		t.Fatal(got)
	}
	back := at(0)
	back.Realtime -= 10_000_000
	if err := w.Append(back, line("web", 0)); err != nil {
		t.Fatal(err)
	}
	if got, _ := filepath.Glob(filepath.Join(dir, "*")); len(got) != 2 {
		t.Fatal(got)
	}
}

func TestTooBig(t *testing.T) {
	w := open(t, Config{Dir: t.TempDir()})
	err := w.Append(at(0), [][]byte{append([]byte("MESSAGE="), make([]byte, MaxFieldBytes)...)})
	if !errors.Is(err, ErrTooBig) {
		t.Error(err)
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, dir := range []string{"/dev/shm", os.TempDir()} {
		b.Run(filepath.Base(dir), func(b *testing.B) {
			d, err := os.MkdirTemp(dir, "journal")
			if err != nil {
				b.Fatal(err)
			}
			defer os.RemoveAll(d)
			w := open(b, Config{Dir: d})
			fields := line("web", 0)
			msg := []byte("MESSAGE=line 0000000000 of web")
			fields[len(fields)-1] = msg
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				for k, v := 0, i; k < 10; k, v = k+1, v/10 {
					msg[22-k] = byte('0' + v%10)
				}
				if err := w.Append(at(i), fields); err != nil {
					b.Fatal(err)
				}
				if i++; i%100 == 0 {
					if err := w.Flush(); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// BenchmarkScattered is the worst case for the mapped pages: each line is of another service.
func BenchmarkScattered(b *testing.B) {
	w := open(b, Config{Dir: b.TempDir()})
	var all [1000][][]byte
	for s := range all {
		all[s] = line(fmt.Sprintf("service-%d", s), 0)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := w.Append(at(i), all[i%1000]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
