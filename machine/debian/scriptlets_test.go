package debian_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/steward-init/steward/machine"
)

// updateHelper is what rpm's macros call on a machine with systemd, by what they are documented to do: a verb, then
// units.
const updateHelper = `#!/bin/sh
verb=$1; shift
booted() { test -d /run/systemd/system; }
case $verb in
install-system-units) systemctl --no-reload preset "$@" ;;
install-user-units) systemctl --no-reload --global preset "$@" ;;
remove-system-units)
	if booted; then systemctl --no-reload disable --now "$@"; else systemctl --no-reload disable "$@"; fi ;;
remove-user-units) systemctl --no-reload --global disable "$@" ;;
mark-restart-system-units)
	booted || exit 0
	for unit; do systemctl set-property "$unit" Markers=+needs-restart; done ;;
system-reload-restart)
	booted || exit 0
	systemctl daemon-reload && systemctl reload-or-restart --marked ;;
system-reload) ! booted || systemctl daemon-reload ;;
system-restart) ! booted || systemctl reload-or-restart --marked ;;
*) echo "unknown verb $verb" >&2; exit 3 ;;
esac
`

// scriptlets are what the scripts of an rpm package expand to, by the documentation of the macros. $unit is its unit.
var scriptlets = []struct{ name, text string }{
	{"sysusers_create_package", "systemd-sysusers /usr/lib/sysusers.d/acme.conf"},
	{"sysusers_create_inline", "echo 'u acme2 - \"inline\" /var/lib/acme2' | " +
		"systemd-sysusers --replace=/usr/lib/sysusers.d/acme2.conf -"},
	{"tmpfiles_create", "systemd-tmpfiles --create acme.conf"},
	{"tmpfiles_create_package", "echo 'd /var/lib/acme3 0711 root root -' | " +
		"systemd-tmpfiles --replace=/usr/lib/tmpfiles.d/acme.conf --create -"},
	{"post", "/opt/update install-system-units acme.service acme-off.service"},
	{"user_post", "/opt/update install-user-units acme-user.service"},
	{"post again", "systemctl --no-reload preset acme.service"},
	{"transfiletrigger", "/opt/update system-reload"},
	{"image", "mkdir -p /srv/image && cp -a --parents /usr/lib/systemd/system /usr/lib/systemd/user /srv/image && " +
		"cp -a --parents /usr/lib/systemd/system-preset /usr/lib/systemd/user-preset /srv/image"},
	{"image preset", "systemctl --root=/srv/image --no-reload preset acme.service acme-off.service"},
	{"image user preset", "systemctl --root=/srv/image --global preset acme-user.service"},
	{"image sysusers", "echo 'u acme 500' | systemd-sysusers --root=/srv/image -; cat /srv/image/etc/passwd"},
	{"image tmpfiles", "echo 'd /var/lib/acme 0711 0 0 -' | systemd-tmpfiles --root=/srv/image --create -"},
	{"image disable", "systemctl --root=/srv/image --no-reload disable acme.service"},
	{"start", "systemctl start acme.service"},
	{"upgrade", "systemctl try-restart acme.service"},
	{"upgrade of what is off", "systemctl try-restart acme-off.service"},
	{"reload or restart", "systemctl try-reload-or-restart acme.service"},
	{"missing", "systemctl --no-reload preset missing.service"},
	{"is-enabled", "systemctl is-enabled acme.service acme-off.service"},
	{"user is-enabled", "systemctl --global is-enabled acme-user.service"},
	{"is-active", "systemctl is-active acme.service acme-off.service"},
	{"mark", "/opt/update mark-restart-system-units acme.service acme-off.service"},
	{"marked", "! test -d /run/systemd/system || systemctl show --property=Markers acme.service acme-off.service"},
	{"empty properties", "systemctl show --property=SourcePath,Conditions,DropInPaths,Documentation acme.service; " +
		"systemctl show -P SourcePath -P Documentation acme.service"},
	{"filetrigger", "/opt/update system-reload"},
	{"filetrigger restart", "before=$(systemctl show --property=MainPID acme.service); /opt/update system-restart; " +
		"test \"$before\" != \"$(systemctl show --property=MainPID acme.service)\""},
	{"unmarked", "systemctl show --property=Markers acme.service acme-off.service"},
	{"active after a restart", "systemctl is-active acme.service acme-off.service"},
	{"preun", "/opt/update remove-system-units acme.service acme-off.service"},
	{"user_preun", "/opt/update remove-user-units acme-user.service"},
	{"is-active then", "systemctl is-active acme.service"},
	{"erase", "rm /usr/lib/systemd/system/acme.service && /opt/update system-reload"},
	{"preun without a file", "/opt/update remove-system-units acme.service"},
}

