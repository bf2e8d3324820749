package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// Link is our connection to a message bus: there, clients are known by their unique names, signals go out once for all
// who listen, and the owners of names can be watched for Type=dbus services. All methods but Join are for the loop.
type Link struct {
	outlet
	server *Server
	bus    *transport.Client
	// clients have called us and are still there.
	clients map[string]*client
	// owed are jobs whose makers are to be told of the end, whether anybody subscribed or not.
	owed      map[uint32]bool
	listeners int
	// refs are the units that clients hold a reference to, and thereby listen to: their changes are told on the bus
	// though nobody subscribed, as systemd does.
	refs    map[string]map[*client]int
	watched map[string]int    // names that units watch, with the number of the watch
	owners  map[string]string // of those, as told last
	watches int               // so far
}

// patience is how long the bus may take to answer us.
const patience = 25 * time.Second

// maxClients bounds the clients that are remembered; the messages of more are refused.
const maxClients = 8192

// maxEarly bounds the messages of a client that wait until the bus has told who it is.
const maxEarly = 256

// Join connects to a message bus and takes our name on it. It waits for the bus; call it beside the loop.
func (s *Server) Join(ctx context.Context, addresses string) error {
	l := &Link{server: s, clients: map[string]*client{}, owed: map[uint32]bool{}, watched: map[string]int{},
		owners: map[string]string{}, refs: map[string]map[*client]int{}}
	config := transport.Config{
		Handle: func(_ *transport.Conn, m *transport.Message) {
			done := make(chan struct{})
			s.manager.Post(func() {
				defer close(done)
				l.receive(m)
			})
			<-done
		},
		Closed:  func(*transport.Conn, error) { s.manager.Post(l.lost) },
		Drained: func(*transport.Conn) { s.manager.Post(func() { s.catchUp(&l.outlet) }) },
	}
	ready := make(chan struct{})
	handle := config.Handle
	config.Handle = func(c *transport.Conn, m *transport.Message) {
		<-ready
		handle(c, m)
	}
	open, err := transport.OpenBus(ctx, addresses, config)
	if err != nil {
		return err
	}
	l.bus, l.conn = open, open.Conn
	close(ready)
	if err := open.RequestName(ctx, busName, transport.DoNotQueue); err != nil {
		open.Close()
		return fmt.Errorf("name %s: %w", busName, err)
	}
	s.manager.Post(func() {
		if s.link != nil || open.Err() != nil {
			open.Close()
			return
		}
		s.link = l
		for name := range s.names {
			l.watch(name)
		}
	})
	return nil
}

// Joined says whether there is a connection to a message bus.
func (s *Server) Joined() bool { return s.link != nil }

// lost forgets what hung on a connection that ended.
func (l *Link) lost() {
	if l.server.link != l {
		return
	}
	l.server.link = nil
	gone := l.clients
	l.clients = map[string]*client{}
	for _, c := range gone {
		l.server.forget(c)
	}
}

// receive takes one message from the bus.
func (l *Link) receive(m *transport.Message) {
	if m.Type == dbus.Signal {
		l.signal(m)
		m.Close()
		return
	}
	if m.Type != dbus.MethodCall || m.Sender == "" {
		m.Close()
		return
	}
	from := l.clients[m.Sender]
	if from == nil {
		from = l.newClient(strings.Clone(m.Sender))
	}
	switch {
	case from == nil || len(from.early) >= maxEarly:
		m.Close() // the client will think that we are slow, which is true
	case !from.known:
		from.early = append(from.early, m)
	default:
		l.server.dispatch(from, m)
	}
}

// newClient remembers a client, watches for its end and asks the bus who it is. Its messages wait for the answer.
func (l *Link) newClient(name string) *client {
	if len(l.clients) >= maxClients {
		return nil
	}
	l.server.numbers++
	c := &client{outlet: outlet{conn: l.conn}, number: l.server.numbers, unique: name, link: l}
	l.clients[name] = c
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		err := l.bus.AddMatch(ctx, ownerChanges(name))
		uid, pid := uint32(0), int32(0)
		if err == nil {
			uid, pid, err = l.credentials(ctx, name)
		}
		l.server.manager.Post(func() { l.introduced(c, uid, pid, err) })
	}()
	return c
}

func ownerChanges(name string) dbus.Match {
	return dbus.Match{Type: dbus.Signal, Sender: dbus.BusName, Interface: dbus.BusInterface, Member: "NameOwnerChanged",
		Args: []dbus.ArgMatch{{Value: name}}}
}

// toBus is the header of a call to the bus itself.
func toBus(member, sig string) dbus.Header {
	return dbus.Header{Type: dbus.MethodCall, Path: dbus.BusPath, Interface: dbus.BusInterface, Member: member,
		Destination: dbus.BusName, Signature: sig}
}

// ask asks the bus about a name.
func (l *Link) ask(ctx context.Context, member, name string) (dbus.Reader, error) {
	m, err := l.bus.Call(ctx, toBus(member, "s"), func(w *dbus.Writer) { w.String(name) })
	if err != nil {
		return dbus.Reader{}, err
	}
	return m.Reader(), nil
}

