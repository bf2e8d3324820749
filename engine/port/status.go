package port

import (
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// UnitStatus is the run-time state of a unit as clients see it between two steps. It is the engine's own record:
// readers must not change or keep it.
type UnitStatus struct {
	Unit   *model.Unit
	Active model.ActiveState
	Sub    string // the sub-state's word, one of the type's table

	Job uint32 // the installed job, 0 for none

	Invocation    InvocationID
	HasInvocation bool

	StateChange, InactiveExit, ActiveEnter, ActiveExit, InactiveEnter Time

	// CheckTime is when conditions and asserts were looked at last. Verdicts is nil for a unit that has none of them.
	CheckTime       Time
	ConditionResult bool
	AssertResult    bool
	Verdicts        *Verdicts

	// LastCause is why the unit's newest job was made: the answer to "why did this start?"
	LastCause Cause

	Service *ServiceStatus // of a service, else nil
	Scope   *ScopeStatus   // of a scope, else nil
	Socket  *SocketStatus  // of a socket, else nil
}

// String is the status in a few words, for traces: "a.service active/running".
func (s *UnitStatus) String() string { return s.Unit.Name + " " + s.Active.String() + "/" + s.Sub }

// Verdicts are the outcomes of a unit's conditions and asserts, each in the order of the unit's lines.
type Verdicts struct{ Conditions, Asserts []Verdict }

// ServiceStatus is what a service has besides. There is one for each service that was ever started, so small fields
// stand together.
type ServiceStatus struct {
	Result         model.Result
	ReloadResult   model.Result
	CleanResult    model.Result
	ControlKind    model.CommandKind // of ControlPID
	NotifyAccess   model.NotifyAccess
	StatusErrno    int32
	Restarts       uint32 // automatic ones since the last explicit start
	MainPID        int
	ControlPID     int
	StatusText     string
	StatusBusError string
	Watchdog       span.Span // in force, µs
	WatchdogTime   Time      // of the newest ping
	RestartNext    span.Span // the next delay
	// Main is the newest run of the main process; Runs the newest run of each command that was run, see Run.
	Main Run
	Runs []CommandRun
	FDs  []NamedFD
}

// CommandRun is the newest run of the command that stands at Index in the list of its kind.
type CommandRun struct {
	Kind  model.CommandKind
	Index int32
	Run
}

// Run returns the newest run of a command, nil if it was not run since the unit began to start.
func (s *ServiceStatus) Run(kind model.CommandKind, index int) *Run {
	for i := range s.Runs {
		if r := &s.Runs[i]; r.Kind == kind && int(r.Index) == index {
			return &r.Run
		}
	}
	return nil
}

// Run is one execution of a command.
type Run struct {
	Start, Exit Time
	PID         int
	Code        ExitCode // 0: not ended
	Status      int32
}

// ScopeStatus is what a scope has besides.
type ScopeStatus struct {
	Result model.Result
	// Controller is the D-Bus name of the client that is asked to stop the scope, "" for none, or one that has left.
	Controller string
}

// SocketStatus is what a socket has besides.
type SocketStatus struct {
	Result model.Result
}

// JobStatus is an installed job.
type JobStatus struct {
	ID    uint32
	Unit  string
	Type  model.JobType
	State model.JobState
	Cause Cause
	// Irreversible jobs are not replaced by others.
	Irreversible bool
	Begin        Time
}
