package sim

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// hold has the world's answers wait until they are taken, as on a machine that is slow; release lets them all go.
func (c *call) hold() error {
	c.World.Held = true
	return nil
}

func (c *call) release() error {
	c.World.Held = false
	c.Runner.run()
	return nil
}

// take gives the engine one of the answers that wait, the first or that of the given number.
func (c *call) take() error {
	n := 0
	if len(c.args) > 0 {
		n, _ = strconv.Atoi(c.args[0]) // a word that is no number is the first
	}
	if len(c.World.Inbox) == 0 {
		return fmt.Errorf("nothing waits")
	}
	c.World.Take(n % len(c.World.Inbox))
	return nil
}

// StrayPID is the first of the PIDs that no unit of the world ever has, however often one is restarted.
const StrayPID = 1 << 30

// stray tells the engine what is not so, or not any more: "stray KIND UNIT [NUMBER]".
func (c *call) stray() error {
	unit, n := c.args[1], 0
	if len(c.args) > 2 {
		n, _ = strconv.Atoi(c.args[2]) // a word that is no number is 0
	}
	var ev port.Event
	switch c.args[0] {
	case "spawned":
		ev = port.Spawned{Unit: unit, Token: uint64(n), PID: StrayPID + n, Executed: true}
	case "spawn-failed":
		ev = port.SpawnFailed{Unit: unit, Token: uint64(n)}
	case "exit":
		ev = port.ProcessExited{Unit: unit, PID: StrayPID + n, Code: port.Exited}
	case "kill-sent":
		ev = port.KillSent{Unit: unit, Token: uint64(n)}
	case "elapsed":
		ev = port.TimerElapsed{Unit: unit, Timer: port.Timer(n % port.Timers)}
	case "conditions":
		ev = port.ConditionsChecked{Unit: unit}
	case "pid-file":
		ev = port.PIDFileRead{Unit: unit, Err: "not there"}
	case "guess":
		ev = port.MainPIDGuessed{Unit: unit}
	case "oom":
		ev = port.OOMKilled{Unit: unit}
	case "hang-up":
		ev = port.StoredFDClosed{Unit: unit, FD: uint64(n)}
	case "bus-name":
		ev = port.BusNameChanged{Name: unit, Owner: ":1.7"}
	default:
		return fmt.Errorf("no kind %q", c.args[0])
	}
	c.send(ev)
	return nil
}

// oomKill has the kernel end a process for want of memory, and all of its unit with OOMPolicy=kill:
// "oom-kill UNIT ROLE".
func (c *call) oomKill() error {
	p, err := c.process(c.args[0], c.args[1])
	if err != nil {
		return err
	}
	w := c.World
	w.answer(port.OOMKilled{Unit: p.Unit})
	policy := model.OOMContinue
	if u := w.Engine.Unit(p.Unit); u != nil && u.Unit.Service != nil {
		policy = u.Unit.Service.OOMPolicy
	} else if u != nil && u.Unit.Scope != nil {
		policy = u.Unit.Scope.OOMPolicy
	}
	for _, o := range w.Of(p.Unit) {
		if o == p || policy == model.OOMKill {
			w.End(o, port.Killed, sigKILL)
		}
	}
	c.run()
	return nil
}

// mount has somebody mount, or unmount, what a mount unit stands for: "mount UNIT".
func (c *call) mount() error {
	w := c.World
	w.mounted = slices.DeleteFunc(w.mounted, func(unit string) bool { return unit == c.args[0] })
	if c.verb == "mount" {
		w.mounted = append(w.mounted, c.args[0])
	}
	c.send(port.MountsRead{Units: slices.Clone(w.mounted), Loaded: w.Load(w.mounted...)})
	return nil
}
