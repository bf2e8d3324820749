//tidy:table

package directive

import (
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// serviceGroup is what systemd.service(5) describes.
func serviceGroup() *group[model.Service] {
	return &group[model.Service]{manual: "systemd.service(5)", kept: func(s *model.Service) *[]model.Setting { return &s.Exec.Sandbox }, rows: []*entry[model.Service]{
		row("PIDFile", "OTHER", PIDFile(), func(s *model.Service) *string { return &s.PIDFile }),
		command("ExecCondition", model.ExecCondition),
		command("ExecStartPre", model.ExecStartPre),
		command("ExecStart", model.ExecStart),
		command("ExecStartPost", model.ExecStartPost),
		command("ExecReload", model.ExecReload),
		command("ExecStop", model.ExecStop),
		command("ExecStopPost", model.ExecStopPost),
		row("RestartSec", "SECONDS", Seconds(), func(s *model.Service) *span.Span { return &s.RestartSec }).property("RestartUSec"),
		row("TimeoutSec", "SECONDS", Timeout(), timeoutStart).marks(timeoutStartSet).then(stopAsStart).property(""),
		row("TimeoutStartSec", "SECONDS", Timeout(), timeoutStart).marks(timeoutStartSet).property("TimeoutStartUSec"),
		row("TimeoutStopSec", "OTHER", Timeout(), func(s *model.Service) *span.Span { return &s.TimeoutStop }).property("TimeoutStopUSec"),
		row("TimeoutAbortSec", "OTHER", timeoutAbort(), func(s *model.Service) *span.Span { return &s.TimeoutAbort }).marks(timeoutAbortSet).property("TimeoutAbortUSec"),
		row("TimeoutStartFailureMode", "TIMEOUTMODE", timeoutModes(), func(s *model.Service) *model.TimeoutFailureMode { return &s.TimeoutStartFailureMode }),
		row("TimeoutStopFailureMode", "TIMEOUTMODE", timeoutModes(), func(s *model.Service) *model.TimeoutFailureMode { return &s.TimeoutStopFailureMode }),
		row("RuntimeMaxSec", "SECONDS", Seconds(), func(s *model.Service) *span.Span { return &s.RuntimeMax }).property("RuntimeMaxUSec"),
		row("RuntimeRandomizedExtraSec", "SECONDS", Seconds(), func(s *model.Service) *span.Span { return &s.RuntimeRandom }).property("RuntimeRandomizedExtraUSec"),
		row("WatchdogSec", "SECONDS", Seconds(), func(s *model.Service) *span.Span { return &s.Watchdog }).property("WatchdogUSec"),
		elsewhere[model.Service]("StartLimitInterval", "SECONDS", "StartLimitIntervalSec"),
		elsewhere[model.Service]("StartLimitBurst", "UNSIGNED", "StartLimitBurst"),
		elsewhere[model.Service]("StartLimitAction", "ACTION", "StartLimitAction"),
		elsewhere[model.Service]("FailureAction", "ACTION", "FailureAction"),
		elsewhere[model.Service]("RebootArgument", "STRING", "RebootArgument"),
		row("Type", "SERVICETYPE", serviceTypes(), func(s *model.Service) *model.ServiceType { return &s.Type }).marks(typeSet),
		row("ExitType", "SERVICEEXITTYPE", Enum[model.ExitType](model.ExitTypes()), func(s *model.Service) *model.ExitType { return &s.ExitType }),
		row("Restart", "SERVICERESTART", Enum[model.Restart](model.Restarts()), func(s *model.Service) *model.Restart { return &s.Restart }),
		row("PermissionsStartOnly", "BOOLEAN", Bool, func(s *model.Service) *bool { return &s.PermissionsStartOnly }).property(""),
		row("RootDirectoryStartOnly", "BOOLEAN", Bool, func(s *model.Service) *bool { return &s.RootDirStartOnly }),
		row("RemainAfterExit", "BOOLEAN", Bool, func(s *model.Service) *bool { return &s.RemainAfterExit }),
		row("GuessMainPID", "BOOLEAN", Bool, func(s *model.Service) *bool { return &s.GuessMainPID }),
		row("RestartPreventExitStatus", "STATUS", Statuses, func(s *model.Service) **model.StatusSet { return &s.RestartPrevent }),
		row("RestartForceExitStatus", "STATUS", Statuses, func(s *model.Service) **model.StatusSet { return &s.RestartForce }),
		row("SuccessExitStatus", "STATUS", Statuses, func(s *model.Service) **model.StatusSet { return &s.SuccessExitStatus }),
		row("NonBlocking", "BOOLEAN", Bool, func(s *model.Service) *bool { return &s.NonBlocking }),
		row("BusName", "OTHER", busName(), func(s *model.Service) *string { return &s.BusName }),
		row("FileDescriptorStoreMax", "UNSIGNED", Unsigned, func(s *model.Service) *uint32 { return &s.FileDescriptorStoreMax }),
		row("NotifyAccess", "ACCESS", notifyAccesses(), func(s *model.Service) *model.NotifyAccess { return &s.NotifyAccess }).marks(notifySet),
		row("Sockets", "SOCKETS", Sockets(), func(s *model.Service) *[]string { return &s.Sockets }).property(""),
		row("USBFunctionDescriptors", "PATH", Path, func(s *model.Service) *string { return &s.USBFunctionDescriptors }).lacking(noGadgets),
		row("USBFunctionStrings", "PATH", Path, func(s *model.Service) *string { return &s.USBFunctionStrings }).lacking(noGadgets),
		row("OOMPolicy", "OTHER", oomPolicies(), func(s *model.Service) *model.OOMPolicy { return &s.OOMPolicy }).marks(oomSet),
		row("ReloadSignal", "SIGNAL", Signal, func(s *model.Service) *int32 { return &s.ReloadSignal }).since(253),
		row("RestartSteps", "UNSIGNED", Unsigned, func(s *model.Service) *uint32 { return &s.RestartSteps }).since(254),
		row("RestartMaxDelaySec", "SECONDS", Timeout(), func(s *model.Service) *span.Span { return &s.RestartMaxDelay }).property("RestartMaxDelayUSec").since(254),
		row("RestartMode", "RESTARTMODE", restartModes(), func(s *model.Service) *model.RestartMode { return &s.RestartMode }).since(254),
		planned[model.Service]("FileDescriptorStorePreserve", "OTHER", BoolOr("restart")).since(254),
		planned[model.Service]("OpenFile", "OPENFILE", known("a(sst)")).since(253).list(),
	}}
}

func command(name string, kind model.CommandKind) *entry[model.Service] {
	e := row(name, "PATH [ARGUMENT [...]]", Commands, func(s *model.Service) *[]words.Command { return &s.Commands[kind] })
	return e.list()
}

// list says that the option may be given more than once, and that each time adds to it.
func (e *entry[T]) list() *entry[T] { e.repeats = true; return e }

// elsewhere is an option that moved to [Unit]; table.go sends the line there.
func elsewhere[T any](name, hint, target string) *entry[T] {
	e := ignored[T](name, hint, "")
	e.Status = Implemented
	return e.obsolete(target)
}

func timeoutStart(s *model.Service) *span.Span { return &s.TimeoutStart }
func timeoutStartSet(s *model.Service) *bool   { return &s.TimeoutStartSet }
func timeoutAbortSet(s *model.Service) *bool   { return &s.TimeoutAbortSet }
func typeSet(s *model.Service) *bool           { return &s.TypeSet }
func notifySet(s *model.Service) *bool         { return &s.NotifyAccessSet }
func oomSet(s *model.Service) *bool            { return &s.OOMPolicySet }
func stopAsStart(s *model.Service)             { s.TimeoutStop = s.TimeoutStart }

const noGadgets = "USB gadgets are not set up yet"

func timeoutModes() *Codec[model.TimeoutFailureMode] {
	return Enum[model.TimeoutFailureMode](model.TimeoutFailureModes())
}

func serviceTypes() *Codec[model.ServiceType] {
	return Enum[model.ServiceType](model.ServiceTypes())
}

func notifyAccesses() *Codec[model.NotifyAccess] {
	return Enum[model.NotifyAccess](model.NotifyAccesses())
}

func restartModes() *Codec[model.RestartMode] {
	return Enum[model.RestartMode](model.RestartModes())
}

func oomPolicies() *Codec[model.OOMPolicy] {
	return Enum[model.OOMPolicy](model.OOMPolicies())
}

// busName is a well-known name, and can't be taken back.
func busName() *Codec[string] {
	return checked("a bus name", dbus.ValidBusName).refuse("")
}

// timeoutAbort takes nothing for "as TimeoutStopSec=".
func timeoutAbort() *Codec[span.Span] {
	c := *Timeout()
	c.Parse = func(old span.Span, text string, ctx *Context) (span.Span, error) {
		if text == "" {
			return 0, nil
		}
		return Timeout().Parse(old, text, ctx)
	}
	c.Format = func(v span.Span) string {
		if v == 0 {
			return ""
		}
		return formatSpan(v)
	}
	return &c
}

// PIDFile reads a path, relative to the manager's runtime directory. systemd.service(5).
func PIDFile() *Codec[string] {
	c := *Path
	c.Parse = func(old, text string, ctx *Context) (string, error) {
		path, err := ctx.expand(text)
		if err != nil || path == "" {
			return ifBad(old, "", err)
		}
		if path[0] != '/' {
			path = ctx.defaults().RuntimeDirectory + "/" + path
		}
		if p := badPath(path); p != nil {
			return old, p
		}
		path = simplify(path)
		if rest, legacy := strings.CutPrefix(path, "/var/run/"); legacy {
			ctx.warn(odd("%s is below the legacy directory /var/run, taking /run/%s", path, rest).advise("update the path"))
			path = "/run/" + rest
		}
		return path, nil
	}
	return &c
}

// Sockets reads names of socket units.
func Sockets() *Codec[[]string] {
	c := *Paths
	c.Parse = func(old []string, text string, ctx *Context) ([]string, error) {
		list, err := splitNames(text, ctx)
		for _, word := range list {
			name, wrong := UnitName(".socket").Parse("", word, ctx)
			if wrong != nil {
				ctx.warn(wrong)
				continue
			}
			old = append(old[:len(old):len(old)], name)
		}
		return old, err
	}
	return &c
}
