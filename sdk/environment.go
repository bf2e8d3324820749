package sdk

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// WatchdogInterval is how often at least the manager wants to hear Watchdog, or it ends the daemon: WatchdogSec= of the
// unit. 0 is never. A daemon does well to call Watchdog at half of it. With unset the variables are removed, whatever
// comes of it. sd_watchdog_enabled(3).
func WatchdogInterval(unset bool) (time.Duration, error) {
	if unset {
		defer dropEnvironment("WATCHDOG_USEC", "WATCHDOG_PID")
	}
	text := os.Getenv("WATCHDOG_USEC")
	if text == "" {
		return 0, nil
	}
	const longest = 1<<63 - 1
	usec, err := strconv.ParseUint(text, 10, 64)
	if err != nil || usec == 0 || usec > longest/uint64(time.Microsecond) {
		return 0, fmt.Errorf("environment WATCHDOG_USEC=%q: %w", text, unix.EINVAL)
	}
	if pid := os.Getenv("WATCHDOG_PID"); pid != "" {
		own, err := forThisProcess("WATCHDOG_PID", pid)
		if err != nil || !own {
			return 0, err
		}
	}
	return time.Duration(usec) * time.Microsecond, nil
}

// Booted says whether the machine was booted with systemd, or a manager that stands for it, as its init. It says
// nothing of who started this process. sd_booted(3).
func Booted() bool {
	info, err := os.Lstat("/run/systemd/system")
	return err == nil && info.IsDir()
}

// DropEnvironment removes all that the manager told this process by variables that are for it alone, so that children
// don't take it for theirs. Notify, ListenFDs and WatchdogInterval find nothing afterwards.
func DropEnvironment() {
	dropEnvironment(notifySocket, "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID",
		"WATCHDOG_USEC", "WATCHDOG_PID")
}

func dropEnvironment(names ...string) {
	for _, name := range names {
		_ = os.Unsetenv(name) // never fails for names like these
	}
}

// forThisProcess says whether a variable that names a process means this one: a child inherits what was meant for
// its parent.
func forThisProcess(name, pid string) (bool, error) {
	n, err := strconv.ParseUint(pid, 10, 31)
	if err != nil || n == 0 {
		return false, fmt.Errorf("environment %s=%q: %w", name, pid, unix.EINVAL)
	}
	return int(n) == os.Getpid(), nil
}
