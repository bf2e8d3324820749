package exitstatus_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/syntax/exitstatus"
)

func TestTableIsSortedAndReadBack(t *testing.T) {
	all := exitstatus.All()
	if !slices.IsSortedFunc(all, func(a, b exitstatus.Status) int { return a.Number - b.Number }) {
		t.Error("the table is not sorted")
	}
	for _, s := range all {
		if n, ok := exitstatus.Parse(s.Name); !ok || n != s.Number || exitstatus.Name(n) != s.Name {
			t.Errorf("%s: read as %d, %v", s.Name, n, ok)
		}
	}
}

func TestNamesByClass(t *testing.T) {
	for _, c := range []struct {
		number  int
		classes []exitstatus.Class
		want    string
	}{
		{203, nil, "EXEC"}, {203, []exitstatus.Class{exitstatus.Systemd}, "EXEC"},
		{203, []exitstatus.Class{exitstatus.BSD}, ""},
		{2, []exitstatus.Class{exitstatus.Libc, exitstatus.LSB}, "INVALIDARGUMENT"}, {199, nil, ""}, {-1, nil, ""},
	} {
		if got := exitstatus.Name(c.number, c.classes...); got != c.want {
			t.Errorf("%d of %v: got %q, want %q", c.number, c.classes, got, c.want)
		}
	}
}

func TestParseNumbers(t *testing.T) {
	for in, want := range map[string]int{"0": 0, "255": 255, "256": -1, "-1": -1, "": -1, "exec": -1, "EXEC": 203} {
		if n, ok := exitstatus.Parse(in); ok != (want >= 0) || ok && n != want {
			t.Errorf("%q: got %d, %v", in, n, ok)
		}
	}
}

func TestTableAsInstalled(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed; the table is compared where it is")
	}
	out, err := exec.Command(tool, "exit-status", "--no-pager").Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range exitstatus.All() {
		got = append(got, fmt.Sprintf("%s %d %s", s.Name, s.Number, s.Class))
	}
	for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n")[1:] {
		want := strings.Join(strings.Fields(line), " ")
		if i >= len(got) || got[i] != want {
			t.Errorf("row %d: want %s", i, want)
		}
	}
}
