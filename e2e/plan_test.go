package e2e_test

import (
	"bytes"
	"strings"
	"testing"
)

// TestPlan: "steward plan" asks the manager that runs, which knows what is up, and nothing is done.
func TestPlan(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{
			"db.service":  "[Service]\nExecStart=/bin/sleep 1000\n",
			"web.service": "[Unit]\nRequires=db.service\nAfter=db.service\n[Service]\nExecStart=/bin/sleep 1000\n",
		}})
		m.up("db.service")
		for _, c := range []struct {
			args, want string
			status     int
		}{
			{"start web.service", "start web.service (inactive)  asked for\n", 2},
			{"start db.service", "Nothing would be done.\n", 0},
			{"stop db.service", "stop db.service (active)  asked for\n", 2},
			{"restart d*.service", "restart db.service (active)  asked for\n", 2},
			{"stop nothing*", "Nothing would be done.\n", 0},
			{"exit", "stop db.service (active)", 2},
			{"reload db.service", "reload db.service would fail: Job type reload is not applicable for unit db.service.", 1},
		} {
			cmd := m.command(bin+"/steward", append([]string{"plan", "--user"}, strings.Fields(c.args)...)...)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			_ = cmd.Run() // the status is looked at
			if got := cmd.ProcessState.ExitCode(); got != c.status || !strings.Contains(out.String(), c.want) {
				t.Errorf("%s: status %d, %s; want %d, %s", c.args, got, out.String(), c.status, c.want)
			}
		}
		if state := m.state("web.service"); !strings.HasPrefix(state, "inactive") {
			t.Errorf("a plan started web.service: %s", state)
		}
		m.down("db.service")
	})
}
