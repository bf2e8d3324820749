package e2e_test

import (
	"strings"
	"syscall"
	"testing"
)

// TestTerminalGone: a manager that shows its status on a terminal ends in order with it, as with Ctrl-C, and leaves
// nothing running behind the back of who closed the window.
func TestTerminalGone(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{args: []string{"--status"}, units: map[string]string{
			"a.service": "[Service]\nType=notify\nExecStart=@BIN@/peer ready\n"}})
		m.up("a.service")
		m.check(m.cmd.Process.Signal(syscall.SIGHUP))
		m.ends(0)
		if !strings.Contains(m.errors.String(), "Stopped a.service") {
			t.Error("the service was not stopped in order")
		}
	})
}
