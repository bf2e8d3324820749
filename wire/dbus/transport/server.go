package transport

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/wire/dbus"
)

// The usual limits of a server.
const (
	DefaultConnections = 1024
	DefaultPending     = 64               // connections that have not authenticated yet
	DefaultPatience    = 10 * time.Second // for a connection to authenticate
)

// Server accepts connections. Set what differs from the usual, then Serve, once per listener.
type Server struct {
	Config
	// Opened is called before the first Handle of a connection that has authenticated; it may be nil.
	Opened func(*Conn)
	// Allow says whether a peer of that user may speak; nil allows root and the server's own user.
	Allow func(uid uint32) bool
	// Loop reads and writes the connections, where there is one, and calls what Config says; nil has each read by a
	// goroutine of its own.
	Loop        Loop
	GUID        string // 32 hexadecimal digits; "" makes one up
	Connections int
	Pending     int
	Patience    time.Duration

	once    sync.Once
	mu      sync.Mutex
	open    map[*net.UnixConn]*Conn // nil as long as it has not authenticated
	pending int
	closed  chan struct{}
}

func (s *Server) setUp() {
	s.Config.setDefaults()
	s.open, s.closed = map[*net.UnixConn]*Conn{}, make(chan struct{})
	if s.Connections <= 0 {
		s.Connections = DefaultConnections
	}
	if s.Pending <= 0 {
		s.Pending = DefaultPending
	}
	if s.Patience <= 0 {
		s.Patience = DefaultPatience
	}
	if s.GUID == "" {
		s.GUID = newGUID()
	}
	if s.Allow == nil {
		own := uint32(os.Geteuid())
		s.Allow = func(uid uint32) bool { return uid == 0 || uid == own }
	}
}

func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b[:])
}

// Serve accepts connections until the listener or the server is closed, and returns why it ended: net.ErrClosed for
// those two. A connection over a limit, or of a user who may not speak, is closed at once.
func (s *Server) Serve(l *net.UnixListener) error {
	s.once.Do(s.setUp)
	for {
		c, err := l.AcceptUnix()
		select {
		case <-s.closed:
			if err == nil {
				_ = c.Close() // best effort: it came too late
			}
			return net.ErrClosed
		default:
		}
		switch {
		case err == nil:
			s.accept(c)
		case errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM):
			s.pause()
		case errors.Is(err, unix.ECONNABORTED):
		default:
			return err
		}
	}
}

// pause waits for descriptors to be free again: accept would say at once that there are none.
func (s *Server) pause() {
	t := time.NewTimer(100 * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.closed:
	}
}

// Close ends every connection and makes Serve return after its listener was closed too, which is the caller's.
func (s *Server) Close() {
	s.once.Do(s.setUp)
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return
	default:
	}
	close(s.closed)
	for c, conn := range s.open {
		if conn != nil && s.Loop != nil {
			s.Loop.Post(conn.Close)
		}
		_ = c.Close() // best effort: the goroutine that reads it sees the end
	}
}

func (s *Server) accept(c *net.UnixConn) {
	cred, err := credentials(c)
	if err != nil || !s.Allow(cred.Uid) || !s.enter(c) {
		_ = c.Close() // best effort: there is nothing to say to it
		return
	}
	go func() {
		conn, early, err := s.authenticate(c, cred)
		if err == nil {
			err = s.converse(c, conn, early)
		}
		if err != nil {
			_ = c.Close() // best effort: it did not become a connection
			s.leave(c)
		}
	}()
}

// converse lets a peer speak that has authenticated.
func (s *Server) converse(c *net.UnixConn, conn *Conn, early []byte) error {
	if s.Opened != nil {
		s.Opened(conn)
	}
	if s.Loop != nil {
		return conn.hand(s.Loop, early, func() { s.leave(c) })
	}
	conn.run(early)
	s.leave(c)
	return nil
}

func (s *Server) enter(c *net.UnixConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return false
	default:
	}
	if len(s.open) >= s.Connections || s.pending >= s.Pending {
		return false
	}
	s.open[c] = nil
	s.pending++
	return true
}

// authenticated takes c off the pending ones.
func (s *Server) authenticated(c *net.UnixConn, conn *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[c] = conn
	s.pending--
}

func (s *Server) leave(c *net.UnixConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[c] == nil {
		s.pending--
	}
	delete(s.open, c)
}

// authenticate holds the dialogue, and returns the connection with what came behind BEGIN.
func (s *Server) authenticate(c *net.UnixConn, cred unix.Ucred) (*Conn, []byte, error) {
	if err := c.SetDeadline(time.Now().Add(s.Patience)); err != nil {
		return nil, nil, err
	}
	auth := dbus.ServerAuth{GUID: s.GUID, UID: cred.Uid, Allow: s.Allow}
	buf, answer := make([]byte, 0, readBuffer), []byte(nil)
	for !auth.Done() {
		if len(buf) == cap(buf) {
			return nil, nil, dbus.ErrAuth
		}
		n, err := c.Read(buf[len(buf):cap(buf)])
		if err != nil {
			return nil, nil, err
		}
		buf = buf[:len(buf)+n]
		used, out, authErr := auth.Feed(buf, answer[:0])
		buf, answer = buf[:copy(buf, buf[used:])], out
		if len(answer) > 0 {
			if _, err := c.Write(answer); err != nil {
				return nil, nil, err
			}
		}
		if authErr != nil {
			return nil, nil, authErr
		}
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return nil, nil, err
	}
	conn := &Conn{config: s.Config, unix: c, peer: cred, guid: s.GUID, unixFDs: auth.UnixFDs()}
	s.authenticated(c, conn)
	return conn, buf, nil
}
