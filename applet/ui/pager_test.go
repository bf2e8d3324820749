package ui_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/steward-init/steward/applet/ui"
)

func TestPager(t *testing.T) {
	for _, c := range []struct {
		terminal bool
		env      []string
		want     string
	}{
		{true, []string{"SYSTEMD_PAGER", "sed s/^/paged:/", "PAGER", "false"}, "paged:line\n"},
		{true, []string{"PAGER", "tr a-z A-Z"}, "LINE\n"},
		{true, []string{"PAGER", "tr a-z A-Z", "TERM", "dumb"}, "line\n"},
		{true, []string{"SYSTEMD_PAGER", "", "PAGER", "tr a-z A-Z"}, "line\n"},
		{true, []string{"SYSTEMD_PAGER", "cat"}, "line\n"},
		{true, []string{"PAGER", "/nothing/like/that"}, "line\n"},
		{false, []string{"PAGER", "tr a-z A-Z"}, "line\n"},
	} {
		var out bytes.Buffer
		u, done := ui.IO{Out: &out, Err: &out, Lookup: env(c.env...), Terminal: c.terminal}.Pager(t.Context())
		fmt.Fprintln(u.Out, "line")
		done()
		if out.String() != c.want {
			t.Errorf("terminal %v, %q: printed %q, want %q", c.terminal, c.env, out.String(), c.want)
		}
	}
}
