package transport

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/wire/dbus"
)

// Caller is a client for a command that asks a few things and ends: it has no goroutine, reads only while its caller
// waits, and starts in a fraction of the time that a Client takes. Calls overlap by Begin. Descriptors do not travel.
// Not safe for concurrent use.
type Caller struct {
	fd       int
	name     string
	serial   uint32
	out      []byte              // not sent yet
	in       []byte              // received and not looked at
	answers  map[uint32]*Message // came before they were waited for
	signals  []*Message          // in order, for Next
	err      error               // why the connection ended
	patience time.Duration       // as the socket knows it
}

// maxCallerSignals bounds the signals that are kept while nobody asks for them; the oldest are kept.
const maxCallerSignals = 1 << 16

// Connect dials a peer such as the private socket of a manager, and authenticates, within patience. The address is a
// list as for Dial.
func Connect(addresses string, patience time.Duration) (*Caller, error) {
	err := error(nil)
	for _, address := range strings.Split(addresses, ";") {
		if address == "" {
			continue
		}
		name, nameErr := socketName(address)
		if nameErr != nil {
			err = errors.Join(err, nameErr)
			continue
		}
		c, dialErr := connectCaller(name, patience)
		if dialErr == nil {
			return c, nil
		}
		err = errors.Join(err, fmt.Errorf("connect to %s: %w", address, dialErr))
	}
	if err == nil {
		err = errors.New("dbus address: empty")
	}
	return nil, err
}

// ConnectBus dials a message bus and says Hello to it, as Connect.
func ConnectBus(addresses string, patience time.Duration) (*Caller, error) {
	c, err := Connect(addresses, patience)
	if err != nil {
		return nil, err
	}
	return c.hello(patience)
}

// JoinBus says Hello on a socket that leads to a message bus by way of another process, as Connect. The socket is the
// Caller's then, also if it fails.
func JoinBus(fd int, patience time.Duration) (*Caller, error) {
	c := &Caller{fd: fd, patience: -1}
	if err := c.greet(patience); err != nil {
		c.Close()
		return nil, err
	}
	return c.hello(patience)
}

// hello introduces a client to the bus.
func (c *Caller) hello(patience time.Duration) (*Caller, error) {
	m, err := c.Call(busCall("Hello", ""), nil, patience)
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("greet bus: %w", err)
	}
	r := m.Reader()
	c.name = r.String()
	return c, nil
}

