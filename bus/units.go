package bus

import (
	"strings"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
)

// This file has the methods that find a unit, or act on one without a job.

// onUnit makes a method of the manager of one that acts on a unit: the name is the first argument.
func onUnit(act func(c *call, name string)) func(*call) {
	return func(c *call) {
		if name, ok := c.named(); ok {
			act(c, name)
		}
	}
}

// onSelf makes a method of a unit's object of one that acts on a unit.
func onSelf(act func(c *call, name string)) func(*call) {
	return func(c *call) { act(c, c.object.unit.Unit.Name) }
}

// named reads a unit name as the call's first argument and checks it.
func (c *call) named() (string, bool) {
	name := c.in.String()
	if !c.read() {
		return "", false
	}
	if err := unitname.Valid(name); err != nil {
		c.refuse(errorInvalidArgs, "Unit name %s is not valid.", name)
		return "", false
	}
	return name, true
}

// loaded returns a unit that the engine has; otherwise the call is refused.
func (c *call) loaded(name string) *port.UnitStatus {
	status := c.server.manager.Engine().Unit(name)
	if status == nil {
		c.refuse(errorNoSuchUnit, "Unit %s not loaded.", name)
	}
	return status
}

// load returns a unit, read from its files if need be.
func (c *call) load(name string) *port.UnitStatus {
	status, refusal := c.server.unit(name)
	if refusal != nil {
		c.refuse(refusal.Error, "%s", refusal.Message)
		return nil
	}
	return status
}

// usable is load for what can only be done to a unit that has a definition.
func (c *call) usable(name string) *port.UnitStatus {
	status := c.load(name)
	if status == nil {
		return nil
	}
	switch u := status.Unit; {
	case u.Load == model.LoadLoaded:
		return status
	case u.Load == model.LoadMasked:
		c.refuse(busName+".UnitMasked", "Unit %s is masked.", u.Name)
	case u.LoadError != nil:
		c.refuse(u.LoadError.Error, "%s", u.LoadError.Message)
	default:
		c.refuse(errorNoSuchUnit, "Unit %s not found.", u.Name)
	}
	return nil
}

func (c *call) path(path string) { c.reply("o", func(w *dbus.Writer) { w.ObjectPath(path) }) }

// getUnit finds a unit by its name, or the caller's own for "".
func (c *call) getUnit() {
	name := c.in.String()
	if !c.read() {
		return
	}
	if name == "" {
		c.ownUnit()
		return
	}
	if err := unitname.Valid(name); err != nil {
		c.refuse(errorInvalidArgs, "Unit name %s is not valid.", name)
		return
	}
	if status := c.loaded(name); status != nil {
		c.path(unitPath(status.Unit.Name))
	}
}

func (c *call) getUnitByPID() {
	pid := int(c.in.Uint32())
	if !c.read() {
		return
	}
	if pid == 0 {
		pid = int(c.client.pid)
	}
	c.unitOf(pid)
}

// ownUnit finds the unit of the caller itself.
func (c *call) ownUnit() {
	unit := c.server.manager.UnitOf(int(c.client.pid))
	if c.server.manager.Engine().Unit(unit) == nil {
		c.refuse(errorNoSuchUnit, "Client not member of any unit.")
		return
	}
	c.path(unitPath(unit))
}

func (c *call) unitOf(pid int) {
	unit := c.server.manager.UnitOf(pid)
	if c.server.manager.Engine().Unit(unit) == nil {
		c.refuse(errorNoUnitForPID, "PID %d does not belong to any loaded unit.", pid)
		return
	}
	c.path(unitPath(unit))
}

// getUnitByPIDFD is what systemctl 254 and newer ask.
func (c *call) getUnitByPIDFD() {
	index := c.in.UnixFD()
	if !c.read() {
		return
	}
	if int(index) >= len(c.message.FDs) {
		c.refuse(errorInvalidArgs, "The message has no file descriptor.")
		return
	}
	pid := c.server.manager.PIDOf(c.message.FDs[index])
	name := ""
	if pid > 0 {
		name = c.server.manager.UnitOf(pid)
	}
	status := c.server.manager.Engine().Unit(name)
	if status == nil {
		c.refuse(errorNoUnitForPID, "PID %d does not belong to any loaded unit.", pid)
		return
	}
	c.reply("osay", func(w *dbus.Writer) {
		w.ObjectPath(unitPath(name))
		w.String(name)
		writeInvocation(w, nil, &object{unit: status})
	})
}

func (c *call) getUnitByInvocationID() {
	id := c.in.ByteArray()
	if !c.read() {
		return
	}
	switch len(id) {
	case 0:
		c.ownUnit()
		return
	case 16:
	default:
		c.refuse(errorInvalidArgs, "Invalid invocation ID")
		return
	}
	if status := c.server.invoked(port.InvocationID(id)); status != nil {
		c.path(unitPath(status.Unit.Name))
		return
	}
	refusal := noInvocation(id)
	c.refuse(refusal.Error, "%s", refusal.Message)
}

