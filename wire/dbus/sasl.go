package dbus

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"strings"
)

// The dialogue before the first message, D-Bus Specification "Authentication Protocol". Both sides are state machines
// over bytes: the caller feeds what it has received, keeps what was not used, and sends what comes back.

// Bounds of the dialogue: bytes in a line, and lines that a client may be refused.
const (
	maxAuthLine     = 4096
	maxAuthRefusals = 16
)

// ServerAuth is the server's side. It knows one mechanism, EXTERNAL: the peer is who the kernel says (SO_PEERCRED).
// Set GUID, UID and Allow, then Feed until Done.
type ServerAuth struct {
	GUID  string                // 32 hexadecimal digits, of the server
	UID   uint32                // of the peer
	Allow func(uid uint32) bool // whether a peer of that user may speak

	begun      bool // the NUL came
	waiting    bool // for the DATA of AUTH EXTERNAL
	authorized bool
	done       bool
	unixFDs    bool
	refusals   int
}

// Done says whether BEGIN came: what follows are messages.
func (a *ServerAuth) Done() bool { return a.done }

// UnixFDs says whether descriptors may travel.
func (a *ServerAuth) UnixFDs() bool { return a.unixFDs }

// Feed takes what the peer sent. It returns how many bytes of in it used and appends the answer to out. Bytes behind
// BEGIN are not used; neither is a line that is not complete. After an error the answer may still be sent, then the
// connection is to be closed.
func (a *ServerAuth) Feed(in, out []byte) (used int, answer []byte, err error) {
	if !a.begun && len(in) > 0 {
		if in[0] != 0 {
			return 0, out, ErrAuth
		}
		a.begun, used = true, 1
	}
	for !a.done && err == nil {
		line, n, lineErr := authLine(in[used:])
		if n == 0 || lineErr != nil {
			return used, out, lineErr
		}
		used += n
		out, err = a.line(line, out)
	}
	return used, out, err
}

// authLine is the first line of in without its end, and its length with it; 0 where it is not complete.
func authLine(in []byte) (line string, n int, err error) {
	end := bytes.Index(in, []byte("\r\n"))
	if end < 0 && len(in) <= maxAuthLine {
		return "", 0, nil
	}
	if end < 0 || end > maxAuthLine {
		return "", 0, ErrAuth
	}
	for _, c := range in[:end] {
		if c < ' ' || c > '~' {
			return "", 0, ErrAuth
		}
	}
	return string(in[:end]), end + 2, nil
}

func (a *ServerAuth) line(line string, out []byte) ([]byte, error) {
	word, rest, _ := strings.Cut(line, " ")
	waiting := a.waiting
	a.waiting = false
	switch {
	case word == "AUTH" && !a.authorized:
		mechanism, identity, given := strings.Cut(rest, " ")
		if mechanism != "EXTERNAL" {
			return a.refuse(out)
		}
		if !given {
			a.waiting = true
			return append(out, "DATA\r\n"...), nil
		}
		return a.identify(identity, out)
	case word == "DATA" && waiting:
		return a.identify(rest, out)
	case word == "CANCEL" || word == "ERROR":
		a.authorized = false
		return a.refuse(out)
	case word == "NEGOTIATE_UNIX_FD" && a.authorized:
		a.unixFDs = true
		return append(out, "AGREE_UNIX_FD\r\n"...), nil
	case word == "BEGIN":
		if !a.authorized {
			return out, ErrRejected
		}
		a.done = true
		return out, nil
	}
	if a.refusals++; a.refusals > maxAuthRefusals {
		return out, ErrAuth
	}
	return append(out, "ERROR\r\n"...), nil
}

// identify compares who the peer says it is, a decimal user number in hexadecimal digits or nothing, with who it is.
func (a *ServerAuth) identify(identity string, out []byte) ([]byte, error) {
	text, err := hex.DecodeString(identity)
	if err != nil || len(text) > 0 && string(text) != strconv.FormatUint(uint64(a.UID), 10) || !a.Allow(a.UID) {
		return a.refuse(out)
	}
	a.authorized = true
	return append(append(append(out, "OK "...), a.GUID...), "\r\n"...), nil
}

func (a *ServerAuth) refuse(out []byte) ([]byte, error) {
	a.refusals++
	if a.refusals > maxAuthRefusals {
		return out, ErrRejected
	}
	return append(out, "REJECTED EXTERNAL\r\n"...), nil
}

// ClientAuth is the client's side. It sends everything at once (Opening) and may send messages right behind it; then
// Feed until Done.
type ClientAuth struct {
	guid    string
	step    int // answers seen: DATA, OK, AGREE_UNIX_FD
	unixFDs bool
}

// Opening is what the client sends: it says nothing of who it is, so that the server asks the kernel.
func (*ClientAuth) Opening() string {
	return "\x00AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"
}

// Done says whether every answer came: what follows are messages.
func (a *ClientAuth) Done() bool { return a.step == 3 }

// GUID is the server's, 32 hexadecimal digits.
func (a *ClientAuth) GUID() string { return a.guid }

// UnixFDs says whether descriptors may travel.
func (a *ClientAuth) UnixFDs() bool { return a.unixFDs }

// Feed takes what the server sent and returns how many bytes of in it used; messages behind the dialogue are not.
func (a *ClientAuth) Feed(in []byte) (used int, err error) {
	for !a.Done() {
		line, n, err := authLine(in[used:])
		if n == 0 || err != nil {
			return used, err
		}
		used += n
		if err := a.line(line); err != nil {
			return used, err
		}
	}
	return used, nil
}

func (a *ClientAuth) line(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case word == "REJECTED":
		return ErrRejected
	case a.step == 0 && word == "DATA":
	case a.step == 1 && word == "OK" && validGUID(rest):
		a.guid = rest
	case a.step == 2 && word == "AGREE_UNIX_FD":
		a.unixFDs = true
	case a.step == 2 && word == "ERROR":
	default:
		return ErrAuth
	}
	a.step++
	return nil
}

func validGUID(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 32
}
