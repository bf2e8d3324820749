// Package dependency is the dependency table: every kind of dependency is a mask over primitive atoms.
//
// It exists so that the engine never asks "is this Requires= or BindsTo=?" but only for the behaviour it wants (pull in
// a start, order after, propagate a stop, …). A new kind is a row here, and nothing in the engine. It must not know
// jobs or states. The atoms an edge carries act on the unit that holds the edge: for an edge Kind from A to B, "A
// pulls B in".
package dependency

// Atom is a set of primitive behaviours of an edge from a unit A to a unit B.
type Atom uint32

// The atoms.
const (
	// PullStart: starting A queues a start of B, whose failure fails A's job; PullStartIgnored: the failure doesn't
	// matter.
	PullStart Atom = 1 << iota
	PullStartIgnored
	// PullVerify: starting A queues verify-active of B.
	PullVerify
	// PullStop: starting A stops B, needed; PullStopIgnored: starting A stops B, if that is possible.
	PullStop
	PullStopIgnored
	// PropagateStop: stopping A (explicitly) stops B. PropagateRestart: restarting A try-restarts B.
	PropagateStop
	PropagateRestart
	// PropagateReload: reloading A try-reloads B.
	PropagateReload
	// PropagateStartFailure: when a start of A fails, waiting start jobs of B fail with "dependency".
	PropagateStartFailure
	// PropagateIdleStart: the same when a start of A ends well but leaves A inactive (a skipped condition).
	PropagateIdleStart
	// PropagateStopFailure: when a stop of A fails, start jobs of B, which wait for it, fail with "dependency".
	PropagateStopFailure
	// RetroStart: when A becomes active by itself, B is started (replace or fail mode); RetroStop stops it.
	RetroStartReplace
	RetroStartFail
	RetroStopOnStart
	// RetroStopOnStop: when A goes down by itself, B is stopped.
	RetroStopOnStop
	// CannotBeActiveWithout: A is stopped when B is not active; Binds: B cannot be active without A.
	CannotBeActiveWithout
	Binds
	// StartSteadily: whenever A is up, B is kept up; Upheld: A is kept up whenever B is up.
	StartSteadily
	Upheld
	// KeepsNeeded: A keeps B needed, for StopWhenUnneeded=; Pinned: B keeps A needed.
	KeepsNeeded
	Pinned
	// OrderBefore: A before B; OrderAfter: A after B.
	OrderBefore
	OrderAfter
	// OnFailureStart, OnSuccessStart: when A fails or ends well, B is started.
	OnFailureStart
	OnSuccessStart
	// Trigger: A triggers B (socket, timer, path); Triggered: A is triggered by B.
	Trigger
	Triggered
	// JoinNamespace: A shares B's private namespaces.
	JoinNamespace
	// References: A keeps B loaded; MemberOf: A's cgroup is below B's; Contains: the inverse.
	Reference
	MemberOf
	Contains
	// DefaultTargetOrder: a target that pulls B in orders itself after B by default.
	DefaultTargetOrder
)
