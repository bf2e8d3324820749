package virtualization_test

import (
	"slices"
	"testing"

	"github.com/steward-init/steward/host/virtualization"
)

// made is a machine that consists of files; those in cgroup2 are mount points of control groups.
func made(files map[string]string, signature string) virtualization.Source {
	return virtualization.Source{
		Read:       func(path string) (string, bool) { text, ok := files[path]; return text, ok },
		Exists:     func(path string) bool { _, ok := files[path]; return ok },
		Cgroup2:    func(path string) bool { return files[path] == "cgroup2" },
		Getenv:     func(string) (string, bool) { return "", false },
		Hypervisor: func() (string, bool) { return signature, signature != "" },
	}
}

const dmi, tree = "/sys/class/dmi/id/", "/proc/device-tree/"

// TestMachine has what could not be seen on the oracle's machine, which says that it is KVM: the words are those of
// systemd-detect-virt(1).
func TestMachine(t *testing.T) {
	type files = map[string]string
	for _, c := range []struct {
		files     files
		signature string
		want      virtualization.Kind
	}{
		{nil, "", "none"},
		{nil, "KVMKVMKVM", "kvm"},
		{nil, "TCGTCGTCGTCG", "qemu"},
		{nil, "Microsoft Hv", "microsoft"},
		{nil, "bhyve bhyve ", "bhyve"},
		{nil, "of the future", "vm-other"},
		{files{dmi + "sys_vendor": "QEMU\n"}, "", "qemu"},
		{files{dmi + "sys_vendor": "QEMU\n"}, "KVMKVMKVM", "kvm"},
		{files{dmi + "bios_vendor": "BHYVE\n"}, "of the future", "bhyve"},
		{files{dmi + "product_name": "VMware Virtual Platform\n"}, "", "vmware"},
		{files{dmi + "product_version": "Hyper-V UEFI Release v4.0\n"}, "", "microsoft"},
		{files{dmi + "product_name": "Apple Virtualization Generic Platform\n"}, "", "apple"},
		{files{dmi + "product_name": "Google Compute Engine\n"}, "KVMKVMKVM", "google"},
		{files{dmi + "product_name": "VirtualBox\n"}, "KVMKVMKVM", "oracle"},
		{files{dmi + "sys_vendor": "Amazon EC2\n", dmi + "product_name": "m5.large"}, "KVMKVMKVM", "amazon"},
		{files{dmi + "sys_vendor": "Amazon EC2\n", dmi + "product_name": "m5.metal"}, "", "none"},
		{files{"/proc/xen": "", "/proc/xen/capabilities": "control_d\n"}, "XenVMMXenVMM", "none"},
		{files{"/proc/xen": "", "/proc/xen/capabilities": ""}, "XenVMMXenVMM", "xen"},
		{files{"/proc/xen": "", "/sys/hypervisor/properties/features": "00000800\n"}, "", "none"},
		{files{"/proc/xen": "", "/sys/hypervisor/properties/features": "000007ff\n"}, "", "xen"},
		{files{"/sys/hypervisor/type": "xen\n"}, "", "xen"},
		{files{"/sys/hypervisor/type": "z/VM\n"}, "", "vm-other"},
		{files{"/proc/cpuinfo": "processor\t: 0\nvendor_id\t: User Mode Linux\n"}, "", "uml"},
		{files{tree + "hypervisor/compatible": "linux,kvm\x00"}, "", "kvm"},
		{files{tree + "hypervisor/compatible": "xen,xen-4.4\x00xen,xen\x00"}, "", "xen"},
		{files{tree + "hypervisor/compatible": "strange\x00"}, "", "vm-other"},
		{files{tree + "ibm,partition-name": "x", tree + "hmc-managed?": ""}, "", "powervm"},
		{files{tree + "fw-cfg": ""}, "", "qemu"},
		{files{tree + "compatible": "qemu,pseries\x00"}, "", "qemu"},
		{files{"/proc/sysinfo": "VM00 Name:  LINUX\nVM00 Control Program: z/VM    6.4.0\n"}, "", "zvm"},
		{files{"/proc/sysinfo": "VM00 Control Program: KVM/Linux\n"}, "", "kvm"},
	} {
		if got, container := made(c.files, c.signature).Detect(); got != c.want || container {
			t.Errorf("%q, processor %q: %s, want %s", c.files, c.signature, got, c.want)
		}
		known := append([]virtualization.Kind{virtualization.None}, virtualization.Machines...)
		if !slices.Contains(known, c.want) {
			t.Errorf("%s is not listed", c.want)
		}
	}
}

func TestContainer(t *testing.T) {
	type files = map[string]string
	for _, c := range []struct {
		files files
		want  virtualization.Kind
	}{
		{files{"/proc/vz": ""}, "openvz"},
		{files{"/proc/vz": "", "/proc/bc": ""}, "none"},
		{files{"/proc/self/status": "Name:\tx\nTracerPid:\t7\n", "/proc/7/comm": "proot\n"}, "proot"},
		{files{"/proc/self/status": "Name:\tx\nTracerPid:\t7\n", "/proc/7/comm": "strace\n"}, "none"},
		{files{"/proc/1/environ": "A=b\x00container=podman\x00"}, "podman"},
		{files{"/proc/1/environ": "container=oci\x00", "/run/.containerenv": ""}, "podman"},
		{files{"/proc/self/ns/cgroup": "", "/sys/fs/cgroup/": "cgroup2",
			"/sys/fs/cgroup/cgroup.events": ""}, "container-other"},
		{files{"/proc/self/ns/cgroup": "", "/sys/fs/cgroup/": "cgroup2"}, "none"},
		{files{"/proc/self/ns/cgroup": "", "/sys/fs/cgroup/systemd": ""}, "container-other"},
		{files{"/.dockerenv": ""}, "docker"},
	} {
		if got := made(c.files, "").Container(); got != c.want {
			t.Errorf("%q: %s, want %s", c.files, got, c.want)
		}
	}
	first := made(nil, "")
	first.FirstProcess = true
	for value, want := range map[string]virtualization.Kind{"": "none", "lxc": "lxc", "openvz": "container-other"} {
		first.Getenv = func(string) (string, bool) { return value, true }
		if got := first.Container(); got != want {
			t.Errorf("first process, container=%q: %s, want %s", value, got, want)
		}
	}
}
