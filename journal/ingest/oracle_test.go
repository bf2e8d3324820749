package ingest

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/steward-init/steward/journal/file"
)

// TestOracleShows: journalctl shows of a unit both what it printed and what the manager said of it.
func TestOracleShows(t *testing.T) {
	path, err := exec.LookPath("journalctl")
	if err != nil {
		t.Skip("journalctl, which this compares with, is not installed")
	}
	uid := uint32(os.Getuid())
	for _, user := range []bool{false, true} {
		dir := t.TempDir()
		w, err := file.Open(file.Config{Dir: dir, Name: "system", MachineID: file.ID{1}})
		if err != nil {
			t.Fatal(err)
		}
		now := uint64(0)
		write := func(fields [][]byte) {
			now++
			at := file.Stamp{Realtime: 1_795_245_248_000_000 + now, Monotonic: now, BootID: file.ID{2}}
			if err := w.Append(at, fields); err != nil {
				t.Fatal(err)
			}
		}
		c := NewComposer(Host{MachineID: file.ID{1}, BootID: file.ID{2}, Hostname: "vm", User: user},
			Process{PID: 77, UID: uid})
		src := Source{Process: Process{PID: 8, UID: uid, Unit: "a.service"}, Identifier: "a", Facility: 3}
		flag := "--unit=a.service"
		if user {
			src.Unit, src.UserUnit = "user@"+strconv.Itoa(int(uid))+".service", "a.service"
			flag = "--user-unit=a.service"
		}
		write(c.Manager(&Message{Text: "Started a.", Level: 6, Unit: "a.service", JobType: "start", JobResult: "done"}))
		write(c.Manager(&Message{Text: "Started b.", Level: 6, Unit: "b.service"}))
		s := Stream{Level: 6, Prefix: true}
		c.Lines(&src)
		s.Feed(8, []byte("one\n<3>two\n"), func(l Line) { write(c.Line(l)) })
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		show := func(args ...string) string {
			out, err := exec.Command(path, append(args, flag, "-q", "--no-pager", "-o", "cat", "-D", dir)...).Output()
			if err != nil {
				t.Fatal(err)
			}
			return strings.ReplaceAll(string(out), "\n", "|")
		}
		if got := show(); got != "Started a.|one|two|" {
			t.Errorf("%s: %s", flag, got)
		}
		if got := show("-p", "err"); got != "two|" {
			t.Errorf("%s -p err: %s", flag, got)
		}
		if got := show("JOB_RESULT=done"); got != "Started a.|" {
			t.Errorf("%s JOB_RESULT=done: %s", flag, got)
		}
	}
}
