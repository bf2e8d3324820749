// Package port is the two vocabularies between the pure engine and the world: events, which are past-tense facts that
// go in, and effects, which are imperatives that come out. The status types say what may be read of the engine between
// two steps.
//
// It exists so that the production host, the simulator and a replayed recording are interchangeable. An effect never
// returns a value: its result is a later event. It must not know how either side works.
package port

import (
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/wire/notify"
)

// Time is one reading of both clocks, in µs: since boot, and since the epoch. Deadlines are monotonic.
type Time struct {
	Monotonic span.Span
	Realtime  span.Span
}

// Event is a fact. Every event which can name units that the engine has not seen yet carries them, complete with all
// that they refer to, in a field Loaded.
type Event interface{ event() }

// Request numbers a client's question, so that the Reply effect finds the client. 0 asks for no reply.
type Request uint64

// Cause says why a job exists: who asked for it, or what of the engine's own did, and because of which job or unit.
type Cause struct {
	Kind   CauseKind
	Edge   model.Dependency
	Job    uint32       // the job that pulled it in
	Unit   string       // the unit whose state or dependency caused it
	Origin model.Origin // of Edge
	Client string       // "uid 1000 pid 42 (systemctl)" and the like
}

// CauseKind is the sort of a cause.
type CauseKind uint8

// The causes of a job.
const (
	CauseClient CauseKind = iota
	CauseBoot
	CauseDependency
	CauseRestart
	CauseOnFailure
	CauseOnSuccess
	CauseTrigger
	CauseUphold
	CauseUnneeded
	CausePropagation // a stop, restart or reload that passes on to dependents
	CauseBound
	CauseIsolate
)

// JobRequested asks for a job; the answer is a Reply with the job's number.
type JobRequested struct {
	Request Request
	Unit    string
	Type    model.JobType
	// ReloadIfPossible turns restart and try-restart into a reload where the unit can (reload-or-restart).
	ReloadIfPossible bool
	Mode             model.JobMode
	Cause            Cause
	Loaded           []*model.Unit
}

// JobCancelRequested asks to cancel one job, or all for Job 0.
type JobCancelRequested struct {
	Request Request
	Job     uint32
}

// KillRequested asks to send a signal to a unit's processes. Who is all, main, control, or one of these with "-fail".
type KillRequested struct {
	Request Request
	Unit    string
	Who     string
	Signal  int32
}

// CleanRequested asks to remove what is left of a unit that is down. systemctl(1), clean.
type CleanRequested struct {
	Request Request
	Unit    string
	What    model.Resources
}

// ResetFailedRequested clears the failed state of a unit, or of all for Unit "".
type ResetFailedRequested struct {
	Request Request
	Unit    string
}

// UnitsLoaded gives the engine units a client looked at; they may be forgotten again when nothing needs them.
type UnitsLoaded struct {
	Request Request
	Loaded  []*model.Unit
}

// UnitsReloaded replaces definitions after a daemon-reload: every unit the engine knew, loaded anew, and any new ones
// these refer to. Run-time state stays.
type UnitsReloaded struct {
	Request Request
	Loaded  []*model.Unit
}

// UnitReferenced and UnitUnreferenced count a client's interest in a unit, which keeps it loaded.
type UnitReferenced struct {
	Request Request
	Unit    string
	Client  string
}

// UnitUnreferenced takes one UnitReferenced back.
type UnitUnreferenced struct {
	Request Request
	Unit    string
	Client  string
}

// ClientVanished drops all that a client held.
type ClientVanished struct{ Client string }

// EnvironmentChanged sets and unsets variables of the manager's environment block, in this order: unset, set.
type EnvironmentChanged struct {
	Request Request
	Unset   []string
	Set     []string
}

// Spawned says that the Spawn effect with this token has a running process, past its execve for Executed.
type Spawned struct {
	Unit     string
	Token    uint64
	PID      int
	Executed bool
}

// SpawnFailed says that no process could be made (no PID); Result is resources for files, memory or names that are
// missing. An execve that fails is no SpawnFailed: that process exits with a status of 200 to 245.
type SpawnFailed struct {
	Unit    string
	Token   uint64
	Result  model.Result
	Message string
}

