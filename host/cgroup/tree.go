// Package cgroup keeps one control group per unit below the manager's own, on the unified hierarchy (cgroup2).
//
// It exists so that a process can be cloned straight into its unit's group, that a unit's processes can be listed and
// killed whatever they do, and that the last one's end is seen. Processes are never moved by writing cgroup.procs
// where a clone can do it: after a quiet moment that write waits for the kernel for some ten milliseconds. The package
// must not know what a unit's state is.
package cgroup

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// Tree is the part of the hierarchy that belongs to this manager.
type Tree struct {
	mount string // where cgroup2 is mounted, for example /sys/fs/cgroup
	root  string // the manager's root below mount, "" for the mount itself
}

// Open finds the cgroup2 mount and the group that the manager may divide: the one it was started in, moving itself to
// init.scope so that the inner group holds no process. Where others live in that group too, a group of our own is made
// in it. An error says what is missing; the caller then tracks processes without groups.
func Open(pid1 bool) (*Tree, error) {
	mount, err := sys.Cgroup2Mount()
	if err != nil {
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	own, err := sys.CgroupOf(0)
	if err != nil {
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	if strings.HasPrefix(own, "/..") {
		return nil, fmt.Errorf("cgroup: own group %s is outside of the cgroup namespace", own)
	}
	own = strings.TrimSuffix(own, "/init.scope")
	if !pid1 && shared(filepath.Join(mount, own)) {
		own += fmt.Sprintf("/steward-%d", os.Getpid())
	}
	tree := &Tree{mount: mount, root: strings.TrimPrefix(path.Clean(own), "/")}
	if err := tree.probe(); err != nil {
		return nil, err
	}
	return tree, tree.enter("init.scope")
}

// shared reports that other processes than this one are in a group.
func shared(dir string) bool {
	for _, pid := range readPIDs(filepath.Join(dir, "cgroup.procs"), 0) {
		if pid != os.Getpid() {
			return true
		}
	}
	return false
}

// probe makes and removes a group, the only sure test of the right to do so.
func (t *Tree) probe() error {
	dir := t.Dir(fmt.Sprintf("steward-probe-%d", os.Getpid()))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cgroup: %w", err)
	}
	err := unix.Access(filepath.Join(dir, "cgroup.procs"), unix.W_OK)
	if rm := os.Remove(dir); err == nil {
		err = rm
	}
	if err == nil { // cloning into a child also needs the right to write the common ancestor's cgroup.procs
		err = unix.Access(filepath.Join(t.Dir(""), "cgroup.procs"), unix.W_OK)
	}
	if err != nil {
		return fmt.Errorf("cgroup: %s: %w", t.Dir(""), err)
	}
	return nil
}

// enter moves the manager itself into a child group, once, at start.
func (t *Tree) enter(group string) error {
	dir := t.Dir(group)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cgroup: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("0"), 0); err != nil {
		return fmt.Errorf("cgroup: enter %s: %w", group, err)
	}
	return nil
}

// Leave removes the groups that are left of the manager's own, once it has left them; only where it made the root.
func (t *Tree) Leave() {
	if !strings.HasSuffix(t.root, fmt.Sprintf("steward-%d", os.Getpid())) {
		return
	}
	parent := filepath.Join(t.mount, filepath.Dir(t.root), "cgroup.procs")
	if os.WriteFile(parent, []byte("0"), 0) == nil {
		_, _ = t.Remove("") // best effort: a process that would not end keeps its group
	}
}

// Root is the manager's own group as /proc/PID/cgroup prints it ("" for the root).
func (t *Tree) Root() string {
	if t.root == "" {
		return ""
	}
	return "/" + t.root
}

// Dir is the directory of a group below the manager's root.
func (t *Tree) Dir(group string) string { return filepath.Join(t.mount, t.root, group) }

// Make creates a group with its parents and returns an open directory to clone into. The caller closes it.
func (t *Tree) Make(group string) (fd int, err error) {
	dir := t.Dir(group)
	err = unix.Mkdir(dir, 0o755)
	if errors.Is(err, unix.ENOENT) {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return -1, fmt.Errorf("cgroup: create %s: %w", group, err)
	}
	fd, err = unix.Open(dir, unix.O_DIRECTORY|unix.O_CLOEXEC|unix.O_RDONLY, 0)
	if err != nil {
		return -1, fmt.Errorf("cgroup: open %s: %w", group, err)
	}
	return fd, nil
}

// Remove removes a group with its empty children. A group that still has processes is busy, and stays.
func (t *Tree) Remove(group string) (busy bool, err error) {
	dir := t.Dir(group)
	err = unix.Rmdir(dir)
	if err == nil || errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	entries, _ := os.ReadDir(dir) // best effort: what can't be read can't be removed either
	for _, entry := range entries {
		if entry.IsDir() {
			_, _ = t.Remove(path.Join(group, entry.Name())) // best effort: the parent's rmdir tells
		}
	}
	switch err := unix.Rmdir(dir); {
	case err == nil, errors.Is(err, unix.ENOENT):
		return false, nil
	case errors.Is(err, unix.EBUSY):
		return true, nil
	default:
		return false, fmt.Errorf("cgroup: remove %s: %w", group, err)
	}
}

