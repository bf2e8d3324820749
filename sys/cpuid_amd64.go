package sys

import (
	"encoding/binary"
	"strings"
)

// cpuid asks the processor about itself.
func cpuid(leaf, sub uint32) (a, b, c, d uint32)

// Hypervisor says whether the processor is one of a virtual machine, and how the hypervisor signs: twelve characters,
// less the zeros at their end. The processor's manual, CPUID leaves 1 and 0x40000000.
func Hypervisor() (signature string, virtual bool) {
	const features, hypervisorBit, hypervisor = 1, 1 << 31, 0x40000000
	if _, _, c, _ := cpuid(features, 0); c&hypervisorBit == 0 {
		return "", false
	}
	_, b, c, d := cpuid(hypervisor, 0)
	var text []byte
	for _, register := range []uint32{b, c, d} {
		text = binary.LittleEndian.AppendUint32(text, register)
	}
	return strings.TrimRight(string(text), "\x00"), true
}
