package systemctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/syntax/quantity"
)

// launchVariable turns the launching of managers off, if it is a boolean that is false.
const launchVariable = "STEWARD_LAUNCH"

// launchTime is how long a manager may take until it listens.
const launchTime = 30 * time.Second

// mayLaunch says whether a manager is started where none runs: the user's own, or the system's by root where no manager
// is the first process. Not by who only asks, or stops something; not in a chroot or an image that is being built, and
// not where $STEWARD_LAUNCH is false.
func (s *session) mayLaunch() bool {
	if on, err := quantity.ParseBool(s.Getenv(launchVariable)); err == nil && !on || s.inChroot() {
		return false
	}
	socket, err := s.privateSocket()
	if err != nil || s.foreign(socket) {
		return false
	}
	if s.opt.scope == userScope {
		return true
	}
	return s.opt.scope == systemScope && os.Geteuid() == 0 && (!booted() || s.really())
}

// launch starts a manager where none listens at a socket, waits until it does, and connects. It returns nil where none
// is to be started.
func (s *session) launch(socket string) (*peer, error) {
	if !s.starts && !s.really() || s.asks || !s.mayLaunch() {
		return nil, nil
	}
	dir := filepath.Dir(socket)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("launch manager: %w", err)
	}
	watch, err := watchFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("launch manager: %w", err)
	}
	defer func() { _ = watch.Close() }() // best effort: it was only read
	mode := "--system"
	if s.opt.scope == userScope {
		mode = "--user"
	}
	ended, err := s.spawnManager(mode)
	if err != nil {
		return nil, fmt.Errorf("launch manager: %w", err)
	}
	ctx, cancel := context.WithTimeout(s.ctx, launchTime)
	defer cancel()
	changes := make(chan struct{}, 1)
	go func() {
		defer close(changes)
		for buffer := make([]byte, 4096); ; {
			if _, err := watch.Read(buffer); err != nil {
				return
			}
			select {
			case changes <- struct{}{}:
			default:
			}
		}
	}()
	for {
		if p, err := s.open("unix:path="+socket, true); err == nil {
			return p, nil
		}
		select {
		case _, open := <-changes:
			if !open {
				return nil, errors.New("launch manager: its folder can not be watched")
			}
		case err := <-ended:
			return nil, fmt.Errorf("launch manager: it ended: %w", err)
		case <-ctx.Done():
			return nil, errors.New("launch manager: it does not listen")
		}
	}
}

// watchFolder watches a folder for files that come to be.
func watchFolder(dir string) (*os.File, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, err
	}
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_ATTRIB); err != nil {
		_ = unix.Close(fd) // best effort: nothing was read from it
		return nil, err
	}
	return os.NewFile(uintptr(fd), "inotify"), nil
}

// spawnManager starts this program as a manager that outlives us, in a session of its own, without our terminal.
func (s *session) spawnManager(mode string) (<-chan error, error) {
	cmd := exec.Command("/proc/self/exe", mode, "--unit=basic.target")
	cmd.Args[0] = "steward"
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		if err == nil {
			err = errors.New("exit status 0")
		}
		ended <- err
	}()
	return ended, nil
}

// reachable says whether a manager answers, and starts none.
func (s *session) reachable() bool {
	s.asks = true
	_, err := s.manager()
	s.asks = false
	return err == nil
}

// unmanaged says whether no manager runs that has a say in unit files.
func (s *session) unmanaged() bool {
	return !s.reachable() && (s.opt.scope == userScope || !booted())
}

// inChroot says whether commands for a manager are to be passed over: where this process sees another root than the
// first process, and where $SYSTEMD_OFFLINE says so; $SYSTEMD_IGNORE_CHROOT says that the root does not matter, and
// --really that neither does.
func (s *session) inChroot() bool {
	if s.really() {
		return false
	}
	if on, err := quantity.ParseBool(s.Getenv("SYSTEMD_OFFLINE")); err == nil {
		return on
	}
	return s.changedRoot()
}

// changedRoot says whether this process sees another root than the first one, and nobody said that it does not matter.
func (s *session) changedRoot() bool {
	if on, err := quantity.ParseBool(s.Getenv("SYSTEMD_IGNORE_CHROOT")); err == nil && on {
		return false
	}
	return otherRoot()
}

// otherRoot says whether this process sees another root than the first one.
func otherRoot() bool {
	same, known := asFirst("/")
	return known && !same
}

// asFirst says whether a path is the same for this process as for the first one, and whether that can be told.
func asFirst(path string) (same, known bool) {
	var ours, first unix.Stat_t
	if unix.Stat(path, &ours) != nil || unix.Stat("/proc/1/root"+path, &first) != nil {
		return false, false
	}
	return ours.Dev == first.Dev && ours.Ino == first.Ino, true
}
