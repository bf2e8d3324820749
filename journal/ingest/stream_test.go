package ingest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/journal/file"
)

func collect(lines *[]string) func(Line) {
	return func(l Line) {
		*lines = append(*lines, fmt.Sprintf("%d %q %d", l.Level, l.Text, l.Break))
	}
}

// TestProbe holds what systemd-journald 252 made of the same bytes sent with level 4.
func TestProbe(t *testing.T) {
	input := "<30>a\n<007>b\n<8>c\n<3>   d  \n <3>e\n<3>\n<03>f\n<x>g\n<\n<3h\n<0003>i\n<3>\tj\t\r\n\n" +
		"\x1b[31mred\x1b[0m\tt\nbell\a\n\xffbad\n<3>z\x00\x00<4>y\n \t \n\r\n<4>  \n"
	want := []string{
		`4 "<30>a" 0`, `7 "b" 0`, `4 "<8>c" 0`, `3 "   d" 0`, `4 " <3>e" 0`, `3 "f" 0`, `4 "<x>g" 0`, `4 "<" 0`,
		`4 "<3h" 0`, `4 "<0003>i" 0`, `3 "\tj" 0`, `4 "\x1b[31mred\x1b[0m\tt" 0`, `4 "bell\a" 0`, `4 "\xffbad" 0`,
		`3 "z" 1`, `4 "y" 0`, `4 " \t " 0`, `4 "\r" 0`,
	}
	for _, step := range []int{len(input), 1, 3} { // however the bytes come in
		var got []string
		s := Stream{Level: 4, Prefix: true}
		for chunk := range slices.Chunk([]byte(input), step) {
			s.Feed(80, chunk, collect(&got))
		}
		s.End(collect(&got))
		if !slices.Equal(got, want) {
			t.Errorf("in steps of %d:\n%s\nwant\n%s", step, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestNoPrefix(t *testing.T) {
	var got []string
	s := Stream{Level: 6}
	s.Feed(0, []byte("<3>a\n"), collect(&got))
	if want := []string{`6 "<3>a" 0`}; !slices.Equal(got, want) {
		t.Error(got)
	}
}

// TestLineMax: the lengths and breaks are what systemd-journald 252 gave for the same writes.
func TestLineMax(t *testing.T) {
	var got []string
	emit := func(l Line) { got = append(got, fmt.Sprint(len(l.Text), l.Break, l.PID)) }
	s := Stream{Level: 6}
	s.Feed(133, bytes.Repeat([]byte("x"), 60000), emit)
	s.Feed(131, []byte("\npart"), emit)
	s.End(emit)
	want := []string{"49152 2 133", "10848 4 133", "4 3 131"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if cap(s.partial) > keepBytes {
		t.Errorf("keeps %d bytes", cap(s.partial))
	}
}

func TestFields(t *testing.T) {
	c := NewComposer(Host{MachineID: file.ID{1}, BootID: file.ID{2}, Hostname: "vm"}, Process{PID: 77, Comm: "steward"})
	src := Source{
		Process: Process{PID: 131, Comm: "sh", Cgroup: "/system.slice/t1.service", Unit: "t1.service",
			Slice: "system.slice"},
		StreamID: file.ID{3}, Identifier: "sh", Facility: 3,
	}
	c.Lines(&src)
	check := func(got [][]byte, want string) {
		t.Helper()
		if s := string(bytes.Join(got, []byte("\n"))); s != want {
			t.Errorf("got\n%s\nwant\n%s", s, want)
		}
	}
	common := "_BOOT_ID=02000000000000000000000000000000\n_MACHINE_ID=01000000000000000000000000000000\n_HOSTNAME=vm\n" +
		"_RUNTIME_SCOPE=system\n"
	stdout := common + "_TRANSPORT=stdout\n_STREAM_ID=03000000000000000000000000000000\nSYSLOG_IDENTIFIER=sh\n" +
		"SYSLOG_FACILITY=3\n_PID=131\n_UID=0\n_GID=0\n_COMM=sh\n_SYSTEMD_CGROUP=/system.slice/t1.service\n" +
		"_SYSTEMD_UNIT=t1.service\n_SYSTEMD_SLICE=system.slice\n"
	check(c.Line(Line{Text: []byte("hello"), Level: 6}), stdout+"PRIORITY=6\nMESSAGE=hello")
	check(c.Line(Line{Text: []byte("end"), Level: 3, Break: EOF}), stdout+"PRIORITY=3\n_LINE_BREAK=eof\nMESSAGE=end")
	m := Message{Text: "Started t1.", Level: 6, ID: "39f53479d3a045ac8e11786248231fbf", Unit: "t1.service", JobID: 9,
		JobType: "start", JobResult: "done", Fields: []string{"N_RESTARTS=1", "_PID=5", "lower=1", "X"}}
	tail := "_COMM=steward\nUNIT=t1.service\nMESSAGE_ID=39f53479d3a045ac8e11786248231fbf\nJOB_ID=9\nJOB_TYPE=start\n" +
		"JOB_RESULT=done\nN_RESTARTS=1\nPRIORITY=6\nMESSAGE=Started t1."
	manager := common + "_TRANSPORT=journal\nSYSLOG_IDENTIFIER=systemd\nSYSLOG_FACILITY=3\n"
	check(c.Manager(&m), manager+"_PID=1\n_UID=0\n_GID=0\n"+tail)
	c = NewComposer(Host{MachineID: file.ID{1}, BootID: file.ID{2}, Hostname: "vm", User: true},
		Process{PID: 77, UID: 5, Comm: "steward"})
	check(c.Manager(&m), manager+"_PID=77\n_UID=5\n_GID=0\n"+strings.Replace(tail, "UNIT", "USER_UNIT", 1))
}

// FuzzStream: the lines do not depend on how the bytes come in, and nothing is longer than LineMax.
func FuzzStream(f *testing.F) {
	f.Add([]byte("a\n<3>b\x00c"), uint8(1))
	f.Add([]byte("  <7> \r\n\xff"), uint8(7))
	f.Fuzz(func(t *testing.T, input []byte, step uint8) {
		var whole, parts []string
		emit := func(to *[]string) func(Line) {
			return func(l Line) {
				if len(l.Text) == 0 || len(l.Text) > LineMax {
					t.Fatalf("line of %d bytes", len(l.Text))
				}
				collect(to)(l)
			}
		}
		a, b := Stream{Level: 6, Prefix: true}, Stream{Level: 6, Prefix: true}
		a.Feed(1, input, emit(&whole))
		a.End(emit(&whole))
		for chunk := range slices.Chunk(input, int(step)+1) {
			b.Feed(1, chunk, emit(&parts))
		}
		b.End(emit(&parts))
		if !slices.Equal(whole, parts) {
			t.Fatalf("%v\n%v", whole, parts)
		}
	})
}

func BenchmarkLine(b *testing.B) {
	c := NewComposer(Host{MachineID: file.ID{1}, BootID: file.ID{2}, Hostname: "vm"}, Process{})
	src := Source{Process: Process{PID: 131, Comm: "web", Unit: "web.service"}, Identifier: "web"}
	s := Stream{Level: 6, Prefix: true}
	n := 0
	emit := func(l Line) { n += len(c.Line(l)) }
	chunk := bytes.Repeat([]byte("127.0.0.1 - - GET / HTTP/1.1 200 512\n"), 100)
	c.Lines(&src)
	b.ReportAllocs()
	for b.Loop() {
		s.Feed(131, chunk, emit)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/line")
}
