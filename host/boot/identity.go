package boot

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/host/cmdline"
	"github.com/steward-init/steward/host/machineid"
	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/syntax/id128"
	"github.com/steward-init/steward/sys"
)

// maxFile bounds the small files of /etc that are read here.
const maxFile = 64 << 10

// Hostname gives the machine its name: the one that its command line says, or else that /etc/hostname has for it.
// Without one it keeps what the kernel has, which a container's engine may have set. hostname(5).
func Hostname(line cmdline.Line) error {
	for option, value := range line.All() {
		if option == "systemd.hostname" && value != nil {
			return setHostname("the kernel's command line", *value)
		}
	}
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
		return setHostname("/etc/hostname", name)
	}
	return nil
}

func setHostname(source, name string) error {
	if name == "" || len(name) > 64 || strings.Trim(name, hostCharacters) != "" {
		return fmt.Errorf("host name: %s: %q is not one", source, name)
	}
	if err := unix.Sethostname([]byte(name)); err != nil {
		return fmt.Errorf("host name %s: %w", name, err)
	}
	return nil
}

const hostCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

// MachineID makes sure that the machine has an ID, and says whether it boots for the first time. Where /etc can't be
// written, and on a first boot until that is complete, it lasts until the end of this boot. machine-id(5).
func MachineID(line cmdline.Line) (first bool, err error) {
	root, err := rootfs.Open("/")
	if err != nil {
		return false, fmt.Errorf("machine ID: %w", err)
	}
	defer root.Close()
	told := machineid.Options{Here: true}
	var wrong error
	for option, value := range line.All() {
		if option == "systemd.machine_id" && value != nil {
			if told.ID, wrong = id128.Parse(*value); wrong == nil && told.ID.IsZero() {
				wrong = fmt.Errorf("%q is not one", *value)
			}
		}
	}
	var ok bool
	if first, ok = line.Bool("systemd.condition_first_boot"); !ok {
		first = machineid.IsFirstBoot(root)
	}
	told.FirstBoot = first
	if _, err = machineid.Setup(root, told); err == nil {
		err = wrong
	}
	if err != nil {
		return first, fmt.Errorf("machine ID: %w", err)
	}
	return first, nil
}
