//tidy:table
package e2e_test

import (
	"context"
	"strings"
	"testing"

	"github.com/steward-init/steward/machine"
)

// TestSystemManager boots steward in a throw-away machine: a template with User= runs as that user, and Debian's
// systemctl shows both outputs in its status.
func TestSystemManager(t *testing.T) {
	t.Parallel()
	m := machine.Start(t, machine.Config{Init: []string{"/usr/local/bin/steward", "--system", "--unit=lab.target"},
		Env:   []string{"SYSTEMD_UNIT_PATH=/etc/systemd/system:"},
		Binds: map[string]string{bin + "/steward": "/usr/local/bin/steward"},
		Files: map[string]string{
			"/etc/systemd/system/lab.target": "[Unit]\nWants=SatelliteSomething@one.service SatelliteSomething@two.service\n",
			"/etc/systemd/system/SatelliteSomething@.service": strings.NewReplacer("%h", "/opt", "@HOME@", "/opt",
				"Type=exec", "Type=exec\nUser=nobody\nGroup=nogroup\nSupplementaryGroups=daemon").Replace(satelliteUnit),
			"/opt/satellite.env":          satelliteFiles("")["satellite.env"],
			"/opt/bin/SatelliteSomething": satelliteFiles("")["bin/SatelliteSomething"],
		}})
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	if err := m.WaitNotice(ctx, "READY=1"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		out, errs, _ := m.Exec(ctx, "systemctl", "--no-pager", "status", "SatelliteSomething@"+name+".service")
		for _, part := range []string{"active (running)", "nobody: 4: -g edda -n " + name, "a warning of " + name} {
			if !strings.Contains(out, part) {
				t.Errorf("status lacks %q:\n%s%s", part, out, errs)
			}
		}
	}
	out, errs, _ := m.Exec(ctx, "sh", "-c", "grep -h ^Groups: /proc/$(systemctl show -P MainPID SatelliteSomething@one)/status")
	if got := strings.Join(strings.Fields(out), " "); got != "Groups: 1" {
		t.Errorf("supplementary groups: %q %s", got, errs)
	}
}
