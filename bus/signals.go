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
		if !s.changedSet[e.Unit] && len(s.order) > 0 {
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
		s.emit(managerPath, managerInterface, "JobRemoved", "uoss", func(w *dbus.Writer) {
			w.Uint32(e.Job)
			w.ObjectPath(jobPath(e.Job))
			w.String(e.Unit)
			w.String(e.Result.String())
		})
	case port.ManagerChanged:
		s.managerDirty = true
	}
}

// Flush tells the changes that are still to be told.
func (s *Server) Flush() {
	s.flushUnits()
	if s.managerDirty {
		s.managerDirty = false
		s.propertiesChanged(&object{path: managerPath}, managerTable())
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
		for _, i := range s.interfaces(o) {
			s.propertiesChanged(o, i)
		}
	}
}

func (s *Server) jobChanged(id uint32) {
	if job, ok := s.manager.Engine().Job(id); ok && len(s.order) > 0 {
		s.propertiesChanged(&object{path: jobPath(id), job: &job}, jobTable())
	}
}

// propertiesChanged sends the values of the properties that tell their changes, and the names of those that are only
// invalidated.
func (s *Server) propertiesChanged(o *object, i *iface) {
	if len(s.order) == 0 || len(i.tells().values)+len(i.tells().invalidated) == 0 {
		return
	}
	tells := i.tells()
	s.emit(o.path, propertiesInterface, "PropertiesChanged", "sa{sv}as", func(w *dbus.Writer) {
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
	})
}

// emit encodes a signal once and sends it to everybody who listens.
func (s *Server) emit(path, iface, member, sig string, body func(*dbus.Writer)) {
	if len(s.order) == 0 {
		return
	}
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
		if listener.direct || listener.subscribed {
			_, _ = listener.conn.Send(bytes) // best effort: a broken connection is told by Closed
		}
	}
}

// countListeners is called when somebody subscribed or no longer is.
func (s *Server) countListeners() {}

// owe notes that a client made a job.
func (s *Server) owe(*client, uint32) {}
