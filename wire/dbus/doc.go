// Package dbus turns D-Bus values, messages and the authentication dialogue into bytes and back.
//
// It exists because the manager answers thousands of small messages in a fixed order without allocating, which the
// reflecting libraries cannot do: a caller drives a Writer or a Reader field by field, and the signature stands in the
// caller's own table. Everything that is read is bounded and checked as the D-Bus Specification asks; everything that
// is written is little endian.
//
// It must not know sockets, goroutines, units, or who its peer is: wire/dbus/transport moves the bytes, and bus gives
// them a meaning.
package dbus

import "errors"

// The limits of the D-Bus Specification, "Marshaling": an array and a message have a length in bytes, a signature too;
// depth counts containers, variants included.
const (
	MaxArray     = 64 << 20
	MaxMessage   = 128 << 20
	MaxSignature = 255
	MaxName      = 255
	MaxDepth     = 64
	// MaxValues bounds how many values one Reader decodes by Value: a message of small values would otherwise grow
	// to many times its size in memory.
	MaxValues = 1 << 20
	// maxNesting bounds arrays and structs in a signature, each on their own.
	maxNesting = 32
)

// The ways in which bytes or values can be wrong. A connection that sends one of them is closed; the specification
// leaves no way to go on after it.
var (
	ErrTruncated  = errors.New("dbus: value ends after its message")
	ErrTooLarge   = errors.New("dbus: value over the limit of the protocol")
	ErrTooDeep    = errors.New("dbus: containers nested too deep")
	ErrPadding    = errors.New("dbus: padding not zero")
	ErrBool       = errors.New("dbus: boolean neither 0 nor 1")
	ErrString     = errors.New("dbus: string not valid")
	ErrPath       = errors.New("dbus: object path not valid")
	ErrSignature  = errors.New("dbus: signature not valid")
	ErrArray      = errors.New("dbus: array element crosses the end of its array")
	ErrTrailing   = errors.New("dbus: bytes after the last value")
	ErrHeader     = errors.New("dbus: message header not valid")
	ErrType       = errors.New("dbus: value does not fit its signature")
	ErrAuth       = errors.New("dbus: authentication line not valid")
	ErrRejected   = errors.New("dbus: authentication rejected")
	ErrMatch      = errors.New("dbus: match rule not valid")
	errIncomplete = errors.New("dbus: message incomplete")
)
