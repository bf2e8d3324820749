package detectvirt_test

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/beside"
	"github.com/steward-init/steward/applet/detectvirt"
	"github.com/steward-init/steward/applet/ui"
)

// asCommand makes this test program the command, so that it can be run in a namespace.
const asCommand = "RUN_AS_DETECT_VIRT"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(detectvirt.Run(context.Background(), ui.Std(), append([]string{"systemd-detect-virt"}, os.Args[1:]...)))
	}
	os.Exit(m.Run())
}

func TestOptions(t *testing.T) {
	pair := beside.New(t, "systemd-detect-virt", detectvirt.Run)
	for _, line := range []string{"", "-c", "-v", "-q", "-r", "--private-users", "--list",
		"--list x", "x", "-qv", "--vm -r", "-r --vm", "--cvm", "-z", "--v", "--ver=1", "--container --quiet", "-cvq"} {
		pair.Compare(t, beside.Case{Args: strings.Fields(line)})
	}
	pair.Compare(t, beside.Case{Args: []string{"-r"}, Env: []string{"SYSTEMD_IGNORE_CHROOT=1"}})
}

// inNamespace runs a shell script in new namespaces, once with the oracle as $virt and once with us.
func inNamespace(t *testing.T, unshare, script string, env ...string) {
	t.Helper()
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	oracle, err := exec.LookPath("systemd-detect-virt")
	if err != nil {
		t.Skip("systemd's systemd-detect-virt is not installed")
	}
	var results []string
	for _, virt := range []string{self, oracle} {
		cmd := exec.Command("unshare", unshare, "sh", "-ec", script+"\nset +e; "+
			"for o in -v -c '' -r --private-users; do "+asCommand+"=1 $virt $o; echo $?; done")
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "virt=" + virt}, env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		results = append(results, string(out))
	}
	if results[0] != results[1] {
		t.Errorf("environment %q\n%s\n got %q\nwant %q", env, script, results[0], results[1])
	}
}

// fake is a line of script that puts text in the place of a file.
func fake(path, text string) string {
	if strings.HasPrefix(path, "/proc/") {
		copied := "/run/fake" + strings.ReplaceAll(path, "/", "-")
		return "printf '" + text + "' >" + copied + "; mount --bind " + copied + " " + path + "\n"
	}
	return "mkdir -p " + filepath.Dir(path) + "; printf '" + text + "' >" + path + "\n"
}

// TestFakedMachines shows both commands machines and containers that are made up of files.
func TestFakedMachines(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to mount")
	}
	const dmi = "/sys/class/dmi/id/"
	files := []string{dmi + "product_name", dmi + "sys_vendor", dmi + "board_vendor", dmi + "bios_vendor",
		dmi + "product_version", "/sys/hypervisor/type", "/proc/cpuinfo", "/sys/firmware/dmi/entries/0-0/raw",
		"/run/host/container-manager", "/run/systemd/container", "/run/.containerenv", "/proc/sys/kernel/osrelease",
		"/sys/fs/cgroup/systemd/x", "/sys/fs/cgroup/systemd/release_agent"}
	texts := []string{"", "xen\\n", "KVM", "QEMU\\n", "Amazon EC2", "VMware", "innotek GmbH", "Oracle Corporation", "Xen",
		"Parallels", "Google Compute Engine", "m5.metal\\n", "m5.metal-24xl", "vendor_id\\t: User Mode Linux\\n",
		"\\0\\030\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\020\\0\\0\\0\\0",
		"\\0\\030\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0", "lxc", "oci\\n", "docker\\nx",
		"\\n", "nonsense",
		"none", "wsl", "proot", "systemd-nspawn", "5.1-Microsoft", "6-microsoft-WSL2", "lxc-libvirt", "openvz"}
	rnd := rand.New(rand.NewPCG(1, 2))
	unshares := []string{"-m", "-mpf", "-mC"}
	for i := range 60 {
		script := "mount -t tmpfs t /run; mount -t tmpfs t /sys\n"
		seen := map[string]bool{}
		for range rnd.IntN(5) {
			path := files[rnd.IntN(len(files))]
			if !seen[path] {
				script += fake(path, texts[rnd.IntN(len(texts))])
			}
			seen[path] = true
		}
		var env []string
		if rnd.IntN(2) == 0 {
			env = append(env, "container="+[]string{"", "lxc", "oci", "podman", "strange"}[rnd.IntN(5)])
		}
		inNamespace(t, unshares[i%len(unshares)], script, env...)
	}
}
