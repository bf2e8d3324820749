//tidy:table
package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/machine"
)

// cleanUnits are services with directories, which are there when the start is done, and what can't be cleaned.
var cleanUnits = map[string]string{
	"full.service": "[Service]\nType=exec\nExecStart=/bin/sleep infinity\nRuntimeDirectory=full full/deep\nRuntimeDirectoryPreserve=yes\nStateDirectory=full:link\n" +
		"CacheDirectory=full\nLogsDirectory=full\nConfigurationDirectory=full\n",
	"state.service":  "[Service]\nType=exec\nExecStart=/bin/sleep infinity\nStateDirectory=state\n",
	"slow.service":   "[Service]\nExecStart=/bin/sleep infinity\nStateDirectory=slow\nTimeoutCleanSec=1us\n",
	"bare.service":   "[Service]\nExecStart=/bin/sleep infinity\n",
	"broken.service": "[Service]\nType=oneshot\nExecStart=/bin/false\nStateDirectory=broken\n",
}

// cleanScript says what Debian's systemctl has to say of cleaning.
const cleanScript = `exec 2>&1
left() { ls -d /run/full /var/lib/full /var/lib/link /var/lib/private/state /var/lib/state /var/cache/full /var/log/full /etc/full /precious/* 2>/dev/null; }
clean() { echo "clean $*"; systemctl clean "$@"; echo "status $?"; }
systemctl show -p CanClean,TimeoutCleanUSec,CleanResult full.service state.service slow.service bare.service basic.target system.slice
systemctl start full.service; clean full.service; clean --what=state full.service; systemctl stop full.service
left; clean full.service; left
clean --what=logs --what=configuration full.service; left
mkdir -p /var/lib/private/state /precious/tree; touch /precious/file /precious/tree/file
ln -s /precious /var/lib/full/out
clean --what=all full.service; left
clean --what=all full.service
ln -s /precious /var/lib/state; clean --what=state state.service; left
systemctl start state.service; touch /var/lib/state/x; systemctl stop state.service; clean --what=state,cache state.service; left
clean --what=cache state.service; clean --what=state bare.service; clean basic.target; clean system.slice; clean none.service; clean --what=nothing state.service
systemctl start broken.service; clean --what=state broken.service
mkdir -p /var/lib/slow; cd /var/lib/slow; seq 1 20000 | xargs touch; cd /
systemctl clean --what=state slow.service # its status depends on whether it sees the failure or comes after it
until systemctl is-failed -q slow.service; do :; done # it does not wait for the end of what it had killed
systemctl show -p ActiveState,Result,CleanResult slow.service; systemctl reset-failed slow.service
until journalctl -o cat --no-pager -u slow.service | grep -q "slow.service: Failed with result"; do :; done # the last of it
journalctl -o cat --no-pager -u full.service -u state.service -u slow.service | grep -v Consumed
`

// TestClean: systemctl clean says and does the same as on systemd, in a machine of each. systemctl(1), clean.
func TestClean(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for name, text := range cleanUnits {
		files["/etc/systemd/system/"+name] = text
	}
	said := map[string]string{}
	for who, init := range map[string]string{"steward": "/usr/local/bin/steward", "systemd": "/lib/systemd/systemd"} {
		if _, err := os.Stat(init); err != nil && who == "systemd" {
			t.Skip("systemd is not installed")
		}
		m := machine.Start(t, machine.Config{Init: []string{init, "--system", "--unit=basic.target"}, Files: files,
			Binds: map[string]string{bin + "/steward": "/usr/local/bin/steward"}})
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		if err := m.WaitNotice(ctx, "READY=1"); err != nil {
			t.Fatal(err)
		}
		said[who], _, _ = m.Exec(ctx, "sh", "-c", cleanScript) // what it says holds how each command went
	}
	ours, theirs := strings.Split(said["steward"], "\n"), strings.Split(said["systemd"], "\n")
	for i := range max(len(ours), len(theirs)) {
		var a, b string
		if i < len(ours) {
			a = ours[i]
		}
		if i < len(theirs) {
			b = theirs[i]
		}
		if a != b {
			t.Fatalf("line %d: %q, the oracle's %q\n%s\nthe oracle's\n%s", i+1, a, b, said["steward"], said["systemd"])
		}
	}
	for _, line := range []string{"/precious/file", "/precious/tree", "status 0", "CleanResult=timeout",
		"Failed to clean unit bare.service: No matching resources found.",
		"Failed to clean unit full.service: Unit is not inactive or has pending job."} {
		if !strings.Contains(said["systemd"], line+"\n") {
			t.Errorf("the comparison has no line %q:\n%s", line, said["systemd"])
		}
	}
}

// TestCleanOwn: our own systemctl cleans units of a user manager, which is served meanwhile, and a link out of the
// directories leads nowhere.
func TestCleanOwn(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{search: true, files: map[string]string{
			".config/systemd/user/own.service": "[Service]\nExecStart=/bin/sleep infinity\nCacheDirectory=own\nStateDirectory=own\n",
			"precious/file":                    "kept\n"}})
		m.up("own.service")
		m.down("own.service")
		cache, state := filepath.Join(m.home, ".cache/own"), filepath.Join(m.home, ".config/own")
		m.check(os.Symlink(filepath.Join(m.home, "precious"), filepath.Join(cache, "out")))
		m.write(".cache/own/deep/er/file", "x")
		m.own(".cache")
		clean := func(args ...string) string {
			cmd := m.command(filepath.Join(bin, "steward"), append([]string{"systemctl", "--user", "clean"}, args...)...)
			out, err := cmd.CombinedOutput()
			if err != nil {
				return string(out) + err.Error()
			}
			return string(out)
		}
		if out := clean("own.service"); out != "" {
			t.Errorf("clean: %s", out)
		}
		m.gone(cache)
		if _, err := os.Stat(state); err != nil {
			t.Errorf("the state, which nobody wanted to lose: %v", err)
		}
		if out := clean("--what=all", "own.service"); out != "" {
			t.Errorf("clean --what=all: %s", out)
		}
		m.gone(state)
		if _, err := os.Stat(filepath.Join(m.home, "precious/file")); err != nil {
			t.Errorf("what a link led to: %v", err)
		}
		m.up("own.service")
		if out := clean("own.service"); !strings.Contains(out, "Unit is not inactive or has pending job.") {
			t.Errorf("clean of a unit that is up: %q", out)
		}
	})
}

// gone sees that there is nothing at a path.
func (m *manager) gone(path string) {
	m.t.Helper()
	if _, err := os.Lstat(path); err == nil {
		m.t.Errorf("%s is still there", path)
	}
}
