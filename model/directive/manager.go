//tidy:table

package directive

import (
	"strings"
	"sync"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/unitfile"
)

// managerGroup is the [Manager] section of system.conf and user.conf. systemd-system.conf(5).
var managerGroup = sync.OnceValue(func() *group[Defaults] {
	rows := append(managerRows(), managerLimitRows()...)
	return &group[Defaults]{manual: "systemd-system.conf(5)", rows: rows, kept: func(d *Defaults) *[]model.Setting { return &d.Settings }}
})

func managerRows() []*entry[Defaults] {
	return []*entry[Defaults]{
		row("LogLevel", "LEVEL", LevelMax, func(d *Defaults) *int8 { return &d.LogLevel }),
		row("LogTarget", "OTHER", logTarget(), func(d *Defaults) *string { return &d.LogTarget }),
		planned[Defaults]("LogColor", "BOOLEAN", Bool),
		planned[Defaults]("LogLocation", "BOOLEAN", Bool),
		planned[Defaults]("LogTime", "BOOLEAN", Bool),
		planned[Defaults]("DumpCore", "BOOLEAN", Bool),
		planned[Defaults]("CrashChangeVT", "OTHER", known("")),
		planned[Defaults]("CrashShell", "BOOLEAN", Bool),
		planned[Defaults]("CrashReboot", "BOOLEAN", Bool),
		row("ShowStatus", "OTHER", BoolOr("auto", "error", "temporary"), func(d *Defaults) *string { return &d.ShowStatus }),
		planned[Defaults]("StatusUnitFormat", "OTHER", Choice("name", "description", "combined")),
		planned[Defaults]("CPUAffinity", "CPUAFFINITY", known("")),
		planned[Defaults]("NUMAPolicy", "OTHER", known("")),
		planned[Defaults]("NUMAMask", "OTHER", known("")),
		planned[Defaults]("RuntimeWatchdogSec", "OTHER", known("")),
		planned[Defaults]("RuntimeWatchdogPreSec", "OTHER", known("")),
		planned[Defaults]("RuntimeWatchdogPreGovernor", "OTHER", known("")),
		planned[Defaults]("RebootWatchdogSec", "OTHER", known("")),
		planned[Defaults]("KExecWatchdogSec", "OTHER", known("")),
		planned[Defaults]("WatchdogDevice", "OTHER", known("")),
		planned[Defaults]("ShutdownWatchdogSec", "OTHER", known("")).obsolete("RebootWatchdogSec"),
		planned[Defaults]("CapabilityBoundingSet", "OTHER", known("")),
		planned[Defaults]("NoNewPrivileges", "OTHER", known("")),
		planned[Defaults]("SystemCallArchitectures", "OTHER", known("")),
		planned[Defaults]("TimerSlackNSec", "OTHER", known("")),
		row("DefaultTimerAccuracySec", "SECONDS", Seconds(), func(d *Defaults) *span.Span { return &d.TimerAccuracy }).lacking("timer units are not run yet"),
		row("DefaultStandardOutput", "OUTPUT", defaultOutput, func(d *Defaults) *model.Output { return &d.StandardOutput }),
		row("DefaultStandardError", "OUTPUT", defaultOutput, func(d *Defaults) *model.Output { return &d.StandardError }),
		row("DefaultTimeoutStartSec", "SECONDS", Timeout(), func(d *Defaults) *span.Span { return &d.TimeoutStart }),
		row("DefaultTimeoutStopSec", "SECONDS", Timeout(), func(d *Defaults) *span.Span { return &d.TimeoutStop }),
		row("DefaultTimeoutAbortSec", "OTHER", timeoutAbort(), func(d *Defaults) *span.Span { return &d.TimeoutAbort }).marks(defaultAbortSet),
		row("DefaultDeviceTimeoutSec", "SECONDS", Timeout(), func(d *Defaults) *span.Span { return &d.DeviceTimeout }),
		row("DefaultRestartSec", "SECONDS", Seconds(), func(d *Defaults) *span.Span { return &d.RestartSec }),
		row("DefaultStartLimitInterval", "SECONDS", Seconds(), func(d *Defaults) *span.Span { return &d.StartLimitInterval }).obsolete(limitInterval),
		row("DefaultStartLimitIntervalSec", "SECONDS", Seconds(), func(d *Defaults) *span.Span { return &d.StartLimitInterval }),
		row("DefaultStartLimitBurst", "UNSIGNED", Unsigned, func(d *Defaults) *uint32 { return &d.StartLimitBurst }),
		row("DefaultEnvironment", "ENVIRON", Assignments, func(d *Defaults) *[]string { return &d.Environment }).list(),
		row("ManagerEnvironment", "ENVIRON", Assignments, func(d *Defaults) *[]string { return &d.ManagerEnvironment }).list(),
		planned[Defaults]("DefaultCPUAccounting", "BOOLEAN", Bool),
		planned[Defaults]("DefaultIOAccounting", "BOOLEAN", Bool),
		planned[Defaults]("DefaultIPAccounting", "BOOLEAN", Bool),
		planned[Defaults]("DefaultBlockIOAccounting", "BOOLEAN", Bool),
		planned[Defaults]("DefaultMemoryAccounting", "BOOLEAN", Bool),
		planned[Defaults]("DefaultTasksAccounting", "BOOLEAN", Bool),
		planned[Defaults]("DefaultTasksMax", "OTHER", tasks()),
		planned[Defaults]("DefaultMemoryPressureThresholdSec", "SECONDS", Seconds()).since(254),
		planned[Defaults]("DefaultMemoryPressureWatch", "OTHER", BoolOr("auto", "skip")).since(254),
		planned[Defaults]("CtrlAltDelBurstAction", "ACTION", Choice(model.EmergencyActions()...)),
		row("DefaultOOMPolicy", "OTHER", oomPolicies(), func(d *Defaults) *model.OOMPolicy { return &d.OOMPolicy }),
		row("DefaultOOMScoreAdjust", "OOMSCOREADJUST", Integer(-1000, 1000, 0), func(d *Defaults) *int32 { return &d.OOMScore }).marks(defaultOOMSet),
		planned[Defaults]("ReloadLimitIntervalSec", "SECONDS", Seconds()).since(253),
		planned[Defaults]("ReloadLimitBurst", "UNSIGNED", Unsigned).since(253),
		ignored[Defaults]("DefaultSmackProcessLabel", "LABEL", "there is no support for SMACK"),
		ignored[Defaults]("JoinControllers", "OTHER", "it belongs to the hierarchies of cgroup v1"),
	}
}

