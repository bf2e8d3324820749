package transport

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/steward-init/steward/wire/dbus"
)

// Refusal is the error that a peer answered a call with.
type Refusal struct {
	Name string // org.freedesktop.DBus.Error.…
	Text string // for a person, may be ""
}

func (r *Refusal) Error() string {
	if r.Text == "" {
		return r.Name
	}
	return r.Text
}

// Client makes calls over a connection and waits for their answers. Signals and calls from the peer go to
// Config.Handle, in order; answers do not. Handle runs where answers are read, so it must not wait for one.
type Client struct {
	*Conn
	name string // given by the bus, "" without one

	callMu  sync.Mutex
	waiting map[uint32]chan *Message
	done    chan struct{}
}

// Open dials a peer, such as the private socket of a manager.
func Open(ctx context.Context, addresses string, config Config) (*Client, error) {
	c := &Client{waiting: map[uint32]chan *Message{}, done: make(chan struct{})}
	handle, closed := config.Handle, config.Closed
	config.Handle = func(conn *Conn, m *Message) {
		switch {
		case m.Type == dbus.MethodReturn || m.Type == dbus.Error:
			c.answer(m)
		case handle != nil:
			handle(conn, m)
		default:
			m.Close()
		}
	}
	config.Closed = func(conn *Conn, err error) {
		close(c.done)
		if closed != nil {
			closed(conn, err)
		}
	}
	conn, early, err := dial(ctx, addresses, config)
	if err != nil {
		return nil, err
	}
	c.Conn = conn
	go conn.run(early)
	return c, nil
}

// OpenBus dials a message bus and says Hello to it.
func OpenBus(ctx context.Context, addresses string, config Config) (*Client, error) {
	c, err := Open(ctx, addresses, config)
	if err != nil {
		return nil, err
	}
	m, err := c.Call(ctx, busCall("Hello", ""), nil)
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("greet bus: %w", err)
	}
	r := m.Reader()
	c.name = r.String()
	return c, nil
}

// Name is the unique name that the bus gave, "" on a connection without a bus.
func (c *Client) Name() string { return c.name }

// Call sends the call of h, whose body the function writes (nil for none), and waits for the answer. An error that
// the peer answers is a *Refusal. The caller closes the message where it may have descriptors. ctx bounds the wait.
func (c *Client) Call(ctx context.Context, h dbus.Header, body func(*dbus.Writer), fds ...int) (*Message, error) {
	b, err := encode(&h, body, fds)
	if err != nil {
		return nil, err
	}
	answers := make(chan *Message, 1)
	serial, err := c.expect(b, answers, fds)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", h.Member, err)
	}
	select {
	case m := <-answers:
		return accepted(m)
	case <-ctx.Done():
		err = ctx.Err()
	case <-c.done:
		err = c.Err()
	}
	c.callMu.Lock()
	delete(c.waiting, serial)
	c.callMu.Unlock()
	select {
	case m := <-answers: // it came at the same moment
		return accepted(m)
	default:
		return nil, fmt.Errorf("call %s: %w", h.Member, err)
	}
}

// Notify sends the message of h without waiting for an answer; a call is flagged NoReply.
func (c *Client) Notify(h dbus.Header, body func(*dbus.Writer), fds ...int) error {
	if h.Type == dbus.MethodCall {
		h.Flags |= dbus.NoReply
	}
	b, err := encode(&h, body, fds)
	if err != nil {
		return err
	}
	_, err = c.Send(b, fds...)
	return err
}

func encode(h *dbus.Header, body func(*dbus.Writer), fds []int) ([]byte, error) {
	w := dbus.Writer{}
	h.UnixFDs = uint32(len(fds))
	w.Begin(h)
	if body != nil {
		body(&w)
	}
	b, err := w.Finish()
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", h.Member, err)
	}
	return b, nil
}

// expect sends b and remembers who waits, before the answer can be looked at.
func (c *Client) expect(b []byte, answers chan *Message, fds []int) (uint32, error) {
	c.callMu.Lock()
	defer c.callMu.Unlock()
	serial, err := c.Send(b, fds...)
	if err == nil {
		c.waiting[serial] = answers
	}
	return serial, err
}

func (c *Client) answer(m *Message) {
	c.callMu.Lock()
	answers := c.waiting[m.ReplySerial]
	delete(c.waiting, m.ReplySerial)
	c.callMu.Unlock()
	if answers == nil {
		m.Close() // nobody waits any more
		return
	}
	answers <- m
}

func accepted(m *Message) (*Message, error) {
	if m.Type != dbus.Error {
		return m, nil
	}
	defer m.Close()
	refusal := &Refusal{Name: strings.Clone(m.ErrorName)}
	if strings.HasPrefix(m.Signature, "s") {
		r := m.Reader()
		refusal.Text = r.String()
	}
	return nil, refusal
}

func busCall(member, sig string) dbus.Header {
	return dbus.Header{Type: dbus.MethodCall, Path: dbus.BusPath, Interface: dbus.BusInterface, Member: member,
		Destination: dbus.BusName, Signature: sig}
}

// Flags of RequestName, D-Bus Specification "org.freedesktop.DBus.RequestName".
const (
	AllowReplacement uint32 = 1
	ReplaceExisting  uint32 = 2
	DoNotQueue       uint32 = 4
)

// ErrNotOwner says that another connection has the name.
var ErrNotOwner = errors.New("dbus name: owned by another")

// RequestName asks the bus for a well-known name; anything but owning it then is ErrNotOwner.
func (c *Client) RequestName(ctx context.Context, name string, flags uint32) error {
	m, err := c.Call(ctx, busCall("RequestName", "su"), func(w *dbus.Writer) {
		w.String(name)
		w.Uint32(flags)
	})
	if err != nil {
		return fmt.Errorf("request name %s: %w", name, err)
	}
	const primaryOwner, alreadyOwner = 1, 4
	r := m.Reader()
	if code := r.Uint32(); code != primaryOwner && code != alreadyOwner {
		return fmt.Errorf("request name %s: %w", name, ErrNotOwner)
	}
	return nil
}

// AddMatch asks the bus for the messages that agree with the rule.
func (c *Client) AddMatch(ctx context.Context, rule dbus.Match) error {
	_, err := c.Call(ctx, busCall("AddMatch", "s"), func(w *dbus.Writer) { w.String(rule.String()) })
	if err != nil {
		return fmt.Errorf("add match: %w", err)
	}
	return nil
}
