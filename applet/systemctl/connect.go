package systemctl

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
	unitInterface    = "org.freedesktop.systemd1.Unit"
	jobInterface     = "org.freedesktop.systemd1.Job"
	unitPrefix       = "/org/freedesktop/systemd1/unit/"
	jobPrefix        = "/org/freedesktop/systemd1/job/"
)

// timeout is how long an answer may take, as with any D-Bus client.
const timeout = 25 * time.Second

// peer is a connection to a manager, by its own socket or by a bus.
type peer struct {
	*transport.Caller
	private bool
}

// manager is the connection to the manager of the scope that was asked for; the first call makes it.
func (s *session) manager() (*peer, error) {
	if s.bus != nil {
		return s.bus, nil
	}
	p, err := s.connect()
	if err != nil {
		return nil, s.notConnected(err)
	}
	s.bus = p
	return p, nil
}

// fullBus is the manager by way of a message bus, which some requests need because other services have a part in them,
// or because the manager remembers who asked. Where there is no bus the manager's own socket has to do.
func (s *session) fullBus() (*peer, error) {
	if s.bus != nil && !s.bus.private {
		return s.bus, nil
	}
	if s.opt.host != "" {
		return s.manager()
	}
	p, err := s.open(s.busAddress(), false)
	switch {
	case err != nil:
	case !onBus(p):
		p.Close()
	default:
		if s.bus != nil {
			s.bus.Close()
		}
		s.bus = p
	}
	return s.manager()
}

// onBus says whether the manager is on a bus: one without a bus of its own is not, and asking the bus to start it would
// take its time and fail.
func onBus(p *peer) bool {
	m, err := p.Call(dbus.Header{Type: dbus.MethodCall, Destination: dbus.BusName, Path: dbus.BusPath,
		Interface: dbus.BusInterface, Member: "NameHasOwner", Signature: "s"},
		func(w *dbus.Writer) { w.String(managerName) }, timeout)
	if err != nil {
		return false
	}
	r := m.Reader()
	return r.Bool()
}

// connect tries the manager's own socket, then the bus. Only root may use the system manager's own.
func (s *session) connect() (*peer, error) {
	if s.opt.host != "" {
		return s.remote()
	}
	if s.opt.scope == systemScope && os.Geteuid() != 0 {
		return s.open(s.busAddress(), false)
	}
	socket, err := s.privateSocket()
	if err != nil {
		return nil, err
	}
	if s.foreign(socket) {
		return nil, errForeign
	}
	p, err := s.open("unix:path="+socket, true)
	if err == nil {
		return p, nil
	}
	if p, err := s.launch(socket); p != nil || err != nil {
		return p, err
	}
	return s.open(s.busAddress(), false)
}

// open makes a connection.
func (s *session) open(address string, private bool) (*peer, error) {
	dial := transport.ConnectBus
	if private {
		dial = transport.Connect
	}
	caller, err := dial(address, timeout)
	if err != nil {
		return nil, err
	}
	return &peer{caller, private}, nil
}

// privateSocket is where the manager itself listens.
func (s *session) privateSocket() (string, error) {
	if s.opt.scope == systemScope {
		return "/run/systemd/private", nil
	}
	dir := s.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return "", syscall.ENOMEDIUM
	}
	return dir + "/systemd/private", nil
}

// busAddress is where the message bus listens.
func (s *session) busAddress() string {
	if s.opt.scope == systemScope {
		if a := s.Getenv("DBUS_SYSTEM_BUS_ADDRESS"); a != "" {
			return a
		}
		return "unix:path=/run/dbus/system_bus_socket"
	}
	if a := s.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
		return a
	}
	return "unix:path=" + s.Getenv("XDG_RUNTIME_DIR") + "/bus"
}

// notConnected is the message for a manager that does not answer.
func (s *session) notConnected(err error) error {
	text := "Failed to connect to bus: " + errorText(err)
	if s.opt.scope == systemScope && s.opt.host == "" && !booted() && !errors.Is(err, errForeign) {
		text = "System has not been booted with systemd as init system (PID 1). Can't operate.\n" +
			"Failed to connect to bus: " + errnoText(syscall.EHOSTDOWN)
	}
	return fmt.Errorf("%s%w", text, errNoManager)
}

// errNoManager marks the errors that say that no manager answers. It has no text of its own.
var errNoManager = errors.New("")

// booted says whether a manager like systemd runs this system, sd_booted(3).
func booted() bool {
	var st unix.Stat_t
	return unix.Lstat("/run/systemd/system/", &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
}

// errorText is an error in systemd's words: a refusal's text, or the C library's for an error number.
func errorText(err error) string {
	var refusal *transport.Refusal
	if errors.As(err, &refusal) {
		if refusal.Name == dbus.ErrorAccessDenied || refusal.Text == "" {
			return refusalText(refusal.Name)
		}
		return refusal.Text
	}
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return errnoText(errno)
	case errors.Is(err, transport.ErrClosed), errors.Is(err, os.ErrClosed), strings.HasSuffix(err.Error(), "EOF"):
		return errnoText(syscall.ECONNRESET)
	}
	return err.Error()
}

// refusalText is what is said of an error that has no text of its own.
func refusalText(name string) string {
	switch name {
	case dbus.ErrorAccessDenied, dbus.ErrorInteractiveAuthRequired:
		return "Access denied"
	case dbus.ErrorNoReply, dbus.ErrorTimeout:
		return errnoText(syscall.ETIMEDOUT)
	}
	return name
}

// errnoText is the C library's text for an error number: Go's begins with a small letter.
func errnoText(e syscall.Errno) string {
	text := e.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// failed is an error about what was attempted, "Failed to start x.service: …". That no manager answers needs no more.
func failed(what string, err error) error {
	if errors.Is(err, errNoManager) {
		return err
	}
	return fmt.Errorf("Failed to %s: %s", what, errorText(err))
}
