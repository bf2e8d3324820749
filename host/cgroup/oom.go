package cgroup

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// HasMemory reports that units' groups can have the memory controller.
func (t *Tree) HasMemory() bool { return slices.Contains(t.Controllers(), "memory") }

// OOMKills returns how many processes of a group and those below it the kernel has ended for want of memory: oom_kill
// of its memory.events. ok is false where there is no such file.
func OOMKills(file string) (kills uint64, ok bool) {
	var buffer [512]byte
	fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, false
	}
	n, _ := unix.Read(fd, buffer[:]) // no byte is read of a file that can't be
	_ = unix.Close(fd)               // best effort: nothing was written
	for line := range strings.Lines(string(buffer[:max(n, 0)])) {
		if count, isKills := strings.CutPrefix(line, "oom_kill "); isKills {
			kills, err = strconv.ParseUint(strings.TrimSpace(count), 10, 64)
			return kills, err == nil
		}
	}
	return 0, false
}

// OOMFile is the file of a group that OOMKills reads. The kernel modifies it, as inotify(7) sees it, with each such
// end.
func (t *Tree) OOMFile(group string) string { return filepath.Join(t.Dir(group), "memory.events") }

// SetOOMGroup says whether the kernel ends all processes of a group together for want of memory: memory.oom.group.
// A group without the memory controller has no such file, which is no error.
func (t *Tree) SetOOMGroup(group string, together bool) error {
	value := "0"
	if together {
		value = "1"
	}
	err := writeAttribute(filepath.Join(t.Dir(group), "memory.oom.group"), value)
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("cgroup: %s: memory.oom.group: %w", group, err)
	}
	return nil
}

// writeAttribute writes to a file of the kernel's, and never makes one.
func writeAttribute(file, value string) error {
	fd, err := unix.Open(file, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	_, err = unix.Write(fd, []byte(value))
	return errors.Join(err, unix.Close(fd))
}
