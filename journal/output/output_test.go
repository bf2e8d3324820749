package output

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/journal/file"
	"github.com/steward-init/steward/journal/query"
)

// strange are the fields of entries in which something is unusual, besides a host name and _BOOT_ID=.
var strange = [][]string{
	{"MESSAGE=plain", "PRIORITY=6", "_PID=7", "SYSLOG_IDENTIFIER=x"},
	{"MESSAGE=one\ntwo\nthree\n", "PRIORITY=3", "_PID=7", "_COMM=comm"},
	{"MESSAGE=1\n2\n3\n4\n5\n6", "PRIORITY=4", "SYSLOG_PID=8", "SYSLOG_IDENTIFIER=many"},
	{"MESSAGE=a\ttab and \x1b[31mcolour\x1b[0m", "PRIORITY=5", "SYSLOG_IDENTIFIER=x"},
	{"MESSAGE=bell \a", "PRIORITY=7", "SYSLOG_IDENTIFIER=x"},
	{"MESSAGE=broken \xff", "PRIORITY=2", "SYSLOG_IDENTIFIER=x"},
	{"MESSAGE=grüße 日本", "PRIORITY=0", "SYSLOG_IDENTIFIER=x"},
	{"MESSAGE=", "PRIORITY=9", "SYSLOG_IDENTIFIER=x"},
	{"MESSAGE=\n", "PRIORITY=abc"},
	{"MESSAGE=\n\nlate", "PRIORITY=1"},
	{"OTHER=no message", "_PID=9"},
	{"MESSAGE=first", "MESSAGE=second", "DOUBLE=1", "DOUBLE=2", "TRIPLE=\x00", "TRIPLE=b", "TRIPLE=c"},
	{"MESSAGE=" + strings.Repeat("long ", 100), "SYSLOG_IDENTIFIER=x"},
	{"MESSAGE=" + strings.Repeat("very long ", 1000), "PRIORITY=3", "BIG=" + strings.Repeat("y", 5000)},
	{"MESSAGE=" + strings.Repeat("w", 4095), "EDGE=" + strings.Repeat("e", 4091), "OVER=" + strings.Repeat("o", 4092)},
	{"MESSAGE=binary", "RAW=a\nb\x00c", "QUOTE=\"quoted\\\"\b\f\r\t/</é\x7f", "EMPTY="},
	{"MESSAGE=of a service", "_SYSTEMD_UNIT=a.service", "SYSLOG_IDENTIFIER=x", "_PID=3"},
	{"MESSAGE=of a user's", "_SYSTEMD_UNIT=user@0.service", "_SYSTEMD_USER_UNIT=b.service", "SYSLOG_IDENTIFIER=x"},
	{"MESSAGE=of a user's alone", "_SYSTEMD_USER_UNIT=b.service", "SYSLOG_IDENTIFIER=x"},
	{"MESSAGE=about", "UNIT=c.service", "SYSLOG_IDENTIFIER=systemd", "_PID=1"},
	{"MESSAGE=at its source", "_SOURCE_REALTIME_TIMESTAMP=1700000000123456", "_SOURCE_MONOTONIC_TIMESTAMP=77"},
	{"MESSAGE=at no source", "_SOURCE_REALTIME_TIMESTAMP=x", "_SOURCE_MONOTONIC_TIMESTAMP="},
	{"MESSAGE=explained", "MESSAGE_ID=39f53479d3a045ac8e11786248231fbf", "UNIT=c.service", "JOB_RESULT=done"},
	{"MESSAGE=at line", "CODE_FILE=a.c", "CODE_LINE=3", "CODE_FUNC=f", "SYSLOG_TIMESTAMP=Nov 21 07:14:40 "},
	{"MESSAGE=trailing spaces  \t \n"},
	{"MESSAGE=identified", "SYSLOG_IDENTIFIER=bad\x01", "_COMM=comm", "_PID=\x02"},
	{"MESSAGE=colour only \x1b[1;31mred\x1b[0m", "SYSLOG_IDENTIFIER=x", "PRIORITY=3"},
	{"MESSAGE=\x1b[0m\x1b]0;title\a", "SYSLOG_IDENTIFIER=x", "PRIORITY=3"},
	{"MESSAGE=return\rcarriage\r", "SYSLOG_IDENTIFIER=x"},
	{"MESSAGE=lines\r\nof another\r\nsystem\r\n", "SYSLOG_IDENTIFIER=x", "PRIORITY=4"},
	{"MESSAGE=nothing\x00 behind\nthis\x00", "SYSLOG_IDENTIFIER=x", "PRIORITY=4"},
	{"MESSAGE=" + strings.Repeat("x", 299), "A=" + strings.Repeat("x", 297), "B=" + strings.Repeat("x", 298)},
	{"MESSAGE=" + strings.Repeat("x", 300), "SYSLOG_IDENTIFIER=" + strings.Repeat("i", 300)},
	{"MESSAGE=" + strings.Repeat("x", 298), "SYSLOG_IDENTIFIER=" + strings.Repeat("i", 299)},
	{"MESSAGE=fits" + strings.Repeat("x", 50), "SYSLOG_IDENTIFIER=x"}, {"MESSAGE=" + strings.Repeat("x", 57), "_COMM=x"},
	{"MESSAGE=" + strings.Repeat("x", 56), "_COMM=x"}, {"MESSAGE=" + strings.Repeat("ä", 58), "_COMM=x"},
	{"MESSAGE=" + strings.Repeat("日本", 40), "_COMM=x"}, {"MESSAGE=\x1b]0;unfinished", "_COMM=x"},
	{"MESSAGE=" + strings.Repeat("ö日x", 200), "_COMM=x"}, {"MESSAGE=ä\n" + strings.Repeat("ö", 90) + "\nx\ny", "_COMM=x"},
	{"MESSAGE=\x1b[31", "_COMM=x"}, {"MESSAGE=\x1b[31\n", "_COMM=x"}, {"MESSAGE=\x1b", "_COMM=x"},
	{"MESSAGE= \n ", "_COMM=x"}, {"MESSAGE=a\n\n\n\nb", "_COMM=x"}, {"MESSAGE=\n\n\n", "_COMM=x", "PRIORITY=3"},
}

