package apply

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/tmpfiles"
)

// mayMknod says whether this process may make device nodes.
func mayMknod() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&header, &data[0]) == nil && data[0].Effective&(1<<unix.CAP_MKNOD) != 0
}

// subvolume makes a btrfs subvolume where v, q and Q ask for one and it is possible; made says whether it is.
func (a *Applier) subvolume(_ *tmpfiles.Item, _ *os.File, _ string) (made bool, err error) {
	return false, nil
}
