// Package engine is the manager as a pure function: Step takes a fact and the time, and returns what the world shall do
// about it.
//
// It exists so that the same code runs units in production, in a simulator with virtual time, and in a replay of a
// recorded incident. It must not know that files, processes or sockets exist, and has no clock, goroutine or chance.
//
// What holds after every step:
//   - a unit has at most one job besides a nop; an installed job is waiting or running, and a waiting one that waits
//     for nobody was tried in this step and told to wait for its unit;
//   - a unit's ActiveState and SubState stand in one row of its type's table;
//   - a unit at rest (inactive or failed) has no main or control process, no armed state timer, no stored descriptors;
//   - the answers to effects (Spawned, KillSent, …) with a token that is not the awaited one change nothing;
//   - every request other than 0 got exactly one Reply in the step of its event;
//   - for a job: JobAdded, then the Reply that names it, then UnitChanged, then its JobRemoved, which comes exactly
//     once;
//   - a unit's UnitChanged comes at most once in a step, after all else that the step did to it;
//   - job numbers rise, and none is used twice;
//   - two engines with the same configuration and events give the same effects, also if one of them was replaced by
//     what Restore made of its Snapshot at any step.
package engine