func managerLimitRows() []*entry[Defaults] {
	return []*entry[Defaults]{
		row("DefaultLimitCPU", "LIMIT", Resource(quantity.CPU), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitFSIZE", "LIMIT", Resource(quantity.FSize), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitDATA", "LIMIT", Resource(quantity.Data), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitSTACK", "LIMIT", Resource(quantity.Stack), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitCORE", "LIMIT", Resource(quantity.Core), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitRSS", "LIMIT", Resource(quantity.RSS), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitNOFILE", "LIMIT", Resource(quantity.NoFile), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitAS", "LIMIT", Resource(quantity.AddressSpace), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitNPROC", "LIMIT", Resource(quantity.NProc), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitMEMLOCK", "LIMIT", Resource(quantity.MemLock), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitLOCKS", "LIMIT", Resource(quantity.Locks), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitSIGPENDING", "LIMIT", Resource(quantity.SigPending), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitMSGQUEUE", "LIMIT", Resource(quantity.MsgQueue), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitNICE", "LIMIT", Resource(quantity.NicePriority), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitRTPRIO", "LIMIT", Resource(quantity.RTPriority), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
		row("DefaultLimitRTTIME", "LIMIT", Resource(quantity.RTTime), func(d *Defaults) *[]model.Rlimit { return &d.Limits }),
	}
}

const limitInterval = "DefaultStartLimitIntervalSec"

func defaultAbortSet(d *Defaults) *bool { return &d.TimeoutAbortSet }
func defaultOOMSet(d *Defaults) *bool   { return &d.OOMSet }

// ManagerDirectives lists the options of the manager's own configuration.
func ManagerDirectives() []*Directive { return mount[Defaults]{group: managerGroup()}.directives() }

// ApplyManager sets the option of one line of system.conf or user.conf, as Apply does for units.
func ApplyManager(d *Defaults, line *unitfile.Line, ctx *Context) []unitfile.Diagnostic {
	ctx.line, ctx.found = line, nil
	if line.Section != "Manager" {
		if !strings.HasPrefix(line.Section, "X-") && !ctx.toldBefore("["+line.Section+"]") {
			ctx.warn(odd("unknown section [%s], ignoring", line.Section))
		}
		return ctx.found
	}
	m := mount[Defaults]{group: managerGroup()}
	for i, e := range m.rows {
		if e.Name != line.Key {
			continue
		}
		told := e.Status != Implemented && ctx.toldBefore(e.Name)
		if err := m.set(d, i, line.Value, ctx); err != nil {
			ctx.warn(err)
		}
		if e.Status != Implemented && !told && line.Value != "" {
			ctx.notApplied(&e.Directive)
		}
		return ctx.found
	}
	var names []string
	for _, e := range m.rows {
		names = append(names, e.Name)
	}
	ctx.unknownKey("Manager", nearest(line.Key, names))
	return ctx.found
}

// logTarget reads where the manager's own messages go.
func logTarget() *Codec[string] {
	return Choice("console", "console-prefixed", "kmsg", "journal", "journal-or-kmsg", "auto", "null")
}

// defaultOutput reads an output that needs no name.
var defaultOutput = &Codec[model.Output]{
	Parse: func(old model.Output, text string, ctx *Context) (model.Output, error) {
		v, err := StandardOutput("").Parse(model.Stdio{Output: old}, text, ctx)
		if err == nil && v.Path != "" {
			return old, bad("an output that needs a name can't be the default: %q", text)
		}
		return v.Output, err
	},
	Format: func(v model.Output) string { return v.String() },
	Words:  model.Outputs(),
}