func connectCaller(name string, patience time.Duration) (*Caller, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	c := &Caller{fd: fd, patience: -1}
	if err = unix.Connect(fd, &unix.SockaddrUnix{Name: name}); err == nil {
		err = c.greet(patience)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// greet holds the client's side of the dialogue. Nothing is sent behind it until it has ended: systemd does not look
// at a message that came with it.
func (c *Caller) greet(patience time.Duration) error {
	auth := dbus.ClientAuth{}
	c.out = append(c.out, auth.Opening()...)
	for !auth.Done() {
		if err := c.fill(patience); err != nil {
			return err
		}
		used, err := auth.Feed(c.in)
		if err != nil {
			return err
		}
		if c.in = c.in[used:]; len(c.in) > readBuffer {
			return dbus.ErrAuth
		}
	}
	return nil
}

// Name is the unique name that the bus gave, "" on a connection without a bus.
func (c *Caller) Name() string { return c.name }

// Close ends the connection.
func (c *Caller) Close() {
	if c.fd >= 0 {
		_ = unix.Close(c.fd) // best effort: nothing is left to be done with it
	}
	c.fd, c.err = -1, ErrClosed
}

// Ticket is a call that was begun; its answer is to be waited for once.
type Ticket uint32

// Begin queues the call of h, whose body the function writes (nil for none); it is sent with the next wait at the
// latest.
func (c *Caller) Begin(h dbus.Header, body func(*dbus.Writer)) (Ticket, error) {
	b, err := encode(&h, body, nil)
	if err != nil {
		return 0, err
	}
	if c.err != nil {
		return 0, c.err
	}
	c.serial++
	dbus.PatchSerial(b, c.serial)
	if c.out = append(c.out, b...); len(c.out) >= readBuffer {
		c.flush()
	}
	return Ticket(c.serial), c.err
}

// Wait waits for the answer to a call, no longer than patience; 0 is for ever. An error that the peer answers is a
// *Refusal.
func (c *Caller) Wait(t Ticket, patience time.Duration) (*Message, error) {
	for {
		if m, there := c.answers[uint32(t)]; there {
			delete(c.answers, uint32(t))
			return accepted(m)
		}
		m, err := c.read(patience)
		switch {
		case err != nil:
			return nil, err
		case m.Type != dbus.MethodReturn && m.Type != dbus.Error:
			c.keep(m)
		case m.ReplySerial == uint32(t):
			return accepted(m)
		default:
			if c.answers == nil {
				c.answers = map[uint32]*Message{}
			}
			c.answers[m.ReplySerial] = m
		}
	}
}

// Call begins a call and waits for its answer.
func (c *Caller) Call(h dbus.Header, body func(*dbus.Writer), patience time.Duration) (*Message, error) {
	t, err := c.Begin(h, body)
	if err != nil {
		return nil, err
	}
	return c.Wait(t, patience)
}

// AddMatch asks the bus for the messages that agree with the rule.
func (c *Caller) AddMatch(rule dbus.Match, patience time.Duration) error {
	_, err := c.Call(busCall("AddMatch", "s"), func(w *dbus.Writer) { w.String(rule.String()) }, patience)
	if err != nil {
		return fmt.Errorf("add match: %w", err)
	}
	return nil
}

// Next is the next signal; it waits for one for ever.
func (c *Caller) Next() (*Message, error) {
	for len(c.signals) == 0 {
		m, err := c.read(0)
		if err != nil {
			return nil, err
		}
		c.keep(m)
	}
	m := c.signals[0]
	c.signals = c.signals[1:]
	return m, nil
}

func (c *Caller) keep(m *Message) {
	if m.Type == dbus.Signal && len(c.signals) < maxCallerSignals {
		c.signals = append(c.signals, m)
	}
}

// read reads one message.
func (c *Caller) read(patience time.Duration) (*Message, error) {
	for {
		size, err := dbus.FrameSize(c.in)
		switch {
		case err == nil && size > DefaultMessage:
			err = ErrSize
		case err == nil && size > 0 && len(c.in) >= size:
			m := &Message{}
			if m.Message, err = dbus.ParseMessage(c.in[:size:size]); err == nil {
				c.in = c.in[size:]
				return m, nil
			}
		}
		if err != nil {
			c.err = err
			return nil, err
		}
		if need := size - len(c.in); need > cap(c.in)-len(c.in) { // messages keep their bytes: the buffer is not used again
			c.in = append(make([]byte, 0, max(size, readBuffer)), c.in...)
		}
		if err := c.fill(patience); err != nil {
			return nil, err
		}
	}
}

// fill sends what is queued and waits for bytes.
func (c *Caller) fill(patience time.Duration) error {
	if c.flush(); c.err != nil {
		return c.err
	}
	if patience != c.patience {
		limit := unix.NsecToTimeval(int64(patience))
		if err := unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
		c.patience = patience
	}
	if len(c.in) == cap(c.in) {
		c.in = append(make([]byte, 0, len(c.in)+readBuffer), c.in...)
	}
	for {
		n, err := unix.Read(c.fd, c.in[len(c.in):cap(c.in)])
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return unix.ETIMEDOUT
		case err != nil:
			c.err = os.NewSyscallError("read", err)
		case n == 0:
			c.err = io.EOF
		}
		c.in = c.in[:len(c.in)+max(n, 0)]
		return c.err
	}
}

// flush sends what is queued.
func (c *Caller) flush() {
	rest := c.out
	for len(rest) > 0 && c.err == nil {
		n, err := unix.SendmsgN(c.fd, rest, nil, nil, unix.MSG_NOSIGNAL)
		if err != nil && err != unix.EINTR {
			c.err = os.NewSyscallError("send", err)
			return
		}
		rest = rest[max(n, 0):]
	}
	c.out = c.out[:0]
}