// strangeFolder is a folder with a file of them, in two boots.
func strangeFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	w, err := file.Open(file.Config{Dir: dir, Name: "system", MachineID: file.ID{1}})
	if err != nil {
		t.Fatal(err)
	}
	for i, fields := range strange {
		boot := file.ID{0xb, byte(i / 7)}
		at := file.Stamp{Realtime: 1795245280000000 + uint64(i)*1500123, Monotonic: uint64(i%7)*1500123 + 5, BootID: boot}
		list := [][]byte{[]byte("_BOOT_ID=" + boot.String()), []byte("_HOSTNAME=vm")}
		for _, f := range fields {
			list = append(list, []byte(f))
		}
		if err := w.Append(at, list); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ours prints all entries of a folder.
func ours(t testing.TB, dir string, o Options) string {
	t.Helper()
	j, err := query.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	entries, err := j.Tail(1000, query.Query{})
	if err != nil {
		t.Fatal(err)
	}
	o.Zone = time.UTC
	var b []byte
	var before *file.Entry
	for i := range entries {
		b, _ = Append(b, &entries[i], before, o)
		before = &entries[i]
	}
	return string(b)
}

// oracle has journalctl do it.
func oracle(t testing.TB, dir string, o Options) string {
	t.Helper()
	if _, err := exec.LookPath("journalctl"); err != nil {
		t.Skip("journalctl, which this compares with, is not installed")
	}
	args := []string{"--no-pager", "-q", "-D", dir, "-o", o.Mode}
	if o.All {
		args = append(args, "-a")
	}
	env := append(os.Environ(), "TZ=UTC", "LC_ALL=C.UTF-8", fmt.Sprintf("SYSTEMD_COLORS=%t", o.Color))
	if o.Width > 0 {
		args = append(args, "--no-full")
		env = append(env, fmt.Sprintf("COLUMNS=%d", o.Width))
	}
	cmd := exec.Command("journalctl", args...)
	cmd.Env = env
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("journalctl %v: %v", args, err)
	}
	return string(out)
}

