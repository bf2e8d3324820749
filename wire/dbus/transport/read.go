package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/wire/dbus"
)

// readBuffer is the size in bytes of the buffer a quiet connection holds.
const readBuffer = 4 << 10

// reader cuts what a connection receives into messages.
type reader struct {
	conn *Conn
	buf  []byte // received and not cut yet
	oob  []byte
	fds  []int // received and not belonging to a message yet
}

// newReader begins with what came behind the authentication.
func newReader(c *Conn, early []byte) *reader {
	r := &reader{conn: c, buf: append(make([]byte, 0, max(readBuffer, len(early))), early...)}
	if c.unixFDs {
		r.oob = make([]byte, unix.CmsgSpace(4*maxSCM))
	}
	return r
}

// run reads until the connection ends, then tells why.
func (c *Conn) run(early []byte) {
	r := newReader(c, early)
	err := r.loop()
	if errors.Is(err, net.ErrClosed) {
		err = ErrClosed
	}
	closeAll(r.fds)
	c.mu.Lock()
	c.end(err)
	err = c.err // the reason that came first is the one that counts
	c.mu.Unlock()
	if c.config.Closed != nil {
		c.config.Closed(c, err)
	}
}

func (r *reader) loop() error {
	for {
		if err := r.cut(); err != nil {
			return err
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// maxAhead is how many bytes are made room for because a message announces them.
const maxAhead = 2 << 20

// fill receives more. Beyond maxAhead it makes room as bytes come, not as they are announced.
func (r *reader) fill() error {
	if len(r.buf) == cap(r.buf) {
		n, _ := dbus.FrameSize(r.buf) // cut has looked at the error
		room := 2 * cap(r.buf)
		if n > cap(r.buf) {
			room = min(n, max(room, maxAhead))
		}
		r.buf = append(make([]byte, 0, room), r.buf...)
	}
	free := r.buf[len(r.buf):cap(r.buf)]
	var n, oobn, flags int
	var err error
	switch {
	case r.conn.looped != nil:
		n, oobn, flags, err = r.conn.looped.receive(free, r.oob)
	case r.oob == nil:
		n, err = r.conn.unix.Read(free)
	default:
		n, oobn, flags, _, err = r.conn.unix.ReadMsgUnix(free, r.oob)
	}
	if oobn > 0 {
		if err := r.receive(r.oob[:oobn]); err != nil {
			return err
		}
	}
	switch {
	case err != nil:
		return err
	case flags&unix.MSG_CTRUNC != 0:
		return ErrFDs
	case n == 0:
		return io.EOF
	}
	r.buf = r.buf[:len(r.buf)+n]
	return nil
}

// receive takes the descriptors out of control messages.
func (r *reader) receive(oob []byte) error {
	list, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return fmt.Errorf("control message: %w", err)
	}
	for i := range list {
		fds, err := unix.ParseUnixRights(&list[i])
		if err == nil {
			r.fds = append(r.fds, fds...)
		}
	}
	if len(r.fds) > r.conn.config.FDs {
		return ErrFDs
	}
	return nil
}

// cut hands over the messages that are complete.
func (r *reader) cut() error {
	rest := r.buf
	for {
		n, err := dbus.FrameSize(rest)
		if err != nil {
			return err
		}
		if n > r.conn.config.Message {
			return ErrSize
		}
		if n == 0 || n > len(rest) {
			break
		}
		whole := rest[:n:n]
		if rest = rest[n:]; len(rest) == 0 && n > maxSpare {
			r.buf = make([]byte, 0, readBuffer) // a long message takes the buffer along
		} else {
			whole = bytes.Clone(whole)
		}
		if err := r.message(whole); err != nil {
			return err
		}
	}
	if len(rest) == 0 && len(r.fds) > 0 {
		return ErrFDs // they belong to no message
	}
	if cap(r.buf) > maxSpare && len(rest) < readBuffer {
		r.buf = make([]byte, 0, readBuffer)
	}
	r.buf = append(r.buf[:0], rest...)
	return nil
}

// message parses b, which nobody else holds, and hands it over.
func (r *reader) message(b []byte) error {
	parsed, err := dbus.ParseMessage(b)
	if err != nil {
		return err
	}
	if uint64(parsed.UnixFDs) > uint64(len(r.fds)) {
		return ErrFDs
	}
	m := &Message{Message: parsed}
	if n := int(parsed.UnixFDs); n > 0 {
		m.FDs, r.fds = append(m.FDs, r.fds[:n]...), append(r.fds[:0], r.fds[n:]...)
	}
	if parsed.Type > dbus.Signal || r.conn.config.Handle == nil {
		m.Close() // of a kind that is to be ignored
		return nil
	}
	r.conn.config.Handle(r.conn, m)
	return nil
}

// credentials asks the kernel who the peer is.
func credentials(c *net.UnixConn) (unix.Ucred, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return unix.Ucred{}, fmt.Errorf("peer credentials: %w", err)
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return unix.Ucred{}, fmt.Errorf("peer credentials: %w", err)
	}
	if credErr != nil {
		return unix.Ucred{}, fmt.Errorf("peer credentials: %w", credErr)
	}
	return *cred, nil
}
