// Package mount reads what is mounted, and tells when that changes.
//
// It exists so that mount units show what is there, whoever mounted it. It must not mount anything, nor know units.
package mount

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// Point is one mount. proc(5), /proc/PID/mountinfo.
type Point struct {
	Where, What, Type, Options string
}

// maxTable bounds the table that is read: some thousand mounts.
const maxTable = 4 << 20

// Watch calls changed at once and whenever anything was mounted or unmounted since, from a goroutine of its own, which
// ends with the process.
//
// The kernel tells of a change to whoever polls first, so that the descriptor can't be in the loop's own set: the
// runtime, which waits for that, would take the news and forget it.
func Watch(changed func()) error {
	fd, err := unix.Open("/proc/self/mountinfo", unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("mounts: %w", err)
	}
	file := os.NewFile(uintptr(fd), "mountinfo")
	raw, err := file.SyscallConn()
	if err != nil {
		return fmt.Errorf("mounts: %w", err)
	}
	go func() {
		for err == nil {
			waited := false
			err = raw.Read(func(uintptr) bool {
				if !waited {
					changed() // what came until the wait began is in what is read now
				}
				defer func() { waited = true }()
				return waited
			})
		}
	}()
	return nil
}

// Read returns what is mounted, the newest of what lies over another, without what belongs to the system itself.
func Read() ([]Point, error) {
	data, err := sys.ReadFile("/proc/self/mountinfo", maxTable)
	if err != nil {
		return nil, fmt.Errorf("mounts: %w", err)
	}
	return parse(string(data)), nil
}

func parse(table string) []Point {
	var points []Point
	for line := range strings.Lines(table) {
		before, after, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
		fields, more := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 6 || len(more) < 2 {
			continue
		}
		p := Point{Where: sys.UnescapeOctal(fields[4]), What: sys.UnescapeOctal(more[1]), Type: more[0], Options: fields[5]}
		if isSystem(p.Where) {
			continue
		}
		points = slices.DeleteFunc(points, func(under Point) bool { return under.Where == p.Where })
		points = append(points, p)
	}
	return points
}

// system are places that are mounted before any unit, and stay; systemd has no units for them.
var system = []string{"/proc", "/sys", "/dev", "/run", "/dev/shm", "/dev/pts", "/dev/console", "/proc/sys",
	"/proc/kmsg", "/run/lock", "/run/host", "/sys/fs/selinux", "/sys/fs/smackfs", "/sys/fs/pstore", "/sys/fs/bpf",
	"/sys/kernel/security", "/sys/firmware/efi/efivars"}

func isSystem(where string) bool {
	return slices.Contains(system, where) || strings.HasPrefix(where, "/sys/fs/cgroup") ||
		strings.HasPrefix(where, "/run/host/")
}
