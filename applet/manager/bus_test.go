package manager_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/machine"
)

func TestMain(m *testing.M) {
	machine.Init()
	os.Exit(m.Run())
}

// build makes the program under test.
func build(t *testing.T) string {
	program := filepath.Join(t.TempDir(), "steward")
	cmd := exec.Command("go", "build", "-o", program, "../../cmd/steward")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

const hardened = `[Unit]
Description=Hardened
[Service]
ExecStart=/bin/sleep infinity
ProtectSystem=strict
PrivateTmp=yes
`

// controlled makes a scope whose controller, the bus itself, does not stop it when it is asked.
const controlled = `sleep 1000 & pid=$!
busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager StartTransientUnit \
	'ssa(sv)a(sa(sv))' held.scope fail 3 PIDs au 1 $pid Controller s org.freedesktop.DBus TimeoutStopUSec t 300000 0
busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1/unit/held_2escope \
	org.freedesktop.systemd1.Scope Controller
busctl monitor --match "type='signal',member='RequestStop'" >/tmp/heard 2>&1 & monitor=$!
until grep -q Monitoring /tmp/heard; do sleep 0.05; done
systemctl stop held.scope && echo stopped
until grep RequestStop /tmp/heard; do sleep 0.05; done
systemctl show -p Result held.scope
kill $monitor`

// session runs commands in a machine and says what is wrong with their output.
type session struct {
	*testing.T
	machine *machine.Machine
	ctx     context.Context
}

// sees runs a command, whose output, on both streams, must hold all the words.
func (s *session) sees(words []string, argv ...string) string {
	s.Helper()
	out, errs, status := s.machine.Exec(s.ctx, argv...)
	for _, word := range words {
		if !strings.Contains(out+errs, word) {
			s.Errorf("%s: status %d, no %q in\n%s%s", strings.Join(argv, " "), status, word, out, errs)
		}
	}
	return out
}

// TestClientsOfTheSystem lets the unmodified clients speak to a system manager: directly as root, and by the system
// bus.
func TestClientsOfTheSystem(t *testing.T) {
	for _, tool := range []string{"systemctl", "systemd-run", "busctl", "dbus-daemon"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	m := machine.Start(t, machine.Config{Init: []string{"/steward", "--system", "--unit=basic.target"},
		Binds: map[string]string{build(t): "/steward"},
		Files: map[string]string{"/etc/systemd/system/hardened.service": hardened}})
	if err := m.WaitNotice(ctx, "READY=1"); err != nil {
		t.Fatal(err, m.Console())
	}
	s := session{t, m, ctx}
	s.sees(nil, "systemctl", "start", "hardened.service")
	s.sees([]string{"active (running)", "ProtectSystem=strict is not applied by this version", "hardened.service:5"},
		"systemctl", "status", "--no-pager", "-l", "hardened.service")
	s.sees([]string{"hardened.service", "sleep"}, "systemctl", "status", "--no-pager")
	s.sees([]string{"Reached target basic.target"}, "journalctl", "--no-pager", "-u", "basic.target")

	s.sees([]string{"Created symlink", "/dev/null"}, "systemctl", "mask", "hardened@x.service")
	s.sees([]string{"masked"}, "systemctl", "is-enabled", "hardened@x.service")
	s.sees([]string{"Removed"}, "systemctl", "unmask", "hardened@x.service")
	s.sees([]string{"static"}, "systemctl", "is-enabled", "hardened.service")
	s.sees([]string{"Created symlink", "multi-user.target.wants/hardened.service"}, "systemctl", "add-wants",
		"multi-user.target", "hardened.service")
	s.sees([]string{"Created symlink"}, "systemctl", "set-default", "basic.target")
	s.sees([]string{"basic.target"}, "systemctl", "get-default")
	s.sees(nil, "systemctl", "set-property", "hardened.service", "CPUWeight=50")
	s.sees([]string{"CPUWeight=50", "system.control/hardened.service.d/50-CPUWeight.conf"}, "systemctl", "show",
		"-p", "CPUWeight,DropInPaths", "hardened.service")
	s.sees([]string{"does not support freezing"}, "systemctl", "freeze", "hardened.service")
	s.sees([]string{"Unit hardened2.service not found."}, "systemctl", "start", "hardened2.service")
	s.sees([]string{"Unit hardened2.service not loaded."}, "systemctl", "stop", "hardened2.service")
	s.sees([]string{"Job mode"}, "systemctl", "start", "--job-mode=what", "hardened.service")

	s.sees(nil, "systemctl", "start", "dbus.service")
	s.sees([]string{"org.freedesktop.systemd1"}, "busctl", "list", "--no-pager")
	s.sees([]string{"/org/freedesktop/systemd1/unit/hardened_2eservice"}, "busctl", "tree", "--no-pager",
		"org.freedesktop.systemd1")
	s.sees([]string{".StewardVerdicts"}, "busctl", "introspect", "--no-pager", "org.freedesktop.systemd1",
		"/org/freedesktop/systemd1/unit/hardened_2eservice")
	s.sees([]string{"Finished with result: success"}, "systemd-run", "--wait", "/bin/true")
	s.sees([]string{"Finished with result: exit-code"}, "systemd-run", "--wait", "--collect", "/bin/false")
	s.sees([]string{"piped"}, "systemd-run", "--pipe", "--quiet", "/bin/echo", "piped")
	s.sees([]string{"scoped.scope"}, "systemd-run", "--scope", "--unit=scoped", "/bin/cat", "/proc/self/cgroup")

	s.sees([]string{`"org.freedesktop.DBus"`, "stopped", "RequestStop", "Result=timeout"}, "/bin/sh", "-c", controlled)

	nobody := []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"}
	s.sees([]string{"active"}, append(nobody, "systemctl", "is-active", "hardened.service")...)
	s.sees([]string{"Access denied"}, append(nobody, "systemctl", "--no-ask-password", "stop", "hardened.service")...)
	s.sees([]string{"active"}, "systemctl", "is-active", "hardened.service")
}
