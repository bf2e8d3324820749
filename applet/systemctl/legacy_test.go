package systemctl

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/applet/ui"
)

// TestLegacyNames are the answers of the older names that need no manager; those of the oracle.
func TestLegacyNames(t *testing.T) {
	for _, c := range []struct {
		args, env, out, err string
		status              int
	}{
		{"halt", "SYSTEMD_OFFLINE=1", "", "Running in chroot, ignoring request.\n", 0},
		{"poweroff -p -f", "SYSTEMD_OFFLINE=1", "", "Running in chroot, ignoring request.\n", 0},
		{"reboot -w", "SYSTEMD_OFFLINE=0", "", "", 0},
		{"reboot a b", "", "", "Too many arguments.\n", 1},
		{"halt --nope", "", "", "halt: unrecognized option '--nope'\n", 1},
		{"shutdown -h now", "SYSTEMD_OFFLINE=1", "", "Running in chroot, ignoring request.\n", 0},
		{"shutdown +x", "", "", "Failed to parse time specification: +x\n", 1},
		{"shutdown 25:00", "", "", "Failed to parse time specification: 25:00\n", 1},
		{"shutdown -k now", "", "", "", 0},
		{"telinit", "", "", "Too few arguments.\n", 1},
		{"telinit 7", "", "", "Unknown command 7.\n", 1},
		{"telinit 3", "SYSTEMD_OFFLINE=1", "", "Running in chroot, ignoring request.\n", 0},
		{"runlevel", "RUNLEVEL=3", "N 3\n", "", 0},
		{"runlevel", "RUNLEVEL=5 PREVLEVEL=3", "3 5\n", "", 0},
		{"runlevel x", "", "", "Too many arguments.\n", 1},
	} {
		env := map[string]string{}
		for word := range strings.FieldsSeq(c.env) {
			name, value, _ := strings.Cut(word, "=")
			env[name] = value
		}
		var out, stderr bytes.Buffer
		io := ui.IO{Out: &out, Err: &stderr, Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
		status := Run(t.Context(), io, strings.Fields(c.args))
		if out.String() != c.out || stderr.String() != c.err || status != c.status {
			t.Errorf("%s: %q, %q, status %d; want %q, %q, %d", c.args, out.String(), stderr.String(), status, c.out, c.err,
				c.status)
		}
	}
}

func TestDelay(t *testing.T) {
	now := time.Date(2026, 11, 21, 22, 30, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{"now": 0, "+0": 0, "+5": 5 * time.Minute, "10": 10 * time.Minute,
		"23:00": 30 * time.Minute, "22:00": 23*time.Hour + 30*time.Minute} {
		if got, err := delay(text, now); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}