func (l *Link) credentials(ctx context.Context, name string) (uid uint32, pid int32, err error) {
	r, err := l.ask(ctx, "GetConnectionUnixUser", name)
	if err != nil {
		return 0, 0, err
	}
	uid = r.Uint32()
	r, err = l.ask(ctx, "GetConnectionUnixProcessID", name)
	if err == nil {
		pid = int32(r.Uint32())
	}
	return uid, pid, errors.Join(err, r.Err())
}

// introduced dispatches what a client has said so far.
func (l *Link) introduced(c *client, uid uint32, pid int32, err error) {
	early := c.early
	c.early = nil
	if err != nil || l.clients[c.unique] != c {
		if l.clients[c.unique] == c {
			delete(l.clients, c.unique)
			l.unmatch(c.unique)
		}
		for _, m := range early {
			m.Close()
		}
		return
	}
	c.uid, c.pid, c.known = uid, pid, true
	c.unit = l.server.manager.UnitOf(int(pid))
	for _, m := range early {
		l.server.dispatch(c, m)
	}
}

// signal takes NameOwnerChanged: a client left, or a service that is watched for got its name; and activations.
func (l *Link) signal(m *transport.Message) {
	if m.Sender == dbus.BusName {
		l.activation(m)
	}
	if m.Sender != dbus.BusName || m.Member != "NameOwnerChanged" || m.Signature != "sss" {
		return
	}
	r := m.Reader()
	name, _, owner := r.String(), r.String(), r.String()
	if r.Err() != nil {
		return
	}
	if c := l.clients[name]; c != nil && owner == "" {
		delete(l.clients, name)
		l.server.forget(c)
		l.unmatch(name)
	}
	if l.watched[name] > 0 {
		l.owned(name, owner)
	}
}

// unmatch takes an ownerChanges match back.
func (l *Link) unmatch(name string) {
	rule := ownerChanges(name)
	_ = l.bus.Notify(toBus("RemoveMatch", "s"), func(w *dbus.Writer) { w.String(rule.String()) }) // best effort
}

// owned tells the engine who owns a name now, and with which process where it can't know, for which the bus has to be
// asked: until then the service would not be up, though its clients have answers from it.
func (l *Link) owned(name, owner string) {
	l.owners[name] = owner
	if owner == "" || !l.isUnknown(name) {
		l.server.manager.Do(port.BusNameChanged{Name: name, Owner: owner})
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		pid := 0
		if r, err := l.ask(ctx, "GetConnectionUnixProcessID", owner); err == nil {
			pid = int(r.Uint32())
		}
		l.server.manager.Post(func() {
			if l.owners[name] == owner { // otherwise it has gone on while we asked
				l.server.manager.Do(port.BusNameChanged{Name: name, Owner: owner, PID: pid})
			}
		})
	}()
}

// isUnknown reports that the main process of a service that has a name is not known.
func (l *Link) isUnknown(name string) bool {
	for _, u := range l.server.manager.Engine().Units() {
		if s := u.Unit.Service; s != nil && s.BusName == name && (u.Service == nil || u.Service.MainPID == 0) {
			return true
		}
	}
	return false
}

// watch asks the bus to tell of a name, and who has it now.
func (l *Link) watch(name string) {
	l.watches++
	l.watched[name] = l.watches
	this := l.watches
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := l.bus.AddMatch(ctx, ownerChanges(name)); err != nil {
			return // the bus left us
		}
		r, err := l.ask(ctx, "GetNameOwner", name)
		owner := ""
		if err == nil {
			owner = r.String()
		}
		l.server.manager.Post(func() {
			// What the bus told meanwhile by itself is newer than its answer.
			if _, told := l.owners[name]; !told && l.watched[name] == this {
				l.owned(name, owner)
			}
		})
	}()
}

// WatchName tells the engine of the owners of a D-Bus name, as soon as there is a bus: host.Names.
func (s *Server) WatchName(_, name string) {
	s.names[name]++
	if s.link != nil && s.names[name] == 1 {
		s.link.watch(name)
	}
}

// UnwatchName ends a WatchName.
func (s *Server) UnwatchName(_, name string) {
	if s.names[name]--; s.names[name] > 0 {
		return
	}
	delete(s.names, name)
	if s.link != nil {
		delete(s.link.watched, name)
		delete(s.link.owners, name)
		s.link.unmatch(name)
	}
}

// countListeners is called when somebody subscribed or no longer is.
func (s *Server) countListeners() {
	if s.link == nil {
		return
	}
	s.link.listeners = 0
	for _, c := range s.link.clients {
		if c.subscribed {
			s.link.listeners++
		}
	}
}

// owe notes that a client on the bus made a job.
func (s *Server) owe(c *client, job uint32) {
	if c.link != nil && s.link == c.link {
		c.link.owed[job] = true
	}
}

// referred notes that a client on the bus took a reference to a unit, or gave one back.
func (c *client) referred(unit string, by int) {
	if c.link == nil || c.link.clients[c.unique] != c {
		return
	}
	held := c.link.refs[unit]
	if held == nil {
		held = map[*client]int{}
		c.link.refs[unit] = held
	}
	if held[c] += by; held[c] <= 0 {
		delete(held, c)
	}
	if len(held) == 0 {
		delete(c.link.refs, unit)
	}
}

// dropRefs forgets the references of a client that left.
func (l *Link) dropRefs(gone *client) {
	for unit, held := range l.refs {
		if delete(held, gone); len(held) == 0 {
			delete(l.refs, unit)
		}
	}
}
