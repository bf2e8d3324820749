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
// parents belong to root, the innermost directory to the user with the mode; configuration stays with root.
func (l *Launcher) directories(exec *model.Exec, id *identity) error {
	for _, dir := range exec.Directories {
		root := l.Roots[dir.Kind]
		for _, p := range dir.Paths {
			if err := makeOwned(root, p, dir.Mode, dir.Kind != model.DirConfiguration, id); err != nil {
				return at(directoryStatus[dir.Kind], fmt.Errorf("%s=%s: %w", dir.Kind, p, err))
			}
		}
		for _, link := range dir.Links {
			target, name := filepath.Join(root, link[0]), filepath.Join(root, link[1])
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return at(directoryStatus[dir.Kind], fmt.Errorf("%s=%s: %w", dir.Kind, link[1], err))
			}
			if err := os.Symlink(target, name); err != nil && !errors.Is(err, fs.ErrExist) {
				return at(directoryStatus[dir.Kind], fmt.Errorf("%s=%s: %w", dir.Kind, link[1], err))
			}
		}
	}
	return nil
}

// makeOwned makes root/name. What exists as a symlink is used as it is but never given away: a service must not be able
// to have the manager change another's files.
func makeOwned(root, name string, mode uint32, give bool, id *identity) error {
	full := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	err := os.Mkdir(full, fs.FileMode(mode&0o777))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	fd, err := unix.Open(full, unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_RDONLY, 0)
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) {
		if info, statErr := os.Stat(full); statErr == nil && info.IsDir() {
			return nil
		}
	}
	if err != nil {
		return &fs.PathError{Op: "open", Path: full, Err: err}
	}
	defer unix.Close(fd)
	if err := unix.Fchmod(fd, mode&0o7777); err != nil {
		return &fs.PathError{Op: "chmod", Path: full, Err: err}
	}
	if !give || os.Geteuid() != 0 {
		return nil
	}
	return chownTree(fd, full, int(id.uid), int(id.gid))
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

// RemoveRuntime removes the runtime directories of a unit at rest. systemd.exec(5), RuntimeDirectoryPreserve=.
func (l *Launcher) RemoveRuntime(exec *model.Exec) error {
	var failures []error
	for _, p := range exec.Directory(model.DirRuntime).Paths {
		root, err := os.OpenRoot(l.Roots[model.DirRuntime])
		if err != nil {
			failures = append(failures, err)
			continue
		}
		if err := root.RemoveAll(p); err != nil {
			failures = append(failures, err)
		}
		_ = root.Close() // best effort: it was only read
	}
	return errors.Join(failures...)
}
