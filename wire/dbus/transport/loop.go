package transport

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// Loop is a goroutine that waits for many descriptors, and works on what is ready.
type Loop interface {
	// Post runs work on the loop's goroutine. It may be called from any.
	Post(work func())
	// Watch calls ready on the loop's goroutine whenever fd is readable, until Unwatch. Heed has it called also when fd
	// is writable, or no longer.
	Watch(fd int, ready func()) error
	Heed(fd int, writable bool) error
	Unwatch(fd int)
}

// looped is the part of a connection that a Loop reads and writes. All of it is the loop's goroutine's.
type looped struct {
	loop Loop
	fd   int
	in   *reader
	left func() // the connection has ended
}

// hand takes a connection's socket from the runtime, and has the loop go on with it. left is called on the loop's
// goroutine when it has ended, before Closed.
func (c *Conn) hand(to Loop, early []byte, left func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	raw, err := c.unix.SyscallConn()
	if err != nil {
		return err
	}
	l := &looped{loop: to, left: left}
	if controlErr := raw.Control(func(fd uintptr) {
		l.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	}); controlErr != nil || err != nil {
		return errors.Join(controlErr, err)
	}
	_ = c.unix.Close() // best effort: the copy is what counts
	c.unix, c.raw, c.looped = nil, nil, l
	l.in = newReader(c, early)
	to.Post(func() {
		err := to.Watch(l.fd, c.ready)
		if err == nil {
			err = l.in.cut()
		}
		c.endFor(err)
	})
	return nil
}

// endFor ends the connection if there is an error.
func (c *Conn) endFor(err error) {
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(err)
}

// ready sends what waited for the peer, and reads once: others wait for their turn too.
func (c *Conn) ready() {
	c.mu.Lock()
	if c.flushing {
		c.pump()
	}
	ended := c.err != nil
	c.mu.Unlock()
	if ended {
		return
	}
	err := c.looped.in.fill()
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		return
	}
	if err == nil {
		err = c.looped.in.cut()
	}
	c.endFor(err)
}

// receive reads without waiting.
func (l *looped) receive(b, oob []byte) (n, oobn, flags int, err error) {
	if oob == nil {
		n, err = unix.Read(l.fd, b)
	} else {
		n, oobn, flags, _, err = unix.Recvmsg(l.fd, b, oob, unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	}
	if err == nil && n == 0 {
		err = io.EOF
	}
	return max(n, 0), max(oobn, 0), flags, err
}

// pump gives the kernel what it takes of the queue without waiting. What is left goes out when the peer has read; c.mu
// is held.
func (c *Conn) pump() {
	whole := true
	for len(c.out) > 0 {
		n, err := c.push()
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
		case err != nil:
			c.end(err)
			return
		}
		if whole = whole && n == len(c.out); whole {
			c.out = c.out[:0] // to be used again
			break
		}
		if c.out = c.out[n:]; err != nil {
			break
		}
	}
	if waits := len(c.out) > 0; waits != c.flushing {
		c.flushing = waits
		if err := c.looped.loop.Heed(c.looped.fd, waits); err != nil {
			c.end(err)
			return
		}
	}
	if !c.flushing {
		c.sent()
	}
}

// sent does what waited for the queue to be empty; c.mu is held.
func (c *Conn) sent() {
	if cap(c.out) > maxSpare {
		c.out = nil
	}
	if c.draining {
		c.end(ErrClosed)
		return
	}
	if c.lagged && c.config.Drained != nil {
		c.lagged = false
		c.looped.loop.Post(func() { c.config.Drained(c) })
	}
}

// push sends as much of the queue as belongs to the same descriptors, which go with its first byte.
func (c *Conn) push() (n int, err error) {
	end := len(c.out)
	var control []byte
	with := len(c.rights) > 0 && c.rights[0].at == 0
	switch {
	case with:
		control = unix.UnixRights(c.rights[0].fds...)
		if len(c.rights) > 1 {
			end = c.rights[1].at
		}
	case len(c.rights) > 0:
		end = c.rights[0].at
	}
	n, err = unix.SendmsgN(c.looped.fd, c.out[:end], control, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	if err != nil {
		return 0, err
	}
	if with {
		closeAll(c.rights[0].fds)
		c.rights = c.rights[1:]
	}
	for i := range c.rights {
		c.rights[i].at -= n
	}
	return n, nil
}

// end lets go of the socket. Closed is told later: whoever ends a connection may be in the midst of something.
func (l *looped) end(c *Conn) {
	l.loop.Unwatch(l.fd)
	_ = unix.Close(l.fd) // best effort: the descriptor is gone whatever it says
	closeAll(l.in.fds)
	l.in.fds = nil
	l.loop.Post(func() {
		l.left()
		if c.config.Closed != nil {
			c.config.Closed(c, c.err)
		}
	})
}
