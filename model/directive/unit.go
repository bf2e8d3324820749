//tidy:table

package directive

import (
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// unitGroup is the [Unit] section. systemd.unit(5).
func unitGroup() *group[model.Unit] {
	rows := []*entry[model.Unit]{
		row("Description", "STRING", Text, func(u *model.Unit) *string { return &u.Description }),
		row("Documentation", "URL", Documentation(), func(u *model.Unit) *[]string { return &u.Documentation }),
		row("SourcePath", "PATH", Path, func(u *model.Unit) *string { return &u.SourcePath }),
		dependency("Requires", model.Requires),
		dependency("Requisite", model.Requisite),
		dependency("Wants", model.Wants),
		dependency("BindsTo", model.BindsTo),
		dependency("BindTo", model.BindsTo).obsolete("BindsTo"),
		dependency("Upholds", model.Upholds),
		dependency("Conflicts", model.Conflicts),
		dependency("Before", model.Before),
		dependency("After", model.After),
		dependency("OnSuccess", model.OnSuccess),
		dependency("OnFailure", model.OnFailure),
		dependency("PropagatesReloadTo", model.PropagatesReloadTo),
		dependency("PropagateReloadTo", model.PropagatesReloadTo).obsolete("PropagatesReloadTo"),
		dependency("ReloadPropagatedFrom", model.ReloadPropagatedFrom),
		dependency("PropagateReloadFrom", model.ReloadPropagatedFrom).obsolete("ReloadPropagatedFrom"),
		dependency("PropagatesStopTo", model.PropagatesStopTo),
		dependency("StopPropagatedFrom", model.StopPropagatedFrom),
		dependency("PartOf", model.PartOf),
		dependency("JoinsNamespaceOf", model.JoinsNamespaceOf).lacking("private namespaces are not made yet"),
		dependency("RequiresOverridable", model.Requires).outdated("Requires").hint("OTHER"),
		dependency("RequisiteOverridable", model.Requisite).outdated("Requisite").hint("OTHER"),
		row("RequiresMountsFor", "PATH [...]", MountsFor(), func(u *model.Unit) *[]string { return &u.RequiresMountsFor }),
		section("StopWhenUnneeded", "BOOLEAN", Bool, func(s *model.UnitSection) *bool { return &s.StopWhenUnneeded }),
		section("RefuseManualStart", "BOOLEAN", Bool, func(s *model.UnitSection) *bool { return &s.RefuseManualStart }),
		section("RefuseManualStop", "BOOLEAN", Bool, func(s *model.UnitSection) *bool { return &s.RefuseManualStop }),
		section("AllowIsolate", "BOOLEAN", Bool, func(s *model.UnitSection) *bool { return &s.AllowIsolate }),
		section("DefaultDependencies", "BOOLEAN", Bool, func(s *model.UnitSection) *bool { return &s.DefaultDependencies }),
		section("OnSuccessJobMode", "MODE", jobModes(), func(s *model.UnitSection) *model.JobMode { return &s.OnSuccessJobMode }),
		section("OnFailureJobMode", "MODE", jobModes(), func(s *model.UnitSection) *model.JobMode { return &s.OnFailureJobMode }),
		section("OnFailureIsolate", "BOOLEAN", jobModeIsolate, func(s *model.UnitSection) *model.JobMode { return &s.OnFailureJobMode }).outdated("OnFailureJobMode"),
		section("IgnoreOnIsolate", "BOOLEAN", Bool, func(s *model.UnitSection) *bool { return &s.IgnoreOnIsolate }),
		section("JobTimeoutSec", "OTHER", Timeout(), func(s *model.UnitSection) *span.Span { return &s.JobTimeout }).property("JobTimeoutUSec").then(followJobTimeout),
		section("JobRunningTimeoutSec", "OTHER", Timeout(), runningTimeout).property("JobRunningTimeoutUSec").marks(runningTimeoutSet),
		section("JobTimeoutAction", "ACTION", actions(), func(s *model.UnitSection) *model.EmergencyAction { return &s.JobTimeoutAction }),
		section("JobTimeoutRebootArgument", "OTHER", Text, func(s *model.UnitSection) *string { return &s.JobTimeoutRebootArgument }),
		section("StartLimitIntervalSec", "SECONDS", Seconds(), func(s *model.UnitSection) *span.Span { return &s.StartLimitInterval }).property("StartLimitIntervalUSec"),
		section("StartLimitInterval", "SECONDS", Seconds(), func(s *model.UnitSection) *span.Span { return &s.StartLimitInterval }).obsolete("StartLimitIntervalSec"),
		section("StartLimitBurst", "UNSIGNED", Unsigned, func(s *model.UnitSection) *uint32 { return &s.StartLimitBurst }),
		section("StartLimitAction", "ACTION", actions(), func(s *model.UnitSection) *model.EmergencyAction { return &s.StartLimitAction }),
		section("FailureAction", "ACTION", actions(), func(s *model.UnitSection) *model.EmergencyAction { return &s.FailureAction }),
		section("SuccessAction", "ACTION", actions(), func(s *model.UnitSection) *model.EmergencyAction { return &s.SuccessAction }),
		section("FailureActionExitStatus", "OTHER", Integer(0, 255, -1), func(s *model.UnitSection) *int32 { return &s.FailureActionExitStatus }),
		section("SuccessActionExitStatus", "OTHER", Integer(0, 255, -1), func(s *model.UnitSection) *int32 { return &s.SuccessActionExitStatus }),
		section("RebootArgument", "OTHER", Text, func(s *model.UnitSection) *string { return &s.RebootArgument }),
	}
	rows = append(rows, conditionRows("Condition", func(u *model.Unit) *[]model.Condition { return &u.Conditions })...)
	rows = append(rows, conditionRows("Assert", func(u *model.Unit) *[]model.Condition { return &u.Asserts })...)
	rows = append(rows,
		section("CollectMode", "OTHER", Enum[model.CollectMode](model.CollectModes()), func(s *model.UnitSection) *model.CollectMode { return &s.CollectMode }),
		planned[model.Unit]("SurviveFinalKillSignal", "BOOLEAN", Bool).since(255),
		planned[model.Unit]("WantsMountsFor", "PATH [...]", Paths).since(256),
	)
	return &group[model.Unit]{manual: "systemd.unit(5)", rows: rows, kept: func(u *model.Unit) *[]model.Setting { return &u.Settings }}
}

// conditions are the kinds of checks, in the oracle's order. A kind newer than 252 names its version; the oracle has no
// AssertFirmware=.
var conditions = []struct {
	kind  string
	since int
	want  string // "path" where the value is one
}{
	{"PathExists", 0, "path"}, {"PathExistsGlob", 0, "path"}, {"PathIsDirectory", 0, "path"},
	{"PathIsSymbolicLink", 0, "path"}, {"PathIsMountPoint", 0, "path"}, {"PathIsReadWrite", 0, "path"},
	{"PathIsEncrypted", 0, "path"}, {"DirectoryNotEmpty", 0, "path"}, {"FileNotEmpty", 0, "path"},
	{"FileIsExecutable", 0, "path"}, {"NeedsUpdate", 0, "path"},
	{"FirstBoot", 0, ""}, {"Architecture", 0, ""}, {"Firmware", 0, ""}, {"Virtualization", 0, ""}, {"Host", 0, ""},
	{"KernelCommandLine", 0, ""}, {"KernelVersion", 0, ""}, {"Credential", 0, ""}, {"Security", 0, ""},
	{"Capability", 0, ""}, {"ACPower", 0, ""}, {"Memory", 0, ""}, {"CPUFeature", 0, ""}, {"CPUs", 0, ""},
	{"Environment", 0, ""}, {"User", 0, ""}, {"Group", 0, ""}, {"ControlGroupController", 0, ""}, {"OSRelease", 0, ""},
	{"MemoryPressure", 0, ""}, {"CPUPressure", 0, ""}, {"IOPressure", 0, ""},
	{"PathIsSocket", 258, "path"}, {"KernelModuleLoaded", 258, ""}, {"Version", 258, ""},
}

func conditionRows(prefix string, at func(*model.Unit) *[]model.Condition) []*entry[model.Unit] {
	var rows []*entry[model.Unit]
	for _, c := range conditions {
		e := row(prefix+c.kind, "CONDITION", Condition(c.kind, c.want == "path"), at).property("").since(c.since)
		if prefix == "Assert" && c.kind == "Firmware" {
			e.since(253)
		}
		rows = append(rows, e)
	}
	return rows
}

func dependency(name string, kind model.Dependency) *entry[model.Unit] {
	e := row(name, "UNIT [...]", Dependency(kind), func(u *model.Unit) *[]model.Edge { return &u.Edges })
	e.repeats = true
	return e // properties.txt leaves the value to package bus, as the engine adds the inverses
}

func runningTimeout(s *model.UnitSection) *span.Span { return &s.JobRunningTimeout }
func runningTimeoutSet(u *model.Unit) *bool          { return &u.UnitSection.JobRunningTimeoutSet }

// followJobTimeout makes JobTimeoutSec= hold for running jobs too, unless they have their own timeout.
func followJobTimeout(u *model.Unit) {
	if !u.UnitSection.JobRunningTimeoutSet {
		u.UnitSection.JobRunningTimeout = u.UnitSection.JobTimeout
	}
}

func section[V any](name, hint string, c *Codec[V], at func(*model.UnitSection) *V) *entry[model.Unit] {
	return row(name, hint, c, func(u *model.Unit) *V { return at(u.UnitSection) })
}

func (e *entry[T]) hint(text string) *entry[T] { e.Hint = text; return e }

func jobModes() *Codec[model.JobMode] {
	return Enum[model.JobMode](model.JobModes())
}

func actions() *Codec[model.EmergencyAction] {
	return Enum[model.EmergencyAction](model.EmergencyActions())
}

// jobModeIsolate is OnFailureIsolate=, which said by yes what OnFailureJobMode=isolate says.
var jobModeIsolate = &Codec[model.JobMode]{
	Parse: func(old model.JobMode, text string, ctx *Context) (model.JobMode, error) {
		isolate, err := Bool.Parse(false, text, ctx)
		switch {
		case err != nil:
			return old, err
		case isolate:
			return model.ModeIsolate, nil
		}
		return model.ModeReplace, nil
	},
	Format: func(v model.JobMode) string { return Bool.Format(v == model.ModeIsolate) },
	Encode: nil,
	Words:  Bool.Words,
}

// MountsFor reads absolute paths and adds them; what was said can't be taken back. systemd.unit(5), RequiresMountsFor=.
func MountsFor() *Codec[[]string] {
	c := *Paths
	c.Parse = func(old []string, text string, ctx *Context) ([]string, error) {
		if strings.TrimSpace(text) == "" {
			return old, nil
		}
		return Paths.Parse(old, text, ctx)
	}
	return &c
}
