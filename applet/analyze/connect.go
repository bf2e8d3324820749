package analyze

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// The objects and interfaces of org.freedesktop.systemd1(5).
const (
	managerName      = "org.freedesktop.systemd1"
	managerPath      = "/org/freedesktop/systemd1"
	managerInterface = "org.freedesktop.systemd1.Manager"
	unitPrefix       = "/org/freedesktop/systemd1/unit/"
)

// timeout is how long an answer may take, as with any D-Bus client.
const timeout = 25 * time.Second

// manager is a connection to a manager, by its own socket or by a bus.
type manager struct{ *transport.Caller }

// manager connects to the manager of the scope that was asked for: by its own socket, or else by the bus.
func (s *session) manager() (*manager, error) {
	if s.opt.host != "" {
		return nil, errors.New("Operating on remote hosts and containers is not supported.")
	}
	private, bus := "/run/systemd/private", s.Getenv("DBUS_SYSTEM_BUS_ADDRESS")
	usual := "unix:path=/run/dbus/system_bus_socket"
	if s.opt.scope != systemScope {
		dir := s.Getenv("XDG_RUNTIME_DIR")
		private, bus, usual = dir+"/systemd/private", s.Getenv("DBUS_SESSION_BUS_ADDRESS"), "unix:path="+dir+"/bus"
	}
	if bus == "" {
		bus = usual
	}
	if s.opt.scope != systemScope || os.Geteuid() == 0 {
		if c, err := transport.Connect("unix:path="+private, timeout); err == nil {
			return &manager{c}, nil
		}
	}
	c, err := transport.ConnectBus(bus, timeout)
	if err != nil {
		return nil, s.notConnected(err)
	}
	return &manager{c}, nil
}

// notConnected is the message for a manager that does not answer.
func (s *session) notConnected(err error) error {
	var st unix.Stat_t
	booted := unix.Lstat("/run/systemd/system/", &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
	if s.opt.scope == systemScope && !booted {
		return errors.New("System has not been booted with systemd as init system (PID 1). Can't operate.\n" +
			"Failed to connect to bus: Host is down")
	}
	return fmt.Errorf("Failed to connect to bus: %s", busErrorText(err))
}

// call makes a call and waits for the answer.
func (m *manager) call(path, iface, member, sig string, body func(*dbus.Writer)) (*transport.Message, error) {
	return m.Call(dbus.Header{Type: dbus.MethodCall, Destination: managerName, Path: path, Interface: iface,
		Member: member, Signature: sig}, body, timeout)
}

// failed is an error about what was attempted, in systemd's words.
func failed(what string, err error) error {
	return fmt.Errorf("Failed to %s: %s", what, busErrorText(err))
}

// busErrorText is a refusal's text, or the C library's for an error number.
func busErrorText(err error) string {
	var refusal *transport.Refusal
	if errors.As(err, &refusal) {
		if refusal.Text != "" {
			return refusal.Text
		}
		return refusal.Name
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		text := errno.Error()
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return err.Error()
}
