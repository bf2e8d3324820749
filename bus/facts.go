//tidy:table

package bus

import (
	"strings"
	"sync"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/wire/dbus"
)

// fact makes a property that the manager applet knows.
func fact(name, sig string, e emits, get func(w *dbus.Writer, f *Facts)) property {
	return property{name: name, sig: sig, emits: e, get: func(w *dbus.Writer, s *Server, _ *object) {
		get(w, s.manager.Facts())
	}}
}

func factText(name string, e emits, get func(*Facts) string) property {
	return fact(name, "s", e, func(w *dbus.Writer, f *Facts) { w.String(get(f)) })
}

// stages are the moments of the manager's own start, by property name without "Timestamp".
var stages = []string{"Firmware", "Loader", "Kernel", "InitRD", "Userspace", "Finish", "SecurityStart", "SecurityFinish",
	"GeneratorsStart", "GeneratorsFinish", "UnitsLoadStart", "UnitsLoadFinish", "UnitsLoad", "InitRDSecurityStart",
	"InitRDSecurityFinish", "InitRDGeneratorsStart", "InitRDGeneratorsFinish", "InitRDUnitsLoadStart",
	"InitRDUnitsLoadFinish"}

// managerProperties are in the oracle's order.
func managerProperties() []property {
	rows := []property{
		factText("Version", emitsConst, func(f *Facts) string { return f.Version }),
		factText("Features", emitsConst, func(f *Facts) string { return f.Features }),
		factText("Virtualization", emitsConst, func(f *Facts) string { return f.Virtualization }),
		factText("Architecture", emitsConst, func(f *Facts) string { return f.Architecture }),
		factText("Tainted", emitsConst, func(f *Facts) string { return f.Tainted }),
	}
	for _, stage := range stages {
		rows = append(rows,
			fact(stage+"Timestamp", "t", emitsConst, func(w *dbus.Writer, f *Facts) { w.Uint64(uint64(f.Times[stage].Realtime)) }),
			fact(stage+"TimestampMonotonic", "t", emitsConst, func(w *dbus.Writer, f *Facts) {
				w.Uint64(uint64(f.Times[stage].Monotonic))
			}))
	}
	rows = append(rows, logProperties()...)
	rows = append(rows, countProperties()...)
	rows = append(rows,
		property{name: "Environment", sig: "as", emits: emitsFalse, get: func(w *dbus.Writer, s *Server, _ *object) {
			w.StringArray(s.manager.Engine().Environment())
		}},
		fact("ConfirmSpawn", "b", emitsConst, func(w *dbus.Writer, f *Facts) { w.Bool(f.ConfirmSpawn) }),
		fact("ShowStatus", "b", emitsFalse, func(w *dbus.Writer, f *Facts) { w.Bool(f.ShowStatus) }),
		fact("UnitPath", "as", emitsConst, func(w *dbus.Writer, f *Facts) { w.StringArray(f.UnitPath) }),
		setting("DefaultStandardOutput", "s", func(w *dbus.Writer, d *directive.Defaults) { w.String(d.StandardOutput.String()) }),
		setting("DefaultStandardError", "s", func(w *dbus.Writer, d *directive.Defaults) { w.String(d.StandardError.String()) }))
	rows = append(rows, watchdogProperties()...)
	rows = append(rows,
		factText("ControlGroup", emitsFalse, func(f *Facts) string { return f.ControlGroup }),
		property{name: "SystemState", sig: "s", emits: emitsFalse, get: func(w *dbus.Writer, s *Server, _ *object) {
			w.String(s.manager.Engine().SystemState())
		}},
		fact("ExitCode", "y", emitsFalse, func(w *dbus.Writer, f *Facts) { w.Byte(f.ExitCode) }))
	return append(rows, defaultProperties()...)
}

// setting makes a property of the manager's configured defaults.
func setting(name, sig string, get func(w *dbus.Writer, d *directive.Defaults)) property {
	return property{name: name, sig: sig, emits: emitsConst, get: func(w *dbus.Writer, s *Server, _ *object) {
		get(w, s.manager.Defaults())
	}}
}

