package port

import (
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/words"
)

// Effect is something the world shall do, in the order of the list that Step returns.
type Effect interface{ effect() }

// Spawn runs one command of a unit. The host answers with Spawned or SpawnFailed of the same token.
type Spawn struct {
	Unit    *model.Unit
	Token   uint64
	Kind    model.CommandKind
	Command words.Command
	// Clean: no command is run, but these directories of the unit are removed, with the manager's own rights.
	Clean      model.Resources
	Invocation InvocationID
	MainPID    int // for $MAINPID, 0 for none
	// Env is what the engine adds for this run (SERVICE_RESULT, EXIT_CODE, MONITOR_…), NAME=value.
	Env []string
	// Manager is the manager's environment block for this unit's processes.
	Manager []string
	// Notify: the command may use $NOTIFY_SOCKET; Watchdog its $WATCHDOG_USEC, 0 for none.
	Notify   bool
	Watchdog span.Span
	// FDs are stored or inherited descriptors passed by the LISTEN_FDS protocol.
	FDs []NamedFD
	// Control processes live in the .control sub-cgroup where the unit is delegated; they don't own the terminal.
	Control bool
}

// NamedFD is a descriptor the host keeps for a unit.
type NamedFD struct {
	FD   uint64
	Name string
	Poll bool
}

// InvocationID is the 128-bit identity of one activation of a unit.
type InvocationID [16]byte

// KillTarget says which processes of a unit a Kill means.
type KillTarget uint8

// The kill targets: by name, not by KillMode=, which the engine has already applied.
const (
	KillAll       KillTarget = iota // every process of the unit
	KillMainOnly                    // the main (and control) process only
	KillMainFirst                   // Signal to main and control, SIGKILL to the rest (mixed, second phase is KillAll)
)

// Kill signals a unit's processes. The host answers with KillSent of the same token, unless Token is 0.
type Kill struct {
	Unit       string
	Token      uint64
	Signal     int32
	SIGHUP     bool // SIGHUP follows (SendSIGHUP=)
	Target     KillTarget
	MainPID    int
	ControlPID int
	MainAlien  bool // the main process is not our child
	// Log: this kill does not ask, and is worth a message for every process.
	Log bool
	// Client: a client asked for just this signal, which says nothing of the unit's end.
	Client bool
}

// ReleaseUnit says that a unit is at rest: remove its cgroup, and its runtime directories unless Preserve.
type ReleaseUnit struct {
	Unit     *model.Unit
	Preserve bool
}

// CheckConditions asks for ConditionsChecked of the unit's conditions and asserts.
type CheckConditions struct{ Unit *model.Unit }

// WatchPIDFile asks for PIDFileRead as soon as the file exists and is good; UnwatchPIDFile ends that.
type WatchPIDFile struct {
	Unit string
	Path string
}

// UnwatchPIDFile ends a WatchPIDFile.
type UnwatchPIDFile struct{ Unit string }

// RemoveFile removes the PID file of a service that ended.
type RemoveFile struct{ Path string }

// GuessMainPID asks for MainPIDGuessed.
type GuessMainPID struct {
	Unit       string
	ControlPID int
}

// WatchPID asks for ProcessExited of a process that is not our child (a main PID from a PID file).
type WatchPID struct {
	Unit string
	PID  int
}

// AdoptProcesses moves processes into a scope.
type AdoptProcesses struct {
	Unit string
	PIDs []int
}

// WatchBusName asks for BusNameChanged, at once with the present owner and then at changes; UnwatchBusName ends that.
type WatchBusName struct {
	Unit string
	Name string
}

// UnwatchBusName ends a WatchBusName.
type UnwatchBusName struct {
	Unit string
	Name string
}

// RequestStop asks the client that controls a scope to end its processes: the RequestStop signal.
type RequestStop struct {
	Unit       string
	Controller string // its D-Bus name
}

// Timer is one of the timers a unit can have.
type Timer uint8

// The timers.
const (
	TimerState      Timer = iota // the state's own timeout, or the restart delay
	TimerRuntime                 // RuntimeMaxSec=
	TimerWatchdog                // WatchdogSec=
	TimerJob                     // JobTimeoutSec= of the unit's job
	TimerJobRunning              // JobRunningTimeoutSec=
	TimerRetry                   // an internal retry: a rate-limited uphold, the patience of Type=idle
)

// Timers is the number of timers a unit can have.
const Timers = int(TimerRetry) + 1

var timerWords = []string{"state", "runtime", "watchdog", "job", "job-running", "retry"}

func (t Timer) String() string { return timerWords[t] }

