package manager_test

import (
	"context"
	"encoding/xml"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/machine"
)

// TestAnalyzeBesideOracle has our systemd-analyze and the real one look at the same start of ours: what they print is
// the same to the byte, and the pictures have the same rows.
func TestAnalyzeBesideOracle(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("the oracle's systemd-analyze is not installed")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	const slow = "[Unit]\nAfter=dbus.socket\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sleep 0.05\n"
	m := machine.Start(t, machine.Config{Init: []string{"/steward", "--system"},
		Binds: map[string]string{build(t): "/steward"},
		Files: map[string]string{
			"/etc/systemd/system/goal.target": "[Unit]\nWants=slow.service tight.service basic.target\n" +
				"After=slow.service basic.target\n",
			"/etc/systemd/system/slow.service": slow,
			"/etc/systemd/system/tight.service": "[Service]\nExecStart=/bin/sleep infinity\nProtectHome=yes\nUMask=0077\n" +
				"User=nobody\nNoNewPrivileges=yes\nRestrictNamespaces=net\nSystemCallFilter=@system-service\n" +
				"IPAddressDeny=any\nDeviceAllow=/dev/null rw\nCapabilityBoundingSet=CAP_CHOWN\nPrivateTmp=yes\n",
			"/etc/systemd/system/bad.service": "[Service]\nExecStart=/bin/false\nPrivateTmp=yes\n",
		},
		Links: map[string]string{"/etc/systemd/system/default.target": "goal.target"}})
	if err := m.WaitNotice(ctx, "READY=1"); err != nil {
		t.Fatal(err, m.Console())
	}
	m.Exec(ctx, "sh", "-c", "mkdir /ours && ln -s /steward /ours/systemd-analyze; systemctl start bad.service")
	pair := func(line string) (ours, theirs [3]string) {
		for i, dir := range []string{"/ours/", "/usr/bin/"} {
			out, errs, status := m.Exec(ctx, "sh", "-c", strings.ReplaceAll(line, "ANALYZE", dir+"systemd-analyze"))
			*[]*[3]string{&ours, &theirs}[i] = [3]string{out, errs, string(rune('0' + status))}
		}
		return ours, theirs
	}
	for _, line := range []string{"ANALYZE", "ANALYZE time", "ANALYZE blame", "ANALYZE critical-chain",
		"SYSTEMD_COLORS=1 ANALYZE critical-chain --fuzz=1s sysinit.target slow.service nix.service", "ANALYZE dot",
		"ANALYZE dot --require 'd*' --to-pattern='*.slice'", "ANALYZE dump", "ANALYZE dump '*.slice' goal.target slow",
		"ANALYZE dump nix", "ANALYZE log-level", "ANALYZE log-target", "ANALYZE service-watchdogs",
		"ANALYZE log-level debug && ANALYZE log-level && ANALYZE log-level info", "ANALYZE service-watchdogs no",
		"ANALYZE security", "ANALYZE security tight slow", "ANALYZE security --json=short tight",
		"LANG=C ANALYZE security dbus",
		"ANALYZE security --threshold=10 nix",
		"setpriv --reuid=65534 --clear-groups ANALYZE blame"} {
		if ours, theirs := pair(line); ours != theirs {
			t.Errorf("%s:\n got %s\nwant %s", line, ours, theirs)
		}
	}
	ours, theirs := pair("ANALYZE plot")
	if got, want := rows(ours[0]), rows(theirs[0]); !slices.Equal(got, want) || len(want) < 20 {
		t.Errorf("plot:\n got %q\nwant %q", got, want)
	}
	out, _, _ := m.Exec(ctx, "systemd-analyze", "blame")
	sudden := strings.Contains(out, ".socket") || strings.Contains(out, "tight.service")
	if sudden || !strings.Contains(out, "slow.service") {
		t.Errorf("what starts in one moment took a time:\n%s", out)
	}
	if out, _, _ := m.Exec(ctx, "systemd-analyze", "critical-chain"); !strings.Contains(out, "slow.service @") {
		t.Errorf("slow.service is not in the chain:\n%s", out)
	}
}

// rows are the texts of a picture that name units.
func rows(svg string) []string {
	var list []string
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if err != nil {
			slices.Sort(list)
			return list
		}
		if text, ok := token.(xml.CharData); ok {
			if name, rest, _ := strings.Cut(string(text), " "); strings.Contains(name, ".") && len(name) > 8 &&
				!strings.Contains(rest, "reached") {
				list = append(list, strings.TrimSpace(string(text)))
			}
		}
	}
}
