package quantity

import (
	"strconv"
	"strings"
)

// capabilityNames are the kernel's capabilities in the order of their numbers, capabilities(7).
var capabilityNames = [...]string{
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
	"linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
	"sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
	"sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
	"mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
	"checkpoint_restore",
}

// LastCapability is the greatest capability we know by name.
const LastCapability = len(capabilityNames) - 1

// ParseCapability is the number of a capability, by its name in any case ("CAP_NET_ADMIN") or its number.
func ParseCapability(s string) (int, error) {
	if n, err := ParseUint(s, 8); err == nil {
		if n > 63 {
			return 0, rangeError(s, "a capability from 0 to 63")
		}
		return int(n), nil
	}
	lower := strings.ToLower(s)
	if name, ok := strings.CutPrefix(lower, "cap_"); ok && name != "" {
		for n, known := range capabilityNames {
			if known == name {
				return n, nil
			}
		}
	}
	return 0, syntaxError(s, "a capability such as CAP_NET_ADMIN")
}

// CapabilityName is the name in lower case as systemd prints it, "cap_net_admin"; numbers without a name in
// hexadecimal.
func CapabilityName(n int) string {
	if n >= 0 && n < len(capabilityNames) {
		return "cap_" + capabilityNames[n]
	}
	return "0x" + strconv.FormatInt(int64(n), 16)
}

// CapabilityNames prints a set as names in the order of their numbers.
func CapabilityNames(set uint64) []string {
	var names []string
	for n := 0; n < 64; n++ {
		if set>>n&1 == 1 {
			names = append(names, CapabilityName(n))
		}
	}
	return names
}
