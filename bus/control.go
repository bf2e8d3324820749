package bus

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/wire/dbus"
)

// This file has the methods that concern the manager as a whole.

// Facts are what the manager knows of itself and the machine, for its properties.
type Facts struct {
	Version, Features, Virtualization, Architecture, Tainted string
	MachineID                                                string
	User                                                     bool // a user's manager, not the system's
	UnitPath                                                 []string
	ControlGroup                                             string
	ConfirmSpawn, ShowStatus                                 bool
	LogLevel, LogTarget                                      string
	// Times are the stages of the manager's start, by property name without "Timestamp".
	Times       map[string]port.Time
	ExitCode    byte
	WatchdogOff bool // ServiceWatchdogs=no
}

// subscribe counts a client's interest in signals. On a private connection it gets all of them anyway.
func (c *call) subscribe() {
	if c.client.subscribed {
		c.refuse(busName+".AlreadySubscribed", "Client is already subscribed.")
		return
	}
	c.client.subscribed = true
	c.server.countListeners()
	c.done()
}

func (c *call) unsubscribe() {
	if !c.client.subscribed {
		c.refuse(busName+".NotSubscribed", "Client is not subscribed.")
		return
	}
	c.client.subscribed = false
	c.server.countListeners()
	c.done()
}

// maxReloads bounds the calls that wait for a reload.
const maxReloads = 1024

// reload answers when the new definitions are in force. Files may have changed since a reload under way has read them:
// who asks meanwhile waits for the next one, all together.
func (c *call) reload() {
	s := c.server
	if len(s.reloads) >= maxReloads {
		c.refuse(errorLimitsExceeded, "%d clients wait for a reload already.", maxReloads)
		return
	}
	s.reloads = append(s.reloads, c)
	if !s.reloading {
		s.reload()
	}
}

// reload tells everybody that it began and ended.
func (s *Server) reload() {
	waiting := s.reloads
	s.reloads, s.reloading = nil, true
	s.tellReloading(true)
	s.manager.Reload(func(err error) {
		s.reloading = false
		s.tellReloading(false)
		for _, c := range waiting {
			if err != nil {
				c.refuse(errorFailed, "%s", err.Error())
				continue
			}
			c.done()
		}
		if len(s.reloads) > 0 {
			s.reload()
		}
	})
}

func (s *Server) tellReloading(active bool) {
	s.emit(managerPath, managerInterface, "Reloading", "b", func(w *dbus.Writer) { w.Bool(active) })
}

// StartupFinished tells that the boot transaction is done, with how long each stage took, µs.
func (s *Server) StartupFinished(firmware, loader, kernel, initrd, userspace, total uint64) {
	s.emit(managerPath, managerInterface, "StartupFinished", "tttttt", func(w *dbus.Writer) {
		for _, v := range []uint64{firmware, loader, kernel, initrd, userspace, total} {
			w.Uint64(v)
		}
	})
	s.managerDirty = true
}

func (c *call) unsetAndSet() {
	unset, set := c.in.StringArray(), c.in.StringArray()
	c.environment(unset, set)
}

func (c *call) environment(unset, set []string) {
	if !c.read() {
		return
	}
	given := map[string]bool{}
	for _, assignment := range set {
		name, _, ok := strings.Cut(assignment, "=")
		again := given[name] // two values for one name: which was meant?
		given[name] = true
		if !ok || again || !validVariable(name) {
			c.refuse(errorInvalidArgs, "Invalid environment assignments")
			return
		}
	}
	for _, entry := range unset {
		if name, _, _ := strings.Cut(entry, "="); !validVariable(name) {
			c.refuse(errorInvalidArgs, "Invalid environment variable names or assignments")
			return
		}
	}
	c.ask(func(id port.Request) port.Event {
		return port.EnvironmentChanged{Request: id, Unset: unset, Set: set}
	})
}

func validVariable(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for _, r := range name {
		if r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return true
}

// systemOnly are the ways to leave that a user's manager refuses, by the words in which it does.
var systemOnly = map[string]string{"reboot": "Reboot is", "poweroff": "Powering off is", "halt": "Halt is",
	"kexec": "KExec is"}

// leaving makes a method that ends the manager or the machine.
func leaving(verb string) func(*call) {
	return func(c *call) {
		facts := c.server.manager.Facts()
		if words, ok := systemOnly[verb]; ok && facts.User {
			c.refuse(errorNotSupported, "%s only supported for system managers.", words)
			return
		}
		if err := c.server.manager.Exit(verb, facts.ExitCode); err != nil {
			c.refuse(errorNotSupported, "%s", err.Error())
			return
		}
		c.done()
	}
}

// reexecute is not answered when it is done: the manager that would is gone by then.
func (c *call) reexecute() {
	if err := c.server.manager.Exit("reexecute", 0); err != nil {
		c.refuse(errorNotSupported, "%s", err.Error())
		return
	}
	c.answered = true
}

func (c *call) switchRoot() {
	if c.server.manager.Facts().User {
		c.refuse(errorNotSupported, "Root switching is only supported by system manager.")
		return
	}
	c.refuse(errorNotSupported, "Root switching is not supported by this version.")
}

func (c *call) setExitCode() {
	code := c.in.Byte()
	if c.read() {
		c.server.manager.Facts().ExitCode = code
		c.done()
	}
}

func (c *call) setShowStatus() {
	word := c.in.String()
	if !c.read() {
		return
	}
	switch word {
	case "", "auto", "temporary", "error":
	default:
		if _, err := quantity.ParseBool(word); err != nil {
			c.refuse(errorInvalidArgs, "Invalid show status '%s'", word)
			return
		}
	}
	c.server.manager.SetShowStatus(word)
	c.done()
}

// This version makes no dynamic users, so none is ever found.
func (c *call) dynamicUserByName() {
	name := c.in.String()
	if c.read() && c.systemInstance() {
		c.refuse(busName+".NoSuchDynamicUser", "Dynamic user %s does not exist.", name)
	}
}

func (c *call) dynamicUserByUID() {
	uid := c.in.Uint32()
	if c.read() && c.systemInstance() {
		c.refuse(busName+".NoSuchDynamicUser", "Dynamic user ID %d does not exist.", uid)
	}
}

func (c *call) dynamicUsers() {
	if c.systemInstance() {
		c.reply("a(us)", func(w *dbus.Writer) { w.CloseArray(w.OpenArray(8)) })
	}
}

func (c *call) systemInstance() bool {
	if c.server.manager.Facts().User {
		c.refuse(errorNotSupported, "Dynamic users are only supported in the system instance.")
		return false
	}
	return true
}

// String is how a client is named in causes and logs.
func (c *client) String() string { return fmt.Sprintf("uid %d pid %d", c.uid, c.pid) }