func logProperties() []property {
	return []property{
		{name: "LogLevel", sig: "s", emits: emitsFalse, set: (*call).setLogLevel, get: func(w *dbus.Writer, s *Server, _ *object) {
			w.String(s.manager.Facts().LogLevel)
		}},
		{name: "LogTarget", sig: "s", emits: emitsFalse, set: (*call).setLogTarget, get: func(w *dbus.Writer, s *Server, _ *object) {
			w.String(s.manager.Facts().LogTarget)
		}},
	}
}

func (c *call) setLogLevel() {
	word := c.in.String()
	if !c.read() {
		return
	}
	if _, err := quantity.ParseSyslogLevel(word); err != nil || !c.server.manager.SetLogLevel(word) {
		c.refuse(errorInvalidArgs, "Invalid log level '%s'", word)
		return
	}
	c.done()
}

func (c *call) setLogTarget() {
	word := c.in.String()
	if !c.read() {
		return
	}
	c.server.manager.Facts().LogTarget = word
	c.done()
}

// logTable is org.freedesktop.LogControl1, by which systemctl log-level asks.
var logTable = sync.OnceValue(func() *iface {
	return &iface{name: "org.freedesktop.LogControl1", properties: append(logProperties(),
		property{name: "SyslogIdentifier", sig: "s", emits: emitsFalse, get: func(w *dbus.Writer, _ *Server, _ *object) {
			w.String("systemd")
		}})}
})

func countProperties() []property {
	count := func(name, sig string, get func(s *Server) uint32) property {
		return property{name: name, sig: sig, emits: emitsFalse, get: func(w *dbus.Writer, s *Server, _ *object) {
			w.Uint32(get(s))
		}}
	}
	return []property{
		count("NNames", "u", func(s *Server) uint32 {
			n := 0
			for _, u := range s.manager.Engine().Units() {
				n += 1 + len(u.Unit.Aliases)
			}
			return uint32(n)
		}),
		{name: "NFailedUnits", sig: "u", emits: emitsTrue, get: func(w *dbus.Writer, s *Server, _ *object) {
			w.Uint32(uint32(s.manager.Engine().Totals().FailedUnits))
		}},
		count("NJobs", "u", func(s *Server) uint32 { return uint32(s.manager.Engine().Totals().Jobs) }),
		count("NInstalledJobs", "u", func(s *Server) uint32 { return s.manager.Engine().Totals().InstalledJobs }),
		count("NFailedJobs", "u", func(s *Server) uint32 { return s.manager.Engine().Totals().FailedJobs }),
		{name: "Progress", sig: "d", emits: emitsFalse, get: func(w *dbus.Writer, s *Server, _ *object) {
			totals := s.manager.Engine().Totals()
			if totals.InstalledJobs == 0 {
				w.Double(1)
				return
			}
			w.Double(1 - float64(totals.Jobs)/float64(totals.InstalledJobs))
		}},
	}
}

// watchdogProperties are of the hardware watchdog, which this version leaves alone: setting them is refused.
func watchdogProperties() []property {
	row := func(name string, emits emits, get func(w *dbus.Writer), set func(*call)) property {
		return property{name: name, sig: "t", emits: emits, set: set,
			get: func(w *dbus.Writer, _ *Server, _ *object) { get(w) }}
	}
	number := func(n uint64) func(*dbus.Writer) { return func(w *dbus.Writer) { w.Uint64(n) } }
	empty := func(w *dbus.Writer) { w.String("") }
	rows := []property{
		row("WatchdogDevice", emitsConst, empty, nil),
		row("WatchdogLastPingTimestamp", emitsFalse, number(unset), nil),
		row("WatchdogLastPingTimestampMonotonic", emitsFalse, number(unset), nil),
		row("RuntimeWatchdogUSec", emitsFalse, number(0), (*call).setWatchdog),
		row("RuntimeWatchdogPreUSec", emitsFalse, number(0), (*call).setWatchdog),
		row("RuntimeWatchdogPreGovernor", emitsFalse, empty, (*call).setWatchdog),
		row("RebootWatchdogUSec", emitsFalse, number(uint64(10*span.Minute)), (*call).setWatchdog),
		row("KExecWatchdogUSec", emitsFalse, number(0), (*call).setWatchdog),
		row("ServiceWatchdogs", emitsFalse, func(w *dbus.Writer) { w.Bool(true) }, (*call).setWatchdog),
	}
	rows[0].sig, rows[5].sig, rows[8].sig = "s", "s", "b"
	return rows
}

