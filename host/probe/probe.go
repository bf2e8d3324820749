// Package probe finds out, once at start, what the machine is and allows: its names, its virtualization, and which
// kernel facilities this process may use.
//
// It exists so that every later decision (a condition, a specifier, a verdict) rests on one set of facts. It must not
// change anything.
package probe

import (
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// Facts are what was found. IDs have 32 hexadecimal digits, "" where the machine has none.
type Facts struct {
	MachineID, BootID        string
	Hostname, PrettyHostname string
	KernelRelease            string
	Architecture             string // systemd's word
	Virtualization           string // systemd-detect-virt's word, "none" for none
	Container                bool
	OSRelease                string // path of os-release
}

// architectures are systemd's words for Go's. systemd.unit(5), ConditionArchitecture=.
var architectures = map[string]string{"amd64": "x86-64", "arm64": "arm64", "386": "x86", "arm": "arm",
	"riscv64": "riscv64", "ppc64le": "ppc64-le", "ppc64": "ppc64", "s390x": "s390x", "loong64": "loongarch64",
	"mips64le": "mips64-le", "mips64": "mips64", "mipsle": "mips-le", "mips": "mips"}

// Look gathers the facts.
func Look() Facts {
	f := Facts{Architecture: architectures[runtime.GOARCH], MachineID: id("/etc/machine-id")}
	f.BootID, _ = sys.BootID() // best effort: without it entries of the journal have no boot
	f.BootID = strings.ReplaceAll(f.BootID, "-", "")
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		f.Hostname, f.KernelRelease = unix.ByteSliceToString(u.Nodename[:]), unix.ByteSliceToString(u.Release[:])
	}
	f.Virtualization, f.Container = virtualization()
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if _, err := os.Stat(path); err == nil {
			f.OSRelease = path
			break
		}
	}
	return f
}

// Hostname reads the present host name.
func Hostname() string {
	name, _ := os.Hostname() // best effort: uname can't fail
	return name
}

func id(path string) string {
	data, err := os.ReadFile(path)
	text := strings.TrimSpace(string(data))
	if err != nil || len(text) != 32 || strings.Trim(text, "0123456789abcdef") != "" {
		return ""
	}
	return text
}

// virtualization looks for a container first, as what is nearest counts, then for a hypervisor.
func virtualization() (word string, container bool) {
	if word := containerWord(); word != "" {
		return word, true
	}
	if word := hypervisorWord(); word != "" {
		return word, false
	}
	return "none", false
}

// knownContainers are the words systemd knows; other values of $container are "container-other".
var knownContainers = []string{"systemd-nspawn", "lxc", "lxc-libvirt", "docker", "podman", "rkt", "wsl", "proot",
	"pouch", "openvz"}

func containerWord() string {
	value := os.Getenv("container")
	if os.Getpid() != 1 {
		value, _, _ = sys.Environ(1, "container") // best effort: unreadable for an unprivileged manager
	}
	if value == "" {
		data, err := os.ReadFile("/run/systemd/container")
		if err == nil {
			value = strings.TrimSpace(string(data))
		}
	}
	switch {
	case value == "oci":
		return "docker"
	case value != "":
		for _, known := range knownContainers {
			if value == known {
				return known
			}
		}
		return "container-other"
	}
	for file, word := range map[string]string{"/run/.containerenv": "podman", "/.dockerenv": "docker"} {
		if _, err := os.Stat(file); err == nil {
			return word
		}
	}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil &&
		(strings.Contains(string(kernel), "Microsoft") || strings.Contains(string(kernel), "WSL")) {
		return "wsl"
	}
	return ""
}

// vendors are beginnings of DMI texts. systemd-detect-virt(1) has the words.
var vendors = []struct{ prefix, word string }{{"KVM", "kvm"}, {"Amazon EC2", "amazon"}, {"QEMU", "qemu"},
	{"VMware", "vmware"}, {"VMW", "vmware"}, {"innotek GmbH", "oracle"}, {"VirtualBox", "oracle"}, {"Xen", "xen"},
	{"Bochs", "bochs"}, {"Parallels", "parallels"}, {"BHYVE", "bhyve"}, {"Hyper-V", "microsoft"},
	{"Apple Virtualization", "apple"}, {"Google Compute Engine", "google"}}

func hypervisorWord() string {
	for _, file := range []string{"product_name", "sys_vendor", "board_vendor", "bios_vendor", "product_version"} {
		data, err := os.ReadFile("/sys/class/dmi/id/" + file)
		if err != nil {
			continue
		}
		for _, v := range vendors {
			if strings.HasPrefix(string(data), v.prefix) {
				return v.word
			}
		}
	}
	if data, err := os.ReadFile("/sys/hypervisor/type"); err == nil && strings.TrimSpace(string(data)) == "xen" {
		return "xen"
	}
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil && strings.Contains(string(data), " hypervisor") {
		return "kvm"
	}
	return ""
}
