package virtualization

import (
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// Source is what detection looks at. Here is the real one; tests make their own.
type Source struct {
	Read         func(path string) (string, bool) // the whole file; false where it can't be read
	Exists       func(path string) bool
	Cgroup2      func(path string) bool // a file system of control groups, version 2, is mounted there
	Getenv       func(name string) (string, bool)
	Hypervisor   func() (signature string, virtual bool) // as sys.Hypervisor
	FirstProcess bool                                    // this is process 1
}

// maxFile bounds the small files that are looked at.
const maxFile = 1 << 20

// Here looks at the machine that this process runs on.
func Here() Source {
	return Source{
		Read: func(path string) (string, bool) {
			data, err := sys.ReadFile(path, maxFile)
			return string(data), err == nil
		},
		Exists: func(path string) bool { return unix.Access(path, unix.F_OK) == nil },
		Cgroup2: func(path string) bool {
			var st unix.Statfs_t
			return unix.Statfs(path, &st) == nil && st.Type == unix.CGROUP2_SUPER_MAGIC
		},
		Getenv:       os.LookupEnv,
		Hypervisor:   sys.Hypervisor,
		FirstProcess: os.Getpid() == 1,
	}
}

// Detect is the innermost technology: the container, or else the machine.
func (s Source) Detect() (kind Kind, container bool) {
	if kind := s.Container(); kind != None {
		return kind, true
	}
	return s.Machine(), false
}

// hypervisors are how hypervisors sign on x86.
var hypervisors = []struct {
	signature string
	kind      Kind
}{
	{"XenVMMXenVMM", "xen"}, {"KVMKVMKVM", "kvm"}, {"Linux KVM Hv", "kvm"}, {"TCGTCGTCGTCG", "qemu"},
	{"VMwareVMware", "vmware"}, {"Microsoft Hv", "microsoft"}, {"bhyve bhyve ", "bhyve"}, {"QNXQVMBSQG", "qnx"},
	{"ACRNACRNACRN", "acrn"}, {"SRESRESRESRE", "sre"},
}

// vendors are beginnings of the texts that firmware has for machines.
var vendors = []struct {
	prefix string
	kind   Kind
}{
	{"KVM", "kvm"}, {"OpenStack", "kvm"}, {"KubeVirt", "kvm"}, {"Amazon EC2", "amazon"}, {"QEMU", "qemu"},
	{"VMware", "vmware"}, {"VMW", "vmware"}, {"innotek GmbH", "oracle"}, {"VirtualBox", "oracle"},
	{"Oracle Corporation", "oracle"}, {"Xen", "xen"}, {"Bochs", "bochs"}, {"Parallels", "parallels"},
	{"BHYVE", "bhyve"}, {"Hyper-V", "microsoft"}, {"Apple Virtualization", "apple"},
	{"Google Compute Engine", "google"},
}

// Machine is the virtual machine that the kernel runs in, or None. What the processor says goes before what the
// firmware says, but for those vendors that build upon another one's hypervisor.
func (s Source) Machine() Kind {
	firmware := s.firmware()
	if slices.Contains([]Kind{"oracle", "xen", "amazon", "parallels", "google"}, firmware) {
		return firmware
	}
	if info, _ := s.Read("/proc/cpuinfo"); strings.Contains("\n"+info, "\nvendor_id\t: User Mode Linux") {
		return "uml"
	}
	if s.Exists("/proc/xen") {
		return s.xen()
	}
	processor := s.processor()
	for _, kind := range []Kind{processor, firmware, s.hypervisor(), s.deviceTree(), s.zvm()} {
		if kind != None && kind != VMOther {
			return kind
		}
	}
	if processor == VMOther || s.hypervisor() == VMOther || s.deviceTree() == VMOther {
		return VMOther
	}
	return None
}

func (s Source) processor() Kind {
	signature, virtual := s.Hypervisor()
	if !virtual {
		return None
	}
	for _, h := range hypervisors {
		if h.signature == signature {
			return h.kind
		}
	}
	return VMOther
}

// firmware is what the DMI texts say. Amazon's machines without a hypervisor have the same texts: their name, and a
// flag in the table of the BIOS, tell them apart.
func (s Source) firmware() Kind {
	const dir = "/sys/class/dmi/id/"
	for _, file := range []string{"product_name", "sys_vendor", "board_vendor", "bios_vendor", "product_version"} {
		text, ok := s.Read(dir + file)
		for _, v := range vendors {
			if !ok || !strings.HasPrefix(text, v.prefix) {
				continue
			}
			if v.kind == "amazon" && s.bareMetal() {
				return None
			}
			return v.kind
		}
	}
	return None
}

// bareMetal says whether an Amazon machine is no virtual one.
func (s Source) bareMetal() bool {
	const flags, virtual = 19, 1 << 4 // SMBIOS reference specification, type 0, characteristics extension byte 2
	if raw, ok := s.Read("/sys/firmware/dmi/entries/0-0/raw"); ok && len(raw) > flags && len(raw) > int(raw[1])-1 {
		return raw[flags]&virtual == 0
	}
	name, _ := s.Read("/sys/class/dmi/id/product_name")
	_, size, metal := strings.Cut(strings.TrimSpace(name), ".metal")
	return metal && (size == "" || size[0] == '-')
}

// xen is None in the domain that controls the others.
func (s Source) xen() Kind {
	const controls = 1 << 11 // the kernel's XENFEAT_dom0
	if features, ok := s.Read("/sys/hypervisor/properties/features"); ok {
		if bits, ok := hexadecimal(strings.TrimSpace(features)); ok {
			if bits&controls != 0 {
				return None
			}
			return "xen"
		}
	}
	if capabilities, _ := s.Read("/proc/xen/capabilities"); strings.Contains(capabilities, "control_d") {
		return None
	}
	return "xen"
}

func hexadecimal(text string) (bits uint64, ok bool) {
	for _, c := range text {
		digit := strings.IndexRune("0123456789abcdef", c|0x20)
		if digit < 0 {
			return 0, false
		}
		bits = bits<<4 | uint64(digit)
	}
	return bits, text != ""
}

func (s Source) hypervisor() Kind {
	switch kind, ok := s.Read("/sys/hypervisor/type"); {
	case !ok:
		return None
	case strings.TrimSpace(kind) == "xen":
		return "xen"
	}
	return VMOther
}

// deviceTree is what machines say that are described by a tree.
func (s Source) deviceTree() Kind {
	const tree = "/proc/device-tree/"
	compatible, ok := s.Read(tree + "hypervisor/compatible")
	switch {
	case ok && strings.HasPrefix(compatible, "linux,kvm"):
		return "kvm"
	case ok && strings.Contains(compatible, "xen"):
		return "xen"
	case ok && strings.Contains(compatible, "vmware"):
		return "vmware"
	case ok:
		return VMOther
	case s.Exists(tree+"ibm,partition-name") && s.Exists(tree+"hmc-managed?") &&
		!s.Exists(tree+"chosen/qemu,graphic-width"):
		return "powervm"
	case s.Exists(tree + "fw-cfg"):
		return "qemu"
	}
	if compatible, ok := s.Read(tree + "compatible"); ok && strings.Contains(compatible, "qemu,pseries") {
		return "qemu"
	}
	return None
}

// zvm is what IBM's mainframes say.
func (s Source) zvm() Kind {
	info, _ := s.Read("/proc/sysinfo")
	for line := range strings.Lines(info) {
		if program, ok := strings.CutPrefix(line, "VM00 Control Program:"); ok {
			if strings.Contains(program, "z/VM") {
				return "zvm"
			}
			return "kvm"
		}
	}
	return None
}