// packageFiles are what an rpm package brings.
func packageFiles() map[string]string {
	const service = "[Service]\nExecStart=sleep infinity\n[Install]\nWantedBy="
	return map[string]string{
		"/opt/update": updateHelper,
		"/usr/lib/systemd/system/acme.service": service +
			"multi-user.target\nAlias=emca.service\nAlso=acme.socket\n",
		"/usr/lib/systemd/system/acme.socket": "[Socket]\nListenStream=/run/acme\n" +
			"[Install]\nWantedBy=sockets.target\n",
		"/usr/lib/systemd/system/acme-off.service":   service + "multi-user.target\n",
		"/usr/lib/systemd/user/acme-user.service":    service + "default.target\n",
		"/usr/lib/systemd/system-preset/10-a.preset": "disable acme-off.service\nenable acme.*\n",
		"/usr/lib/systemd/user-preset/10-a.preset":   "enable acme-user.service\n",
		"/usr/lib/sysusers.d/acme.conf": "u acme - \"Acme\" /var/lib/acme\n" +
			"g acme-log 987\nm acme acme-log\n",
		"/usr/lib/tmpfiles.d/acme.conf": "d /run/acme.d 0750 acme acme -\n" +
			"f /var/lib/acme.state 0644 - - - state\n",
	}
}

// play runs each scriptlet and tells what it printed, its status, and which files it changed.
func (b *booted) play() string {
	b.t.Helper()
	var told strings.Builder
	before := b.text("sh", "-c", listing)
	for _, s := range scriptlets {
		out, stderr, status := b.Exec(b.ctx, "sh", "-c", s.text)
		after := b.text("sh", "-c", listing)
		fmt.Fprintf(&told, "%s: status %d\n", s.name, status)
		for _, line := range append(change("", out+stderr), change(before, after)...) {
			fmt.Fprintf(&told, "%s: %s\n", s.name, line)
		}
		before = after
	}
	return told.String()
}

// TestScriptletsChrooted runs the scripts of rpm packages where no manager runs, with our programs and with systemd's:
// what they print, their statuses and the files that they change must be the same.
func TestScriptletsChrooted(t *testing.T) {
	told := map[string]string{}
	for _, who := range []string{oracle, ours} {
		told[who] = bare(t, who, machine.Config{Files: packageFiles()}).play()
	}
	for _, line := range change(told[oracle], told[ours]) {
		t.Error(line)
	}
	t.Log(told[oracle])
}

// TestScriptletsBooted runs them in machines that we and systemd booted.
func TestScriptletsBooted(t *testing.T) {
	told := map[string]string{}
	for who, init := range map[string][]string{oracle: {"/lib/systemd/systemd"}, ours: {stewardPath, "--system"}} {
		b := boots(t, who, machine.Config{Files: packageFiles(), Init: append(init, "--unit=basic.target")})
		if err := b.WaitNotice(b.ctx, "READY=1"); err != nil {
			t.Fatal(err)
		}
		told[who] = b.play()
	}
	for _, line := range change(told[oracle], told[ours]) {
		t.Error(line)
	}
	t.Log(told[oracle])
}
