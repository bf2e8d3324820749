// Package connect reaches a running manager for commands that ask a few questions: by its own socket, else by a message
// bus.
//
// It exists so that only one place knows where managers listen and what is said when none answers. Systemctl has more
// ways on top: other hosts, and starting a manager. It must not know what is asked.
package connect

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// The manager on a bus. org.freedesktop.systemd1(5).
const (
	Name      = "org.freedesktop.systemd1"
	Path      = "/org/freedesktop/systemd1"
	Interface = "org.freedesktop.systemd1.Manager"
)

// Patience is how long an answer may take, as with any D-Bus client.
const Patience = 25 * time.Second

// Manager is a connection to a manager.
type Manager struct {
	*transport.Caller
}

// Open connects to the system's manager, or to that of the user who calls. Only root may use the system manager's own
// socket.
func Open(u ui.IO, user bool) (*Manager, error) {
	if user || os.Geteuid() == 0 {
		socket, err := Socket(u, user)
		if err != nil {
			return nil, err
		}
		if c, err := transport.Connect("unix:path="+socket, Patience); err == nil {
			return &Manager{c}, nil
		}
	}
	c, err := transport.ConnectBus(Bus(u, user), Patience)
	if err != nil {
		return nil, err
	}
	return &Manager{c}, nil
}

// Socket is the path where the manager itself listens. A user's has none without $XDG_RUNTIME_DIR: ENOMEDIUM.
func Socket(u ui.IO, user bool) (string, error) {
	if !user {
		return "/run/systemd/private", nil
	}
	dir := u.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return "", syscall.ENOMEDIUM
	}
	return dir + "/systemd/private", nil
}

// Bus is the address of the message bus that the manager is on. It may have none.
func Bus(u ui.IO, user bool) string {
	variable, address := "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/dbus/system_bus_socket"
	if user {
		variable, address = "DBUS_SESSION_BUS_ADDRESS", "unix:path="+u.Getenv("XDG_RUNTIME_DIR")+"/bus"
	}
	if a := u.Getenv(variable); a != "" {
		return a
	}
	return address
}

// Call calls a method of the manager's own interface. An error that the manager answers with is a *transport.Refusal.
func (m *Manager) Call(member, signature string, body func(*dbus.Writer)) (*dbus.Reader, error) {
	return m.Ask(Path, Interface, member, signature, body)
}

// Ask calls a method of one of the manager's objects.
func (m *Manager) Ask(path, face, member, signature string, body func(*dbus.Writer)) (*dbus.Reader, error) {
	answer, err := m.Caller.Call(dbus.Header{Type: dbus.MethodCall, Destination: Name, Path: path, Interface: face,
		Member: member, Signature: signature}, body, Patience)
	if err != nil {
		return nil, err
	}
	r := answer.Reader()
	return &r, nil
}

// Refusal is the error that a manager answered with, nil for others.
func Refusal(err error) *transport.Refusal {
	var r *transport.Refusal
	if errors.As(err, &r) {
		return r
	}
	return nil
}

// Explain is the message for a manager that could not be reached, in systemd's words.
func Explain(err error, user bool) string {
	if !user && !Booted() {
		return "System has not been booted with systemd as init system (PID 1). Can't operate.\n" +
			"Failed to connect to bus: " + ui.Because(syscall.EHOSTDOWN)
	}
	return "Failed to connect to bus: " + Text(err)
}

// Booted says whether a manager like systemd runs this system. sd_booted(3).
func Booted() bool {
	info, err := os.Lstat("/run/systemd/system/")
	return err == nil && info.IsDir()
}

// Text is an error in systemd's words: what the manager said, or the C library's text for an error number.
func Text(err error) string {
	if r := Refusal(err); r != nil {
		switch {
		case r.Name == dbus.ErrorAccessDenied, r.Name == dbus.ErrorInteractiveAuthRequired && r.Text == "":
			return "Access denied"
		case r.Text != "":
			return r.Text
		case r.Name == dbus.ErrorNoReply, r.Name == dbus.ErrorTimeout:
			return ui.Because(syscall.ETIMEDOUT)
		}
		return r.Name
	}
	switch {
	case errors.Is(err, transport.ErrClosed), errors.Is(err, os.ErrClosed), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF):
		err = syscall.ECONNRESET
	}
	return ui.Because(err)
}
