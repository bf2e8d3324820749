package main

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/sim"
	"github.com/steward-init/steward/syntax/span"
)

// end stops everything, and checks that it comes to rest.
func (k *keeper) end(r *sim.Runner) {
	do := func(command string) {
		if k.what == "" {
			_ = r.Command(command, "") // best effort: a unit may be unknown by now
		}
	}
	do("release")
	do("vanish c")
	k.together()
	if k.what != "" || k.revives() {
		return
	}
	for range 3 {
		do("cancel")
		for _, u := range k.w.Engine.Units() {
			if !u.Unit.Perpetual && !u.Active.IsDown() {
				k.w.Inbox = append(k.w.Inbox, stopOf(u.Unit.Name))
			}
		}
		do("release")
		do("advance 1h")
	}
	if k.what != "" {
		return
	}
	for _, u := range k.w.Engine.Units() {
		if !u.Active.IsDown() && !u.Unit.Perpetual && !k.mayHang(u.Unit) {
			k.fail("what is stopped comes to rest", "%s is %s", u.Unit.Name, u.Sub)
		}
	}
}

// revives reports units that start others when they end, or whenever those are down.
func (k *keeper) revives() bool {
	for _, u := range k.w.Engine.Units() {
		for _, kind := range []model.Dependency{model.OnFailure, model.OnSuccess, model.Upholds} {
			if len(k.w.Engine.Dependencies(u.Unit.Name, kind)) > 0 {
				return true
			}
		}
	}
	return false
}

// together checks that no two units are up that exclude each other.
func (k *keeper) together() {
	if k.what != "" || k.disorder || k.strays || k.edited || len(k.w.Engine.Jobs()) > 0 || k.revives() {
		return // what is started by itself may not stop others: that start has the mode "fail"
	}
	for _, u := range k.w.Engine.Units() {
		if !u.Active.IsUp() {
			continue
		}
		for _, name := range k.w.Engine.Dependencies(u.Unit.Name, model.Conflicts) {
			if o := k.w.Engine.Unit(name); o != nil && o.Active.IsUp() {
				k.fail("no unit is up with one it conflicts with", "%s and %s", u.Unit.Name, name)
			}
		}
	}
}

// stopOf asks for a stop that nothing can refuse.
func stopOf(unit string) port.Event {
	return port.JobRequested{Unit: unit, Type: model.JobStop, Mode: model.ModeReplace,
		Cause: port.Cause{Kind: port.CauseBoot}}
}

// mayHang reports units whose settings allow them to stay for ever.
func (k *keeper) mayHang(u *model.Unit) bool {
	s := u.Service
	return s == nil || k.edited || !s.Kill.SendSIGKILL || s.TimeoutStop == 0 || s.TimeoutStop == span.Infinity
}
