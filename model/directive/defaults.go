package directive

import (
	"math"
	"sync"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/unitname"
)

// Defaults are what the manager's configuration gives to units. systemd-system.conf(5).
type Defaults struct {
	// User is set for a user manager.
	User bool
	// RuntimeDirectory is what relative runtime paths are below: /run, or $XDG_RUNTIME_DIR.
	RuntimeDirectory string

	TimeoutStart, TimeoutStop       span.Span
	TimeoutAbort                    span.Span
	TimeoutAbortSet                 bool
	DeviceTimeout                   span.Span
	RestartSec                      span.Span
	StartLimitInterval              span.Span
	StartLimitBurst                 uint32
	TimerAccuracy                   span.Span
	StandardOutput, StandardError   model.Output
	OOMPolicy                       model.OOMPolicy
	OOMScore                        int32
	OOMSet                          bool
	Limits                          []model.Rlimit // DefaultLimit…=
	Environment, ManagerEnvironment []string       // DefaultEnvironment=, for all units; ManagerEnvironment=, ours

	LogLevel   int8   // of our own messages, -1 for unset
	LogTarget  string // "" for unset
	ShowStatus string // "" for unset

	// Kernel are the limits that the manager itself runs under: what D-Bus shows for those that nothing sets.
	Kernel []model.Rlimit
	// Settings are options that this version does not apply, as written.
	Settings []model.Setting
}

// The defaults that systemd is built with.
const (
	defaultTimeout    = 90 * span.Second
	defaultRestart    = 100 * span.Millisecond
	defaultStartLimit = 10 * span.Second
	defaultStartBurst = 5
	defaultAccuracy   = span.Minute
	defaultUMask      = 0o022
	defaultPriority   = 6     // info
	defaultFacility   = 3     // daemon
	defaultTimerSlack = 50000 // nanoseconds, what the kernel gives everybody
	openFilesSoft     = 1024
	openFilesHard     = 512 * 1024
	lockedMemory      = 8 << 20
	runtimeDirectory  = "/run"
	signalTerm        = 15
	signalKill        = 9
	signalAbort       = 6
	signalHangup      = 1
)

// NewDefaults returns what holds without configuration.
func NewDefaults(user bool) *Defaults {
	d := &Defaults{
		LogLevel:           -1,
		User:               user,
		RuntimeDirectory:   runtimeDirectory,
		TimeoutStart:       defaultTimeout,
		TimeoutStop:        defaultTimeout,
		DeviceTimeout:      defaultTimeout,
		RestartSec:         defaultRestart,
		StartLimitInterval: defaultStartLimit,
		StartLimitBurst:    defaultStartBurst,
		TimerAccuracy:      defaultAccuracy,
		StandardOutput:     model.OutputJournal,
		StandardError:      model.OutputInherit,
		OOMPolicy:          model.OOMStop,
	}
	if !user {
		d.Limits = []model.Rlimit{
			{Resource: uint8(quantity.NoFile), Soft: openFilesSoft, Hard: openFilesHard},
			{Resource: uint8(quantity.MemLock), Soft: lockedMemory, Hard: lockedMemory},
		}
	}
	return d
}

