// Package boot is what only PID 1 does first: the kernel's own file systems, and the generators.
//
// It exists so that everything after it finds the machine the way any other process does. It must not know units.
package boot

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mount is one file system that must be there.
type mount struct {
	source, target, kind, options string
	flags                         uintptr
	optional                      bool
}

// mounts are in the order in which they are made. file-hierarchy(7) and the kernel's own documentation have the places.
var mounts = []mount{
	{"proc", "/proc", "proc", "", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, false},
	{"sysfs", "/sys", "sysfs", "", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, false},
	{"devtmpfs", "/dev", "devtmpfs", "mode=755", unix.MS_NOSUID, false},
	{"tmpfs", "/dev/shm", "tmpfs", "mode=1777", unix.MS_NOSUID | unix.MS_NODEV, true},
	{"devpts", "/dev/pts", "devpts", "mode=620,gid=5", unix.MS_NOSUID | unix.MS_NOEXEC, true},
	{"tmpfs", "/run", "tmpfs", "mode=755", unix.MS_NOSUID | unix.MS_NODEV, false},
	{"cgroup2", "/sys/fs/cgroup", "cgroup2", "nsdelegate", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, true},
}

// machineMounts are those of a machine's kernel that a container has no part in. Not every kernel has all of them.
var machineMounts = []mount{
	{"securityfs", "/sys/kernel/security", "securityfs", "", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, true},
	{"pstore", "/sys/fs/pstore", "pstore", "", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, true},
	{"bpf", "/sys/fs/bpf", "bpf", "mode=700", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, true},
	{"efivarfs", "/sys/firmware/efi/efivars", "efivarfs", "", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, true},
}

// Mount mounts what is not there yet. In a container the engine has done all of it, and nothing happens.
func Mount() error { return mountAll(mounts) }

// MountMachine mounts what else the first process of a machine finds in its kernel.
func MountMachine() { _ = mountAll(machineMounts) } // best effort: all of them are optional

func mountAll(list []mount) error {
	var failures []error
	for _, m := range list {
		if isMountPoint(m.target) {
			continue
		}
		if err := os.MkdirAll(m.target, 0o755); err == nil {
			err = unix.Mount(m.source, m.target, m.kind, m.flags, m.options)
			if err != nil && !m.optional {
				failures = append(failures, fmt.Errorf("mount %s on %s: %w", m.kind, m.target, err))
			}
		}
	}
	return errors.Join(failures...)
}

func isMountPoint(path string) bool {
	var self, parent unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_MNT_ID, &self) != nil {
		return false
	}
	if unix.Statx(unix.AT_FDCWD, path+"/..", 0, unix.STATX_MNT_ID, &parent) != nil {
		return false
	}
	return self.Mnt_id != parent.Mnt_id
}
