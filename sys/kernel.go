package sys

import "golang.org/x/sys/unix"

// Numbers of the kernel that other packages name.
const (
	CapSetPCap     = unix.CAP_SETPCAP
	CapSysAdmin    = unix.CAP_SYS_ADMIN
	CapSysNice     = unix.CAP_SYS_NICE
	CapSysResource = unix.CAP_SYS_RESOURCE

	RlimitNOFILE = unix.RLIMIT_NOFILE
	RlimitNice   = unix.RLIMIT_NICE
)
