// Package shutdown is what only PID 1 does last: end what is left, write everything to disk, and stop the machine.
//
// It exists so that a unit that would not stop can't keep the machine from going down cleanly. It must not know units.
package shutdown

import (
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// grace is how long what is left has between SIGTERM and SIGKILL, as systemd-shutdown(8) gives by default.
const grace = 10 * time.Second

// commands are the arguments of reboot(2). In a PID namespace they end the namespace.
var commands = map[string]int{"reboot": unix.LINUX_REBOOT_CMD_RESTART, "poweroff": unix.LINUX_REBOOT_CMD_POWER_OFF,
	"halt": unix.LINUX_REBOOT_CMD_HALT, "exit": unix.LINUX_REBOOT_CMD_POWER_OFF, "kexec": unix.LINUX_REBOOT_CMD_KEXEC}

// Now ends all other processes, unmounts and carries out the verb. It returns when the kernel refuses, and nil where
// PID 1 only has to end, as a container's that is to exit: whoever runs it learns its exit status. systemctl(1), exit.
func Now(verb string) error {
	end(unix.SIGTERM, grace)
	end(unix.SIGKILL, time.Second)
	unix.Sync()
	if isMachine() {
		swapOff()
	}
	unmount()
	if verb == "exit" && !isMachine() {
		return nil
	}
	if isMachine() {
		_ = unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_RDONLY, "") // best effort: Sync has written what there was
	}
	if verb != "exit" {
		runHooks(hooks, verb, hookTimeout)
	}
	err := unix.Reboot(commands[verb])
	if verb == "kexec" { // no kernel is loaded
		err = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	}
	return err
}

// end signals every process but ourselves and reaps until none is left or the time is over. Only PID 1 may do this.
func end(signal unix.Signal, patience time.Duration) {
	if os.Getpid() != 1 {
		return
	}
	if err := unix.Kill(-1, signal); errors.Is(err, unix.ESRCH) {
		return
	}
	_ = unix.Kill(-1, unix.SIGCONT) // best effort: a stopped process can't end
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC)
	if err != nil {
		return
	}
	defer sys.Close(fd)
	deadline := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(patience))}
	if unix.TimerfdSettime(fd, 0, &deadline, nil) != nil {
		return
	}
	expired := make(chan struct{})
	go func() {
		var b [8]byte
		_, _ = unix.Read(fd, b[:]) // best effort: any return ends the wait
		close(expired)
	}()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			if _, err := unix.Wait4(-1, nil, 0, nil); errors.Is(err, unix.ECHILD) {
				return
			}
		}
	}()
	select {
	case <-gone:
	case <-expired:
	}
}

// unmount takes down what was mounted, the newest first; what is busy is made read-only.
func unmount() {
	table, err := sys.ReadFile("/proc/self/mountinfo", 4<<20)
	if err != nil {
		return
	}
	for _, point := range points(string(table)) {
		if unix.Unmount(point, 0) != nil {
			// best effort: what can't be made read-only was written by Sync
			_ = unix.Mount("", point, "", unix.MS_REMOUNT|unix.MS_RDONLY|unix.MS_BIND, "")
		}
	}
}

// swapOff takes down what memory is paged out to: its file keeps a file system busy.
func swapOff() {
	table, err := sys.ReadFile("/proc/swaps", 1<<20)
	if err != nil {
		return
	}
	for _, path := range swaps(string(table)) {
		_ = sys.SwapOff(path) // best effort: else the file system stays busy, and Sync has written it
	}
}

// swaps are the places that the kernel's table names, the newest first.
func swaps(table string) []string {
	var places []string
	for line := range strings.Lines(table) {
		if place, _, ok := strings.Cut(line, " "); ok && strings.HasPrefix(place, "/") {
			places = append(places, sys.UnescapeOctal(place))
		}
	}
	slices.Reverse(places)
	return places
}

// isMachine reports that this is the first PID namespace, whose number is fixed: only the machine's own PID 1 makes the
// root read-only, so that it is clean at the next boot. In any other the root's file system may be others', too.
func isMachine() bool {
	namespace, err := os.Readlink("/proc/self/ns/pid")
	return err == nil && os.Getpid() == 1 && namespace == "pid:[4026531836]"
}

// points are the places to unmount, by what the mount table says.
func points(table string) []string {
	var points []string
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) > 4 {
			if point := sys.UnescapeOctal(fields[4]); !isKernel(point) {
				points = append(points, point)
			}
		}
	}
	slices.Reverse(points)
	return points
}

func isKernel(point string) bool {
	for _, top := range []string{"/proc", "/sys", "/dev", "/run"} {
		if point == top || strings.HasPrefix(point, top+"/") {
			return true
		}
	}
	return point == "/"
}
