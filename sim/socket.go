package sim

import (
	"fmt"

	"github.com/steward-init/steward/engine/port"
)

// listen opens what a socket unit asks for, unless the script wants that to fail.
func (w *World) listen(ef port.Listen) {
	ev := port.Listened{Unit: ef.Unit.Name}
	if w.deaf[ev.Unit] {
		delete(w.deaf, ev.Unit)
		ev.Err = "Failed to create listening socket: Address already in use"
		w.answer(ev)
		return
	}
	for range ef.Unit.Socket.Listen {
		w.nextFD++
		ev.FDs = append(ev.FDs, port.NamedFD{FD: w.nextFD, Name: ef.Unit.Name})
	}
	w.answer(ev)
}

// traffic has something come on a socket unit's descriptors: "traffic web.socket". Nobody hears of it while the
// manager does not watch them.
func (c *call) traffic() error {
	unit := c.name(c.args[0])
	if !c.World.listening[unit] {
		return fmt.Errorf("%s does not listen", unit)
	}
	delete(c.World.listening, unit)
	c.send(port.TrafficSeen{Unit: unit})
	return nil
}

// listenFails has the next attempt of a socket unit to listen fail: "listen-fails web.socket".
func (c *call) listenFails() error {
	c.World.deaf[c.args[0]] = true
	return nil
}
