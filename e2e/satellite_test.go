//tidy:table
package e2e_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const satelliteUnit = `
[Unit]
Description=Satellite %i

[Service]
Type=exec
EnvironmentFile=%h/satellite.env
ExecStart=@HOME@/bin/SatelliteSomething -g $CONSTELLATION_GROUP -n %i

[Install]
WantedBy=default.target
`

// satelliteFiles are what an operator installs.
func satelliteFiles(below string) map[string]string {
	return map[string]string{
		below + "/SatelliteSomething@.service": satelliteUnit,
		"satellite.env":                        "# the laboratory\nCONSTELLATION_GROUP=\"edda\"\n",
		"bin/SatelliteSomething": "#!/bin/sh\necho \"$(id -un): $#: $*\"\necho \"a warning of $4\" >&2\n" +
			"exec sleep infinity\n",
	}
}

// userFolders are where a user's units can be. systemd.unit(5), "User Unit Search Path".
var userFolders = []string{".local/share/systemd/user", ".config/systemd/user", "run/systemd/user"}

// TestSatellite: a template with Type=exec, EnvironmentFile= and %i runs as several instances side by side, from any of
// a user's own folders; status shows both outputs.
func TestSatellite(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		for _, folder := range userFolders {
			t.Run(folder, func(t *testing.T) {
				t.Parallel()
				m := start(t, w, config{files: satelliteFiles(folder), search: true, args: []string{"--unit=basic.target"}})
				units := []string{"SatelliteSomething@one.service",
					"SatelliteSomething@two.service"}
				m.up(units...)
				for i, unit := range units {
					name := []string{"one", "two"}[i]
					m.awaitLog(unit, ": 4: -g edda -n "+name)
					m.awaitLog(unit, "a warning of "+name)
					if got := m.unit(unit, "Description"); got != "Satellite "+name {
						t.Errorf("Description=%s", got)
					}
					if pid := m.mainPID(unit); !alive(pid) {
						t.Errorf("%s has no process", unit)
					}
				}
				m.down(units[0])
				if state := m.state(units[1]); state != "active/running" {
					t.Errorf("when one instance stops the other is %s", state)
				}
			})
		}
	})
}

// TestOperator: the commands of an operator, by Debian's systemctl as it is.
func TestOperator(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{files: map[string]string{}, search: true, args: []string{"--unit=basic.target"}})
		sc := func(want int, args ...string) string {
			t.Helper()
			out, errs, status := m.systemctl(args...)
			if status != want {
				t.Errorf("systemctl %s: exit status %d, want %d\n%s%s", args, status, want, out, errs)
			}
			return out + errs
		}
		const unit = "SatelliteSomething@one.service"
		sc(5, "start", unit)
		for name, text := range satelliteFiles(".config/systemd/user") {
			m.write(name, text)
		}
		m.own(".config")
		sc(0, "daemon-reload")
		sc(0, "start", unit)
		m.awaitLog(unit, "a warning of one")
		out := sc(0, "status", unit)
		for _, part := range []string{"Satellite one", "active (running)", "Main PID: ", unit} {
			if !strings.Contains(out, part) {
				t.Errorf("status lacks %q:\n%s", part, out)
			}
		}
		sc(0, "is-active", unit)
		sc(1, "is-enabled", unit)
		sc(0, "enable", unit)
		link := ".config/systemd/user/default.target.wants/" + unit
		if _, err := os.Lstat(m.home + "/" + link); err != nil {
			t.Errorf("enable made no link: %v", err)
		}
		sc(0, "is-enabled", unit)
		if out := sc(0, "cat", unit); !strings.Contains(out, "SatelliteSomething@.service") {
			t.Errorf("cat:\n%s", out)
		}
		if out := sc(0, "list-units", "Satellite*"); !strings.Contains(out, "loaded active running Satellite one") {
			t.Errorf("list-units:\n%s", out)
		}
		pid := m.mainPID(unit)
		sc(0, "restart", unit)
		if m.mainPID(unit) == pid {
			t.Error("restart kept the process")
		}
		m.write("satellite.env", "CONSTELLATION_GROUP=other\n")
		sc(0, "restart", unit)
		m.awaitLog(unit, ": 4: -g other -n one")
		sc(0, "stop", unit)
		sc(3, "is-active", unit)
		sc(3, "status", unit)
		sc(0, "disable", unit)
		if _, err := os.Lstat(m.home + "/" + link); err == nil {
			t.Error("disable left the link")
		}
		sc(0, "show", "-p", "ActiveState", unit)
	})
}

// TestEnabledStarts: what is enabled starts with the manager.
func TestEnabledStarts(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		files := satelliteFiles(".config/systemd/user")
		files[".config/systemd/user/default.target"] = "[Unit]\nRequires=basic.target\nAfter=basic.target\n"
		files[".config/systemd/user/default.target.wants/SatelliteSomething@boot.service -> ../SatelliteSomething@.service"] = ""
		m := start(t, w, config{files: files, search: true})
		if state := m.state("SatelliteSomething@boot.service"); state != "active/running" {
			t.Errorf("what is enabled is %s", state)
		}
	})
}

// TestAlarm: an unexpected end starts what OnFailure= names, an expected one what OnSuccess= names, and both are told by
// $MONITOR_… whose end it was and how.
func TestAlarm(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		const alarm = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'env | grep ^MONITOR_ | sort; echo told'\n"
		const on = "[Unit]\nOnFailure=alarm@%N.service\nOnSuccess=praise@%N.service\n[Service]\n"
		m := start(t, w, config{units: map[string]string{
			"alarm@.service": alarm, "praise@.service": alarm,
			"bad.service":   on + "ExecStart=/bin/sh -c 'exit 3'\n",
			"good.service":  on + "Type=oneshot\nExecStart=/bin/true\n",
			"shot.service":  on + "ExecStart=/bin/sleep infinity\n",
			"retry.service": "[Unit]\nStartLimitBurst=2\nOnFailure=alarm@%N.service\n[Service]\nRestart=always\nRestartSec=10ms\nExecStart=/bin/false\n",
		}})
		m.up("bad.service", "good.service", "shot.service", "retry.service")
		invocation := func(unit string) string {
			var id string
			for _, b := range m.get(unitPath(unit), "Unit", "InvocationID").([]byte) {
				id += fmt.Sprintf("%02x", b)
			}
			return id
		}
		m.signal("KillUnit", "shot.service", "main", 11)
		for _, c := range []struct{ unit, handler, want string }{
			{"bad.service", "alarm@bad.service", "MONITOR_EXIT_CODE=exited MONITOR_EXIT_STATUS=3 MONITOR_INVOCATION_ID=" +
				invocation("bad.service") + " MONITOR_SERVICE_RESULT=exit-code MONITOR_UNIT=bad.service told"},
			{"good.service", "praise@good.service", "MONITOR_SERVICE_RESULT=success MONITOR_UNIT=good.service told"},
			{"shot.service", "alarm@shot.service", "MONITOR_EXIT_STATUS=SEGV"},
			{"retry.service", "alarm@retry.service", "MONITOR_UNIT=retry.service"},
		} {
			m.awaitLog(c.handler, "told")
			var lines []string
			for _, line := range m.logs(c.handler) {
				if strings.HasPrefix(line, "MONITOR_") || line == "told" {
					lines = append(lines, line)
				}
			}
			got := strings.Join(lines, " ")
			for _, part := range strings.Fields(c.want) {
				if !strings.Contains(got, part) {
					t.Errorf("%s was told %s, which lacks %s", c.handler, got, part)
				}
			}
		}
	})
}
