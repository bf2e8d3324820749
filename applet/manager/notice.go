package manager

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/condition"
	"github.com/steward-init/steward/sdk"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/unitfile"
)

// clients passes on to the bus what concerns it, and notices what the manager itself has to follow.
type clients struct{ m *Manager }

// Perform is host.Clients.
func (c clients) Perform(effect port.Effect) {
	m := c.m
	if m.tracing {
		m.traceJob(effect)
	}
	m.server.Perform(effect)
	switch e := effect.(type) {
	case port.UnitChanged:
		m.settle(e.Unit, false)
		m.tellVerdicts(e.Unit)
		if isBus(e.Unit) {
			m.joinBus()
		}
	case port.UnitRemoved:
		m.settle(e.Unit, true)
		m.world.Forget(e.Unit)
		m.invocations.Delete(e.Unit)
		delete(m.warned, e.Unit)
		delete(m.unitFiles.states, e.Unit)
		delete(m.unitFiles.wanted, e.Unit)
	}
}

// isBus says whether a unit is a message bus.
func isBus(name string) bool { return name == "dbus.service" || name == "dbus-broker.service" }

// before has a unit wait for its end until what its processes, or all clients of a message bus, say because of us has
// come through.
func (m *Manager) before(unit string, proceed func()) bool {
	return m.server.Settle(unit, isBus(unit), proceed)
}

// joinBus connects to the message bus once it is there. It is called again whenever the bus' own service changes.
func (m *Manager) joinBus() {
	path := m.busSocket()
	if path == "" || m.joining || m.server.Joined() || !m.busRuns() {
		return
	}
	if _, err := os.Stat(path); err != nil {
		return
	}
	m.joining = true
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), joinPatience)
		defer cancel()
		err := m.server.Join(ctx, "unix:path="+path)
		m.loop.Post(func() {
			m.joining = false
			if err != nil {
				m.log(7, "No connection to the message bus: "+err.Error())
			}
		})
	}()
}

// busRuns says whether connecting reaches a bus. Where its socket is ours and its service does not run yet, to connect
// would start it, and we would wait for ourselves.
func (m *Manager) busRuns() bool {
	isUp := func(name string) bool {
		status := m.loop.Engine.Unit(name)
		return status != nil && status.Active.IsUp()
	}
	return isUp("dbus.service") || isUp("dbus-broker.service") || !isUp("dbus.socket")
}

// joinPatience is how long the bus may take to greet us.
const joinPatience = 25 * time.Second

// busSocket is where our message bus listens: the system's for the system manager, and for others the one in their
// runtime directory, never one that belongs to another manager.
func (m *Manager) busSocket() string {
	switch {
	case m.options.user || m.options.runtimeDir != "":
		return m.dirs.base + "/bus"
	case m.pid1:
		return "/run/dbus/system_bus_socket"
	}
	return ""
}

// Flush is host.Clients.
func (c clients) Flush() {
	c.m.unitFiles.fresh = false
	c.m.settleMade()
	c.m.noteBoot()
	c.m.server.Flush()
}

// tellVerdicts logs, at each start of a unit, which lines of its files have no effect: what systemctl status shows of a
// unit's log begins with the unit's start.
func (m *Manager) tellVerdicts(name string) {
	status := m.loop.Engine.Unit(name)
	if status == nil || len(status.Unit.Diagnostics) == 0 || status.Active.IsDown() ||
		m.warned[name] == status.InactiveExit.Monotonic {
		return
	}
	m.warned[name] = status.InactiveExit.Monotonic
	var list []string
	var first unitfile.Pos
	for i := range status.Unit.Diagnostics {
		if d := &status.Unit.Diagnostics[i]; d.Severity == unitfile.Info {
			if len(list) == 0 {
				first = d.Pos
			}
			list = append(list, d.Message+" ("+d.Pos.String()+")")
		}
	}
	if len(list) > 0 {
		m.output.Log(&port.Log{Unit: name, Level: 5, Message: name + ": " + strings.Join(list, "; "),
			Fields: configFields(first)})
	}
}

// noteBoot says once that the boot is done.
func (m *Manager) noteBoot() {
	if m.booted || !m.begun {
		return
	}
	switch m.loop.Engine.SystemState() {
	case "initializing", "starting":
		return
	}
	m.booted = true
	if m.firstBoot {
		m.firstBoot = false
		_ = os.Remove(condition.FirstBoot) // best effort: it is of this boot, in /run
	}
	finish := m.stage("Finish")
	begin := m.busFacts.Times["Userspace"]
	userspace := span.Span(0)
	if finish.Monotonic > begin.Monotonic {
		userspace = finish.Monotonic - begin.Monotonic
	}
	kernel, total := span.Span(0), userspace
	firmware, loader := m.busFacts.Times["Firmware"].Monotonic, m.busFacts.Times["Loader"].Monotonic
	if m.busFacts.Times["Kernel"].Realtime != 0 {
		kernel, total = begin.Monotonic, firmware+finish.Monotonic
	}
	m.notifyAbove("READY=1\nSTATUS=Startup finished in " + total.String() + ".")
	m.server.StartupFinished(uint64(firmware-loader), uint64(loader), uint64(kernel), 0, uint64(userspace), uint64(total))
}

// notifyAbove tells whoever started this manager (a manager above, or a container's) how it is. systemd(1),
// $NOTIFY_SOCKET.
func (m *Manager) notifyAbove(state string) {
	if _, err := sdk.Notify(state, false); err != nil {
		m.log(4, err.Error())
	}
}
