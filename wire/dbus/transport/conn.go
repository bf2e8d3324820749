package transport

import (
	"fmt"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/wire/dbus"
)

// The usual limits of a connection.
const (
	DefaultQueue   = 16 << 20 // bytes waiting to be sent
	DefaultMessage = 32 << 20 // bytes in a message received
	DefaultFDs     = 64       // descriptors received with a message
	// maxSCM is how many descriptors Linux passes at once (SCM_MAX_FD, unix(7)).
	maxSCM = 253
)

// Message is a message received, with the descriptors that came with it. Whoever gets it owns them: Close closes
// those not taken.
type Message struct {
	dbus.Message
	FDs []int // close-on-exec
}

// TakeFD hands out the descriptor that an h with this index stands for; from then on the caller owns it. It returns
// -1 where there is none, or where it was taken before.
func (m *Message) TakeFD(index uint32) int {
	if uint64(index) >= uint64(len(m.FDs)) {
		return -1
	}
	fd := m.FDs[index]
	m.FDs[index] = -1
	return fd
}

// Close closes the descriptors that were not taken.
func (m *Message) Close() {
	closeAll(m.FDs)
	m.FDs = nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		if fd >= 0 {
			_ = unix.Close(fd) // best effort: nothing can be done about a descriptor that does not close
		}
	}
}

// Config says what becomes of a connection's messages, and its limits; 0 is the usual limit.
type Config struct {
	// Handle gets every message in order, from the goroutine of the connection; while it waits, nothing more is read.
	Handle func(*Conn, *Message)
	// Closed is called once, after the last Handle, with the reason; it may be nil.
	Closed func(*Conn, error)
	// Drained is called, from a goroutine of its own, when the queue of a connection that Lags has been empty again; it
	// may be nil.
	Drained func(*Conn)
	// Corked has Send keep messages until Flush, so that what belongs together leaves in one system call and wakes the
	// peer once; much is sent at once all the same.
	Corked  bool
	Queue   int
	Message int
	FDs     int
}

func (c *Config) setDefaults() {
	for _, limit := range []struct {
		value *int
		usual int
	}{{&c.Queue, DefaultQueue}, {&c.Message, DefaultMessage}, {&c.FDs, DefaultFDs}} {
		if *limit.value <= 0 {
			*limit.value = limit.usual
		}
	}
	c.FDs = min(c.FDs, maxSCM)
}

// Conn is a connection that is authenticated. All methods may be called from any goroutine; but those of a connection
// that a Loop reads are called on the loop's.
type Conn struct {
	config  Config
	unix    *net.UnixConn
	raw     syscall.RawConn // of unix, from the first Flush on
	looped  *looped         // instead of unix, where a Loop reads
	peer    unix.Ucred
	guid    string
	unixFDs bool

	mu       sync.Mutex
	serial   uint32
	out      []byte // messages not handed to the kernel yet
	sending  int    // bytes being handed to the kernel
	spare    []byte // a buffer for out to be used again
	rights   []rights
	flushing bool  // what is in out is sent by a goroutine, or when the loop says that it can be
	draining bool  // to be closed when out is empty
	lagged   bool  // Lags was true since the queue was empty last
	err      error // why the connection ended
}

// rights are descriptors that travel with the byte at this offset of out.
type rights struct {
	at  int
	fds []int
}

// Peer is who is at the other end, from SO_PEERCRED: the process that connected or listened.
func (c *Conn) Peer() (pid int32, uid, gid uint32) { return c.peer.Pid, c.peer.Uid, c.peer.Gid }

// UnixFDs says whether descriptors can be sent.
func (c *Conn) UnixFDs() bool { return c.unixFDs }

// GUID is the server's identity: ours on a connection accepted, the peer's on one dialled.
func (c *Conn) GUID() string { return c.guid }

// Err is why the connection ended, nil as long as it has not.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Send queues the message b, which must be one whole message from dbus.Writer.Finish, gives it the connection's next
// serial and returns that. It never waits and copies b and the descriptors: the caller may use both again at once. A
// queue over its limit ends the connection; a message that alone is over it may pass.
func (c *Conn) Send(b []byte, fds ...int) (serial uint32, err error) {
	if len(fds) > 0 && (!c.unixFDs || len(fds) > maxSCM) {
		return 0, fmt.Errorf("send message: %w", ErrFDs)
	}
	copies, err := duplicate(fds)
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && c.draining {
		closeAll(copies)
		return 0, ErrClosed
	}
	if c.err == nil && len(c.out)+c.sending > 0 && len(c.out)+c.sending+len(b) > c.config.Queue {
		c.end(ErrSlow)
	}
	if c.err != nil {
		closeAll(copies)
		return 0, c.err
	}
	if c.serial++; c.serial == 0 {
		c.serial = 1
	}
	if len(copies) > 0 {
		c.rights = append(c.rights, rights{len(c.out), copies})
	}
	at := len(c.out)
	c.out = append(c.out, b...)
	dbus.PatchSerial(c.out[at:], c.serial)
	if !c.flushing && (!c.config.Corked || len(c.out) >= corked) {
		c.start()
	}
	return c.serial, nil
}