// CPUTime is how much time of the processors a group has used, in nanoseconds; false where the kernel does not tell.
func (t *Tree) CPUTime(group string) (nanoseconds uint64, ok bool) {
	var buffer [64]byte
	fd, err := unix.Open(filepath.Join(t.Dir(group), "cpu.stat"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, false
	}
	n, _ := unix.Read(fd, buffer[:])
	_ = unix.Close(fd) // best effort: nothing was written
	rest, ok := strings.CutPrefix(string(buffer[:max(n, 0)]), "usage_usec ")
	line, _, whole := strings.Cut(rest, "\n")
	microseconds, err := strconv.ParseUint(line, 10, 64)
	return microseconds * 1000, ok && whole && err == nil
}

// Controllers lists the controllers that the manager's own group may hand on to its units', none where they can't be
// read.
func (t *Tree) Controllers() []string {
	text, err := os.ReadFile(filepath.Join(t.Dir(""), "cgroup.controllers"))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}

// Populated reports whether any process is left in the group or below it.
func (t *Tree) Populated(group string) bool {
	var buffer [128]byte
	fd, err := unix.Open(filepath.Join(t.Dir(group), "cgroup.events"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	n, _ := unix.Read(fd, buffer[:])
	_ = unix.Close(fd) // best effort: nothing was written
	return n > 0 && bytes.Contains(buffer[:n], []byte("populated 1"))
}

// Processes lists the processes of a group and of those below it, at most limit (0: no limit).
func (t *Tree) Processes(group string, limit int) []int {
	pids := readPIDs(filepath.Join(t.Dir(group), "cgroup.procs"), limit)
	entries, _ := os.ReadDir(t.Dir(group)) // best effort: a group that is gone has no processes
	for _, entry := range entries {
		if limit > 0 && len(pids) >= limit {
			break
		}
		if entry.IsDir() {
			pids = append(pids, t.Processes(path.Join(group, entry.Name()), limit)...)
		}
	}
	return pids
}

func readPIDs(file string, limit int) []int {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var pids []int
	for line := range strings.FieldsSeq(string(data)) {
		if pid, err := strconv.Atoi(line); err == nil && pid > 0 && (limit == 0 || len(pids) < limit) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// KillAll ends every process of the group and below at once (SIGKILL) by cgroup.kill, where the kernel has it (5.14).
func (t *Tree) KillAll(group string) error {
	return os.WriteFile(filepath.Join(t.Dir(group), "cgroup.kill"), []byte("1"), 0)
}

// Adopt moves a process which we did not clone (a scope's) into a group.
func (t *Tree) Adopt(group string, pid int) error {
	fd, err := t.Make(group)
	if err != nil {
		return err
	}
	_ = unix.Close(fd) // best effort: it was only opened to make it
	file := filepath.Join(t.Dir(group), "cgroup.procs")
	if err := os.WriteFile(file, []byte(strconv.Itoa(pid)), 0); err != nil {
		return fmt.Errorf("cgroup: move %d to %s: %w", pid, group, err)
	}
	return nil
}

// Of returns the group of a process below our root, and whether it is there at all.
func (t *Tree) Of(pid int) (group string, ok bool) {
	full, err := sys.CgroupOf(pid)
	if err != nil {
		return "", false
	}
	if t.root == "" {
		return strings.TrimPrefix(full, "/"), true
	}
	group, ok = strings.CutPrefix(full, t.Root()+"/")
	return group, ok
}

// Slices returns a slice with its parents, outermost first.
func Slices(slice string) []string {
	if slice == "-.slice" {
		return nil
	}
	stem := strings.TrimSuffix(slice, ".slice")
	var all []string
	for i := range len(stem) {
		if stem[i] == '-' {
			all = append(all, stem[:i]+".slice")
		}
	}
	return append(all, slice)
}

// Path returns a unit's group below the root: its slices, outermost first, then its own name, with the names that
// would collide with kernel attributes escaped. systemd's rule: prefix "_" when the name starts with "_" or ".", is a
// reserved name, or has the prefix of a controller's attributes ("cgroup.", "cpu.", "memory.", …).
func Path(slices []string, unit string) string {
	parts := make([]string, 0, len(slices)+1)
	for _, slice := range slices {
		if slice != "-.slice" {
			parts = append(parts, escape(slice))
		}
	}
	if unit != "" && unit != "-.slice" {
		parts = append(parts, escape(unit))
	}
	return strings.Join(parts, "/")
}

var attributePrefixes = []string{"cgroup.", "cpu.", "cpuset.", "io.", "memory.", "pids.", "rdma.", "hugetlb.",
	"perf_event.", "misc.", "devices.", "freezer.", "blkio.", "cpuacct."}

func escape(name string) string {
	if name == "tasks" || name == "notify_on_release" || name == "release_agent" {
		return "_" + name
	}
	if strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
		return "_" + name
	}
	for _, prefix := range attributePrefixes {
		if strings.HasPrefix(name, prefix) {
			return "_" + name
		}
	}
	return name
}

// UnitOf returns the unit that a group path belongs to: the first part that is not a slice. "" for a slice.
func UnitOf(group string) string {
	for part := range strings.SplitSeq(group, "/") {
		part = strings.TrimPrefix(part, "_")
		if part != "" && !strings.HasSuffix(part, ".slice") {
			return part
		}
	}
	return ""
}