// ArmTimer asks for TimerElapsed at a monotonic time, replacing the same timer; DisarmTimer takes it back.
type ArmTimer struct {
	Unit  string
	Timer Timer
	At    span.Span
}

// DisarmTimer takes an ArmTimer back.
type DisarmTimer struct {
	Unit  string
	Timer Timer
}

// StoreFDs keeps descriptors of a NotifyReceived; CloseFDs lets go of any.
type StoreFDs struct {
	Unit string
	FDs  []NamedFD
}

// CloseFDs closes descriptors that the host keeps.
type CloseFDs struct {
	Unit string
	FDs  []uint64
}

// Listen opens what a socket unit listens on, all or nothing. The host answers with Listened.
type Listen struct{ Unit *model.Unit }

// WatchTraffic asks for one TrafficSeen when anything comes on a socket unit's descriptors; UnwatchTraffic takes it
// back.
type WatchTraffic struct{ Unit string }

// UnwatchTraffic takes a WatchTraffic back.
type UnwatchTraffic struct{ Unit string }

// Unlisten closes what Listen opened, and removes files and symlinks as RemoveOnStop= says.
type Unlisten struct{ Unit *model.Unit }

// Reply answers a request: Err, or the job's number where the request was for a job.
type Reply struct {
	Request Request
	Err     *Refusal
	Job     uint32
	// Jobs are all jobs of the transaction, the anchor first, for EnqueueUnitJob: as they were queued, since by the time
	// the reply is read they may be done.
	Jobs []QueuedJob
}

// QueuedJob is a job that a request queued, or was merged into.
type QueuedJob struct {
	ID   uint32
	Unit string
	Type model.JobType
}

// Refusal is a request's error: the D-Bus error name systemd uses, and a message for people.
type Refusal struct {
	Error   string
	Message string
}

func (r *Refusal) String() string { return r.Message }

// UnitAdded, UnitChanged and UnitRemoved tell clients of units; a unit changes at most once a step.
type UnitAdded struct{ Unit string }

// UnitChanged says that a unit's status differs from before. Last is set for a unit that was forgotten in the same
// step: it is what nobody can ask for any more, and clients wait for.
type UnitChanged struct {
	Unit string
	Last *UnitStatus
}

// UnitRemoved says that the engine forgot a unit.
type UnitRemoved struct{ Unit string }

// JobAdded tells of a new job.
type JobAdded struct {
	Job  uint32
	Unit string
}

// JobChanged tells that a job began to run.
type JobChanged struct{ Job uint32 }

// JobRemoved tells of a job's end.
type JobRemoved struct {
	Job    uint32
	Unit   string
	Type   model.JobType
	Result model.JobResult
}

// ManagerChanged says that the manager's own properties differ (jobs count, environment, system state).
type ManagerChanged struct{}

// Log writes to the journal and, by level, to the console. Fields are NAME=value besides MESSAGE and UNIT.
type Log struct {
	Unit      string
	Level     uint8 // syslog: 3 error … 7 debug
	MessageID string
	Message   string
	Fields    []string
}

// Act asks for what concerns the whole manager or machine: a StartLimitAction=, an exit.target.
type Act struct {
	Action     model.EmergencyAction
	Reason     string
	Argument   string // RebootArgument=
	ExitStatus int32  // for exit, -1 for unset
}

func (Spawn) effect()           {}
func (Kill) effect()            {}
func (ReleaseUnit) effect()     {}
func (CheckConditions) effect() {}
func (WatchPIDFile) effect()    {}
func (UnwatchPIDFile) effect()  {}
func (RemoveFile) effect()      {}
func (GuessMainPID) effect()    {}
func (WatchPID) effect()        {}
func (AdoptProcesses) effect()  {}
func (WatchBusName) effect()    {}
func (UnwatchBusName) effect()  {}
func (RequestStop) effect()     {}
func (ArmTimer) effect()        {}
func (DisarmTimer) effect()     {}
func (StoreFDs) effect()        {}
func (CloseFDs) effect()        {}
func (Listen) effect()          {}
func (WatchTraffic) effect()    {}
func (UnwatchTraffic) effect()  {}
func (Unlisten) effect()        {}
func (Reply) effect()           {}
func (UnitAdded) effect()       {}
func (UnitChanged) effect()     {}
func (UnitRemoved) effect()     {}
func (JobAdded) effect()        {}
func (JobChanged) effect()      {}
func (JobRemoved) effect()      {}
func (ManagerChanged) effect()  {}
func (Log) effect()             {}
func (Act) effect()             {}
