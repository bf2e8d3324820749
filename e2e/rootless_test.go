package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inContainer is what a user does in a rootless container, where no manager runs and PID 1 is a shell: the first
// systemctl launches one.
const inContainer = `set -e
mount -t tmpfs tmpfs /run
mkdir /run/u
printf '[Service]\nExecStart=/bin/sleep 1000\nProtectSystem=strict\n' > /run/u/web.service
export SYSTEMD_UNIT_PATH=/run/u
steward systemctl start web.service
systemctl is-active web.service
systemctl status --no-pager web.service
systemctl stop web.service
systemctl show web.service -p Result -p ActiveState
`

// TestRootlessContainer runs systemctl as the root of a user namespace of nobody's: no capability counts for the
// machine, no control group can be made, nothing outside of /run can be written.
func TestRootlessContainer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("becomes nobody, which needs root")
	}
	for _, program := range []string{"unshare", "systemctl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%v", err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	unshare := exec.CommandContext(ctx, "unshare", "-Urpmf", "--mount-proc", "--kill-child", "sh", "-c", inContainer)
	unshare.Env = []string{"PATH=" + bin + ":/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C.UTF-8"}
	unshare.Dir = "/"
	unshare.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	output, err := unshare.CombinedOutput()
	text := string(output)
	if err != nil {
		if strings.Contains(text, "unshare failed") {
			t.Skipf("this kernel gives nobody no user namespace: %s", text)
		}
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range []string{
		"active\n",
		"Active: active (running)",
		"CGroup: /system.slice/web.service",
		"ProtectSystem=strict is not applied by this version (/run/u/web.service:3",
		"Result=success\nActiveState=inactive\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}