// ProcessExited is a reaped child. Status is an exit status or, for Killed and Dumped, a signal.
type ProcessExited struct {
	PID    int
	Code   ExitCode
	Status int32
	Unit   string // whose process the host believes it was, "" for none
	// Successor is another process that the service's PID file names by now, 0 for none.
	Successor int
	// Emptied: it was the last process of the unit, so that no CgroupEmptied needs to follow.
	Emptied bool
	// Step names the sandbox step that failed before execve, with Errno; "" otherwise.
	Step  string
	Errno int32
}

// ExitCode is how a process ended. Values as CLD_* of waitid(2).
type ExitCode uint8

// The exit codes.
const (
	Exited ExitCode = 1
	Killed ExitCode = 2
	Dumped ExitCode = 3
)

// CgroupEmptied says that the last process of a unit is gone, by whatever means the host tracks them.
type CgroupEmptied struct{ Unit string }

// OOMKilled says that the kernel ended a process of a unit for want of memory. It comes before that process's own end.
type OOMKilled struct{ Unit string }

// KillSent answers a Kill effect: whether any process was signalled whose end will be reported.
type KillSent struct {
	Unit    string
	Token   uint64
	Waiting bool
}

// NotifyReceived is an sd_notify datagram from a process that belongs to Unit. FDs name descriptors which the host
// keeps until a StoreFDs or CloseFDs effect.
type NotifyReceived struct {
	Unit    string
	PID     int
	Message notify.Message
	FDs     []uint64
}

// StoredFDClosed says that a stored descriptor was hung up by its peer (EPOLLHUP) and FDPOLL=0 was not given.
type StoredFDClosed struct {
	Unit string
	FD   uint64
}

// TimerElapsed says that the unit's timer, armed by ArmTimer, is due.
type TimerElapsed struct {
	Unit  string
	Timer Timer
}

// ConditionsChecked answers CheckConditions: a verdict for each of the unit's conditions, then asserts, in order.
type ConditionsChecked struct {
	Unit       string
	Conditions []Verdict
	Asserts    []Verdict
}

// Verdict is the outcome of one condition. Err is set where it could not be decided (counts as false).
type Verdict struct {
	True bool
	Err  string
}

// PIDFileRead answers WatchPIDFile: the file holds the PID of a process of ours, or why it can't be used.
type PIDFileRead struct {
	Unit string
	PID  int
	Err  string // a sentence, as systemd words it
}

// MainPIDGuessed answers GuessMainPID; PID 0 for no single candidate.
type MainPIDGuessed struct {
	Unit string
	PID  int
}

// BusNameChanged says who owns a D-Bus name now; Owner "" for nobody.
type BusNameChanged struct {
	Name  string
	Owner string
	PID   int
}

// Listened answers Listen: the descriptors, in the order of the unit's lines, or why there are none.
type Listened struct {
	Unit string
	FDs  []NamedFD
	Err  string
}

// TrafficSeen says that something came on a socket unit's descriptors. It is told once for each WatchTraffic.
type TrafficSeen struct{ Unit string }

// MountsRead says which mount units are mounted, whoever did it; all others are not.
type MountsRead struct {
	Units  []string
	Loaded []*model.Unit
}

// ScopeAbandoned says that the client which manages a scope's processes let go of it: Abandon().
type ScopeAbandoned struct {
	Request Request
	Unit    string
}

func (JobRequested) event()         {}
func (JobCancelRequested) event()   {}
func (KillRequested) event()        {}
func (CleanRequested) event()       {}
func (ResetFailedRequested) event() {}
func (UnitsLoaded) event()          {}
func (UnitsReloaded) event()        {}
func (UnitReferenced) event()       {}
func (UnitUnreferenced) event()     {}
func (ClientVanished) event()       {}
func (EnvironmentChanged) event()   {}
func (Spawned) event()              {}
func (SpawnFailed) event()          {}
func (ProcessExited) event()        {}
func (CgroupEmptied) event()        {}
func (OOMKilled) event()            {}
func (KillSent) event()             {}
func (NotifyReceived) event()       {}
func (StoredFDClosed) event()       {}
func (TimerElapsed) event()         {}
func (ConditionsChecked) event()    {}
func (PIDFileRead) event()          {}
func (MainPIDGuessed) event()       {}
func (BusNameChanged) event()       {}
func (Listened) event()             {}
func (TrafficSeen) event()          {}
func (MountsRead) event()           {}
func (ScopeAbandoned) event()       {}
