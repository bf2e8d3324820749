package sys

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrMalformed is the error of a file of the kernel that doesn't read as documented.
var ErrMalformed = errors.New("malformed")

const maxProcStat = 4096

// Stat is a part of /proc/PID/stat, proc(5).
type Stat struct {
	PID, PPID int
	Group     int // process group
	Session   int
	Comm      string
	State     byte   // R, S, D, Z, T, …
	Kernel    bool   // a thread of the kernel
	StartTime uint64 // clock ticks since boot; with PID it names a process for good
}

// ReadStat reads it; pid 0 is the caller.
func ReadStat(pid int) (Stat, error) {
	b, err := ReadProc(pid, "stat", maxProcStat)
	if err != nil {
		return Stat{}, err
	}
	// The name may hold anything, blanks and parentheses too; the last parenthesis ends it.
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 1 || end < open {
		return Stat{}, fmt.Errorf("stat of %d: %w", pid, ErrMalformed)
	}
	f := bytes.Fields(b[end+1:])
	const wanted = 20
	if len(f) < wanted || len(f[0]) != 1 {
		return Stat{}, fmt.Errorf("stat of %d: %w", pid, ErrMalformed)
	}
	s := Stat{Comm: string(b[open+1 : end]), State: f[0][0]}
	s.PID = int(number(bytes.TrimSpace(b[:open])))
	s.PPID, s.Group, s.Session = int(number(f[1])), int(number(f[2])), int(number(f[3]))
	const pfKthread = 0x00200000
	s.Kernel = number(f[6])&pfKthread != 0
	s.StartTime = number(f[19])
	return s, nil
}

// number reads decimal digits; the kernel wrote them.
func number(b []byte) uint64 {
	n, err := strconv.ParseUint(string(b), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// ReadProc reads a file of a process's /proc directory of at most limit bytes; pid 0 is the caller.
func ReadProc(pid int, name string, limit int) ([]byte, error) {
	return ReadFile(procPath(pid, name), limit)
}

func procPath(pid int, name string) string {
	if pid == 0 {
		return "/proc/self/" + name
	}
	return "/proc/" + strconv.Itoa(pid) + "/" + name
}

// CommandLine is a process's argument list, cut off at limit bytes. It is empty for a zombie, a kernel
// thread, and for a moment after Spawn: the maker of a child is let go before the new image is complete.
func CommandLine(pid, limit int) ([]string, error) {
	b, err := readPrefix(procPath(pid, "cmdline"), limit)
	if err != nil || len(b) == 0 {
		return nil, err
	}
	line := strings.TrimRight(string(b), "\x00") // where a program put a title of its own, there is no end to them
	if line == "" {
		return nil, nil
	}
	return strings.Split(line, "\x00"), nil
}

// readPrefix reads the first limit bytes of a file that may be longer.
func readPrefix(path string, limit int) ([]byte, error) {
	fd, err := Open(path, unix.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer Close(fd)
	b := make([]byte, limit)
	n := 0
	for n < limit {
		m, err := Read(fd, b[n:])
		n += m
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	return b[:n], nil
}

const maxEnviron = 2 << 20 // the kernel's own bound is a quarter of the stack

// ErrNoEnvironment says that a process has an empty environment: by its own choice, or as every process for a moment
// while it executes a program.
var ErrNoEnvironment = errors.New("no environment")

// Environ is the value of a variable in the environment that a process was executed with. The file belongs to the
// process: what it says is a claim. ok is false if it isn't set.
func Environ(pid int, name string) (value string, ok bool, err error) {
	b, err := ReadProc(pid, "environ", maxEnviron)
	if err != nil {
		return "", false, err
	}
	if len(b) == 0 {
		return "", false, fmt.Errorf("process %d: %w", pid, ErrNoEnvironment)
	}
	for entry := range bytes.SplitSeq(b, []byte{0}) {
		if key, v, found := bytes.Cut(entry, []byte("=")); found && string(key) == name {
			return string(v), true, nil
		}
	}
	return "", false, nil
}

// Yield lets others run that wait for this processor, sched_yield(2).
func Yield() {
	_, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) // never fails
}

// Children are the direct children of a process (of all its threads), at most limit.
func Children(pid, limit int) ([]int, error) {
	tasks, err := os.ReadDir(procPath(pid, "task"))
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, task := range tasks {
		b, err := ReadProc(pid, "task/"+task.Name()+"/children", maxCgroupFile)
		if err != nil {
			continue // the thread ended
		}
		for field := range bytes.FieldsSeq(b) {
			if len(pids) == limit {
				return pids, nil
			}
			pids = append(pids, int(number(field)))
		}
	}
	return pids, nil
}

// Processes lists the PIDs of /proc, as they are while it is read.
func Processes() iter.Seq[int] {
	return func(yield func(int) bool) {
		dir, err := os.Open("/proc")
		if err != nil {
			return
		}
		defer dir.Close()
		const batch = 256
		for {
			names, err := dir.Readdirnames(batch)
			for _, name := range names {
				if pid, bad := strconv.Atoi(name); bad == nil && !yield(pid) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

// BootID is the random name of this boot, 32 hexadecimal digits.
func BootID() (string, error) {
	b, err := ReadFile("/proc/sys/kernel/random/boot_id", maxProcStat)
	return strings.ReplaceAll(strings.TrimSpace(string(b)), "-", ""), err
}
