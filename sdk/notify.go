package sdk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/wire/notify"
)

// ErrName says that a name for descriptors is not valid: at most 255 printable ASCII characters and no colon,
// sd_notify(3) FDNAME=.
var ErrName = errors.New("descriptor name: not valid")

// Notify sends assignments, one per line, to the manager; sent is false where no manager asked for them ($NOTIFY_SOCKET
// is not set). With unset the variable is removed, whatever comes of it, so that children don't inherit it and later
// calls do nothing. sd_notify(3).
func Notify(state string, unset bool) (sent bool, err error) {
	return NotifyWithFDs(state, unset)
}

// NotifyWithFDs is Notify with descriptors, of which the manager gets copies. sd_pid_notify_with_fds(3).
func NotifyWithFDs(state string, unset bool, fds ...int) (sent bool, err error) {
	if unset {
		defer func() { _ = os.Unsetenv(notifySocket) }() // never fails for a name like this
	}
	name := os.Getenv(notifySocket)
	if name == "" {
		return false, nil
	}
	if err := send(name, state, fds); err != nil {
		return false, fmt.Errorf("notify manager: %w", err)
	}
	return true, nil
}

// Field is one assignment to be told; the fields are listed in sd_notify(3), and names that begin with "X_" are free.
type Field struct{ Name, Value string }

// NotifyFields is Notify with named fields, all in one datagram: the manager takes notice of them at once. A line end
// in a value becomes a space, as it would begin another field.
func NotifyFields(unset bool, fields ...Field) (sent bool, err error) {
	var state strings.Builder
	for _, f := range fields {
		state.WriteString(f.Name + "=" + strings.ReplaceAll(f.Value, "\n", " ") + "\n")
	}
	return Notify(state.String(), unset)
}

const notifySocket = "NOTIFY_SOCKET"

func send(name, state string, fds []int) error {
	if state == "" {
		return fmt.Errorf("empty state: %w", unix.EINVAL)
	}
	if name[0] != '/' && name[0] != '@' || len(name) == 1 {
		return fmt.Errorf("address %q: %w", name, unix.EAFNOSUPPORT)
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }() // best effort: the datagram has left by then
	oob := []byte(nil)
	if len(fds) > 0 {
		oob = unix.UnixRights(fds...)
	}
	for { // a full queue makes the call wait, and a signal may end the wait
		err = unix.Sendmsg(fd, []byte(state), oob, &unix.SockaddrUnix{Name: name}, unix.MSG_NOSIGNAL)
		if err != unix.EINTR {
			return err
		}
	}
}

// tell sends the fields of a message; nobody to tell is no error.
func tell(m notify.Message, fds ...int) error {
	_, err := NotifyWithFDs(string(m.Encode()), false, fds...)
	return err
}

// Ready tells that the daemon has started, or has finished reloading (READY=1).
func Ready() error { return tell(notify.Message{Fields: notify.Ready}) }

// Stopping tells that the daemon begins to stop (STOPPING=1).
func Stopping() error { return tell(notify.Message{Fields: notify.Stopping}) }

// Reloading tells that the daemon begins to read its configuration again; Ready ends it. It says when, by
// CLOCK_MONOTONIC, as Type=notify-reload needs (RELOADING=1, MONOTONIC_USEC=).
func Reloading() error {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return fmt.Errorf("notify manager: monotonic clock: %w", err)
	}
	return tell(notify.Message{Fields: notify.Reloading | notify.MonotonicUsec, MonotonicUsec: uint64(now.Nano()) / 1000})
}

// Status tells in a sentence what the daemon is doing; "systemctl status" shows it (STATUS=).
func Status(format string, args ...any) error {
	text := strings.ToValidUTF8(fmt.Sprintf(format, args...), "\uFFFD")
	return tell(notify.Message{Fields: notify.Status, Status: text})
}

// MainPID tells which process the manager is to watch as the daemon (MAINPID=).
func MainPID(pid int) error { return tell(notify.Message{Fields: notify.MainPID, MainPID: pid}) }

