package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/sys"
)

// This file waits for the PID files of forking services.

// watchPIDFile waits for a PID file: it looks at once, and says so if there is none yet. The engine must hear of the
// first look: where no process is left, nobody will write the file.
func (w *World) watchPIDFile(unit, path string) {
	w.unwatchPIDFile(unit)
	w.pidfiles[unit] = path
	if w.tryPIDFile(unit, path) {
		return
	}
	pid, _, err := readPIDFile(path)
	w.loop.Do(port.PIDFileRead{Unit: unit, Err: w.whyNot(unit, path, pid, err)})
	w.followPIDFile(unit, path)
}

// followPIDFile watches the nearest directory of a PID file that exists, a nearer one as soon as it is made.
func (w *World) followPIDFile(unit, path string) {
	const mask = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_CLOSE_WRITE | unix.IN_ATTRIB | unix.IN_DELETE_SELF |
		unix.IN_MOVE_SELF
	for w.pidfiles[unit] == path {
		dir := nearest(path)
		w.watcher.RemoveFor(unit)
		err := w.watcher.AddFor(dir, unit, mask, func() {
			switch {
			case w.pidfiles[unit] != path:
			case w.tryPIDFile(unit, path):
				w.unwatchPIDFile(unit)
			case nearest(path) != dir:
				w.followPIDFile(unit, path)
			}
		})
		switch {
		case errors.Is(err, unix.ENOENT) && dir != "/": // it was there a moment ago
		case err != nil:
			w.loop.Do(port.PIDFileRead{Unit: unit, Err: err.Error()})
			return
		case w.tryPIDFile(unit, path): // it came before the watch began
			w.unwatchPIDFile(unit)
			return
		case nearest(path) == dir:
			return
		}
	}
}

// nearest is the innermost directory of a path that exists.
func nearest(path string) string {
	dir := filepath.Dir(path)
	for dir != "/" {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

func (w *World) unwatchPIDFile(unit string) {
	if _, ok := w.pidfiles[unit]; ok {
		delete(w.pidfiles, unit)
		w.watcher.RemoveFor(unit)
	}
}

// tryPIDFile reads a PID file. Only a process of the unit is believed, unless root wrote the file.
func (w *World) tryPIDFile(unit, path string) bool {
	pid, trusted, err := readPIDFile(path)
	if err != nil {
		return false
	}
	claimed := w.tracker != nil && w.tracker.Claim(pid, unit)
	if owner := w.unitOf(pid); !claimed && owner != unit && !trusted {
		w.loop.Do(port.PIDFileRead{Unit: unit, Err: fmt.Sprintf("New main PID %d does not belong to service, "+
			"and PID file is not owned by root. Refusing.", pid)})
		return true
	}
	w.loop.Do(port.PIDFileRead{Unit: unit, PID: pid})
	return true
}

// whyNot says what is wrong with a PID file that was read, or can't be. One that came this moment is told of by the
// watch; that it was not there before is said all the same.
func (w *World) whyNot(unit, path string, pid int, err error) string {
	switch {
	case pid == 1 || pid == os.Getpid():
		return fmt.Sprintf("New main PID %d is the manager, refusing.", pid)
	case pid > 1:
		return fmt.Sprintf("New main PID %d does not exist or is a zombie.", pid)
	case errors.Is(err, errNoPID):
		return "Failed to parse PID from file " + path + ": " + sys.ErrorText(unix.EINVAL)
	case err == nil:
		err = unix.ENOENT
	}
	phase := "start"
	if status := w.loop.Engine.Unit(unit); status != nil {
		phase = status.Sub
	}
	return fmt.Sprintf("Can't open PID file %s (yet?) after %s: %s", path, phase, sys.ErrorText(sys.ErrnoOf(err)))
}

// errNoPID is what is wrong with a PID file that has something else in it.
var errNoPID = errors.New("no process ID")

func readPIDFile(path string) (pid int, trusted bool, err error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return 0, false, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, false, err
	}
	var buffer [32]byte
	n, err := unix.Read(fd, buffer[:])
	if err != nil {
		return 0, false, err
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(buffer[:max(n, 0)])))
	switch {
	case err != nil || pid < 1:
		return 0, false, errNoPID
	case pid == 1 || pid == os.Getpid():
		return pid, false, unix.EINVAL
	}
	return pid, st.Uid == 0, unix.Kill(pid, 0)
}
