package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// manager are the processes of the manager: PID 1 and those in the machine that execute the same file.
func (s *subject) manager() ([]int, error) {
	image, err := os.Stat(fmt.Sprintf("/proc/%d/exe", s.machine.PID()))
	if err != nil {
		return nil, err
	}
	return s.processes(func(exe os.FileInfo) bool { return os.SameFile(exe, image) })
}

// processes are those in the machine whose executable is wanted.
func (s *subject) processes(wanted func(exe os.FileInfo) bool) ([]int, error) {
	space, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", s.machine.PID()))
	if err != nil {
		return nil, err
	}
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, dir := range all {
		other, err := os.Readlink(dir + "/ns/pid")
		if err != nil || other != space {
			continue // ended, or somewhere else
		}
		if exe, err := os.Stat(dir + "/exe"); err == nil && wanted(exe) {
			pid, err := strconv.Atoi(filepath.Base(dir))
			if err != nil {
				return nil, err
			}
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// cpu is the CPU time of a manager since it was executed, all threads.
func (s *subject) cpu() (time.Duration, error) {
	pids, err := s.manager()
	if err != nil {
		return 0, err
	}
	sum := -s.executed.cpu
	for _, pid := range pids {
		var t unix.Timespec
		if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil { // the CPU clock of a process, clock_getcpuclockid(3)
			return 0, fmt.Errorf("cpu clock of %d: %w", pid, err)
		}
		sum += time.Duration(t.Nano())
	}
	return sum, nil
}

// all is the CPU time of everything that ran in the machine, cgroups(7) cpu.stat.
func (s *subject) all() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", s.machine.PID()))
	if err != nil {
		return 0, err
	}
	_, own, found := strings.Cut(string(text), "/steward-machine-")
	if !found {
		return 0, fmt.Errorf("no cgroup of a machine in %q", text)
	}
	name, _, _ := strings.Cut(strings.TrimSpace(own), "/")
	found = false
	for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		text, err = os.ReadFile(filepath.Join(mount, "steward-machine-"+name, "cpu.stat"))
		if err == nil {
			found = true
			break
		}
	}
	if !found {
		return 0, err
	}
	usec, err := field(string(text), "usage_usec")
	return time.Duration(usec) * time.Microsecond, err
}

// memory is what processes take, in KiB. The anonymous is what they wrote to; of the private, pages of a program
// that nobody else executes are a part, which the kernel can drop.
type memory struct{ resident, proportional, private, anonymous, peak int }

func memoryOf(pids []int) (memory, error) {
	var m memory
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return m, err
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return m, err
		}
		for _, f := range []struct {
			of   string
			name string
			to   *int
		}{
			{string(text), "Rss:", &m.resident}, {string(text), "Pss:", &m.proportional},
			{string(text), "Private_Clean:", &m.private}, {string(text), "Private_Dirty:", &m.private},
			{string(text), "Anonymous:", &m.anonymous}, {string(status), "VmHWM:", &m.peak},
		} {
			n, err := field(f.of, f.name)
			if err != nil {
				return m, err
			}
			*f.to += n
		}
	}
	return m, nil
}

// switches counts how often threads of a manager were given a CPU.
func (s *subject) switches() (int, error) {
	pids, err := s.manager()
	sum := 0
	for _, pid := range pids {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
		if err != nil {
			return 0, err
		}
		for _, name := range threads {
			text, err := os.ReadFile(name)
			if err != nil {
				return 0, err
			}
			n, err := field(string(text), "voluntary_ctxt_switches:")
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum, err
}

// field is the number that follows a name at the beginning of a line.
func field(text, name string) (int, error) {
	for l := range strings.Lines(text) {
		if words := strings.Fields(l); len(words) > 1 && words[0] == name {
			return strconv.Atoi(words[1])
		}
	}
	return 0, fmt.Errorf("no %s", name)
}
