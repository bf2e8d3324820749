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

	ConditionTime, AssertTime Time
	ConditionResult           bool
	AssertResult              bool
	Conditions, Asserts       []Verdict

	// LastCause is why the unit's newest job was made: the answer to "why did this start?"
	LastCause Cause

	Service *ServiceStatus // of a service, else nil
	Scope   *ScopeStatus   // of a scope, else nil
	Socket  *SocketStatus  // of a socket, else nil
}

// ServiceStatus is what a service has besides.
type ServiceStatus struct {
	Result         model.Result
	ReloadResult   model.Result
	CleanResult    model.Result
	MainPID        int
	ControlPID     int
	ControlKind    model.CommandKind // of ControlPID
	StatusText     string
	StatusErrno    int32
	StatusBusError string
	NotifyAccess   model.NotifyAccess
	Watchdog       span.Span // in force, µs
	WatchdogTime   Time      // of the newest ping
	Restarts       uint32    // automatic ones since the last explicit start
	RestartNext    span.Span // the next delay
	// Main is the newest run of the main process; Runs the newest run of each command, by kind and index.
	Main Run
	Runs [model.CommandKinds][]Run
	FDs  []NamedFD
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
