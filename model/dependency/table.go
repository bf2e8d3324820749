//tidy:table

package dependency

import "github.com/steward-init/steward/model"

// Row is one dependency kind: what it does, and which kind the other unit gets in return.
type Row struct {
	Kind    model.Dependency
	Atoms   Atom
	Inverse model.Dependency
	// Settable kinds are [Unit] options; the others only arise as inverses or by rules.
	Settable bool
}

const none = model.ReferencedBy // the inverse of kinds that only keep a reference

// table has a row for every kind, keyed so that order and omissions can't go wrong unseen (a test checks both).
var table = [model.Dependencies]Row{
	model.Requires:             {model.Requires, PullStart | RetroStartReplace | KeepsNeeded | DefaultTargetOrder, model.RequiredBy, true},
	model.Requisite:            {model.Requisite, PullVerify | KeepsNeeded | DefaultTargetOrder, model.RequisiteOf, true},
	model.Wants:                {model.Wants, PullStartIgnored | RetroStartFail | KeepsNeeded | DefaultTargetOrder, model.WantedBy, true},
	model.BindsTo:              {model.BindsTo, PullStart | RetroStartReplace | CannotBeActiveWithout | KeepsNeeded | DefaultTargetOrder, model.BoundBy, true},
	model.PartOf:               {model.PartOf, DefaultTargetOrder, model.ConsistsOf, true},
	model.Upholds:              {model.Upholds, PullStartIgnored | RetroStartReplace | StartSteadily | KeepsNeeded | DefaultTargetOrder, model.UpheldBy, true},
	model.Conflicts:            {model.Conflicts, PullStop | RetroStopOnStart, model.ConflictedBy, true},
	model.Before:               {model.Before, OrderBefore, model.After, true},
	model.After:                {model.After, OrderAfter, model.Before, true},
	model.OnSuccess:            {model.OnSuccess, OnSuccessStart, model.OnSuccessOf, true},
	model.OnFailure:            {model.OnFailure, OnFailureStart, model.OnFailureOf, true},
	model.PropagatesReloadTo:   {model.PropagatesReloadTo, PropagateReload, model.ReloadPropagatedFrom, true},
	model.ReloadPropagatedFrom: {model.ReloadPropagatedFrom, 0, model.PropagatesReloadTo, true},
	model.PropagatesStopTo:     {model.PropagatesStopTo, PropagateStop | RetroStopOnStop, model.StopPropagatedFrom, true},
	model.StopPropagatedFrom:   {model.StopPropagatedFrom, 0, model.PropagatesStopTo, true},
	model.JoinsNamespaceOf:     {model.JoinsNamespaceOf, JoinNamespace, none, true},
	model.Triggers:             {model.Triggers, Trigger, model.TriggeredBy, false},
	model.TriggeredBy:          {model.TriggeredBy, Triggered, model.Triggers, false},
	model.References:           {model.References, Reference, model.ReferencedBy, false},
	model.InSlice:              {model.InSlice, MemberOf, model.SliceOf, false},

	model.RequiredBy:   {model.RequiredBy, PropagateStop | PropagateRestart | PropagateStartFailure | Pinned, model.Requires, false},
	model.RequisiteOf:  {model.RequisiteOf, PropagateStop | PropagateRestart | PropagateStartFailure | PropagateIdleStart | Pinned, model.Requisite, false},
	model.WantedBy:     {model.WantedBy, Pinned, model.Wants, false},
	model.BoundBy:      {model.BoundBy, PropagateStop | PropagateRestart | PropagateStartFailure | RetroStopOnStop | Binds | Pinned, model.BindsTo, false},
	model.ConsistsOf:   {model.ConsistsOf, PropagateStop | PropagateRestart, model.PartOf, false},
	model.UpheldBy:     {model.UpheldBy, Upheld | Pinned, model.Upholds, false},
	model.ConflictedBy: {model.ConflictedBy, PullStopIgnored | RetroStopOnStart | PropagateStopFailure, model.Conflicts, false},
	model.OnSuccessOf:  {model.OnSuccessOf, 0, model.OnSuccess, false},
	model.OnFailureOf:  {model.OnFailureOf, 0, model.OnFailure, false},
	model.ReferencedBy: {model.ReferencedBy, 0, none, false},
	model.SliceOf:      {model.SliceOf, Contains, model.InSlice, false},
}

// Of returns the row of a kind.
func Of(kind model.Dependency) Row { return table[kind] }

// Has reports whether an edge of the kind carries any of the atoms.
func Has(kind model.Dependency, atoms Atom) bool { return table[kind].Atoms&atoms != 0 }

// Set is a set of kinds, a bit for each.
type Set uint32

// With returns the kinds which carry any of the atoms.
func With(atoms Atom) Set {
	var set Set
	for kind := range table {
		if table[kind].Atoms&atoms != 0 {
			set |= 1 << kind
		}
	}
	return set
}

// Kinds returns the kinds which carry any of the atoms, in the table's order.
func Kinds(atoms Atom) []model.Dependency {
	var kinds []model.Dependency
	for _, row := range table {
		if row.Atoms&atoms != 0 {
			kinds = append(kinds, row.Kind)
		}
	}
	return kinds
}
