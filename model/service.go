package model

import (
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/words"
)

// ServiceType says when a service counts as started. systemd.service(5), Type=.
type ServiceType uint8

// The service types.
const (
	ServiceSimple ServiceType = iota
	ServiceForking
	ServiceOneshot
	ServiceDBus
	ServiceNotify
	ServiceNotifyReload
	ServiceIdle
	ServiceExec
)

var serviceTypeWords = []string{"simple", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle", "exec"}

func (t ServiceType) String() string { return name(serviceTypeWords, t) }

// ServiceTypes returns the words of ServiceType, at the index of their value.
func ServiceTypes() []string { return serviceTypeWords }

// ParseServiceType reads a Type= word.
func ParseServiceType(word string) (ServiceType, bool) {
	return index[ServiceType](serviceTypeWords, word)
}

// Restart is a Restart= policy. systemd.service(5).
type Restart uint8

// The restart policies.
const (
	RestartNo Restart = iota
	RestartOnSuccess
	RestartOnFailure
	RestartOnAbnormal
	RestartOnWatchdog
	RestartOnAbort
	RestartAlways
)

var restartWords = []string{"no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort", "always"}

func (r Restart) String() string { return name(restartWords, r) }

// Restarts returns the words of Restart, at the index of their value.
func Restarts() []string { return restartWords }

// ParseRestart reads a Restart= word.
func ParseRestart(word string) (Restart, bool) { return index[Restart](restartWords, word) }

// RestartMode says whether dependents see a restart as a failure. systemd.service(5), RestartMode=.
type RestartMode uint8

// The restart modes.
const (
	RestartNormal RestartMode = iota
	RestartDirect
)

var restartModeWords = []string{"normal", "direct"}

func (m RestartMode) String() string { return name(restartModeWords, m) }

// RestartModes returns the words of RestartMode, at the index of their value.
func RestartModes() []string { return restartModeWords }

// ParseRestartMode reads a RestartMode= word.
func ParseRestartMode(word string) (RestartMode, bool) {
	return index[RestartMode](restartModeWords, word)
}

// NotifyAccess says whose notifications count. systemd.service(5), NotifyAccess=.
type NotifyAccess uint8

// The notify access levels.
const (
	NotifyNone NotifyAccess = iota
	NotifyAll
	NotifyExec
	NotifyMain
)

var notifyAccessWords = []string{"none", "all", "exec", "main"}

func (a NotifyAccess) String() string { return name(notifyAccessWords, a) }

// NotifyAccesses returns the words of NotifyAccess, at the index of their value.
func NotifyAccesses() []string { return notifyAccessWords }

// ParseNotifyAccess reads a NotifyAccess= word.
func ParseNotifyAccess(word string) (NotifyAccess, bool) {
	return index[NotifyAccess](notifyAccessWords, word)
}

// TimeoutFailureMode says how a timed out start or stop phase is ended. systemd.service(5), TimeoutStartFailureMode=.
type TimeoutFailureMode uint8

// The timeout failure modes.
const (
	TimeoutTerminate TimeoutFailureMode = iota
	TimeoutAbort
	TimeoutKill
)

var timeoutModeWords = []string{"terminate", "abort", "kill"}

func (m TimeoutFailureMode) String() string { return name(timeoutModeWords, m) }

// TimeoutFailureModes returns the words of TimeoutFailureMode, at the index of their value.
func TimeoutFailureModes() []string { return timeoutModeWords }

// ExitType says which exit ends the service. systemd.service(5), ExitType=.
type ExitType uint8

// The exit types.
const (
	ExitMain ExitType = iota
	ExitCgroup
)

var exitTypeWords = []string{"main", "cgroup"}

func (t ExitType) String() string { return name(exitTypeWords, t) }

// ExitTypes returns the words of ExitType, at the index of their value.
func ExitTypes() []string { return exitTypeWords }

// ParseExitType reads an ExitType= word.
func ParseExitType(word string) (ExitType, bool) { return index[ExitType](exitTypeWords, word) }

// OOMPolicy says what follows when the kernel kills a process for want of memory. systemd.service(5), OOMPolicy=.
type OOMPolicy uint8

// The out-of-memory policies.
const (
	OOMContinue OOMPolicy = iota
	OOMStop
	OOMKill
)

var oomWords = []string{"continue", "stop", "kill"}

func (p OOMPolicy) String() string { return name(oomWords, p) }

// OOMPolicies returns the words of OOMPolicy, at the index of their value.
func OOMPolicies() []string { return oomWords }

// CommandKind is one of the command lists of a service, in the order of its life.
type CommandKind uint8

// The command lists.
const (
	ExecCondition CommandKind = iota
	ExecStartPre
	ExecStart
	ExecStartPost
	ExecReload
	ExecStop
	ExecStopPost
)

// CommandKinds is the number of command lists.
const CommandKinds = int(ExecStopPost) + 1

var commandWords = []string{"ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecStop",
	"ExecStopPost"}

func (k CommandKind) String() string { return name(commandWords, k) }

// StatusSet is a set of exit statuses and signals, as SuccessExitStatus= takes them. nil is the empty set.
type StatusSet struct {
	Statuses []uint8
	Signals  []uint8
}

// Service holds the [Service] options. systemd.service(5). There are many of these, so small fields stand together.
type Service struct {
	Type                    ServiceType
	TypeSet                 bool // false: derived from BusName= and ExecStart=
	ExitType                ExitType
	RemainAfterExit         bool
	RootDirStartOnly        bool
	PermissionsStartOnly    bool
	GuessMainPID            bool
	Restart                 Restart
	RestartMode             RestartMode
	TimeoutStartSet         bool
	TimeoutAbortSet         bool
	TimeoutStartFailureMode TimeoutFailureMode
	TimeoutStopFailureMode  TimeoutFailureMode
	NotifyAccess            NotifyAccess
	NotifyAccessSet         bool
	NonBlocking             bool
	OOMPolicy               OOMPolicy
	OOMPolicySet            bool

	RestartSteps           uint32
	ReloadSignal           int32
	FileDescriptorStoreMax uint32

	Commands [CommandKinds][]words.Command

	Exec    *Exec // never nil
	Kill    Kill
	Control Control

	PIDFile string
	BusName string

	RestartSec        span.Span
	RestartMaxDelay   span.Span
	SuccessExitStatus *StatusSet
	RestartPrevent    *StatusSet
	RestartForce      *StatusSet
	TimeoutStart      span.Span
	TimeoutStop       span.Span
	TimeoutAbort      span.Span
	RuntimeMax        span.Span
	RuntimeRandom     span.Span
	Watchdog          span.Span // WatchdogSec=, 0 for off

	Sockets                                    []string
	USBFunctionDescriptors, USBFunctionStrings string
}
