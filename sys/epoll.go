package sys

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Poll is an epoll instance. Its methods may be called by several goroutines; one waits.
type Poll struct {
	fd     int
	events []unix.EpollEvent
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
	return &Poll{fd: fd, events: make([]unix.EpollEvent, batch)}, nil
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
func (p *Poll) Wait(timeout time.Duration, ready func(token int32, is Readiness)) error {
	ms := -1
	if timeout >= 0 {
		ms = int(min(timeout.Milliseconds()+1, 1<<30))
	}
	n, err := unix.EpollWait(p.fd, p.events, ms)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("epoll_wait: %w", err)
	}
	for i := range max(n, 0) {
		ready(p.events[i].Fd, Readiness(p.events[i].Events))
	}
	return nil
}

// FD is the instance's own descriptor, which is readable when a watched one is ready.
func (p *Poll) FD() int { return p.fd }

// Close ends it.
func (p *Poll) Close() { Close(p.fd) }
