package notify

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sdk"
)

// send sends the message, and waits until the manager has read it: this process must not be gone before the manager has
// found out which service it is of.
func (c command) send(socket string, set bool) error {
	// Only the real ids change: they are what a socket tells, and the effective ones may be needed to connect to it.
	if c.gid >= 0 {
		if err := syscall.Setregid(c.gid, -1); err != nil {
			return fmt.Errorf("Failed to change GID: %w", err)
		}
	}
	if c.uid >= 0 {
		if err := syscall.Setreuid(c.uid, -1); err != nil {
			return fmt.Errorf("Failed to change UID: %w", err)
		}
	}
	if !set {
		return failure{"No status data could be sent: $NOTIFY_SOCKET was not set", syscall.EOPNOTSUPP}
	}
	if err := datagram(socket, strings.Join(c.lines, "\n"), c.source); err != nil {
		return fmt.Errorf("Failed to notify init system: %w", worded(err))
	}
	if c.async {
		return nil
	}
	err := sdk.Barrier(barrierTimeout)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = syscall.ETIMEDOUT
	}
	if err != nil {
		return fmt.Errorf("Failed to invoke barrier: %w", worded(err))
	}
	return nil
}

// wording prints an error number as the C library does, with a capital letter.
type wording struct{ errno syscall.Errno }

func (w wording) Error() string {
	text := w.errno.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

func (w wording) Unwrap() error { return w.errno }

// worded is the error number of an error in systemd's words, or the error where it has none.
func worded(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return wording{errno}
	}
	return err
}

// datagram sends one message as coming from another process, or where that is not allowed from this one.
func datagram(socket, text string, source int) error {
	if len(socket) < 2 || socket[0] != '/' && socket[0] != '@' {
		return syscall.EINVAL
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }() // best effort: the datagram has been sent by then
	to := &unix.SockaddrUnix{Name: socket}
	credentials := unix.UnixCredentials(&unix.Ucred{
		Pid: int32(source), Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid()),
	})
	err = unix.Sendmsg(fd, []byte(text), credentials, to, unix.MSG_NOSIGNAL)
	if err == unix.EPERM || err == unix.ESRCH {
		err = unix.Sendmsg(fd, []byte(text), nil, to, unix.MSG_NOSIGNAL)
	}
	return err
}
