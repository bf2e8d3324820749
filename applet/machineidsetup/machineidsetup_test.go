package machineidsetup_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/beside"
	"github.com/steward-init/steward/applet/machineidsetup"
	"github.com/steward-init/steward/applet/ui"
)

// asCommand makes this test program the command, so that it can be run in a namespace.
const asCommand = "RUN_AS_MACHINE_ID_SETUP"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		args := append([]string{"systemd-machine-id-setup"}, os.Args[1:]...)
		os.Exit(machineidsetup.Run(context.Background(), ui.Std(), args))
	}
	os.Exit(m.Run())
}

func TestOptions(t *testing.T) {
	pair := beside.New(t, "systemd-machine-id-setup", machineidsetup.Run)
	for _, line := range []string{"x", "--image=/x --root=/y", "-x", "--root", "--print=1", "--pri x"} {
		pair.Compare(t, beside.Case{Args: strings.Fields(line)})
	}
}

// known is an identifier that scenarios may show; every other one is random.
const known = "3d1219c7c4c5404aaa1f6d2a48adfda4"

// scenarios are shell scripts in which $cmd is the command, on a temporary file system at $R.
var scenarios = []string{
	`$cmd --root=$R; $cmd --root=$R --print; stat -c %a $R/etc/machine-id`,
	`rmdir $R/etc; $cmd --root=$R --print`,
	`: >$R/etc/machine-id; $cmd --root=$R --print; stat -c %a $R/etc/machine-id`,
	`echo uninitialized >$R/etc/machine-id; $cmd --root=$R --print; cat $R/etc/machine-id`,
	`echo garbage >$R/etc/machine-id; chmod 600 $R/etc/machine-id; $cmd --root=$R --print; stat -c %a $R/etc/machine-id`,
	`echo $known >$R/etc/machine-id; $cmd --root=$R --print`,
	`printf $known >$R/etc/machine-id; $cmd --root=$R --print; cat $R/etc/machine-id`,
	`printf $known | tr a-f A-F >$R/etc/machine-id; $cmd --root=$R --print; cat $R/etc/machine-id`,
	`echo ${known}0 >$R/etc/machine-id; $cmd --root=$R --print`,
	`echo 3d1219c7-c4c5-404a-aa1f-6d2a48adfda4 >$R/etc/machine-id; $cmd --root=$R --print`,
	`mkdir -p $R/var/lib/dbus; echo $known >$R/var/lib/dbus/machine-id; $cmd --root=$R --print; cat $R/etc/machine-id`,
	`mkdir -p $R/var/lib/dbus; echo x >$R/var/lib/dbus/machine-id; $cmd --root=$R --print`,
	`mkdir -p $R/var/lib/dbus; ln -s /etc/machine-id $R/var/lib/dbus/machine-id; $cmd --root=$R --print`,
	`$cmd --root=$R --commit`,
	`echo $known >$R/etc/machine-id; $cmd --root=$R --commit --print`,
	`echo uninitialized >$R/etc/machine-id; echo $known >$R/run/machine-id
	mount --bind $R/run/machine-id $R/etc/machine-id; $cmd --root=$R --commit --print
	cat $R/etc/machine-id; stat -c %a $R/etc/machine-id; grep -c machine-id /proc/self/mountinfo`,
	`echo x >$R/etc/machine-id; echo bad >$R/run/machine-id; mount --bind $R/run/machine-id $R/etc/machine-id
	$cmd --root=$R --commit; cat $R/etc/machine-id`,
	`echo x >$R/etc/machine-id; echo $known >$real; mount --bind $real $R/etc/machine-id; $cmd --root=$R --commit`,
	`echo x >$R/etc/machine-id; mount -t tmpfs x $R/run; echo $known >$R/run/machine-id
	mount --bind $R/run/machine-id $R/etc/machine-id; mount -o remount,ro $R; $cmd --root=$R --commit
	cat $R/etc/machine-id`,
	`mount -t tmpfs x $R/run; : >$R/etc/machine-id; mount -o remount,ro $R; $cmd --root=$R --print
	cat $R/etc/machine-id; grep machine-id /proc/self/mountinfo | cut -d" " -f4-6; stat -c %a $R/run/machine-id
	mount -o remount,rw $R; $cmd --root=$R --commit --print; grep -c machine-id /proc/self/mountinfo`,
	`mount -t tmpfs e /etc; mount -t tmpfs v /var; $cmd --print`,
	`mount -t tmpfs e /etc; mount -t tmpfs v /var; mkdir -p /var/lib/dbus; echo $known >/var/lib/dbus/machine-id
	$cmd --print`,
	`mount -t tmpfs e /etc; mount -t tmpfs v /var; mount -t tmpfs r /run
	mkdir /run/host; echo lxc >/run/host/container-manager
	$cmd --print`,
}

// TestScenarios compares what the commands print and leave.
func TestScenarios(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to mount")
	}
	oracle, err := exec.LookPath("systemd-machine-id-setup")
	if err != nil {
		t.Skip("systemd's systemd-machine-id-setup is not installed")
	}
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, scenario := range scenarios {
		var said []string
		for _, cmd := range []string{self, oracle} {
			dir := t.TempDir()
			run := exec.Command("unshare", "-m", "sh", "-c", "mount -t tmpfs t $R; mkdir $R/etc $R/run\n"+
				"try() { "+asCommand+"=1 $cmd1 \"$@\"; echo \"status $?\"; }\n"+strings.ReplaceAll(scenario, "$cmd", "try"))
			run.Env = []string{"PATH=" + os.Getenv("PATH"), "R=" + dir, "cmd1=" + cmd, "known=" + known,
				"real=" + filepath.Join(t.TempDir(), "real")}
			out, err := run.CombinedOutput()
			if err != nil && run.ProcessState == nil {
				t.Fatal(err)
			}
			said = append(said, anonymous(strings.ReplaceAll(string(out), dir, "R")))
		}
		if said[0] != said[1] {
			t.Errorf("%s\n got %q\nwant %q", scenario, said[0], said[1])
		}
	}
}

// anonymous replaces identifiers other than the known one.
func anonymous(text string) string {
	var b strings.Builder
	for word := range strings.SplitAfterSeq(text, "\n") {
		if id := strings.TrimSuffix(word, "\n"); len(id) == 32 && strings.Trim(id, "0123456789abcdef") == "" && id != known {
			word = "RANDOM, version " + id[12:13] + "\n"
		}
		b.WriteString(word)
	}
	return b.String()
}
