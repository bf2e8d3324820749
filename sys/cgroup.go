package sys

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrNoCgroup2 says that cgroup2 isn't mounted anywhere.
var ErrNoCgroup2 = errors.New("cgroup2 is not mounted")

const (
	maxCgroupFile = 1 << 20
	maxMountInfo  = 4 << 20
	cgroupMode    = 0o755
)

// Cgroup2Mount is where cgroup2 is mounted: at its place of a unified machine, of a hybrid one, or wherever the mount
// table has it.
func Cgroup2Mount() (string, error) {
	for _, path := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if IsCgroup2(path) {
			return path, nil
		}
	}
	table, err := ReadFile("/proc/self/mountinfo", maxMountInfo)
	if err != nil {
		return "", err
	}
	for line := range bytes.Lines(table) {
		before, after, ok := bytes.Cut(line, []byte(" - "))
		fields := bytes.Fields(before)
		if ok && len(fields) > 4 && bytes.HasPrefix(after, []byte("cgroup2 ")) {
			return UnescapeOctal(string(fields[4])), nil
		}
	}
	return "", ErrNoCgroup2
}

// IsCgroup2 says whether a path is in a file system of version 2 control groups.
func IsCgroup2(path string) bool {
	var s unix.Statfs_t
	return unix.Statfs(path, &s) == nil && int64(s.Type) == unix.CGROUP2_SUPER_MAGIC
}

// UnescapeOctal undoes the \040 of the mount table. proc(5), /proc/PID/mountinfo.
func UnescapeOctal(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// CgroupOf is a process's path in the cgroup2 hierarchy, as this process's cgroup namespace shows it; pid 0 is the
// caller. It begins with / and is / in the root; " (deleted)" is cut off.
func CgroupOf(pid int) (string, error) {
	b, err := ReadProc(pid, "cgroup", maxCgroupFile)
	if err != nil {
		return "", err
	}
	for line := range bytes.Lines(b) {
		if path, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\n")), []byte("0::")); ok {
			return strings.TrimSuffix(string(path), " (deleted)"), nil
		}
	}
	return "", ErrNoCgroup2
}

// OpenCgroup opens a cgroup's directory, for Program.Start and the functions below.
func OpenCgroup(path string) (int, error) {
	return Open(path, unix.O_RDONLY|unix.O_DIRECTORY, 0)
}

// MakeCgroup makes a cgroup; one that exists is good, too. Its parent must exist.
func MakeCgroup(path string) error {
	if err := unix.Mkdir(path, cgroupMode); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("mkdir %s: %w", path, err)
	}
	return nil
}

// RemoveCgroup removes an empty cgroup. One that is gone is good; EBUSY: it has processes or children.
func RemoveCgroup(path string) error {
	if err := unix.Rmdir(path); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("rmdir %s: %w", path, err)
	}
	return nil
}

// KillCgroup kills every process of a cgroup and below, at once. ENOENT: Linux before 5.14 can't.
func KillCgroup(cgroup int) error {
	return WriteAt(cgroup, "cgroup.kill", "1")
}

// CgroupProcesses are the processes of a cgroup itself, not of its children, at most limit. A 0 stands for a process
// of another PID namespace. EOPNOTSUPP: the cgroup is threaded.
func CgroupProcesses(cgroup, limit int) ([]int, error) {
	b, err := ReadAt(cgroup, "cgroup.procs", maxCgroupFile)
	if err != nil {
		return nil, err
	}
	var pids []int
	for field := range bytes.FieldsSeq(b) {
		pid, err := strconv.Atoi(string(field))
		if err != nil || len(pids) == limit {
			break
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

// OpenCgroupEvents opens a cgroup's cgroup.events, which polls as POLLPRI (EPOLLPRI) on each change.
func OpenCgroupEvents(cgroup int) (int, error) {
	return OpenAt(cgroup, "cgroup.events", unix.O_RDONLY)
}

// CgroupState is what cgroup.events says.
type CgroupState struct {
	Populated bool // there is a process in the cgroup or below
	Frozen    bool
}

// ReadCgroupEvents reads a descriptor of OpenCgroupEvents. Reading also rearms the poll.
func ReadCgroupEvents(events int) (CgroupState, error) {
	var b [256]byte
	n, err := unix.Pread(events, b[:], 0)
	if err != nil {
		return CgroupState{}, fmt.Errorf("read cgroup.events: %w", err)
	}
	return CgroupState{
		Populated: bytes.Contains(b[:n], []byte("populated 1")),
		Frozen:    bytes.Contains(b[:n], []byte("frozen 1")),
	}, nil
}
