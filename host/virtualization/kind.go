// Package virtualization finds out what this process runs in: a virtual machine, a container, a chroot, a user
// namespace. systemd-detect-virt(1).
//
// It exists because conditions, the manager's Virtualization property, the machine's identifier and the command must
// tell the same. It must not know what is done with the answer, and changes nothing.
package virtualization

// Kind is systemd's word for a technology.
type Kind string

// None is the word where there is none, and VMOther and ContainerOther stand for those that systemd has no word for.
const (
	None           Kind = "none"
	VMOther        Kind = "vm-other"
	ContainerOther Kind = "container-other"
)

// Machines and Containers are all words, in the order that "systemd-detect-virt --list" has them behind None.
var (
	Machines = []Kind{"kvm", "amazon", "qemu", "bochs", "xen", "uml", "vmware", "oracle", "microsoft", "zvm",
		"parallels", "bhyve", "qnx", "acrn", "powervm", "apple", "sre", "google", VMOther}
	Containers = []Kind{"systemd-nspawn", "lxc-libvirt", "lxc", "openvz", "docker", "podman", "rkt", "wsl", "proot",
		"pouch", ContainerOther}
)
