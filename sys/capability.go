package sys

import (
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Capabilities are the three classic sets of a process as masks of 1<<CAP_….
type Capabilities struct {
	Effective, Permitted, Inheritable uint64
}

func (c Capabilities) data() [2]unix.CapUserData {
	return [2]unix.CapUserData{
		{Effective: uint32(c.Effective), Permitted: uint32(c.Permitted), Inheritable: uint32(c.Inheritable)},
		{
			Effective:   uint32(c.Effective >> 32),
			Permitted:   uint32(c.Permitted >> 32),
			Inheritable: uint32(c.Inheritable >> 32),
		},
	}
}

// OwnCapabilities are those of the calling thread.
func OwnCapabilities() (Capabilities, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return Capabilities{}, fmt.Errorf("capget: %w", err)
	}
	return Capabilities{
		Effective:   uint64(data[0].Effective) | uint64(data[1].Effective)<<32,
		Permitted:   uint64(data[0].Permitted) | uint64(data[1].Permitted)<<32,
		Inheritable: uint64(data[0].Inheritable) | uint64(data[1].Inheritable)<<32,
	}, nil
}

// KnownCapabilities is the mask of the capabilities that this kernel has.
var KnownCapabilities = sync.OnceValue(func() uint64 {
	var mask uint64
	for c := uintptr(0); c < 64; c++ {
		if _, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0); err != nil {
			break
		}
		mask |= 1 << c
	}
	return mask
})

// InInitialUserNamespace says whether this process is in the machine's first user namespace, told by its map: it holds
// every user as itself.
var InInitialUserNamespace = sync.OnceValue(func() bool {
	text, err := ReadProc(0, "uid_map", maxProcStat)
	return err == nil && strings.Join(strings.Fields(string(text)), " ") == "0 0 4294967295"
})
