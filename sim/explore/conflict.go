package main

import (
	"slices"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/dependency"
)

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
			if o := k.w.Engine.Unit(name); o != nil && o.Active.IsUp() && !k.spares(u, o) && !k.spares(o, u) {
				k.fail("no unit is up with one it conflicts with", "%s and %s", u.Unit.Name, name)
			}
		}
	}
}

// spares reports that the newest start of a unit could not stop another, whatever they think of each other: of it, or
// of one that pulled it in, the mode was too weak, something that it requires is missing (then the rest of what it asks
// for is passed over), or what it starts would have been stopped with the other.
func (k *keeper) spares(u, other *port.UnitStatus) bool {
	for range len(k.w.Engine.Units()) {
		if k.isWeak(u) || k.lacks(u) || k.stopsAny(other.Unit.Name, u.Unit.Name) {
			return true
		}
		by := k.w.Engine.Unit(u.LastCause.Unit)
		if u.LastCause.Kind != port.CauseDependency || by == nil || by == u {
			return false
		}
		u = by
	}
	return false
}

// isWeak reports a start in a mode that can't take the place of one that is under way: one that a client or Upholds=
// asked for in mode fail, or of a handler whose unit says so.
func (k *keeper) isWeak(u *port.UnitStatus) bool {
	by := k.w.Engine.Unit(u.LastCause.Unit)
	var mode model.JobMode
	switch {
	case u.LastCause.Kind == port.CauseUphold, k.weak[u.Unit.Name]:
		return true
	case u.LastCause.Kind != port.CauseOnFailure && u.LastCause.Kind != port.CauseOnSuccess:
		return false
	case by == nil:
		return true // it is forgotten, and its setting with it
	case u.LastCause.Kind == port.CauseOnFailure:
		mode = by.Unit.UnitSection.OnFailureJobMode
	default:
		mode = by.Unit.UnitSection.OnSuccessJobMode
	}
	return mode == model.ModeFail || mode == model.ModeIgnoreDependencies || mode == model.ModeIgnoreRequirements
}

// lacks reports a unit that requires one which can't be loaded.
func (k *keeper) lacks(u *port.UnitStatus) bool {
	for _, kind := range dependency.Kinds(dependency.PullStart | dependency.PullVerify) {
		for _, name := range k.w.Engine.Dependencies(u.Unit.Name, kind) {
			if o := k.w.Engine.Unit(name); o == nil || o.Unit.Load != model.LoadLoaded {
				return true
			}
		}
	}
	return false
}

// stopsAny reports that to stop one unit stops something that a start of the other starts.
func (k *keeper) stopsAny(one, other string) bool {
	stopped := k.reach(one, dependency.PropagateStop)
	return slices.ContainsFunc(k.reach(other, dependency.PullStart|dependency.PullStartIgnored|dependency.PullVerify),
		func(name string) bool { return slices.Contains(stopped, name) })
}

// reach lists a unit and those that are reached from it by edges of some kinds.
func (k *keeper) reach(unit string, atoms dependency.Atom) []string {
	reached := []string{unit}
	for i := 0; i < len(reached); i++ {
		for _, kind := range dependency.Kinds(atoms) {
			for _, name := range k.w.Engine.Dependencies(reached[i], kind) {
				if !slices.Contains(reached, name) {
					reached = append(reached, name)
				}
			}
		}
	}
	return reached
}
