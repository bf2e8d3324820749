package bus

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
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
		s.unmark(e.Unit)
		if !s.changedSet[e.Unit] && s.listeningTo(e.Unit) {
			s.changedSet[e.Unit] = true
			s.changed = append(s.changed, e.Unit)
		}
		if e.Last != nil && s.changedSet[e.Unit] {
			s.gone = e.Last
			s.flushUnit(e.Unit) // nobody can ask for it later
			s.gone = nil
		}
	case port.UnitRemoved:
		s.mark(e.Unit, markers{})
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
		s.flushUnit(e.Unit) // a client that waits for the job reads the unit's new state with its end
		s.jobRemoved(e)
	case port.ManagerChanged:
		s.managerDirty = true
	case port.RequestStop:
		s.requestStop(e)
	}
}

// requestStop asks the client that controls a scope to end it. It is sent to that client alone, and only on the bus.
func (s *Server) requestStop(e port.RequestStop) {
	if s.link == nil {
		return
	}
	w := &s.scratch
	w.Reset()
	w.Begin(&dbus.Header{Type: dbus.Signal, Flags: dbus.NoReply, Path: unitPath(e.Unit), Interface: busName + ".Scope",
		Member: "RequestStop", Destination: e.Controller})
	if bytes, err := w.Finish(); err == nil { // a controller's name was valid when it was given
		s.transmit(&s.link.outlet, bytes)
	}
}

// Flush tells the changes that are still to be told, and sends everything off.
func (s *Server) Flush() {
	defer s.sendOff()
	s.flushUnits()
	if s.big {
		s.big, s.scratch = false, dbus.Writer{}
	}
	if failed := s.manager.Engine().Totals().FailedUnits; s.managerDirty && failed != s.failed {
		s.managerDirty, s.failed = false, failed // the one property of the manager that tells its changes
		s.propertiesChanged(&object{path: managerPath}, managerTable(), s.outlets(""))
	}
}

func (s *Server) flushUnits() {
	if len(s.changed) == 0 {
		return
	}
	names := s.changed
	s.changed = s.changed[:0]
	for _, name := range names {
		if s.changedSet[name] {
			s.flushUnit(name)
		}
	}
}

// flushUnit tells the changes of one unit, if there are any.
func (s *Server) flushUnit(name string) {
	if !s.changedSet[name] {
		return
	}
	delete(s.changedSet, name)
	to := s.outlets(name)
	kept := to[:0]
	for _, o := range to {
		if !o.miss(name) {
			kept = append(kept, o)
		}
	}
	s.tellUnit(name, kept)
}

// tellUnit sends the properties of a unit that can change.
func (s *Server) tellUnit(name string, to []*outlet) {
	status := s.manager.Engine().Unit(name)
	if status == nil {
		status = s.gone
	}
	if status == nil || len(to) == 0 {
		return
	}
	o := &object{path: unitPath(name), unit: status}
	for _, i := range s.interfaces(o) {
		s.propertiesChanged(o, i, to)
	}
}

func (s *Server) jobChanged(id uint32) {
	if job, ok := s.manager.Engine().Job(id); ok && s.listening() {
		s.propertiesChanged(&object{path: jobPath(id), job: &job}, jobTable(), s.outlets(""))
	}
}

// propertiesChanged sends the values of the properties that tell their changes, and the names of those that are only
// invalidated.
func (s *Server) propertiesChanged(o *object, i *iface, to []*outlet) {
	tells := i.tells()
	if len(to) == 0 || len(tells.values)+len(tells.invalidated) == 0 {
		return
	}
	s.send(to, o.path, propertiesInterface, "PropertiesChanged", "sa{sv}as", func(w *dbus.Writer) {
		w.String(i.name)
		mark := w.OpenArray(8)
		for _, row := range tells.values {
			row.entry(w)
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

// outlet is where signals go: a direct connection, or the bus. To one that does not keep up the changes of units are
// told later, and then once: a client that sleeps costs a name for each unit, and never its connection.
type outlet struct {
	conn   *transport.Conn
	waits  bool // it is among the server's unsent
	missed []string
	late   map[string]bool // those in missed
}

// miss notes a change for later if the peer lags.
func (o *outlet) miss(unit string) bool {
	if len(o.missed) == 0 && !o.conn.Lags() {
		return false
	}
	if o.late == nil {
		o.late = map[string]bool{}
	}
	if !o.late[unit] {
		o.late[unit] = true
		o.missed = append(o.missed, unit)
	}
	return true
}

// catchUp tells what was missed, until the peer lags again.
func (s *Server) catchUp(o *outlet) {
	for len(o.missed) > 0 && !o.conn.Lags() {
		name := o.missed[0]
		o.missed = o.missed[1:]
		delete(o.late, name)
		s.tellUnit(name, []*outlet{o})
	}
	if len(o.missed) == 0 {
		o.missed, o.late = nil, nil
	}
}

// outlets are where a signal goes: every direct connection, and the bus if anybody there subscribed or, for one of a
// unit, refers to it. The list is good until the next call.
func (s *Server) outlets(unit string) []*outlet {
	s.reached = s.reached[:0]
	for _, c := range s.order {
		s.reached = append(s.reached, &c.outlet)
	}
	if s.onBus() || unit != "" && s.link != nil && len(s.link.refs[unit]) > 0 {
		s.reached = append(s.reached, &s.link.outlet)
	}
	return s.reached
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
		s.send(s.outlets(""), path, iface, member, sig, body)
	}
}

func (s *Server) send(to []*outlet, path, iface, member, sig string, body func(*dbus.Writer)) {
	w := &s.scratch
	w.Reset()
	w.Begin(&dbus.Header{Type: dbus.Signal, Flags: dbus.NoReply, Path: path, Interface: iface, Member: member,
		Signature: sig, Sender: busName})
	body(w)
	bytes, err := w.Finish()
	if err != nil {
		return // a text that is no UTF-8 can't be told
	}
	for _, o := range to {
		s.transmit(o, bytes)
	}
}

// transmit queues a message, which leaves with all that follows until Flush.
func (s *Server) transmit(o *outlet, bytes []byte, fds ...int) {
	_, _ = o.conn.Send(bytes, fds...) // best effort: a broken connection is told by Closed
	if !o.waits {
		o.waits = true
		s.unsent = append(s.unsent, o)
	}
}

// sendOff sends what was queued.
func (s *Server) sendOff() {
	for i, o := range s.unsent {
		o.waits = false
		o.conn.Flush()
		s.unsent[i] = nil
	}
	s.unsent = s.unsent[:0]
}

// jobRemoved tells of a job's end: also to the client on the bus that made it, though it didn't subscribe.
func (s *Server) jobRemoved(e port.JobRemoved) {
	to := s.outlets("")
	if s.link != nil && s.link.owed[e.Job] {
		delete(s.link.owed, e.Job)
		if !s.onBus() {
			to = append(to, &s.link.outlet)
		}
	}
	if len(to) == 0 {
		return
	}
	s.send(to, managerPath, managerInterface, "JobRemoved", "uoss", func(w *dbus.Writer) {
		w.Uint32(e.Job)
		w.ObjectPath(jobPath(e.Job))
		w.String(e.Unit)
		w.String(e.Result.String())
	})
}