func (c *call) getUnitByControlGroup() {
	group := c.in.String()
	if !c.read() {
		return
	}
	unit := c.server.manager.UnitOfGroup(group)
	if unit == "" || !strings.HasPrefix(group, "/") {
		c.refuse(errorNoSuchUnit, "Control group '%s' is not valid or not managed by this instance", group)
		return
	}
	c.path(unitPath(unit))
}

func (c *call) loadUnit() {
	name, ok := c.named()
	switch {
	case !ok:
	case unitname.IsTemplate(name):
		c.refuse(errorInvalidArgs, "Unit name %s is missing the instance name.", name)
	default:
		if status := c.load(name); status != nil {
			c.path(unitPath(status.Unit.Name))
		}
	}
}

// processes lists the processes of a unit, for a slice those of all units in it.
func (c *call) processes(name string) {
	if c.loaded(name) == nil {
		return
	}
	list := c.server.manager.Processes(name)
	c.reply("a(sus)", func(w *dbus.Writer) {
		mark := w.OpenArray(8)
		for _, p := range list {
			w.Struct()
			w.String(p.Group)
			w.Uint32(uint32(p.PID))
			w.String(p.Command)
		}
		w.CloseArray(mark)
	})
}

// maxAttached bounds the processes of one call.
const maxAttached = 4096

func (c *call) attachProcesses(name string) {
	below := c.in.String()
	var pids []int
	for end := c.in.OpenArray(dbus.AlignOf('u')); c.in.More(end) && len(pids) <= maxAttached; {
		pid := int(c.in.Uint32())
		if pid == 0 {
			pid = int(c.client.pid)
		}
		pids = append(pids, pid)
	}
	if !c.read() {
		return
	}
	status := c.loaded(name)
	switch {
	case status == nil:
	case len(pids) > maxAttached:
		c.refuse(errorLimitsExceeded, "More than %d processes in one call.", maxAttached)
	case status.Active.IsDown():
		c.refuse(errorInvalidArgs, "Unit is not active, refusing.")
	case below != "" && below != "/":
		c.refuse(errorNotSupported, "Processes can't be put below a unit's own control group by this version.")
	default:
		if err := c.server.manager.Attach(name, pids); err != nil {
			c.refuse(errorFailed, "%v", err)
			return
		}
		c.done()
	}
}

func (c *call) kill(name string) {
	who, signal := c.in.String(), c.in.Int32()
	if !c.read() {
		return
	}
	switch strings.TrimSuffix(who, "-fail") {
	case "", "all", "main", "control":
	default:
		c.refuse(errorInvalidArgs, "Invalid who argument %s", who)
		return
	}
	if signal <= 0 || signal > 64 {
		c.refuse(errorInvalidArgs, "Signal number out of range.")
		return
	}
	c.ask(func(id port.Request) port.Event {
		return port.KillRequested{Request: id, Unit: name, Who: who, Signal: signal}
	})
}

func (c *call) resetFailed(name string) {
	c.ask(func(id port.Request) port.Event { return port.ResetFailedRequested{Request: id, Unit: name} })
}

func (c *call) resetAllFailed() { c.resetFailed("") }

// refByName is ref for a unit that has a definition. Its own object takes any.
func (c *call) refByName(name string) {
	if c.usable(name) != nil {
		c.ref(name)
	}
}

// ref keeps a unit loaded as long as the client is there.
func (c *call) ref(name string) {
	status := c.load(name)
	if status == nil {
		return
	}
	c.client.referred(status.Unit.Name, 1)
	c.ask(func(id port.Request) port.Event {
		return port.UnitReferenced{Request: id, Unit: name, Client: c.client.name()}
	})
}

func (c *call) unref(name string) {
	if status := c.server.manager.Engine().Unit(name); status != nil {
		c.client.referred(status.Unit.Name, -1)
	}
	c.ask(func(id port.Request) port.Event {
		return port.UnitUnreferenced{Request: id, Unit: name, Client: c.client.name()}
	})
}

func (c *call) abandon(name string) {
	status := c.loaded(name)
	if status == nil {
		return
	}
	if status.Unit.Type != model.TypeScope {
		c.refuse(errorInvalidArgs, "Unit %s is not a scope unit, cannot abandon.", name)
		return
	}
	c.ask(func(id port.Request) port.Event { return port.ScopeAbandoned{Request: id, Unit: name} })
}

// clean removes directories that a unit owns. systemctl(1), clean.
func (c *call) clean(name string) {
	words := c.in.StringArray()
	if !c.read() || c.usable(name) == nil {
		return
	}
	var what model.Resources
	for _, word := range words {
		r, ok := model.ParseResource(word)
		if !ok {
			c.refuse(errorInvalidArgs, "Invalid resource type: %s", word)
			return
		}
		what |= r
	}
	c.ask(func(id port.Request) port.Event {
		return port.CleanRequested{Request: id, Unit: name, What: what}
	})
}

// freeze and mountInto are not done by this version; docs/compat.md.

func (c *call) freeze(name string) {
	if c.usable(name) != nil {
		c.refuse(errorNotSupported, "Unit '%s' does not support freezing.", name)
	}
}

func (c *call) mountInto(name string) {
	if c.usable(name) != nil {
		c.refuse(errorNotSupported, "Mounts can't be added to the running unit '%s' by this version.", name)
	}
}
