package bus

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// A message bus asks us to start the unit behind a name that somebody calls, by a signal, and waits until the name has
// an owner. dbus-daemon(1), --systemd-activation; D-Bus Specification, "Message Bus Starting Services".

const activatorInterface = "org.freedesktop.systemd1.Activator"

// activation takes a signal of the bus's activator.
func (l *Link) activation(m *transport.Message) {
	if m.Interface != activatorInterface || m.Member != "ActivationRequest" || m.Signature != "s" {
		return
	}
	r := m.Reader()
	name := r.String()
	if r.Err() != nil {
		return
	}
	manager := l.server.manager
	loaded := manager.Load(name)
	manager.Do(port.UnitsLoaded{Loaded: loaded})
	status := manager.Engine().Unit(name)
	switch {
	case status == nil || status.Unit.Load == model.LoadNotFound:
		l.refuseActivation(name, "org.freedesktop.systemd1.NoSuchUnit", "Unit "+name+" not found.")
	case status.Unit.Load == model.LoadMasked:
		l.refuseActivation(name, "org.freedesktop.systemd1.UnitMasked", "Unit "+name+" is masked.")
	case status.Unit.UnitSection.RefuseManualStart:
		l.refuseActivation(name, "org.freedesktop.systemd1.OnlyByDependency",
			"Operation refused, "+name+" may be requested by dependency only.")
	default:
		manager.Do(port.JobRequested{Unit: name, Type: model.JobStart, Mode: model.ModeReplace, Loaded: loaded,
			Cause: port.Cause{Kind: port.CauseClient, Client: "the message bus"}})
	}
}

// refuseActivation tells the bus why the name will not come.
func (l *Link) refuseActivation(unit, name, message string) {
	h := dbus.Header{Type: dbus.Signal, Path: managerPath, Interface: activatorInterface, Member: "ActivationFailure",
		Destination: dbus.BusName, Signature: "sss"}
	_ = l.bus.Notify(h, func(w *dbus.Writer) { // best effort: the bus has a timeout of its own
		w.String(unit)
		w.String(name)
		w.String(message)
	})
}
