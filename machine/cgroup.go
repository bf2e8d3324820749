package machine

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// prefix begins the name of each machine's cgroup; the id of the process that made it follows.
const prefix = "steward-machine-"

// outsiders is the cgroup, inside a machine's, of the commands that Exec runs: as a leaf of its own it lets the init
// turn on controllers in the root.
const outsiders = "outside"

// makeCgroup makes a machine's cgroup, after removing those of callers that are gone without having stopped theirs.
func makeCgroup() (string, error) {
	mount, err := sys.Cgroup2Mount()
	if err != nil {
		return "", err
	}
	if err := sweep(mount); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(mount, fmt.Sprintf("%s%d-", prefix, os.Getpid()))
	if err != nil {
		return "", err
	}
	return dir, os.Mkdir(filepath.Join(dir, outsiders), 0o755)
}

// sweep removes the cgroups of dead callers.
func sweep(mount string) error {
	dirs, err := filepath.Glob(filepath.Join(mount, prefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		pid, err := strconv.Atoi(owner)
		if err != nil || syscall.Kill(pid, 0) != syscall.ESRCH {
			continue
		}
		if err := removeCgroup(dir); err != nil {
			return err
		}
	}
	return nil
}

// removeCgroup kills what is in a cgroup and below, waits for the end of it, and removes the cgroups. Another process
// may be removing it too.
func removeCgroup(dir string) error {
	err := os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0)
	if err == nil {
		err = waitEmpty(dir)
	}
	if err == nil {
		err = removeTree(dir)
	}
	if err != nil && exists(dir) {
		return fmt.Errorf("remove cgroup: %w", err)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// waitEmpty waits until no process is left in a cgroup and below; the kernel tells it by cgroup.events, cgroups(7).
func waitEmpty(dir string) error {
	events, err := os.Open(filepath.Join(dir, "cgroup.events"))
	if err != nil {
		return ignore(err, fs.ErrNotExist)
	}
	defer func() { _ = events.Close() }() // best effort: it was only read
	buffer := make([]byte, 256)
	for range 100 {
		n, err := events.ReadAt(buffer, 0)
		if n == 0 {
			return fmt.Errorf("read cgroup.events: %w", err)
		}
		if strings.Contains(string(buffer[:n]), "populated 0") {
			return nil
		}
		_, err = unix.Poll([]unix.PollFd{{Fd: int32(events.Fd()), Events: unix.POLLPRI}}, 100)
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("poll cgroup.events: %w", err)
		}
	}
	return fmt.Errorf("cgroup %s: processes are left 10 s after all were killed", dir)
}

// removeTree removes an empty cgroup with those below it; they have no files that could be removed.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ignore(err, fs.ErrNotExist)
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return ignore(os.Remove(dir), fs.ErrNotExist)
}
