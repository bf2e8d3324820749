package main

import (
	"slices"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/dependency"
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

// together checks that no two units are up that exclude each other.
func (k *keeper) together() {
	if k.what != "" || k.disorder || k.strays || k.edited || len(k.w.Engine.Jobs()) > 0 {
		return
	}
	for _, u := range k.w.Engine.Units() {
		if !u.Active.IsUp() {
			continue
		}
		for _, name := range k.w.Engine.Dependencies(u.Unit.Name, model.Conflicts) {
			if o := k.w.Engine.Unit(name); o != nil && o.Active.IsUp() && !k.isWeak(u) && !k.isWeak(o) &&
				!k.stops(o.Unit.Name, u.Unit.Name) && !k.stops(u.Unit.Name, o.Unit.Name) {
				k.fail("no unit is up with one it conflicts with", "%s and %s", u.Unit.Name, name)
			}
		}
	}
}

// stops reports that to stop one unit stops the other, too. A start of the latter can't stop the former then, by
// whatever it conflicts with.
func (k *keeper) stops(one, other string) bool {
	reached := []string{one}
	for i := 0; i < len(reached); i++ {
		for _, kind := range dependency.Kinds(dependency.PropagateStop) {
			for _, name := range k.w.Engine.Dependencies(reached[i], kind) {
				if !slices.Contains(reached, name) {
					reached = append(reached, name)
				}
			}
		}
	}
	return slices.Contains(reached, other)
}

// isWeak reports a unit whose newest start had a mode in which it could not take the place of one that was under way:
// one that Upholds= asked for, or a handler whose own setting says so, and what such a start pulled in.
func (k *keeper) isWeak(u *port.UnitStatus) bool {
	for range len(k.w.Engine.Units()) {
		by := k.w.Engine.Unit(u.LastCause.Unit)
		switch u.LastCause.Kind {
		case port.CauseUphold:
			return true
		case port.CauseOnFailure, port.CauseOnSuccess:
			if by == nil {
				return true // it is forgotten, and its setting with it
			}
			mode := by.Unit.UnitSection.OnFailureJobMode
			if u.LastCause.Kind == port.CauseOnSuccess {
				mode = by.Unit.UnitSection.OnSuccessJobMode
			}
			return mode == model.ModeFail || mode == model.ModeIgnoreDependencies || mode == model.ModeIgnoreRequirements
		case port.CauseDependency:
			if by == nil || by == u {
				return false
			}
			u = by
		default:
			return false
		}
	}
	return false
}

// stopOf asks for a stop that nothing can refuse.
func stopOf(unit string) port.Event {
	return port.JobRequested{Unit: unit, Type: model.JobStop, Mode: model.ModeReplace,
		Cause: port.Cause{Kind: port.CauseBoot}}
}

// mayHang reports units whose settings allow them to stay for ever, and those whose job waits for such a one.
func (k *keeper) mayHang(u *port.UnitStatus) bool {
	s := u.Unit.Service
	if s == nil || k.edited || !s.Kill.SendSIGKILL || isForever(s.TimeoutStop) ||
		s.TimeoutAbortSet && isForever(s.TimeoutAbort) {
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
