package delta_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/beside"
	"github.com/steward-init/steward/applet/delta"
	"github.com/steward-init/steward/applet/ui"
)

// asCommand makes this test program the command, so that it can be run in a namespace.
const asCommand = "RUN_AS_DELTA"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(delta.Run(context.Background(), ui.Std(), append([]string{"systemd-delta"}, os.Args[1:]...)))
	}
	os.Exit(m.Run())
}

// TestHere compares what the commands say of this machine.
func TestHere(t *testing.T) {
	pair := beside.New(t, "systemd-delta", delta.Run)
	env := []string{"PATH=" + os.Getenv("PATH")}
	for _, line := range []string{"", "--diff=0", "-t unchanged", "--type=extended,masked",
		"-t nonsense", "-t=", "--diff=x",
		"--diff -t unchanged", "/foo", "/etc", "/usr/lib", "/lib", "/usr/share/systemd/system", "foo", "-t default", "-x",
		"systemd/system udev/rules.d", "/etc/ /run//systemd/system/", "/lib/systemd/system", "--diff=no -t overridden",
		"-t unchanged /usr/lib/systemd/user"} {
		pair.Compare(t, beside.Case{Args: append(strings.Fields(line), "--no-pager"), Env: env})
	}
	pair.Compare(t, beside.Case{Args: []string{"-t", "default,unchanged"}, Env: append(env, "SYSTEMD_COLORS=1")})
}

// script makes a tree of configuration below fresh mounts, then runs both commands on it.
const script = `set -e
for m in /etc /run /usr/local /usr/lib/systemd /usr/lib/sysctl.d; do mount -t tmpfs t $m; done
mkdir -p /usr/local/lib /usr/local/share
f() { mkdir -p "${1%%/*}"; printf "$2" >"$1"; }
l() { mkdir -p "${1%%/*}"; ln -s "$2" "$1"; }
%s
set +e
oracle=$(systemd-delta %s 2>&1; echo $?)
ours=$(` + asCommand + `=1 $self %s 2>&1; echo $?)
[ "$ours" = "$oracle" ] || printf 'got\n%%s\nwant\n%%s\n' "$ours" "$oracle"
`

// TestGenerated compares what the commands say of generated trees.
func TestGenerated(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to mount")
	}
	if _, err := exec.LookPath("systemd-delta"); err != nil {
		t.Skip("systemd's systemd-delta is not installed")
	}
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	name := func() string {
		file := pick("a.service", "b.service", "c.timer", "a@.service", "b.service~", ".a.service", "x.dpkg-old", "d.txt")
		if rnd.IntN(3) == 0 {
			file = pick("a.service.d", "b.service.d", "c.timer.d", "x.d", "a.service.wants", "-.d") + "/" +
				pick("1.conf", "2.conf", "3.txt", ".4.conf")
		}
		return pick("/etc", "/etc", "/run", "/usr/local/lib", "/usr/lib", "/usr/lib", "/usr/local/share") + "/" +
			pick("systemd/system", "systemd/system", "systemd/user", "sysctl.d", "systemd/system-preset") + "/" + file
	}
	for range 60 {
		made, lines := map[string]bool{}, ""
		for range 3 + rnd.IntN(12) {
			file := name()
			if made[file] {
				continue
			}
			made[file] = true
			if rnd.IntN(4) == 0 {
				target := pick("/dev/null", name(), "../b.service", "a.service", "/nowhere",
					"/usr/lib/systemd/system/"+filepath.Base(file), "/usr/lib/systemd/system/a.service")
				lines += fmt.Sprintf("l '%s' '%s'\n", file, target)
			} else {
				lines += fmt.Sprintf("f '%s' '%s'\n", file, pick("", "a\\n", "b\\nc\\n"))
			}
		}
		args := pick("", "", "--diff=0", "-t unchanged", "-t default,unchanged", "/etc", "/usr/lib", "systemd/system",
			"/usr/local/lib/systemd/system", "-t masked,extended", "-t overridden sysctl.d") + " --no-pager"
		cmd := exec.Command("unshare", "-m", "bash", "-c", fmt.Sprintf(script, lines, args, args))
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "self=" + self}
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s\n%s: %v\n%s", lines, args, err, out)
		}
	}
}
