package main

import (
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{
		{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1}, 5}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5},
	} {
		if got := median(c.of); got != c.want {
			t.Errorf("median of %v: %v, want %v", c.of, got, c.want)
		}
	}
}

func TestCompare(t *testing.T) {
	c, ok := compare([]float64{10, 20, 40}, []float64{5, 4, 4})
	if !ok || c.ratio != 0.2 || c.least != 0.1 || c.greatest != 0.5 {
		t.Errorf("%+v %v", c, ok)
	}
	if _, ok := compare([]float64{0, 0}, []float64{1, 2}); ok {
		t.Error("a ratio to nothing")
	}
	if _, ok := compare([]float64{1}, nil); ok {
		t.Error("a ratio of nothing")
	}
	if c, ok := compare([]float64{1, 1, 1}, []float64{3}); !ok || math.Abs(c.greatest-3) > 1e-9 {
		t.Errorf("one run less than the other: %+v %v", c, ok)
	}
}

func TestTable(t *testing.T) {
	var f figures
	boot := figure{part: "boot", name: "boot", units: 100, measure: "ms", goal: 0.5}
	f.add(kernel, boot, 7)
	f.add("steward", boot, 12.34)
	f.add("systemd", boot, 200)
	f.add("steward", boot, 50)
	f.add("systemd", boot, 100)
	f.add("systemd", figure{part: "idle", name: "wakeups", measure: "in 5 s"}, 0)
	want := `| figure | units | | systemd | steward | kernel | ratio (pairs) | goal |
|---|---|---|---|---|---|---|---|
| boot | 100 | ms | **150** (100–200) | **31.2** (12.3–50.0) | 7.00 | 0.208 (0.0617–0.5) | 0.5 |
| wakeups |  | in 5 s | 0 |  |  |  |  |
`
	if got := f.table("systemd", "steward"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var lines strings.Builder
	if err := f.writeLines(&lines); err != nil {
		t.Fatal(err)
	}
	const runs = `"runs":{"kernel":[7],"steward":[12.34,50],"systemd":[200,100]}`
	if got := lines.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, runs) {
		t.Error(got)
	}
}

func TestOptions(t *testing.T) {
	o, err := parse([]string{"-sizes", "10,5000", "-bench", "boot", "-shapes", "simple"}, io.Discard)
	if err != nil || len(o.sizes) != 2 || o.sizes[1] != 5000 || len(o.bench) != 1 || o.runs != 5 {
		t.Errorf("%+v %v", o, err)
	}
	if o, err := parse([]string{"-short", "-sizes", "5000"}, io.Discard); err != nil || o.runs != 1 || o.sizes[0] != 10 {
		t.Errorf("short: %+v %v", o, err)
	}
	for _, bad := range []string{"-sizes=0", "-sizes=x", "-bench=x", "-shapes=x", "-runs=0", "x", "-x"} {
		if _, err := parse([]string{bad}, io.Discard); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestUnits(t *testing.T) {
	dir := t.TempDir()
	if err := bootUnits("notify", 12).write(dir); err != nil {
		t.Fatal(err)
	}
	wants, err := filepath.Glob(filepath.Join(dir, "bench.target.wants", "svc-*.service"))
	if err != nil || len(wants) != 12 {
		t.Fatal(wants, err)
	}
	text, err := os.ReadFile(wants[11])
	if err != nil || !strings.Contains(string(text), "Before=bench.target\n[Service]\nType=notify") {
		t.Errorf("%s %v", text, err)
	}
}

func TestEar(t *testing.T) {
	path := filepath.Join(t.TempDir(), "told")
	e, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "nonsense", "done x 3", "done 5000 70"} {
		if _, err := conn.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if w := <-e.words; w.word != "done" || w.at.Microseconds() != 5 || w.cpu != 70 || w.pid != os.Getpid() {
		t.Errorf("%+v", w)
	}
	for range cap(e.words) + 2 { // more than there is room for
		if _, err := conn.Write([]byte("more 1 1")); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}
