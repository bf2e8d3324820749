package host

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/listen"
	"github.com/steward-init/steward/model"
)

// sockets are the open descriptors of a socket unit.
type sockets struct {
	unit    *model.Unit
	tokens  []uint64
	fds     []int
	watched bool
	served  func() // of those that the manager serves itself, there is no service to start: ends it
}

// listen opens what a socket unit listens on.
func (w *World) listen(u *model.Unit) {
	fds, err := listen.Open(u.Socket)
	if err != nil {
		w.loop.Do(port.Listened{Unit: u.Name, Err: "Failed to listen on " + err.Error()})
		return
	}
	name := u.Socket.FileDescriptorName
	if name == "" {
		name = u.Name
	}
	s := &sockets{unit: u, fds: fds}
	var named []port.NamedFD
	for _, fd := range fds {
		token := w.keep.hold(fd)
		s.tokens = append(s.tokens, token)
		named = append(named, port.NamedFD{FD: token, Name: name})
	}
	if w.Ingest != nil {
		s.served = w.Ingest(u, fds)
	}
	w.sockets[u.Name] = s
	w.loop.Do(port.Listened{Unit: u.Name, FDs: named})
	if s.served != nil {
		w.loop.Do(port.TrafficSeen{Unit: u.Name})
	}
}

// unlisten closes the descriptors of a socket unit.
func (w *World) unlisten(u *model.Unit) {
	s := w.sockets[u.Name]
	if s == nil {
		return
	}
	w.unwatchTraffic(u.Name)
	if s.served != nil {
		s.served()
	}
	delete(w.sockets, u.Name)
	w.keep.close(s.tokens)
	if u.Socket.RemoveOnStop {
		listen.Remove(u.Socket)
	}
}

// watchTraffic tells once when anything comes. The descriptor stays readable until the service takes what came, so that
// the watch ends with the first word.
func (w *World) watchTraffic(unit string) {
	s := w.sockets[unit]
	if s == nil || s.watched || s.served != nil {
		return
	}
	s.watched = true
	for _, fd := range s.fds {
		err := w.loop.Watch(fd, func() {
			w.unwatchTraffic(unit)
			w.loop.Do(port.TrafficSeen{Unit: unit})
		})
		if err != nil {
			w.output.Log(&port.Log{Unit: unit, Level: 4, Message: err.Error()})
		}
	}
}

func (w *World) unwatchTraffic(unit string) {
	s := w.sockets[unit]
	if s == nil || !s.watched {
		return
	}
	s.watched = false
	for _, fd := range s.fds {
		w.loop.Unwatch(fd)
	}
}
