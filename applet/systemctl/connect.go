package systemctl

import (
	"errors"
	"fmt"
	"os"

	"github.com/steward-init/steward/applet/connect"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// The objects and interfaces of org.freedesktop.systemd1(5).
const (
	managerName      = connect.Name
	managerPath      = connect.Path
	managerInterface = connect.Interface
	unitInterface    = managerName + ".Unit"
	jobInterface     = managerName + ".Job"
	unitPrefix       = managerPath + "/unit/"
	jobPrefix        = managerPath + "/job/"
)

// timeout is how long an answer may take, as with any D-Bus client.
const timeout = connect.Patience

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
	return connect.Socket(s.IO, s.opt.scope != systemScope)
}

// busAddress is where the message bus listens.
func (s *session) busAddress() string { return connect.Bus(s.IO, s.opt.scope != systemScope) }

// notConnected is the message for a manager that does not answer.
func (s *session) notConnected(err error) error {
	text := connect.Explain(err, s.opt.scope != systemScope || s.opt.host != "" || errors.Is(err, errForeign))
	return fmt.Errorf("%s%w", text, errNoManager)
}

// errNoManager marks the errors that say that no manager answers. It has no text of its own.
var errNoManager = errors.New("")

// booted says whether a manager like systemd runs this system, sd_booted(3).
func booted() bool { return connect.Booted() }

// errorText is an error in systemd's words: a refusal's text, or the C library's for an error number.
func errorText(err error) string { return connect.Text(err) }

// failed is an error about what was attempted, "Failed to start x.service: …". That no manager answers needs no more.
func failed(what string, err error) error {
	if errors.Is(err, errNoManager) {
		return err
	}
	return fmt.Errorf("Failed to %s: %s", what, errorText(err))
}
