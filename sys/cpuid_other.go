//go:build !amd64

package sys

// Hypervisor says whether the processor is one of a virtual machine, and how the hypervisor signs. Only x86 processors
// can be asked.
func Hypervisor() (signature string, virtual bool) { return "", false }
