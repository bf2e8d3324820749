package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// listJobs prints the installed jobs.
func (c *call) listJobs() error {
	for _, j := range c.World.Engine.Jobs() {
		text := fmt.Sprintf("%d %s %s %s", c.Runner.job(j.ID), j.Type, j.Unit, j.State)
		var awaits []string
		for _, id := range c.World.Engine.Awaits(j.ID) {
			awaits = append(awaits, strconv.Itoa(int(c.Runner.job(id))))
		}
		if len(awaits) > 0 {
			text += " after " + strings.Join(awaits, ",")
		}
		c.say("queued", text)
	}
	return nil
}

// listUnits prints the units that are loaded and not of the world's own base.
func (c *call) listUnits() error {
	var names []string
	for _, u := range c.World.Engine.Units() {
		own := slices.ContainsFunc(c.World.own, func(name string) bool { return name == u.Unit.Name })
		if !own && u.Unit.Load != model.LoadNotFound {
			names = append(names, u.Unit.Name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		u := c.World.Engine.Unit(name)
		c.say(name, u.Unit.Load.String()+" "+u.Active.String()+" "+u.Sub)
	}
	return nil
}

// plan prints the jobs that a request would lead to: "plan stop web.service [--mode=…]".
func (c *call) plan() error {
	t, ok := model.ParseJobType(c.args[0])
	if !ok {
		return fmt.Errorf("no job type %q", c.args[0])
	}
	mode := model.ModeReplace
	for _, o := range c.options {
		mode, _ = model.ParseJobMode(strings.TrimPrefix(o, "mode="))
	}
	planned, refusal := c.World.Engine.Plan(port.JobRequested{Unit: c.args[1], Type: t, Mode: mode})
	if refusal != nil {
		c.say("refused", refusal.Error+": "+refusal.Message)
	}
	for _, j := range planned.Jobs {
		c.say("plan", j.Type.String()+" "+j.Unit)
	}
	return nil
}

func (c *call) env() error {
	c.environment(c.args[0])
	return nil
}

// printLog prints what was logged in this step, of all units or of some.
func (c *call) printLog() error {
	for _, l := range c.log {
		if l.Level < 7 && (len(c.args) == 0 || slices.Contains(c.args, l.Unit)) {
			c.say("log", l.Message)
		}
	}
	c.log = nil
	return nil
}

func (c *call) timers() error {
	for _, t := range c.World.ArmedTimers() {
		c.say("timer", t.Unit+" "+t.Timer.String()+" in "+(c.World.Timers[t]-c.World.Now.Monotonic).String())
	}
	return nil
}

func (c *call) forgotten() error {
	slices.Sort(c.removed)
	for _, name := range c.removed {
		c.say("forgotten", name)
	}
	c.removed = nil
	return nil
}

func (c *call) snapshot() error { return c.World.Snapshot() }

// show prints properties of a unit by their D-Bus names.
func (c *call) show() error {
	u := c.World.Engine.Unit(c.args[0])
	if u == nil {
		c.say(c.args[0], "is not loaded")
		return nil
	}
	for _, name := range c.args[1:] {
		value, ok := c.property(u, name)
		if !ok {
			return fmt.Errorf("no property %q", name)
		}
		c.say(u.Unit.Name, name+"="+value)
	}
	return nil
}

func (c *call) property(u *port.UnitStatus, name string) (string, bool) {
	if d, ok := model.ParseDependency(name); ok {
		names := slices.DeleteFunc(c.World.Engine.Dependencies(u.Unit.Name, d), func(n string) bool {
			return slices.Contains(c.World.own, n)
		})
		return strings.Join(names, " "), true
	}
	switch name {
	case "ActiveState":
		return u.Active.String(), true
	case "SubState":
		return u.Sub, true
	case "LoadState":
		return u.Unit.Load.String(), true
	case "LoadError":
		if u.Unit.LoadError == nil {
			return "", true
		}
		return u.Unit.LoadError.Error + ": " + u.Unit.LoadError.Message, true
	case "FragmentPath":
		return u.Unit.Fragment, true
	case "DropInPaths":
		return strings.Join(u.Unit.DropIns, " "), true
	case "Names":
		return strings.Join(append([]string{u.Unit.Name}, u.Unit.Aliases...), " "), true
	case "Description":
		return u.Unit.Description, true
	case "ConditionResult":
		return yesNo(u.ConditionResult), true
	case "AssertResult":
		return yesNo(u.AssertResult), true
	case "Cause":
		return causeWords(u.LastCause), true
	case "Job":
		if u.Job == 0 {
			return "none", true
		}
		return strconv.Itoa(int(c.Runner.job(u.Job))), true
	case "Result":
		if u.Scope != nil {
			return u.Scope.Result.String(), true
		}
	}
	if u.Service == nil {
		return "", false
	}
	return c.serviceProperty(u.Service, name)
}

func (c *call) serviceProperty(s *port.ServiceStatus, name string) (string, bool) {
	switch name {
	case "Result":
		return s.Result.String(), true
	case "CleanResult":
		return s.CleanResult.String(), true
	case "ReloadResult":
		return s.ReloadResult.String(), true
	case "MainPID":
		return c.processWords(s.MainPID), true
	case "ControlPID":
		return c.processWords(s.ControlPID), true
	case "StatusText":
		return s.StatusText, true
	case "StatusErrno":
		return strconv.Itoa(int(s.StatusErrno)), true
	case "StatusBusError":
		return s.StatusBusError, true
	case "NotifyAccess":
		return s.NotifyAccess.String(), true
	case "NRestarts":
		return strconv.Itoa(int(s.Restarts)), true
	case "RestartUSecNext":
		return s.RestartNext.String(), true
	case "WatchdogUSec":
		return s.Watchdog.String(), true
	case "NFileDescriptorStore":
		return strconv.Itoa(len(s.FDs)), true
	case "ExecMain":
		if s.Main.Code == 0 {
			return "not ended", true
		}
		code, status := kind.ExitWords(s.Main.Code, s.Main.Status)
		return code + " " + status, true
	}
	return "", false
}

// processWords names a process by its role, as PIDs mean nothing.
func (c *call) processWords(pid int) string {
	switch p := c.World.Processes[pid]; {
	case pid == 0:
		return "none"
	case p == nil:
		return "gone"
	default:
		return p.Role
	}
}

var causeKinds = []string{"client", "boot", "dependency", "restart", "OnFailure", "OnSuccess", "trigger", "uphold",
	"unneeded", "propagation", "bound", "isolate"}

// causeWords says why a job was made.
func causeWords(cause port.Cause) string {
	text := causeKinds[cause.Kind]
	if cause.Unit != "" {
		text += " of " + cause.Unit
	}
	if cause.Origin != (model.Origin{}) {
		text += " (" + cause.Edge.String() + "= at " + cause.Origin.String() + ")"
	}
	return text
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
