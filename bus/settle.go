package bus

import (
	"context"
	"sync"
	"time"

	"github.com/steward-init/steward/wire/dbus"
)

// The bounds on Settle: how long it takes at most, and how many clients it asks.
const (
	settling   = 250 * time.Millisecond
	maxSettled = 64
)

// Settle is asked for before a unit is stopped. Where clients of ours on the message bus are processes of the unit, or
// the unit is the bus and takes everybody's messages along, it reports true, and calls done on the loop once they have
// nothing under way any more: each answers a ping after what it was at, as to answer somebody for whom it called us.
// logind is one, who asks us to power off and then answers systemctl. Nobody is waited for longer than the bound.
func (s *Server) Settle(unit string, isBus bool, done func()) bool {
	if s.link == nil {
		return false
	}
	var names []string
	for name, c := range s.link.clients {
		if c.known && (isBus || c.unit == unit) && len(names) < maxSettled {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return false
	}
	link := s.link
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), settling)
		defer cancel()
		var group sync.WaitGroup
		for _, name := range names {
			group.Go(func() { link.ping(ctx, name) })
		}
		group.Wait()
		s.manager.Post(done)
	}()
	return true
}

// ping waits until a client has answered that it is there.
func (l *Link) ping(ctx context.Context, name string) {
	h := dbus.Header{Type: dbus.MethodCall, Path: "/", Interface: "org.freedesktop.DBus.Peer", Member: "Ping",
		Destination: name}
	if m, err := l.bus.Call(ctx, h, nil); err == nil { // an error is an answer, too
		m.Close()
	}
}
