// Package connect reaches a running manager for commands that ask a few questions: by its own socket, else by a message
// bus.
//
// It exists so that commands besides systemctl, which has more ways, need not know where managers listen. It must not
// know what is asked.
package connect

import (
	"errors"
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
func Open(io ui.IO, user bool) (*Manager, error) {
	private, bus := "/run/systemd/private", "unix:path=/run/dbus/system_bus_socket"
	if a := io.Getenv("DBUS_SYSTEM_BUS_ADDRESS"); a != "" {
		bus = a
	}
	if user {
		dir := io.Getenv("XDG_RUNTIME_DIR")
		if dir == "" {
			return nil, syscall.ENOMEDIUM
		}
		private, bus = dir+"/systemd/private", "unix:path="+dir+"/bus"
		if a := io.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
			bus = a
		}
	}
	if user || os.Geteuid() == 0 {
		if c, err := transport.Connect("unix:path="+private, Patience); err == nil {
			return &Manager{c}, nil
		}
	}
	c, err := transport.ConnectBus(bus, Patience)
	if err != nil {
		return nil, err
	}
	return &Manager{c}, nil
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
