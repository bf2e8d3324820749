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
		if !u.Active.IsDown() && !u.Unit.Perpetual && !k.mayHang(u) {
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

// stopOf asks for a stop that nothing can refuse.
func stopOf(unit string) port.JobRequested {
	return port.JobRequested{Unit: unit, Type: model.JobStop, Mode: model.ModeReplace,
		Cause: port.Cause{Kind: port.CauseBoot}}
}

// mayHang reports units whose settings allow them to stay for ever, those whose job waits for such a one, and those
// whose stop is refused, for an order that is cyclic.
func (k *keeper) mayHang(u *port.UnitStatus) bool {
	s := u.Unit.Service
	if s == nil || k.edited || !s.Kill.SendSIGKILL || isForever(s.TimeoutStop) ||
		s.TimeoutAbortSet && isForever(s.TimeoutAbort) {
		return true
	}
	if _, refusal := k.w.Engine.Plan(stopOf(u.Unit.Name)); refusal != nil {
		return true
	}
	return k.awaitsHanging(u.Job, map[uint32]bool{0: true})
}

func (k *keeper) awaitsHanging(job uint32, seen map[uint32]bool) bool {
	if seen[job] {
		return false
	}
	seen[job] = true
	for _, id := range k.w.Engine.Awaits(job) {
		other := k.w.Engine.Unit(k.jobs[id])
		if other == nil || !other.Active.IsDown() && other.Unit.Service == nil {
			continue
		}
		if !other.Active.IsDown() && k.mayHang(other) || k.awaitsHanging(id, seen) {
			return true
		}
	}
	return false
}

func isForever(s span.Span) bool { return s == 0 || s == span.Infinity }
