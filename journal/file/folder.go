package file

import (
	"os"
	"path/filepath"
)

// Where the system's journal is (systemd-journald.service(8), FILES): on disk where an administrator made the folder.
const (
	persistentFolder = "/var/log/journal"
	volatileFolder   = "/run/log/journal"
)

// SystemFolder is the folder that the system's journal is to be written to: on disk if /var/log/journal exists, else in
// memory. The caller makes it.
func SystemFolder(machine ID) string {
	if info, err := os.Stat(persistentFolder); err == nil && info.IsDir() {
		return filepath.Join(persistentFolder, machine.String())
	}
	return filepath.Join(volatileFolder, machine.String())
}

// SystemFolders are the folders that the system's journal may have been written to.
func SystemFolders(machine ID) []string {
	return []string{filepath.Join(persistentFolder, machine.String()), filepath.Join(volatileFolder, machine.String())}
}
