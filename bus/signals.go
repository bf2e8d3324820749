package bus

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/wire/dbus"
)

// Perform is the clients' part of an effect. Signals of jobs and units go out at once and in order; changed units are
// told once, before the next job is reported gone or the loop waits, so that a burst costs one message a unit.
func (s *Server) Perform(effect port.Effect) {
	switch e := effect.(type) {
	case port.Reply:
		s.answer(e)
	case port.UnitAdded:
		s.emit(managerPath, managerInterface, "UnitNew", "so", func(w *dbus.Writer) {
			w.String(e.Unit)
			w.ObjectPath(unitPath(e.Unit))
		})
	case port.UnitChanged:
		if !s.changedSet[e.Unit] && s.listeningTo(e.Unit) {
			s.changedSet[e.Unit] = true
			s.changed = append(s.changed, e.Unit)
		}
	case port.UnitRemoved:
		s.emit(managerPath, managerInterface, "UnitRemoved", "so", func(w *dbus.Writer) {
			w.String(e.Unit)
			w.ObjectPath(unitPath(e.Unit))
		})
	case port.JobAdded:
		s.managerDirty = true
		s.emit(managerPath, managerInterface, "JobNew", "uos", func(w *dbus.Writer) {
			w.Uint32(e.Job)
			w.ObjectPath(jobPath(e.Job))
			w.String(e.Unit)
		})
	case port.JobChanged:
		s.jobChanged(e.Job)
	case port.JobRemoved:
		s.managerDirty = true
		s.flushUnits() // a client that waits for the job reads the unit's new state with its end
		s.jobRemoved(e)
	case port.ManagerChanged:
		s.managerDirty = true
	}
}

// Flush tells the changes that are still to be told.
func (s *Server) Flush() {
	s.flushUnits()
	if s.managerDirty {
		s.managerDirty = false
		s.propertiesChanged(&object{path: managerPath}, managerTable(), s.onBus())
	}
}

func (s *Server) flushUnits() {
	if len(s.changed) == 0 {
		return
	}
	names := s.changed
	s.changed = s.changed[:0]
	for _, name := range names {
		delete(s.changedSet, name)
		status := s.manager.Engine().Unit(name)
		if status == nil {
			continue
		}
		o := &object{path: unitPath(name), unit: status}
		onBus := s.onBus() || s.link != nil && len(s.link.refs[name]) > 0
		for _, i := range s.interfaces(o) {
			s.propertiesChanged(o, i, onBus)
		}
	}
}

func (s *Server) jobChanged(id uint32) {
	if job, ok := s.manager.Engine().Job(id); ok && s.listening() {
		s.propertiesChanged(&object{path: jobPath(id), job: &job}, jobTable(), s.onBus())
	}
}

// propertiesChanged sends the values of the properties that tell their changes, and the names of those that are only
// invalidated.
func (s *Server) propertiesChanged(o *object, i *iface, onBus bool) {
	if len(s.order) == 0 && !onBus || len(i.tells().values)+len(i.tells().invalidated) == 0 {
		return
	}
	tells := i.tells()
	s.broadcast(o.path, propertiesInterface, "PropertiesChanged", "sa{sv}as", func(w *dbus.Writer) {
		w.String(i.name)
		mark := w.OpenArray(8)
		for _, row := range tells.values {
			w.DictEntry(row.name, row.sig)
			row.get(w, s, o)
		}
		w.CloseArray(mark)
		mark = w.OpenArray(4)
		for _, row := range tells.invalidated {
			w.String(row.name)
		}
		w.CloseArray(mark)
	}, onBus)
}

// listeningTo says whether anybody would get a signal of a unit.
func (s *Server) listeningTo(unit string) bool {
	return s.listening() || s.link != nil && len(s.link.refs[unit]) > 0
}

// listening says whether anybody would get a signal.
func (s *Server) listening() bool { return len(s.order) > 0 || s.onBus() }

// onBus says whether anybody on the message bus gets signals.
func (s *Server) onBus() bool { return s.link != nil && s.link.listeners > 0 }

// emit encodes a signal once and sends it to everybody who listens.
func (s *Server) emit(path, iface, member, sig string, body func(*dbus.Writer)) {
	if s.listening() {
		s.broadcast(path, iface, member, sig, body, s.onBus())
	}
}

// broadcast sends a signal to every direct connection, and on the bus.
func (s *Server) broadcast(path, iface, member, sig string, body func(*dbus.Writer), onBus bool) {
	w := &s.scratch
	w.Reset()
	w.Begin(&dbus.Header{Type: dbus.Signal, Flags: dbus.NoReply, Path: path, Interface: iface, Member: member,
		Signature: sig, Sender: busName})
	body(w)
	bytes, err := w.Finish()
	if err != nil {
		return // a text that is no UTF-8 can't be told
	}
	for _, listener := range s.order {
		_, _ = listener.conn.Send(bytes) // best effort: a broken connection is told by Closed
	}
	if onBus {
		_, _ = s.link.bus.Send(bytes) // best effort: as above
	}
}

// jobRemoved tells of a job's end: also to the client on the bus that made it, though it didn't subscribe.
func (s *Server) jobRemoved(e port.JobRemoved) {
	owed := s.link != nil && s.link.owed[e.Job]
	if owed {
		delete(s.link.owed, e.Job)
	}
	if !owed && !s.listening() {
		return
	}
	s.broadcast(managerPath, managerInterface, "JobRemoved", "uoss", func(w *dbus.Writer) {
		w.Uint32(e.Job)
		w.ObjectPath(jobPath(e.Job))
		w.String(e.Unit)
		w.String(e.Result.String())
	}, owed || s.onBus())
}
