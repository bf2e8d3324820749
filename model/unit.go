package model

import (
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/unitfile"
)

// Unit is one unit as its files define it, complete: names resolved, drop-ins merged, specifiers expanded, default
// dependencies added. It is never changed after it was loaded; a reload makes a new one. What happens to the unit at
// run time stands in port.UnitStatus.
type Unit struct {
	// Name is the primary name; Aliases are the others it answers to, sorted.
	Name    string
	Aliases []string
	Type    Type
	Load    LoadState
	// Transient units exist by a client's call; Perpetual ones (-.slice, init.scope, …) are always active.
	Transient bool
	Perpetual bool
	// LoadError is set when Load is neither loaded nor masked: a D-Bus error name and a text that names file and line.
	LoadError *LoadFailure

	// Fragment is the unit file's path ("" for an implied or transient unit), SourcePath what a generator made it of.
	Fragment   string
	SourcePath string
	DropIns    []string
	// Stamp is the newest modification time among the files read (µs since the epoch), 0 for none: NeedDaemonReload.
	Stamp int64

	Description   string
	Documentation []string

	// Edges are the dependencies which this unit's own files and rules state, in that order. The engine adds the
	// inverses (B is After A because A is Before B).
	Edges             []Edge
	RequiresMountsFor []string
	Conditions        []Condition
	Asserts           []Condition
	UnitSection       *UnitSection // never nil; units that say the same share it, and it is never changed
	Install           *Install     // nil without an [Install] section

	// Diagnostics are what is wrong or not applied in the files, with positions; they never stop the unit by themselves.
	Diagnostics []unitfile.Diagnostic

	// The type's own settings; the one that fits Type is set, the others are nil.
	Service *Service
	// Settings are [Unit] options that this version does not apply, as written.
	Settings []Setting

	Socket *Socket
	Slice  *Slice
	Scope  *Scope
}

// NewUnit returns a unit of which nothing is known but its name.
func NewUnit(name string, kind Type) *Unit {
	return &Unit{Name: name, Type: kind, UnitSection: &UnitSection{}}
}

// LoadFailure is why a unit could not be loaded: the D-Bus error systemd uses and a message for people.
type LoadFailure struct {
	Error   string // for example org.freedesktop.systemd1.NoSuchUnit
	Message string
}

// UnitSection holds the [Unit] options besides dependencies and conditions. systemd.unit(5).
type UnitSection struct {
	StopWhenUnneeded         bool
	RefuseManualStart        bool
	RefuseManualStop         bool
	AllowIsolate             bool
	DefaultDependencies      bool
	IgnoreOnIsolate          bool
	OnSuccessJobMode         JobMode
	OnFailureJobMode         JobMode
	CollectMode              CollectMode
	JobTimeout               span.Span // JobTimeoutSec=, Infinity for none
	JobRunningTimeout        span.Span
	JobRunningTimeoutSet     bool
	JobTimeoutAction         EmergencyAction
	JobTimeoutRebootArgument string
	StartLimitInterval       span.Span
	StartLimitBurst          uint32
	StartLimitAction         EmergencyAction
	FailureAction            EmergencyAction
	SuccessAction            EmergencyAction
	FailureActionExitStatus  int32 // -1 for unset
	SuccessActionExitStatus  int32 // -1 for unset
	RebootArgument           string
}

// CollectMode says when a unit at rest may be forgotten. systemd.unit(5), CollectMode=.
type CollectMode uint8

// The collect modes.
const (
	CollectInactive CollectMode = iota
	CollectInactiveOrFailed
)

var collectWords = []string{"inactive", "inactive-or-failed"}

func (m CollectMode) String() string { return name(collectWords, m) }

// CollectModes returns the words of CollectMode, at the index of their value.
func CollectModes() []string { return collectWords }

// EmergencyAction is what the whole machine does when a unit ends or hits a limit. systemd.unit(5), FailureAction=.
type EmergencyAction uint8

// The emergency actions.
const (
	ActionNone EmergencyAction = iota
	ActionReboot
	ActionRebootForce
	ActionRebootImmediate
	ActionPoweroff
	ActionPoweroffForce
	ActionPoweroffImmediate
	ActionExit
	ActionExitForce
)

var actionWords = []string{"none", "reboot", "reboot-force", "reboot-immediate", "poweroff", "poweroff-force",
	"poweroff-immediate", "exit", "exit-force"}

func (a EmergencyAction) String() string { return name(actionWords, a) }

// EmergencyActions returns the words of EmergencyAction, at the index of their value.
func EmergencyActions() []string { return actionWords }

// ParseEmergencyAction reads an emergency action's word.
func ParseEmergencyAction(word string) (EmergencyAction, bool) {
	return index[EmergencyAction](actionWords, word)
}

// Condition is one Condition…= or Assert…= line. systemd.unit(5), Conditions and Asserts.
type Condition struct {
	Kind    string // the directive without its Condition or Assert prefix: PathExists, Virtualization, …
	Trigger bool   // "|": one of the triggering ones must hold
	Negate  bool   // "!"
	Value   string
}

// Install is an [Install] section as written; specifiers are expanded by the install package. systemd.unit(5).
type Install struct {
	Aliases, WantedBy, RequiredBy, UpheldBy, Also []string
	DefaultInstance                               string
}

// Slice has no settings of its own in this version besides resource control.
type Slice struct {
	Control Control
}

// Scope groups processes that others started. systemd.scope(5).
type Scope struct {
	Kill           Kill
	Control        Control
	RuntimeMax     span.Span // RuntimeMaxSec=, Infinity for none
	RuntimeRandom  span.Span // RuntimeRandomizedExtraSec=
	TimeoutStop    span.Span
	OOMPolicy      OOMPolicy
	PIDs           []int // processes that a transient scope begins with
	SliceName      string
	ControllerName string // D-Bus name of the client that is asked before a stop
}
