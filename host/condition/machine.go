package condition

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/host/virtualization"
	"github.com/steward-init/steward/syntax/glob"
	"github.com/steward-init/steward/syntax/quantity"
)

func isArchitecture(c *Checker, value string) (bool, error) {
	return value == c.Architecture || value == "native", nil
}

func isVirtualization(c *Checker, value string) (bool, error) {
	if yes, err := quantity.ParseBool(value); err == nil {
		return yes == (c.Virtualization != "none"), nil
	}
	switch value {
	case "vm":
		return c.Virtualization != "none" && !c.Container, nil
	case "container":
		return c.Container, nil
	case "private-users":
		return virtualization.UserNamespace(), nil
	}
	return value == c.Virtualization, nil
}

func isHost(c *Checker, value string) (bool, error) {
	id := value
	if len(id) == 36 && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' { // as a UUID is written
		id = strings.ReplaceAll(id, "-", "")
	}
	if len(id) == 32 && strings.Trim(id, "0123456789abcdefABCDEF") == "" {
		return strings.EqualFold(id, c.MachineID), nil
	}
	return glob.Match(strings.ToLower(value), strings.ToLower(c.Hostname())), nil
}

func hasEnvironment(c *Checker, value string) (bool, error) {
	for _, entry := range c.Environment() {
		name, _, _ := strings.Cut(entry, "=")
		if entry == value || name == value {
			return true, nil
		}
	}
	return false, nil
}

func hasKernelArgument(c *Checker, value string) (bool, error) {
	return c.CommandLine.Holds(value), nil
}

func kernelRelease() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

func isFirmware(_ *Checker, value string) (bool, error) {
	switch value {
	case "uefi":
		return pathExists(nil, "/sys/firmware/efi")
	case "device-tree":
		return pathExists(nil, "/sys/firmware/devicetree")
	}
	if device, ok := strings.CutPrefix(value, "device-tree-compatible("); ok {
		data, err := os.ReadFile("/sys/firmware/devicetree/base/compatible")
		return err == nil && slices.Contains(strings.Split(string(data), "\x00"), strings.TrimSuffix(device, ")")), nil
	}
	if field, ok := strings.CutPrefix(value, "smbios-field("); ok {
		return hasSMBIOSField(field)
	}
	return false, nil
}

func hasCapability(_ *Checker, value string) (bool, error) {
	number, err := quantity.ParseCapability(value)
	if err != nil {
		return false, err
	}
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(data)) {
		if hex, ok := strings.CutPrefix(line, "CapBnd:"); ok {
			mask, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
			return err == nil && mask&(1<<number) != 0, err
		}
	}
	return false, nil
}

func hasSecurity(_ *Checker, value string) (bool, error) {
	switch value {
	case "selinux":
		return pathExists(nil, "/sys/fs/selinux/enforce")
	case "apparmor":
		data, err := os.ReadFile("/sys/module/apparmor/parameters/enabled")
		return err == nil && strings.HasPrefix(string(data), "Y"), nil
	case "tomoyo":
		return pathExists(nil, "/sys/kernel/security/tomoyo/version")
	case "smack":
		return pathExists(nil, "/sys/fs/smackfs")
	case "ima":
		return pathExists(nil, "/sys/kernel/security/ima")
	case "audit":
		fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_AUDIT)
		if err != nil {
			return false, nil
		}
		return true, unix.Close(fd)
	case "uefi-secureboot":
		matches, _ := filepath.Glob("/sys/firmware/efi/efivars/SecureBoot-*") // best effort: the pattern is valid
		if len(matches) == 0 {
			return false, nil
		}
		data, err := os.ReadFile(matches[0])
		return err == nil && len(data) == 5 && data[4] == 1, nil
	case "tpm2":
		return pathExists(nil, "/dev/tpmrm0")
	}
	return false, nil
}

// isOnACPower holds unless a battery runs the machine.
func isOnACPower(_ *Checker, value string) (bool, error) {
	want, err := quantity.ParseBool(value)
	if err != nil {
		return false, err
	}
	online, battery := false, false
	supplies, _ := filepath.Glob("/sys/class/power_supply/*") // best effort: the pattern is valid
	for _, supply := range supplies {
		kind, _ := os.ReadFile(filepath.Join(supply, "type"))     // best effort: an unreadable supply is no supply
		state, _ := os.ReadFile(filepath.Join(supply, "online"))  // best effort: as above
		charge, _ := os.ReadFile(filepath.Join(supply, "status")) // best effort: as above
		online = online || strings.TrimSpace(string(kind)) == "Mains" && strings.TrimSpace(string(state)) == "1"
		battery = battery || strings.TrimSpace(string(charge)) == "Discharging"
	}
	return want == (online || !battery), nil
}

func isFirstBoot(c *Checker, value string) (bool, error) {
	want, err := quantity.ParseBool(value)
	if err != nil {
		return false, err
	}
	first, err := pathExists(nil, c.FirstBoot)
	return want == first, err
}

// controllers are those that can be asked for; others are ignored.
var controllers = []string{"cpu", "cpuacct", "cpuset", "io", "blkio", "memory", "devices", "pids"}

func hasCredential(_ *Checker, value string) (bool, error) {
	for _, dir := range []string{os.Getenv("CREDENTIALS_DIRECTORY"), os.Getenv("ENCRYPTED_CREDENTIALS_DIRECTORY")} {
		if dir != "" {
			if _, err := os.Stat(filepath.Join(dir, filepath.Base(value))); err == nil {
				return true, nil
			}
		}
	}
	return false, nil
}

func hasCPUFeature(_ *Checker, value string) (bool, error) {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return false, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<16)
	for lines.Scan() {
		if name, flags, ok := strings.Cut(lines.Text(), ":"); ok && strings.HasPrefix(name, "flags") {
			return slices.Contains(strings.Fields(flags), strings.ToLower(value)), nil
		}
	}
	return false, lines.Err()
}
