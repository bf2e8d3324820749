package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/syntax/exitstatus"
)

var directoryVariables = [model.DirectoryKinds]string{"RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CACHE_DIRECTORY",
	"LOGS_DIRECTORY", "CONFIGURATION_DIRECTORY"}

var directoryStatus = [model.DirectoryKinds]sandbox.Status{exitstatus.RuntimeDirectory, exitstatus.StateDirectory,
	exitstatus.CacheDirectory, exitstatus.LogsDirectory, exitstatus.ConfigurationDirectory}

func (l *Launcher) directoryList(kind model.DirectoryKind, paths []string) string {
	full := make([]string, len(paths))
	for i, p := range paths {
		full[i] = filepath.Join(l.Roots[kind], p)
	}
	return strings.Join(full, ":")
}

// directories makes the directories a unit owns, and gives them to its user. systemd.exec(5), RuntimeDirectory=:
// parents belong to root, the innermost directory to the user with the mode. Configuration that is there stays as it
// is; like systemd, and unlike its page, what is made is the user's.
func (l *Launcher) directories(exec *model.Exec, id *identity) error {
	for _, dir := range exec.Directories {
		root := l.Roots[dir.Kind]
		for _, p := range dir.Paths {
			if err := makeOwned(root, p, dir.Mode, dir.Kind == model.DirConfiguration, id); err != nil {
				return at(directoryStatus[dir.Kind], fmt.Errorf("%s=%s: %w", dir.Kind, p, err))
			}
		}
		for _, pair := range dir.Links {
			if err := link(root, pair[0], pair[1]); err != nil {
				return at(directoryStatus[dir.Kind], fmt.Errorf("%s=%s: %w", dir.Kind, pair[1], err))
			}
		}
	}
	return nil
}

// makeOwned makes root/name, or with keep leaves what is there as it is. What exists as a symlink is used as it is but
// never given away: a service must not be able to have the manager change another's files.
func makeOwned(root, name string, mode uint32, keep bool, id *identity) error {
	p, err := reach(root, name, true)
	if err != nil {
		return err
	}
	defer p.close()
	err = unix.Mkdirat(p.dir, p.name, mode&0o777)
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return &fs.PathError{Op: "mkdir", Path: p.full, Err: err}
	}
	isNew := err == nil
	fd, err := unix.Openat(p.dir, p.name, unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_RDONLY, 0)
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) {
		var st unix.Stat_t
		if unix.Fstatat(p.dir, p.name, &st, 0) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
			return nil
		}
	}
	if err != nil {
		return &fs.PathError{Op: "open", Path: p.full, Err: err}
	}
	defer unix.Close(fd)
	if keep && !isNew {
		return nil
	}
	if err := unix.Fchmod(fd, mode&0o7777); err != nil {
		return &fs.PathError{Op: "chmod", Path: p.full, Err: err}
	}
	if os.Geteuid() != 0 {
		return nil
	}
	return chownTree(fd, p.full, int(id.uid), int(id.gid))
}

// chownTree gives a directory, and what is below it where the owner was another one, to the unit's user.
func chownTree(fd int, full string, uid, gid int) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return &fs.PathError{Op: "stat", Path: full, Err: err}
	}
	if int(st.Uid) == uid && int(st.Gid) == gid {
		return nil
	}
	root, err := os.OpenRoot(fmt.Sprintf("/proc/self/fd/%d", fd)) // what was opened, whatever has its name by now
	if err != nil {
		return fmt.Errorf("give %s to user %d: %w", full, uid, err)
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(p string, _ fs.DirEntry, err error) error {
		if err != nil || p == "." {
			return err
		}
		return root.Lchown(p, uid, gid)
	})
	if err != nil {
		return fmt.Errorf("give to user %d: %w", uid, err)
	}
	if err := unix.Fchown(fd, uid, gid); err != nil {
		return &fs.PathError{Op: "chown", Path: full, Err: err}
	}
	return nil
}

// RemoveRuntime removes the runtime directories of a unit at rest, and the links to them. systemd.exec(5),
// RuntimeDirectoryPreserve=.
func (l *Launcher) RemoveRuntime(exec *model.Exec) error {
	var failures []error
	dir, root := exec.Directory(model.DirRuntime), l.Roots[model.DirRuntime]
	for _, p := range dir.Paths {
		failures = append(failures, remove(root, p))
	}
	for _, pair := range dir.Links {
		failures = append(failures, unlink(root, pair[1]))
	}
	return errors.Join(failures...)
}
