package sys

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// terminalAttempts and terminalPause bound the wait for a terminal that is being hung up: opening it then fails EIO.
const (
	terminalAttempts = 20
	terminalPause    = 50 // milliseconds
)

// OpenTerminal opens a terminal for reading and writing, and not as the controlling one. ENOTTY: it is none.
func OpenTerminal(path string) (int, error) {
	for attempt := 1; ; attempt++ {
		fd, err := Open(path, unix.O_RDWR, 0)
		if errors.Is(err, unix.EIO) && attempt < terminalAttempts {
			// The hang-up takes a moment, and there is no event that tells when it is over.
			_, _ = unix.Poll(nil, terminalPause) // best effort: only a pause
			continue
		}
		if err != nil {
			return -1, err
		}
		if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
			Close(fd)
			return -1, fmt.Errorf("%s: %w", path, unix.ENOTTY)
		}
		return fd, nil
	}
}

// HangUpTerminal disconnects everybody from a terminal.
func HangUpTerminal(fd int) error {
	return unix.IoctlSetInt(fd, unix.TIOCVHANGUP, 0)
}

// ResetTerminal brings a terminal's settings into the state that a login prompt expects: cooked, echoing, with the
// usual control characters; speed and size stay.
func ResetTerminal(fd int) error {
	_ = unix.IoctlSetInt(fd, unix.TIOCNXCL, 0) // best effort: exclusive mode is rarely on
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return fmt.Errorf("reset terminal: %w", err)
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.IUCLC
	t.Iflag |= unix.ICRNL | unix.IMAXBEL | unix.IUTF8
	t.Oflag |= unix.ONLCR | unix.OPOST
	t.Cflag |= unix.CREAD
	t.Lflag = unix.ISIG | unix.ICANON | unix.IEXTEN | unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ECHOCTL | unix.ECHOKE
	control := map[int]byte{
		unix.VINTR: 3, unix.VQUIT: 28, unix.VERASE: 127, unix.VKILL: 21, unix.VEOF: 4, unix.VSTART: 17, unix.VSTOP: 19,
		unix.VSUSP: 26, unix.VLNEXT: 22, unix.VWERASE: 23, unix.VEOL: 0, unix.VEOL2: 0, unix.VTIME: 0, unix.VMIN: 1,
	}
	for i, c := range control {
		t.Cc[i] = c
	}
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
		return fmt.Errorf("reset terminal: %w", err)
	}
	_ = unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIOFLUSH) // best effort: old input is unwanted, not harmful
	return nil
}

// TakeTerminal makes a terminal the controlling one of the calling process's session, which must have none. EPERM:
// another session has it and steal is off, or stealing isn't allowed.
func TakeTerminal(fd int, steal bool) error {
	arg := 0
	if steal {
		arg = 1
	}
	return unix.IoctlSetInt(fd, unix.TIOCSCTTY, arg)
}

// WatchClose gives an inotify descriptor for WaitClosed.
func WatchClose(path string) (int, error) {
	fd, err := NewInotify()
	if err != nil {
		return -1, err
	}
	if _, err := AddWatch(fd, path, unix.IN_CLOSE); err != nil {
		Close(fd)
		return -1, err
	}
	return fd, nil
}

// WaitClosed waits until somebody closes the file of WatchClose, or the milliseconds (negative: for ever) are over.
func WaitClosed(watch, timeout int) (closed bool, err error) {
	p := []unix.PollFd{{Fd: int32(watch), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(p, timeout)
		if !errors.Is(err, unix.EINTR) {
			return n > 0, err
		}
	}
}

// DrainWatch forgets what a watch has seen so far.
func DrainWatch(watch int) error {
	var b [4096]byte
	for {
		if _, err := Read(watch, b[:]); err != nil {
			if errors.Is(err, unix.EAGAIN) {
				return nil
			}
			return err
		}
	}
}

// GiveTerminal makes a terminal its user's: owner and mode 0620 with the group it has.
func GiveTerminal(fd int, uid uint32) error {
	const terminalMode = 0o620
	if err := unix.Fchown(fd, int(uid), -1); err != nil {
		return fmt.Errorf("chown terminal: %w", err)
	}
	return syscall.Fchmod(fd, terminalMode)
}
