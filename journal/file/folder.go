package file

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Where the system's journal is (systemd-journald.service(8), FILES): on disk where an administrator made the folder.
const (
	persistentFolder = "/var/log/journal"
	volatileFolder   = "/run/log/journal"
)

// SystemFolder is the folder that the system's journal is to be written to: on disk if /var/log/journal exists and may
// be written to, else in memory. The caller makes it.
func SystemFolder(machine ID) string {
	info, err := os.Stat(persistentFolder)
	if err == nil && info.IsDir() && unix.Access(persistentFolder, unix.W_OK) == nil {
		return filepath.Join(persistentFolder, machine.String())
	}
	return filepath.Join(volatileFolder, machine.String())
}
