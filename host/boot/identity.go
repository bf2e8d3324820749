package boot

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

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

// MachineID makes sure that the machine has an ID: what /etc/machine-id says, else that which a container's engine gave
// in $container_uuid, else a new one. Where /etc can't be written it lasts until the end of this boot. machine-id(5).
func MachineID() error {
	const path, transient = "/etc/machine-id", "/run/machine-id"
	if data, err := sys.ReadFile(path, maxFile); err == nil && isID(strings.TrimSpace(string(data))) {
		return nil
	}
	id := strings.ReplaceAll(os.Getenv("container_uuid"), "-", "")
	if !isID(id) {
		var random [16]byte
		_, _ = rand.Read(random[:]) // never fails
		random[6] = random[6]&0x0f | 0x40
		random[8] = random[8]&0x3f | 0x80
		id = hex.EncodeToString(random[:])
	}
	if os.WriteFile(path, []byte(id+"\n"), 0o444) == nil {
		return nil
	}
	err := os.WriteFile(transient, []byte(id+"\n"), 0o444)
	if err == nil {
		err = unix.Mount(transient, path, "", unix.MS_BIND, "")
	}
	if err != nil {
		return fmt.Errorf("machine ID: %w", err)
	}
	return nil
}

func isID(text string) bool { return len(text) == 32 && strings.Trim(text, "0123456789abcdef") == "" }
