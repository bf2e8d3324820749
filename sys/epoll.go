package sys

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Poll is an epoll instance. Its methods may be called by several goroutines; one waits.
type Poll struct {
	fd     int
	file   *os.File
	raw    syscall.RawConn // of file: waits by the runtime's own poller
	events []unix.EpollEvent

	limited bool // there is a deadline
}

// Readiness is what a descriptor is ready for; the values are the kernel's.
type Readiness uint32

// Kinds of readiness.
const (
	Readable Readiness = unix.EPOLLIN
	Writable Readiness = unix.EPOLLOUT
	Priority Readiness = unix.EPOLLPRI
	Hangup   Readiness = unix.EPOLLHUP
	Failed   Readiness = unix.EPOLLERR
)

// NewPoll makes one that reports at most batch descriptors at a time.
func NewPoll(batch int) (*Poll, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		Close(fd)
		return nil, fmt.Errorf("epoll: %w", err)
	}
	p := &Poll{fd: fd, file: os.NewFile(uintptr(fd), "epoll"), events: make([]unix.EpollEvent, batch)}
	if p.raw, err = p.file.SyscallConn(); err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return p, nil
}

// Add watches a descriptor, level-triggered. token comes back from Wait.
func (p *Poll) Add(fd int, want Readiness, token int32) error {
	e := unix.EpollEvent{Events: uint32(want), Fd: token}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &e); err != nil {
		return fmt.Errorf("epoll_ctl add: %w", err)
	}
	return nil
}

// Modify changes what a descriptor is watched for.
func (p *Poll) Modify(fd int, want Readiness, token int32) error {
	e := unix.EpollEvent{Events: uint32(want), Fd: token}
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, fd, &e)
}

// Remove stops watching a descriptor. It must come before Close of the descriptor.
func (p *Poll) Remove(fd int) error {
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, fd, nil)
}

// Wait waits until a watched descriptor is ready or the time (negative: for ever) is over, and calls ready for each.
//
// To wait is left to the runtime, which watches this instance with its own: a goroutine that waits in a system call of
// its own holds a thread, and each event would cost the switch to it and back.
func (p *Poll) Wait(timeout time.Duration, ready func(token int32, is Readiness)) error {
	if err := p.limit(timeout); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	n, err := 0, error(nil)
	waited := p.raw.Read(func(uintptr) bool {
		n, err = unix.EpollWait(p.fd, p.events, 0)
		return n != 0 || timeout == 0
	})
	if waited != nil && !errors.Is(waited, os.ErrDeadlineExceeded) {
		return fmt.Errorf("epoll: %w", waited)
	}
	if err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("epoll_wait: %w", err)
	}
	for i := range max(n, 0) {
		ready(p.events[i].Fd, Readiness(p.events[i].Events))
	}
	return nil
}

// limit sets how long the next wait may last.
func (p *Poll) limit(timeout time.Duration) error {
	switch {
	case timeout > 0:
		p.limited = true
		return p.file.SetReadDeadline(time.Now().Add(timeout))
	case p.limited:
		p.limited = false
		return p.file.SetReadDeadline(time.Time{})
	}
	return nil
}

// FD is the instance's own descriptor, which is readable when a watched one is ready.
func (p *Poll) FD() int { return p.fd }

// Close ends it.
func (p *Poll) Close() { _ = p.file.Close() } // best effort: nothing is written to it