func (c *call) setWatchdog() {
	c.refuse(errorNotSupported, "Watchdogs can't be set up by this version.")
}

// limitNames are the Default…Limit properties in the oracle's order.
var limitNames = strings.Fields("CPU FSIZE DATA STACK CORE RSS NOFILE AS NPROC MEMLOCK LOCKS SIGPENDING MSGQUEUE NICE " +
	"RTPRIO RTTIME")

func defaultProperties() []property {
	flag := func(name string, value bool) property {
		return setting(name, "b", func(w *dbus.Writer, _ *directive.Defaults) { w.Bool(value) })
	}
	rows := []property{
		setting("DefaultTimerAccuracyUSec", "t", func(w *dbus.Writer, d *directive.Defaults) { w.Uint64(uint64(d.TimerAccuracy)) }),
		setting("DefaultTimeoutStartUSec", "t", func(w *dbus.Writer, d *directive.Defaults) { w.Uint64(uint64(d.TimeoutStart)) }),
		setting("DefaultTimeoutStopUSec", "t", func(w *dbus.Writer, d *directive.Defaults) { w.Uint64(uint64(d.TimeoutStop)) }),
		setting("DefaultTimeoutAbortUSec", "t", func(w *dbus.Writer, d *directive.Defaults) {
			if !d.TimeoutAbortSet {
				w.Uint64(uint64(d.TimeoutStop))
				return
			}
			w.Uint64(uint64(d.TimeoutAbort))
		}),
		setting("DefaultDeviceTimeoutUSec", "t", func(w *dbus.Writer, d *directive.Defaults) { w.Uint64(uint64(d.DeviceTimeout)) }),
		setting("DefaultRestartUSec", "t", func(w *dbus.Writer, d *directive.Defaults) { w.Uint64(uint64(d.RestartSec)) }),
		setting("DefaultStartLimitIntervalUSec", "t", func(w *dbus.Writer, d *directive.Defaults) {
			w.Uint64(uint64(d.StartLimitInterval))
		}),
		setting("DefaultStartLimitBurst", "u", func(w *dbus.Writer, d *directive.Defaults) { w.Uint32(d.StartLimitBurst) }),
		flag("DefaultCPUAccounting", true), flag("DefaultBlockIOAccounting", false),
		flag("DefaultMemoryAccounting", true), flag("DefaultTasksAccounting", true),
	}
	rows[3].emits = emitsFalse
	for _, name := range limitNames {
		resource, err := quantity.ParseResource(name)
		if err != nil {
			continue // the table's own test has all of them
		}
		for _, soft := range []bool{false, true} {
			suffix := map[bool]string{false: "", true: "Soft"}[soft]
			rows = append(rows, setting("DefaultLimit"+name+suffix, "t", func(w *dbus.Writer, d *directive.Defaults) {
				w.Uint64(defaultLimit(d, resource, soft))
			}))
		}
	}
	tasks := setting("DefaultTasksMax", "t", func(w *dbus.Writer, _ *directive.Defaults) { w.Uint64(unset) })
	tasks.emits = emitsFalse
	return append(rows, tasks,
		setting("TimerSlackNSec", "t", func(w *dbus.Writer, _ *directive.Defaults) { w.Uint64(50000) }),
		setting("DefaultOOMPolicy", "s", func(w *dbus.Writer, d *directive.Defaults) { w.String(d.OOMPolicy.String()) }),
		setting("DefaultOOMScoreAdjust", "i", func(w *dbus.Writer, d *directive.Defaults) { w.Int32(d.OOMScore) }),
		setting("CtrlAltDelBurstAction", "s", func(w *dbus.Writer, _ *directive.Defaults) { w.String("reboot-force") }))
}

func defaultLimit(d *directive.Defaults, resource quantity.Resource, soft bool) uint64 {
	for _, list := range [][]model.Rlimit{d.Limits, d.Kernel} {
		for _, limit := range list {
			if limit.Resource == uint8(resource) {
				if soft {
					return limit.Soft
				}
				return limit.Hard
			}
		}
	}
	return unset
}
