package sys

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Peer is who is at the other end of a socket or sent a datagram, as the kernel vouches for it.
type Peer struct {
	PID      int
	UID, GID uint32
}

// PeerOf is the peer of a connected Unix socket, at the time it connected.
func PeerOf(socket int) (Peer, error) {
	c, err := unix.GetsockoptUcred(socket, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return Peer{}, fmt.Errorf("getsockopt SO_PEERCRED: %w", err)
	}
	return Peer{PID: int(c.Pid), UID: c.Uid, GID: c.Gid}, nil
}

// PassCredentials makes the kernel add the sender to every message that a Unix socket receives.
func PassCredentials(socket int) error {
	return unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_PASSCRED, 1)
}

// ReceiveBuffer sets the size of a socket's receive buffer in bytes, beyond the machine's limit if that is allowed.
func ReceiveBuffer(socket, size int) error {
	if unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) == nil {
		return nil
	}
	return unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_RCVBUF, size)
}

// Message is one message of a Unix socket.
type Message struct {
	N         int  // bytes of the buffer that are the message
	Truncated bool // the message or its descriptors were longer than there was room for
	HasSender bool
	Sender    Peer
	FDs       []int // closed on exec; the receiver owns them
}

// maxMessageFDs is the kernel's own bound, SCM_MAX_FD.
const maxMessageFDs = 253

// controlSize is the room for the control data of Receive.
var controlSize = unix.CmsgSpace(unix.SizeofUcred) + unix.CmsgSpace(maxMessageFDs*4)

// ControlBuffer gives a buffer for Receive, to be used again and again.
func ControlBuffer() []byte {
	return make([]byte, controlSize)
}

// Receive takes one message without waiting for it: EAGAIN if there is none. Descriptors of a truncated message are
// closed.
func Receive(socket int, buffer, control []byte) (Message, error) {
	var m Message
	n, oobn, flags, _, err := unix.Recvmsg(socket, buffer, control, unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return m, err
	}
	m.N = n
	m.Truncated = flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0
	if oobn == 0 {
		return m, nil
	}
	parts, err := unix.ParseSocketControlMessage(control[:oobn])
	if err != nil {
		return m, fmt.Errorf("control message: %w", err)
	}
	for i := range parts {
		if fds, err := unix.ParseUnixRights(&parts[i]); err == nil {
			m.FDs = append(m.FDs, fds...)
		} else if c, err := unix.ParseUnixCredentials(&parts[i]); err == nil {
			m.HasSender, m.Sender = true, Peer{PID: int(c.Pid), UID: c.Uid, GID: c.Gid}
		}
	}
	if m.Truncated {
		for _, fd := range m.FDs {
			Close(fd)
		}
		m.FDs = nil
	}
	return m, nil
}

// Send sends one message with descriptors on a connected socket, without waiting for room.
func Send(socket int, data []byte, fds []int) error {
	var control []byte
	if len(fds) > 0 {
		control = unix.UnixRights(fds...)
	}
	return unix.Sendmsg(socket, data, control, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
}
