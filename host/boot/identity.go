package boot

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/host/machineid"
	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/sys"
)

// maxFile bounds the small files of /etc that are read here.
const maxFile = 64 << 10

// Hostname gives the machine the name that /etc/hostname has for it. Without one it keeps what the kernel has, which a
// container's engine may have set. hostname(5).
func Hostname() error {
	data, err := sys.ReadFile("/etc/hostname", maxFile)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("host name: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		name := strings.TrimSpace(line)
		if name == "" || name[0] == '#' {
			continue
		}
		if len(name) > 64 || strings.Trim(name, hostCharacters) != "" {
			return fmt.Errorf("host name: /etc/hostname: %q is not one", name)
		}
		if err := unix.Sethostname([]byte(name)); err != nil {
			return fmt.Errorf("host name %s: %w", name, err)
		}
		return nil
	}
	return nil
}

const hostCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

// MachineID makes sure that the machine has an ID. Where /etc can't be written it lasts until the end of this boot.
// machine-id(5).
func MachineID() error {
	root, err := rootfs.Open("/")
	if err == nil {
		defer root.Close()
		_, err = machineid.Setup(root, true)
	}
	if err != nil {
		return fmt.Errorf("machine ID: %w", err)
	}
	return nil
}
