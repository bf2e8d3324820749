package vm_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/machine/vm"
)

var (
	kit   = flag.String("vm", "", "boot emulated machines made of what is in this folder, which is filled if it is empty")
	accel = flag.String("vm.accel", "tcg", "how qemu runs them: tcg or kvm")
	tests = flag.String("vm.tests", "sys,sandbox,host/process", "the packages whose tests TestARM64 runs")
)

func TestMain(m *testing.M) {
	vm.Init()
	flag.Parse()
	os.Exit(m.Run())
}

// script says on the second serial line how the machine is, and ends it.
const script = `#!/bin/sh
exec > /dev/ttyS1 2>&1
echo "state: $(systemctl is-system-running --wait)"
systemctl list-units --failed --plain --no-legend
echo "jobs: $(systemctl list-jobs --no-legend)"
for u in multi-user.target getty@tty1.service serial-getty@ttyS0.service cron.service dbus.service \
	systemd-logind.service systemd-udevd.service systemd-journald.service -.mount dev-vda.device dev-ttyS0.device; do
	echo "$u: $(systemctl is-active -- $u)"
done
systemctl status > /run/status; echo "status: $?"
systemctl status cron.service > /run/status; echo "status of cron: $?"
echo "controllers: $(cat /sys/fs/cgroup/cgroup.controllers)"
echo "cron is in $(cat /proc/$(systemctl show -P MainPID cron.service)/cgroup)"
echo "the clock is ahead of 2030: $(test $(date +%s) -gt 1893456000 && echo yes)"
echo "host: $(hostname)"
echo "root: $(findmnt -no FSTYPE,OPTIONS / | grep -o '^ext4 *rw')"
findmnt -rno TARGET | sort |
	grep -xE '/|/dev|/dev/(pts|shm)|/proc|/run|/sys|/sys/(fs/(cgroup|bpf|pstore)|kernel/security)'
udevadm settle && udevadm info /dev/vda | grep -c TAGS=.*:systemd:
systemctl --no-block ` // and a verb

// unit runs the script.
const unit = "[Unit]\nAfter=multi-user.target\n[Service]\nExecStart=/opt/script\n"

// TestBoot boots Debian with systemd and with steward, has each tell how it went, and ends it by each verb.
func TestBoot(t *testing.T) {
	if *kit == "" {
		t.Skip("emulated machines take minutes: -vm=FOLDER boots them")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	folder, err := filepath.Abs(*kit)
	if err != nil {
		t.Fatal(err)
	}
	k := vm.Kit{Dir: folder}
	if err := k.Make(ctx); err != nil {
		t.Fatal(err)
	}
	steward := filepath.Join(t.TempDir(), "steward")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", steward, "github.com/steward-init/steward/cmd/steward")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, verb := range []string{"poweroff", "reboot"} {
		said := map[string]string{}
		for _, init := range []string{"/lib/systemd/systemd", "/opt/steward"} {
			t.Run(verb+" "+filepath.Base(init), func(t *testing.T) {
				r, err := k.Boot(ctx, t.TempDir(), vm.Config{Init: init, Accel: *accel,
					Words:  "systemd.hostname=emulated systemd.clock-usec=1900000000000000 systemd.show_status",
					Files:  map[string]string{"/opt/script": script + verb + "\n", "/etc/systemd/system/told.service": unit},
					Links:  map[string]string{"/etc/systemd/system/multi-user.target.wants/told.service": "../told.service"},
					Copies: map[string]string{"/opt/steward": steward}})
				if err != nil {
					t.Fatalf("%v\n%s", err, end(r.Console))
				}
				if !r.Clean {
					t.Errorf("the disk is not clean: %s", r.Disk)
				}
				if !slices.Contains(strings.Split(r.Said, "\n"), "state: running") {
					t.Errorf("it does not run:\n%s", r.Said)
				}
				if said[init] = r.Said; t.Failed() {
					t.Logf("console, the end:\n%s", end(r.Console))
				}
			})
		}
		if len(said) < 2 {
			continue // not all of them were asked for
		}
		if a, b := said["/lib/systemd/systemd"], expected(said["/opt/steward"]); a != b {
			t.Errorf("systemd says:\n%s\nsteward says:\n%s", a, b)
		}
	}
}

// TestARM64 runs the tests of what is written in assembly, and of what stands on it, on an emulated arm64.
func TestARM64(t *testing.T) {
	if *kit == "" {
		t.Skip("emulated machines take minutes: -vm=FOLDER boots them")
	}
	folder, err := filepath.Abs(*kit)
	if err != nil {
		t.Fatal(err)
	}
	k := vm.Kit{Dir: folder}
	if err := k.MakeARM(t.Context()); err != nil {
		t.Fatal(err)
	}
	packages := strings.Split(*tests, ",")
	console, err := k.TestARM(t.Context(), t.TempDir(), packages...)
	if err != nil {
		t.Errorf("qemu: %v", err)
	}
	for _, p := range packages {
		if !strings.Contains(console, "status of /src/"+p+": 0\n") {
			t.Errorf("%s fails", p)
		}
	}
	if t.Failed() {
		t.Log(end(console))
	}
}

// expected replaces what is not in this version by what systemd says: units of devices, and what is bound to them.
func expected(said string) string {
	for _, unit := range []string{"dev-vda.device", "dev-ttyS0.device", "serial-getty@ttyS0.service"} {
		said = strings.Replace(said, unit+": inactive\n", unit+": active\n", 1)
	}
	return said
}

// end is the end of a long text.
func end(text string) string {
	const most = 8000
	return text[max(0, len(text)-most):]
}