// corked is how many bytes a corked connection keeps.
const corked = 32 << 10

// Flush sends what a corked connection keeps. It never waits: usually the kernel takes all of it at once, without
// another goroutine, and what it does not take is sent later.
func (c *Conn) Flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.flushing || len(c.out) == 0 {
		return
	}
	if len(c.rights) == 0 && c.looped == nil {
		n := c.offer(c.out)
		c.out = c.out[:copy(c.out, c.out[n:])]
	}
	if len(c.out) > 0 {
		c.start()
	}
}

// start has the queue sent; c.mu is held.
func (c *Conn) start() {
	if c.looped != nil {
		c.pump()
		return
	}
	c.flushing = true
	go c.flush()
}

// offer gives the kernel bytes and returns how many it took.
func (c *Conn) offer(b []byte) (n int) {
	if c.raw == nil {
		raw, err := c.unix.SyscallConn()
		if err != nil {
			return 0
		}
		c.raw = raw
	}
	err := c.raw.Write(func(fd uintptr) bool {
		n, _ = unix.SendmsgN(int(fd), b, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL) // best effort: flush meets it too
		return true
	})
	if err != nil {
		return 0
	}
	return max(n, 0)
}

func duplicate(fds []int) ([]int, error) {
	var copies []int
	for _, fd := range fds {
		n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			closeAll(copies)
			return nil, fmt.Errorf("send descriptor: %w", err)
		}
		copies = append(copies, n)
	}
	return copies, nil
}

// lagging is how many bytes in the queue mean that the peer does not keep up.
const lagging = 1 << 20

// Lags says that the peer does not keep up with what it is sent: what can wait should, until Config.Drained is called.
func (c *Conn) Lags() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.out)+c.sending <= lagging {
		return false
	}
	c.lagged = true
	return true
}

// Close ends the connection at once; what is queued is lost.
func (c *Conn) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(ErrClosed)
}

// Drain ends the connection when everything queued was handed to the kernel. It does not wait; call Close as well
// where the peer may not be waited for.
func (c *Conn) Drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	switch {
	case c.flushing:
	case len(c.out) > 0:
		c.start()
	default:
		c.end(ErrClosed)
	}
}

// end closes the connection for a reason, once; c.mu is held. The goroutine that reads notices and tells Closed.
func (c *Conn) end(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	if c.looped != nil {
		c.looped.end(c)
	} else {
		_ = c.unix.Close() // best effort: the descriptor is gone whatever it says
	}
	for _, r := range c.rights {
		closeAll(r.fds)
	}
	c.out, c.spare, c.rights = nil, nil, nil
}

// maxSpare is the size in bytes up to which a buffer is kept for later.
const maxSpare = 64 << 10

// flush hands the queue to the kernel until it is empty. All messages that came together leave in one system call.
func (c *Conn) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.err == nil && len(c.out) > 0 {
		b, passed := c.out, c.rights
		c.out, c.spare, c.rights, c.sending = c.spare[:0], nil, nil, len(b)
		c.mu.Unlock()
		err := c.write(b, passed)
		c.mu.Lock()
		c.sending = 0
		if cap(b) <= maxSpare {
			c.spare = b[:0]
		}
		if err != nil {
			c.end(err)
		}
	}
	c.flushing = false
	if c.draining {
		c.end(ErrClosed)
	}
	if c.lagged && c.err == nil && c.config.Drained != nil {
		c.lagged = false
		go c.config.Drained(c)
	}
}

// write sends b, each group of descriptors with the first byte of its message. It closes the descriptors.
func (c *Conn) write(b []byte, passed []rights) error {
	defer func() {
		for _, r := range passed {
			closeAll(r.fds)
		}
	}()
	start := 0
	for i, r := range passed {
		if _, err := c.unix.Write(b[start:r.at]); err != nil {
			return err
		}
		end := len(b)
		if i+1 < len(passed) {
			end = passed[i+1].at
		}
		n, _, err := c.unix.WriteMsgUnix(b[r.at:end], unix.UnixRights(r.fds...), nil)
		if err != nil {
			return err
		}
		if _, err := c.unix.Write(b[r.at+n : end]); err != nil {
			return err
		}
		start = end
	}
	_, err := c.unix.Write(b[start:])
	return err
}
