// Package transport moves D-Bus messages over unix sockets: it accepts and dials, authenticates, frames, queues, passes
// descriptors, and matches replies to calls.
//
// It exists so that the manager can talk to many peers from one goroutine that never waits: that goroutine's Loop reads
// the connections of a Server, or else each has a goroutine of its own; every message is handed over in order, and Send
// only appends to a bounded queue. Whatever a peer does (nothing, garbage, announcing gigabytes, sending descriptors
// nobody asked for, never reading) ends that peer's connection and no other.
//
// It must not know what the messages mean, and it logs nothing.
package transport

import "errors"

// Why a connection ended; Config.Closed is told one of these, io.EOF where the peer closed it, or an error of wire/dbus
// or of the operating system.
var (
	ErrClosed  = errors.New("dbus connection: closed")
	ErrSlow    = errors.New("dbus connection: peer does not read")
	ErrSize    = errors.New("dbus connection: message over the limit")
	ErrFDs     = errors.New("dbus connection: descriptors do not fit the message")
	ErrRefused = errors.New("dbus connection: peer may not speak")
)
