package debian_test

import (
	"os"
	"strings"
	"testing"

	"github.com/steward-init/steward/machine"
)

// kernelScript shows what the manager has made of a command line.
const kernelScript = `cd /
systemctl show -p LogLevel -p LogTarget -p ShowStatus -p DefaultStandardOutput -p DefaultStandardError \
	-p DefaultTimeoutStartUSec
systemctl show-environment
systemctl is-active basic.target default.target first.service other.service
systemctl is-enabled policy.service masked.service
systemctl show -p ConditionResult first.service
systemctl cat first.service | tail -1
hostname
cat /etc/machine-id
ls /run/systemd/first-boot
systemd-analyze condition ConditionFirstBoot=yes
systemd-analyze condition ConditionKernelCommandLine=systemd.setenv 'ConditionKernelCommandLine=systemd.setenv=A=b c'
`

// TestKernelCommandLine boots the oracle and steward with the same words: a container's first process has them from its
// own command line. systemd(1), KERNEL COMMAND LINE; machine-id(5), FIRST BOOT SEMANTICS.
func TestKernelCommandLine(t *testing.T) {
	const oracle = "/lib/systemd/systemd"
	if _, err := os.Stat(oracle); err != nil {
		t.Skip("the oracle is not installed")
	}
	const id = "11111111222222223333333344444444"
	const once = "Type=oneshot\nRemainAfterExit=yes\nExecStart="
	files := map[string]string{
		"/etc/locale.conf": "LANG=de_DE.UTF-8\nLC_TIME=C\n", "/etc/hostname": "of-the-file\n",
		"/etc/systemd/system.conf":               "[Manager]\nLogLevel=err\nShowStatus=error\nDefaultTimeoutStartSec=8\n",
		"/etc/systemd/system/other.service":      "[Service]\n" + once + "/bin/true\n",
		"/etc/systemd/system/masked.service":     "[Service]\n" + once + "/bin/true\n",
		"/usr/lib/systemd/system/policy.service": "[Service]\n" + once + "/bin/true\n[Install]\nWantedBy=default.target\n",
		"/etc/systemd/system/first.service": "[Unit]\nConditionFirstBoot=yes\nBefore=first-boot-complete.target\n" +
			"Wants=first-boot-complete.target\n[Service]\n" + once + "/bin/sh -c 'ls /run/systemd/first-boot'\n",
	}
	files["/etc/systemd/system/default.target"] = "[Unit]\nRequires=basic.target\nAfter=basic.target\n"
	links := map[string]string{"/etc/systemd/system/basic.target.wants/first.service": "../first.service"}
	for _, c := range []struct{ name, machineID, env, words string }{
		{"first boot", "uninitialized\n", "SYSTEMD_LOG_LEVEL=notice", ""},
		{"all", "", "SYSTEMD_LOG_LEVEL=info", "quiet systemd.log_level=debug systemd.log-target=null systemd.show_status " +
			"systemd.setenv=A=b_c systemd.setenv=A=2 systemd.setenv=bad systemd.setenv=LANG=fr systemd.hostname=of-the-line " +
			"locale.LANG=it_IT systemd.default_timeout_start_sec=7 systemd.default_standard_output=null " +
			"systemd.default-standard-error systemd.mask=masked.service systemd.wants=other.service " +
			"systemd.condition-first-boot systemd.unit=default.target rd.systemd.unit=rescue.target systemd.machine_id=" + id},
		{"told that it is none", "uninitialized\n", "",
			"debug systemd.show_status=auto locale.LC_TIME=C systemd.log_level=what systemd.condition_first_boot=no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := map[string]string{}
			for _, init := range []string{oracle, stewardPath} {
				config := machine.Config{Files: map[string]string{"/etc/machine-id": c.machineID}, Links: links}
				for path, text := range files {
					config.Files[path] = text
				}
				if config.Init = []string{init, "systemd.unit=basic.target"}; init == stewardPath {
					config.Init = []string{init, "manager", "systemd.unit=basic.target"}
				}
				config.Init = append(config.Init, strings.Fields(c.words)...)
				if c.env != "" {
					config.Env = []string{c.env}
				}
				b := boot(t, config)
				out, stderr, _ := b.Exec(b.ctx, "sh", "-c", kernelScript)
				said[init] = out + stderr
				if err := b.Stop(); err != nil {
					t.Error(err)
				}
			}
			if said[oracle] != said[stewardPath] {
				t.Errorf("the oracle:\n%s\nsteward:\n%s", said[oracle], said[stewardPath])
			}
		})
	}
}
