package e2e_test

import (
	"context"
	"testing"

	"github.com/steward-init/steward/machine"
)

// TestExitStatus: whoever runs a container learns how it went from the exit status of its PID 1. systemctl(1), exit;
// systemd.unit(5), SuccessActionExitStatus=.
func TestExitStatus(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		unit string
		exit []string
		want int
	}{
		"client":  {"ExecStart=/bin/sleep infinity\n", []string{"systemctl", "exit", "42"}, 42},
		"plain":   {"ExecStart=/bin/sleep infinity\n", []string{"systemctl", "exit"}, 0},
		"success": {"ExecStart=/bin/true\n[Unit]\nSuccessAction=exit\nSuccessActionExitStatus=7\n", nil, 7},
		"failure": {"ExecStart=/bin/sh -c 'exit 9'\n[Unit]\nFailureAction=exit-force\n", nil, 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := machine.Start(t, machine.Config{Init: []string{"/usr/local/bin/steward", "--system", "--unit=lab.target"},
				Env:   []string{"SYSTEMD_UNIT_PATH=/etc/systemd/system:"},
				Binds: map[string]string{bin + "/steward": "/usr/local/bin/steward"},
				Files: map[string]string{"/etc/systemd/system/lab.target": "[Unit]\nWants=a.service\n",
					"/etc/systemd/system/a.service": "[Service]\n" + c.unit}})
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			if c.exit != nil {
				if err := m.WaitNotice(ctx, "READY=1"); err != nil {
					t.Fatal(err)
				}
				_, _, _ = m.Exec(ctx, c.exit...) // it may be ended with the machine
			}
			state, err := m.Wait(ctx)
			if err != nil || state.ExitCode() != c.want {
				t.Errorf("%v, %v, want exit status %d", state, err, c.want)
			}
		})
	}
}