// TestAsOracle: each mode prints what journalctl prints, byte for byte; of JSON, whose fields come in no order there,
// the same values.
func TestAsOracle(t *testing.T) {
	for _, dir := range []string{realFolder(t), strangeFolder(t)} {
		for _, mode := range Modes() {
			for _, o := range []Options{{Mode: mode}, {Mode: mode, All: true}, {Mode: mode, Color: true},
				{Mode: mode, Width: 80}, {Mode: mode, Width: 60, Color: true}, {Mode: mode, Width: 80, All: true}} {
				got, want := ours(t, dir, o), oracle(t, dir, o)
				if strings.HasPrefix(mode, "json") {
					sameJSON(t, o, got, want)
					continue
				}
				sameText(t, o, got, want)
			}
		}
	}
}

func sameText(t *testing.T, o Options, got, want string) {
	t.Helper()
	g, w := strings.SplitAfter(got, "\n"), strings.SplitAfter(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Errorf("%+v, line %d:\n got %.400q\nwant %.400q", o, i+1, g[i], w[i])
			return
		}
	}
	if len(g) != len(w) {
		t.Errorf("%+v: %d lines, want %d", o, len(g), len(w))
	}
}

// sameJSON compares the values, and the text around them by its length.
func sameJSON(t *testing.T, o Options, got, want string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%+v: %d bytes, want %d", o, len(got), len(want))
	}
	values := func(text string) (list []map[string]any) {
		bare := strings.NewReplacer("\ndata: ", "\n", "\x1e", "", green, "", bold, "", blue, "", plainStyle, "")
		text = bare.Replace("\n" + text)
		d := json.NewDecoder(strings.NewReader(text))
		for d.More() {
			var v map[string]any
			if err := d.Decode(&v); err != nil {
				t.Fatalf("%+v: %v near %.200q", o, err, text[d.InputOffset():])
			}
			list = append(list, v)
		}
		return list
	}
	g, w := values(got), values(want)
	if len(g) != len(w) {
		t.Fatalf("%+v: %d entries, want %d", o, len(g), len(w))
	}
	for i := range g {
		for name := range w[i] {
			if !reflect.DeepEqual(g[i][name], w[i][name]) {
				t.Errorf("%+v, entry %d: %s is %.200v, want %.200v", o, i+1, name, g[i][name], w[i][name])
				return
			}
		}
		if len(g[i]) != len(w[i]) {
			t.Errorf("%+v, entry %d: %d fields, want %d", o, i+1, len(g[i]), len(w[i]))
		}
	}
}

// realFolder is a folder with the files that systemd-journald 252 wrote.
func realFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, kind := range []string{"regular", "compact"} {
		name := "journald-252-" + kind + ".journal"
		packed, err := os.ReadFile("../file/testdata/" + name + ".gz")
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func FuzzAppend(f *testing.F) {
	for _, fields := range strange {
		f.Add(strings.Join(fields, "\x1f"), uint8(10), uint8(0))
		f.Add(strings.Join(fields, "\x1f"), uint8(7), uint8(80))
	}
	f.Fuzz(func(t *testing.T, fields string, mode, width uint8) {
		o := Options{Mode: Modes()[int(mode)%len(Modes())], Zone: time.UTC, Width: int(width), All: mode > 100}
		e := file.Entry{}
		for field := range strings.SplitSeq(fields, "\x1f") {
			e.Fields = append(e.Fields, []byte(field))
		}
		text, _ := Append([]byte("before"), &e, &e, o)
		if !bytes.HasPrefix(text, []byte("before")) {
			t.Errorf("%+v: what was there is gone", o)
		}
		if text = bytes.TrimPrefix(text, []byte("before")); o.Mode == "json" && !json.Valid(text) {
			t.Errorf("%q is no JSON", text)
		}
		if len(text) > 0 && text[len(text)-1] != '\n' {
			t.Errorf("%+v: %q does not end a line", o, text)
		}
	})
}
