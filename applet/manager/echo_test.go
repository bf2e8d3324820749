package manager

import (
	"testing"
	"time"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/host/output"
)

// TestLiveLine sees what stands on the terminal: who, what, and nothing that steers it.
func TestLiveLine(t *testing.T) {
	colours := ui.IO{Lookup: func(name string) (string, bool) { return "1", name == "SYSTEMD_COLORS" }}
	plain := ui.IO{}
	for _, c := range []struct {
		io   ui.IO
		line output.Line
		want string
	}{
		{plain, output.Line{Unit: "a.service", PID: 7, Level: 6, Text: []byte("measured")},
			"03:04:05 a                    | measured"},
		{plain, output.Line{Unit: "a.service", PID: 7, Level: 6, Text: []byte("\x1b]0;x\atab\tü")},
			"03:04:05 a                    | ?]0;x?tab\tü"},
		{plain, output.Line{Unit: "a.service", Manager: true, Level: 5, Text: []byte("a.service: Main process exited")},
			"03:04:05 a                    Main process exited"},
		{plain, output.Line{Unit: "a.socket", Manager: true, Level: 6, Remark: true, Text: []byte("not applied")}, ""},
		{colours, output.Line{Manager: true, Level: 3, Text: []byte("broken")},
			"\x1b[0;38;5;245m03:04:05\x1b[0m \x1b[0;1;34m                    \x1b[0m \x1b[0;1;31mbroken\x1b[0m"},
	} {
		if got := liveLine(c.io, time.Date(2000, 1, 2, 3, 4, 5, 6, time.UTC), &c.line); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestStatusLine sees what stands on the console of a machine.
func TestStatusLine(t *testing.T) {
	const ok = "[\x1b[0;32m  OK  \x1b[0m] "
	for _, c := range []struct {
		line output.Line
		want string
	}{
		{output.Line{Unit: "a.service", Job: "start", Text: []byte("Starting a.service - A...")},
			"         Starting \x1b[0;1;39ma.service\x1b[0m - A...\r\n"},
		{output.Line{Unit: "a.service", Job: "start", Result: "done", Text: []byte("Started a.service - A.")},
			ok + "Started \x1b[0;1;39ma.service\x1b[0m - A.\r\n"},
		{output.Line{Unit: "system-modprobe.slice", Job: "start", Result: "done",
			Text: []byte("Created slice system-modprobe.slice - Slice /system/modprobe.")},
			ok + "Created slice \x1b[0;1;39msystem-modpr…lice\x1b[0m - Slice /system/modprobe.\r\n"},
		{output.Line{Unit: "a.service", Job: "start", Result: "done",
			Text: []byte("a.service - A was skipped because of an unmet condition check (ConditionPathExists=/a).")}, ""},
		{output.Line{Unit: "a.service", Job: "reload", Text: []byte("Reloading a.service - A...")}, ""},
		{output.Line{Unit: "a.service", Text: []byte("a.service: Deactivated successfully.")}, ""},
	} {
		if got := statusLine(c.line); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
