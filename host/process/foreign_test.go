package process

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/sys"
)

// TestForeignEndsWhatTakesTooLong: a process of the manager's own is killed after its time, by what every kernel has.
func TestForeignEndsWhatTakesTooLong(t *testing.T) {
	var f Foreign
	ended := make(chan error, 1)
	go func() {
		ended <- f.Run(&sandbox.Spec{Path: "/bin/sleep", Argv: []string{"sleep", "1000"}, Stdout: 1, Stderr: 2},
			time.Millisecond)
	}()
	for {
		exit, ok, err := sys.PeekExit()
		if err != nil && sys.ErrnoOf(err) != unix.ECHILD {
			t.Fatal(err)
		}
		if !ok { // it does not run yet, or still does
			runtime.Gosched()
			continue
		}
		if !f.Reaping(exit) {
			t.Fatalf("%+v is not one of these", exit)
		}
		if _, _, err := sys.WaitPID(exit.PID, false); err != nil {
			t.Fatal(err)
		}
		f.kill(exit.PID) // too late: the number may be a stranger's
		break
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "status 9") {
		t.Error(err)
	}
}
