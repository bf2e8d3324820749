// Package bus is org.freedesktop.systemd1: the objects, methods, properties and signals by which systemctl and every
// other D-Bus client sees and drives the manager.
//
// It exists to translate between messages and the engine's vocabulary. All state is the engine's; properties are read
// from it, through the directive table and the tables here, when they are asked for. It must not meet the host: what it
// needs of the world it asks of Manager, which the manager applet implements. Everything happens on the loop's
// goroutine, but for the talk with a message bus.
package bus

import (
	"net"
	"os"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// Manager is what the bus needs besides the engine's state. All methods are called on the loop's goroutine.
type Manager interface {
	// Engine gives the state to read. Do hands the engine an event, whose effects come back by Perform.
	Engine() *engine.Engine
	Do(port.Event)
	// Drain carries out what was put off until after the present work, so that the next message sees it.
	Drain()
	// Loop is where connections are read. Post runs work on the loop's goroutine; the one method that may be called from
	// another.
	Loop() transport.Loop
	Post(work func())
	// Load returns the named units with all that they refer to, as far as the engine doesn't have them.
	Load(names ...string) []*model.Unit
	// Transient makes units of clients' properties and returns them as Load does. It owns their descriptors.
	Transient(units []Transient) ([]*model.Unit, error)
	// SetProperties adds drop-ins to a unit, for good or until the next boot, and puts them in force.
	SetProperties(u *model.Unit, runtime bool, drops []DropIn) error
	// Attach moves processes into a unit; MayAttach says whether a process is there and may be moved.
	Attach(unit string, pids []int) error
	MayAttach(pid int) bool
	// Reload reads all unit files anew; done is called when the engine has them.
	Reload(done func(error))
	// Exit ends the manager or machine: exit, reboot, poweroff, halt, kexec, reexec.
	Exit(verb string, status uint8) error
	// Facts are the values of manager properties that the engine doesn't know (Version, Features, UnitPath, …).
	Facts() *Facts
	// Group, Processes and UnitOf look at running processes.
	Group(unit string) string
	Processes(unit string) []Process
	UnitOf(pid int) string
	// UnitOfGroup finds the unit of a control group, "" for none; PIDOf the process of a pidfd, 0 for none.
	UnitOfGroup(group string) string
	PIDOf(pidfd int) int
	// File is a file that holds a text, to be read by a client.
	File(text string) (*os.File, error)
	// SetLogLevel changes what is logged; false for a word it does not know.
	SetLogLevel(word string) bool
	// SetShowStatus changes what the console shows of units; "" is what is configured.
	SetShowStatus(word string)
	Usage(unit string) Usage
	Identity(u *model.Unit) Identity
	// NeedsReload says that the files of a unit differ from what was loaded.
	NeedsReload(u *model.Unit) bool
	// Defaults are the manager's configured defaults.
	Defaults() *directive.Defaults
	// Files answers for unit files.
	Files() Files
}

// Process is one line of GetUnitProcesses.
type Process struct {
	Group   string
	PID     int
	Command string
}

// Server serves any number of connections. Create it with New.
type Server struct {
	manager Manager
	conns   map[*transport.Conn]*client
	// order keeps the clients in the order they came, so that signals go out in a stable order.
	order   []*client
	pending map[port.Request]*call
	next    port.Request
	numbers uint64 // of clients
	// changed are units whose PropertiesChanged waits for the end of the present events; a set with its order.
	changed      []string
	changedSet   map[string]bool
	gone         *port.UnitStatus // the last status of a unit that is being told and was forgotten
	managerDirty bool
	big          bool      // scratch has grown over what is kept
	reached      []*outlet // see outlets
	unsent       []*outlet // with messages that wait for Flush
	failed       int       // units, as told last
	reloading    bool      // unit files are read anew
	reloads      []*call   // that wait for the next time
	marked       map[string]markers
	scratch      dbus.Writer
	tables       map[string]*iface // of unit types, by interface, made when first needed
	link         *Link             // to a message bus, nil without one
	names        map[string]int    // that units watch on the bus, with how many do
	owner        uint32            // the user whose manager this is
}

// client is one connection to the private socket, or one name on a message bus.
type client struct {
	outlet
	number uint64 // tells clients apart
	uid    uint32
	pid    int32
	// subscribed is set by Subscribe(). A direct connection gets every signal whether it subscribed or not.
	subscribed bool

	// link is the bus that the client is on, nil for a direct connection; unique is its name there. Until the bus has
	// told who it is, its messages wait in early.
	link   *Link
	unique string
	known  bool
	unit   string // whose process it is, as far as it is any's
	early  []*transport.Message
}

// New makes a server. Serve it listeners.
func New(m Manager) *Server {
	return &Server{manager: m, conns: map[*transport.Conn]*client{}, pending: map[port.Request]*call{},
		changedSet: map[string]bool{}, tables: map[string]*iface{}, names: map[string]int{}, owner: uint32(os.Geteuid())}
}

// Serve accepts connections on a private socket until it is closed. allow decides by user ID.
func (s *Server) Serve(l *net.UnixListener, allow func(uid uint32) bool) error {
	server := transport.Server{
		Config: transport.Config{
			Corked: true,
			Handle: func(c *transport.Conn, m *transport.Message) {
				s.dispatch(s.client(c), m)
				s.manager.Drain()
			},
			Closed: func(c *transport.Conn, _ error) { s.leave(c) },
			Drained: func(c *transport.Conn) {
				if known := s.conns[c]; known != nil {
					s.catchUp(&known.outlet)
				}
			},
		},
		Loop:  s.manager.Loop(),
		Allow: allow,
	}
	return server.Serve(l)
}

func (s *Server) client(c *transport.Conn) *client {
	if known := s.conns[c]; known != nil {
		return known
	}
	pid, uid, _ := c.Peer()
	s.numbers++
	fresh := &client{outlet: outlet{conn: c}, number: s.numbers, uid: uid, pid: pid}
	s.conns[c] = fresh
	s.order = append(s.order, fresh)
	return fresh
}

// leave forgets a connection and what its client held.
func (s *Server) leave(c *transport.Conn) {
	gone := s.conns[c]
	if gone == nil {
		return
	}
	delete(s.conns, c)
	for i, other := range s.order {
		if other == gone {
			s.order = append(s.order[:i], s.order[i+1:]...)
			break
		}
	}
	s.forget(gone)
}

// forget drops what a client that left was waiting for and held.
func (s *Server) forget(gone *client) {
	for id, waiting := range s.pending {
		if waiting.client == gone {
			delete(s.pending, id)
		}
	}
	if gone.link != nil {
		gone.link.dropRefs(gone)
	}
	if gone.subscribed {
		gone.subscribed = false
		s.countListeners()
	}
	s.manager.Do(port.ClientVanished{Client: gone.name()})
}
