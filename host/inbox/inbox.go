// Package inbox is the manager's end of $NOTIFY_SOCKET: datagrams with the sender's credentials and descriptors.
//
// It exists to turn bytes into facts and to bound what a hostile sender can cost: a datagram that is too long, has no
// credentials, or brings too many descriptors is dropped and counted. It must not judge whether a sender may say
// what it says; that is NotifyAccess=, which the engine applies.
package inbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// maxText bounds a datagram's text, as systemd's page does; descriptors are bounded by SCM_RIGHTS.
const maxText = 4096

// Inbox is the bound socket. Dropped counts the datagrams that were refused.
type Inbox struct {
	FD      int
	Path    string
	Dropped uint64

	text    []byte
	control []byte
}

// Datagram is one message. Text is valid until the next Receive; FDs belong to the receiver.
type Datagram struct {
	PID  int
	UID  uint32
	Text []byte
	FDs  []int
}

// Open binds the socket at path, replacing a stale one, writable for everybody (credentials tell who wrote).
func Open(path string) (*Inbox, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("notify socket: %w", err)
	}
	_ = os.Remove(path) // best effort: bind tells
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("notify socket: %w", err)
	}
	err = errors.Join(
		sys.PassCredentials(fd),
		unix.Bind(fd, &unix.SockaddrUnix{Name: path}),
		os.Chmod(path, 0o777))
	if err != nil {
		_ = unix.Close(fd) // best effort: the first error counts
		return nil, fmt.Errorf("notify socket %s: %w", path, err)
	}
	_ = sys.ReceiveBuffer(fd, 8<<20) // best effort: a smaller buffer only makes senders wait
	return &Inbox{FD: fd, Path: path, text: make([]byte, maxText+1), control: sys.ControlBuffer()}, nil
}

// Receive reads the next good datagram; false when there is none now.
func (b *Inbox) Receive() (Datagram, bool) {
	for {
		m, err := sys.Receive(b.FD, b.text, b.control)
		if errors.Is(err, unix.EAGAIN) {
			return Datagram{}, false
		}
		if err == nil && m.HasSender && m.Sender.PID > 0 && !m.Truncated && m.N > 0 && m.N <= maxText {
			return Datagram{PID: m.Sender.PID, UID: m.Sender.UID, Text: b.text[:m.N], FDs: m.FDs}, true
		}
		b.Dropped++
		for _, fd := range m.FDs {
			sys.Close(fd)
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return Datagram{}, false
		}
	}
}

// Close closes and removes the socket.
func (b *Inbox) Close() {
	_ = unix.Close(b.FD)  // best effort: we are leaving
	_ = os.Remove(b.Path) // best effort: as above
}