// Setting is the value of an option that is known by name only, as written; "" where it is not given.
func (d *Defaults) Setting(name string) string {
	for _, s := range d.Settings {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}

var unconfigured = sync.OnceValue(func() *Defaults { return NewDefaults(false) })

// defaults are the manager's, never nil.
func (c *Context) defaults() *Defaults {
	if c == nil || c.Defaults == nil {
		return unconfigured()
	}
	return c.Defaults
}

// NewUnit returns a unit of which no file says anything yet; d nil stands for an unconfigured system manager. What a
// type's manual derives from several options at once is left to Complete.
func NewUnit(name string, kind model.Type, d *Defaults) *model.Unit {
	if d == nil {
		d = unconfigured()
	}
	u := &model.Unit{Name: name, Type: kind, UnitSection: &model.UnitSection{
		DefaultDependencies:     true,
		OnSuccessJobMode:        model.ModeFail,
		OnFailureJobMode:        model.ModeReplace,
		JobTimeout:              span.Infinity,
		JobRunningTimeout:       span.Infinity,
		StartLimitInterval:      d.StartLimitInterval,
		StartLimitBurst:         d.StartLimitBurst,
		FailureActionExitStatus: -1,
		SuccessActionExitStatus: -1,
	}}
	switch kind {
	case model.TypeService:
		u.Service = newService(d)
	case model.TypeScope:
		u.Scope = &model.Scope{
			Kill: newKill(), RuntimeMax: span.Infinity, TimeoutStop: d.TimeoutStop, OOMPolicy: d.OOMPolicy,
		}
		u.UnitSection.IgnoreOnIsolate = true
	case model.TypeSocket:
		u.Socket = newSocket(d)
	case model.TypeSlice:
		u.Slice = &model.Slice{}
		u.UnitSection.IgnoreOnIsolate = true
	}
	return u
}

func newService(d *Defaults) *model.Service {
	return &model.Service{
		RestartSec:      d.RestartSec,
		RestartMaxDelay: span.Infinity,
		ReloadSignal:    signalHangup,
		GuessMainPID:    true,
		TimeoutStart:    d.TimeoutStart,
		TimeoutStop:     d.TimeoutStop,
		TimeoutAbort:    d.TimeoutAbort,
		TimeoutAbortSet: d.TimeoutAbortSet,
		RuntimeMax:      span.Infinity,
		OOMPolicy:       d.OOMPolicy,
		Kill:            newKill(),
		Exec:            newExec(d),
	}
}

func newSocket(d *Defaults) *model.Socket {
	return &model.Socket{
		Mode: 0o666, DirectoryMode: 0o755, Backlog: math.MaxUint32, Priority: -1, IPTTL: -1, Mark: -1,
		TriggerLimitInterval: 2 * span.Second, Kill: newKill(), Exec: *newExec(d),
	}
}

func newKill() model.Kill {
	return model.Kill{Signal: signalTerm, FinalSignal: signalKill, WatchdogSignal: signalAbort, SendSIGKILL: true}
}

func newExec(d *Defaults) *model.Exec {
	x := &model.Exec{Scalars: model.Scalars{
		UMask:             defaultUMask,
		OOMScore:          d.OOMScore,
		OOMSet:            d.OOMSet,
		CapabilityBound:   allCapabilities,
		SyslogFacility:    defaultFacility,
		SyslogLevel:       defaultPriority,
		SyslogLevelPrefix: true,
		LogLevelMax:       -1,
		TimeoutClean:      span.Infinity,
		IgnoreSIGPIPE:     true,
		Keyring:           model.KeyringPrivate,
	}, Limits: d.Limits}
	if d.User {
		x.Keyring = model.KeyringInherit
		x.WorkingDirectory, x.WorkingDirectoryOpt = "~", true // systemd.exec(5), WorkingDirectory=
	}
	return x
}

// Complete derives what depends on several options, after the last line was applied: the type of a service that names
// none, and what follows from its type. systemd.service(5).
func Complete(u *model.Unit, d *Defaults) {
	s := u.Service
	if s == nil {
		describeSlice(u)
		return
	}
	if d == nil {
		d = unconfigured()
	}
	completeOutputs(s.Exec, d)
	if !s.TypeSet {
		switch {
		case s.BusName != "":
			s.Type = model.ServiceDBus
		case len(s.Commands[model.ExecStart]) == 0: // "if neither Type= nor ExecStart= are specified"
			s.Type = model.ServiceOneshot
		default:
			s.Type = model.ServiceSimple
		}
	}
	if s.Type == model.ServiceOneshot && !s.TimeoutStartSet {
		s.TimeoutStart = span.Infinity
	}
	notifies := s.Type == model.ServiceNotify || s.Type == model.ServiceNotifyReload || s.Watchdog > 0 ||
		s.FileDescriptorStoreMax > 0
	if s.NotifyAccess == model.NotifyNone && notifies { // even where the unit says none, as the oracle does
		s.NotifyAccess = model.NotifyMain
	}
	if s.OOMPolicy != model.OOMContinue && s.Control.Delegate && !s.OOMPolicySet {
		s.OOMPolicy = model.OOMContinue // the service looks after its own processes
	}
}

// completeOutputs puts in the manager's defaults where nothing is said, unless the input is a terminal, a socket or a
// descriptor: then the outputs go where the input comes from. systemd.exec(5), StandardOutput=; the kinds of input are
// those for which the oracle does so.
func completeOutputs(x *model.Exec, d *Defaults) {
	switch x.Stdin.Input {
	case model.InputNull, model.InputData, model.InputFile:
	default:
		return
	}
	if x.Stdout.Output != model.OutputInherit {
		return
	}
	x.Stdout.Output = d.StandardOutput
	if x.Stderr.Output == model.OutputInherit {
		x.Stderr.Output = d.StandardError
	}
}

// describeSlice gives a slice that says nothing of itself the description that systemd has for it.
func describeSlice(u *model.Unit) {
	if u.Type != model.TypeSlice || u.Description != "" {
		return
	}
	if path, err := unitname.ToPath(u.Name); err == nil {
		u.Description = "Slice " + path
	}
}

// LimitShown is what D-Bus shows for a resource: the unit's limit, or the one that the manager itself runs under.
func (d *Defaults) LimitShown(x *model.Exec, resource quantity.Resource) (soft, hard uint64) {
	if i := limitIndex(x.Limits, resource); i >= 0 {
		return x.Limits[i].Soft, x.Limits[i].Hard
	}
	return LimitOf(d.Kernel, resource)
}
