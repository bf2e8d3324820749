package tmpfiles_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/tmpfiles"
	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/machine"
)

// inMachine is what the command is called inside.
const inMachine = "/usr/local/bin/ours"

// TestMain is also the command, under its name inside, and a machine's first process.
func TestMain(m *testing.M) {
	machine.Init()
	if filepath.Base(os.Args[0]) == filepath.Base(inMachine) {
		os.Exit(tmpfiles.Run(context.Background(), ui.Std(), os.Args))
	}
	os.Exit(m.Run())
}

// files is the configuration inside.
var files = map[string]string{
	"/etc/machine-id": "",
	"/t/system.conf": "d /t/a 0750 daemon adm\nf /t/a/%u-%U-%g-%G-%m\n" +
		"f /t/f - - - - %h %C %L %S %t %T %V\nL /t/l - - - - %m\n" +
		"d /\nz / 0755\nf /t/%m\na /t/f - - - - u:daemon:r,g:adm:rw\nbad\nd /t/d - nosuchuser\nL+ /t/os - - - - %o%w\n",
	"/root/.config/user-tmpfiles.d/a.conf":      "f %h/conf - - - - %C %L %S\nf %h/runtime - - - - %t\n",
	"/root/.local/share/user-tmpfiles.d/b.conf": "d %h/b 0700\n",
	"/root/.local/share/user-tmpfiles.d/a.conf": "d %h/overridden\n",
	"/usr/share/user-tmpfiles.d/c.conf":         "d /t/user\n",
	"/etc/tmpfiles.d/user-tmpfiles.conf":        "d /t/not-for-users\n",
}

// The machine's own root, without --root=: the oracle in one throw-away machine, this command in another one.
func TestInMachine(t *testing.T) {
	if _, err := os.Stat("/usr/bin/systemd-tmpfiles"); err != nil {
		t.Skip("needs the real systemd-tmpfiles")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	config := machine.Config{Init: []string{"/bin/sleep", "infinity"}, Files: files,
		Binds: map[string]string{self: inMachine}}
	machines := map[string]*machine.Machine{
		"systemd-tmpfiles": machine.Start(t, config), inMachine: machine.Start(t, config)}
	const look = "find /t /root /run /var/lib/systemd /var/log -xdev -maxdepth 2 ! -path '/run/lock*' " +
		"-printf '%p %M %u:%g %l\\n' | sort; find /t -type f -size -1000c -exec cat {} +; getfacl -cp /t/f 2>&1"
	for _, line := range []string{
		"COMMAND --create /t/system.conf",
		"COMMAND --create --user",
		"env XDG_RUNTIME_DIR=/run/user/0 XDG_CONFIG_HOME=/t/conf COMMAND --create --user",
		"env XDG_RUNTIME_DIR=/run/user/0 HOME=/t COMMAND --cat-config --user",
		"COMMAND --create --remove --boot",
		"COMMAND --create",
		"COMMAND --clean",
		"COMMAND --cat-config --no-pager",
		"COMMAND --create --root=/ system.conf",
		"env -C /t COMMAND --create system.conf",
	} {
		said := map[string]string{}
		for name, m := range machines {
			out, errs, status := m.Exec(ctx, strings.Fields(strings.ReplaceAll(line, "COMMAND", name))...)
			tree, _, _ := m.Exec(ctx, "sh", "-c", look)
			said[name] = out + errs + string(rune('0'+status%10)) + "\n" + tree
		}
		if got, want := said[inMachine], said["systemd-tmpfiles"]; got != want {
			t.Errorf("%s: %s", line, difference(got, want))
		}
	}
}

// difference shows the lines that only one of two texts has.
func difference(got, want string) string {
	var b strings.Builder
	for _, side := range []struct{ name, text, other string }{{"ours", got, want}, {"theirs", want, got}} {
		for l := range strings.Lines(side.text) {
			if !strings.Contains("\n"+side.other, "\n"+l) {
				b.WriteString("\nonly " + side.name + ": " + strings.TrimSuffix(l, "\n"))
			}
		}
	}
	return b.String()
}