// Failing tells the error number, such as unix.ENOENT, for which the daemon is about to fail (ERRNO=).
func Failing(errno syscall.Errno) error {
	return tell(notify.Message{Fields: notify.Errno, Errno: int(errno)})
}

// BusError tells the name of the D-Bus error for which the daemon is about to fail (BUSERROR=).
func BusError(name string) error {
	return tell(notify.Message{Fields: notify.BusError, BusError: name})
}

// ExitStatus tells the status, 0 to 255, that the daemon ends with where its process's own is not known to the manager
// (EXIT_STATUS=).
func ExitStatus(status uint8) error {
	return tell(notify.Message{Fields: notify.ExitStatus, ExitStatus: int(status)})
}

// ExtendTimeout asks for this long from now before the start, the stop or the run counts as timed out
// (EXTEND_TIMEOUT_USEC=).
func ExtendTimeout(by time.Duration) error {
	return tell(notify.Message{Fields: notify.ExtendTimeoutUsec, ExtendTimeoutUsec: uint64(max(by, 0).Microseconds())})
}

// Watchdog tells that the daemon is alive; see WatchdogInterval (WATCHDOG=1).
func Watchdog() error { return tell(notify.Message{Fields: notify.Watchdog}) }

// SetWatchdogInterval asks the manager to want to hear Watchdog this often from now on, other than WatchdogSec= of the
// unit says (WATCHDOG_USEC=).
func SetWatchdogInterval(every time.Duration) error {
	return tell(notify.Message{Fields: notify.WatchdogUsec, WatchdogUsec: uint64(max(every, 0).Microseconds())})
}

// WatchdogTrigger tells that the daemon has found itself broken, as if the watchdog's time had run out
// (WATCHDOG=trigger).
func WatchdogTrigger() error {
	return tell(notify.Message{Fields: notify.Watchdog, WatchdogTrigger: true})
}

// Barrier waits until the manager has taken notice of everything sent before; after it this process may end and
// still be known as the sender. It waits no longer than timeout, for ever where that is negative; the error is then
// os.ErrDeadlineExceeded. Without a manager it returns at once. sd_notify_barrier(3).
func Barrier(timeout time.Duration) error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("barrier: %w", err)
	}
	defer r.Close()
	if timeout >= 0 {
		err = r.SetReadDeadline(time.Now().Add(timeout))
	}
	sent := false
	if err == nil {
		sent, err = NotifyWithFDs("BARRIER=1", false, int(w.Fd()))
	}
	_ = w.Close() // now the manager has the only other copy
	if err != nil || !sent {
		return err
	}
	// The manager closes its copy when it comes to the message.
	if _, err := r.Read(make([]byte, 1)); err != io.EOF {
		return fmt.Errorf("barrier: %w", err)
	}
	return nil
}

// Store leaves copies of descriptors with the manager, which hands them back by ListenFDs under this name when the
// daemon is started again. The unit must say FileDescriptorStoreMax=. The manager drops one whose other side hung up
// (FDSTORE=1, FDNAME=).
func Store(name string, fds ...int) error {
	return store(notify.Message{Fields: notify.FDStore | notify.FDName, FDName: name}, fds)
}

// StoreUnwatched is Store for descriptors whose hang-up means nothing, such as files and memory (FDPOLL=0).
func StoreUnwatched(name string, fds ...int) error {
	return store(notify.Message{Fields: notify.FDStore | notify.FDName | notify.FDPoll, FDName: name}, fds)
}

// Remove makes the manager close the descriptors it holds under this name (FDSTOREREMOVE=1, FDNAME=).
func Remove(name string) error {
	return store(notify.Message{Fields: notify.FDStoreRemove | notify.FDName, FDName: name}, nil)
}

func store(m notify.Message, fds []int) error {
	if m.FDName == "" || !notify.ValidFDName(m.FDName) {
		return fmt.Errorf("store %q: %w", m.FDName, ErrName)
	}
	return tell(m, fds...)
}
