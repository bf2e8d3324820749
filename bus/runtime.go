package bus

import (
	"math"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/wire/dbus"
)

// This file has the properties of units that are run-time state; those that are configuration come from the directive
// table. A getter writes one value of the property's signature.

// getter writes a run-time property.
type getter func(w *dbus.Writer, s *Server, o *object)

func textOf(get func(*port.UnitStatus) string) getter {
	return func(w *dbus.Writer, _ *Server, o *object) { w.String(get(o.unit)) }
}

func boolOf(get func(*port.UnitStatus) bool) getter {
	return func(w *dbus.Writer, _ *Server, o *object) { w.Bool(get(o.unit)) }
}

// addTime adds the two properties of a moment: wall clock and monotonic, µs, 0 for never.
func addTime(m map[string]getter, name string, get func(*port.UnitStatus) port.Time) {
	m[name] = func(w *dbus.Writer, _ *Server, o *object) { w.Uint64(uint64(get(o.unit).Realtime)) }
	m[name+"Monotonic"] = func(w *dbus.Writer, _ *Server, o *object) { w.Uint64(uint64(get(o.unit).Monotonic)) }
}

// unitGetters are those that all types share.
func unitGetters() map[string]getter {
	m := map[string]getter{
		"Following":            func(w *dbus.Writer, _ *Server, _ *object) { w.String("") },
		"AccessSELinuxContext": func(w *dbus.Writer, _ *Server, _ *object) { w.String("") },
		"LoadState":            textOf(func(u *port.UnitStatus) string { return u.Unit.Load.String() }),
		"ActiveState":          textOf(func(u *port.UnitStatus) string { return u.Active.String() }),
		"SubState":             textOf(func(u *port.UnitStatus) string { return u.Sub }),
		"FreezerState":         func(w *dbus.Writer, _ *Server, _ *object) { w.String("running") },
		"UnitFileState": func(w *dbus.Writer, s *Server, o *object) {
			w.String(fileFact(o, s.manager.Files().State))
		},
		"UnitFilePreset": func(w *dbus.Writer, s *Server, o *object) {
			w.String(fileFact(o, s.manager.Files().Preset))
		},
		"CanStart":   boolOf(canStart),
		"CanStop":    boolOf(func(u *port.UnitStatus) bool { return !u.Unit.Perpetual }),
		"CanReload":  boolOf(canReload),
		"CanIsolate": boolOf(func(u *port.UnitStatus) bool { return canStart(u) && u.Unit.UnitSection.AllowIsolate }),
		"CanFreeze":  func(w *dbus.Writer, _ *Server, _ *object) { w.Bool(false) },
		"CanClean":   func(w *dbus.Writer, _ *Server, o *object) { w.StringArray(cleanable(o.unit.Unit)) },
		"Job":        writeUnitJob,
		"NeedDaemonReload": func(w *dbus.Writer, s *Server, o *object) {
			w.Bool(s.manager.NeedsReload(o.unit.Unit))
		},
		"Markers":           writeMarkers,
		"Refs":              emptyStrings,
		"ConditionResult":   boolOf(func(u *port.UnitStatus) bool { return u.ConditionResult }),
		"AssertResult":      boolOf(func(u *port.UnitStatus) bool { return u.AssertResult }),
		"Conditions":        writeConditions,
		"Asserts":           writeAsserts,
		"InvocationID":      writeInvocation,
		"ActivationDetails": writeDetails,
	}
	addTime(m, "StateChangeTimestamp", func(u *port.UnitStatus) port.Time { return u.StateChange })
	addTime(m, "InactiveExitTimestamp", func(u *port.UnitStatus) port.Time { return u.InactiveExit })
	addTime(m, "ActiveEnterTimestamp", func(u *port.UnitStatus) port.Time { return u.ActiveEnter })
	addTime(m, "ActiveExitTimestamp", func(u *port.UnitStatus) port.Time { return u.ActiveExit })
	addTime(m, "InactiveEnterTimestamp", func(u *port.UnitStatus) port.Time { return u.InactiveEnter })
	addTime(m, "ConditionTimestamp", func(u *port.UnitStatus) port.Time { return u.CheckTime })
	addTime(m, "AssertTimestamp", func(u *port.UnitStatus) port.Time { return u.CheckTime })
	for i := range model.Dependencies {
		kind := model.Dependency(i)
		m[kind.String()] = func(w *dbus.Writer, s *Server, o *object) {
			w.StringArray(s.manager.Engine().Dependencies(o.unit.Unit.Name, kind))
		}
	}
	delete(m, model.InSlice.String()) // "Slice" is the directive's property of the type's own interface
	return m
}

// fileFact is what is known of a unit's file, "" for a unit that has none.
func fileFact(o *object, of func(string) string) string {
	if o.unit.Unit.Fragment == "" {
		return ""
	}
	return of(o.unit.Unit.Name)
}

// writeDetails writes what of another unit led to a unit's start or a job: the units that this version runs tell
// nothing.
func writeDetails(w *dbus.Writer, _ *Server, _ *object) { w.CloseArray(w.OpenArray(8)) }

func emptyStrings(w *dbus.Writer, _ *Server, _ *object) { w.StringArray(nil) }

func canStart(u *port.UnitStatus) bool {
	return u.Unit.Load == model.LoadLoaded && !u.Unit.Perpetual
}

func canReload(u *port.UnitStatus) bool {
	service := u.Unit.Service
	return service != nil && (service.Type == model.ServiceNotifyReload || len(service.Commands[model.ExecReload]) > 0)
}

// cleanable are the kinds of directories that a unit owns. systemctl(1), clean.
func cleanable(u *model.Unit) (list []string) {
	if u.Service == nil || u.Load != model.LoadLoaded {
		return nil
	}
	what := u.Service.Exec.Resources()
	for k := range model.DirectoryKind(model.DirectoryKinds) {
		if what.Has(k) {
			list = append(list, k.Resource())
		}
	}
	return list
}

func writeUnitJob(w *dbus.Writer, _ *Server, o *object) {
	w.Struct()
	w.Uint32(o.unit.Job)
	if o.unit.Job == 0 {
		w.ObjectPath("/")
		return
	}
	w.ObjectPath(jobPath(o.unit.Job))
}

func writeInvocation(w *dbus.Writer, _ *Server, o *object) {
	if !o.unit.HasInvocation {
		w.ByteArray(nil)
		return
	}
	w.ByteArray(o.unit.Invocation[:])
}

func writeConditions(w *dbus.Writer, _ *Server, o *object) {
	writeVerdicts(w, "Condition", o.unit.Unit.Conditions, o.verdicts().Conditions)
}

func writeAsserts(w *dbus.Writer, _ *Server, o *object) {
	writeVerdicts(w, "Assert", o.unit.Unit.Asserts, o.verdicts().Asserts)
}

// verdicts are the outcomes of the unit's conditions and asserts, empty before they were looked at.
func (o *object) verdicts() port.Verdicts {
	if o.unit.Verdicts == nil {
		return port.Verdicts{}
	}
	return *o.unit.Verdicts
}

// writeVerdicts writes each line with its outcome: 1 held, -1 did not, 0 not looked at yet.
func writeVerdicts(w *dbus.Writer, prefix string, list []model.Condition, verdicts []port.Verdict) {
	mark := w.OpenArray(8)
	for i, c := range list {
		outcome := int32(0)
		if i < len(verdicts) {
			outcome = -1
			if verdicts[i].True {
				outcome = 1
			}
		}
		w.Struct()
		w.String(prefix + c.Kind)
		w.Bool(c.Trigger)
		w.Bool(c.Negate)
		w.String(c.Value)
		w.Int32(outcome)
	}
	w.CloseArray(mark)
}

func numberOf(get func(*port.ServiceStatus) uint32) getter {
	return func(w *dbus.Writer, _ *Server, o *object) { w.Uint32(get(o.unit.Service)) }
}

func signedOf(get func(*port.ServiceStatus) int32) getter {
	return func(w *dbus.Writer, _ *Server, o *object) { w.Int32(get(o.unit.Service)) }
}

// serviceGetters are those of org.freedesktop.systemd1.Service.
func serviceGetters() map[string]getter {
	m := map[string]getter{
		"MainPID":              numberOf(func(s *port.ServiceStatus) uint32 { return uint32(s.MainPID) }),
		"ControlPID":           numberOf(func(s *port.ServiceStatus) uint32 { return uint32(s.ControlPID) }),
		"NFileDescriptorStore": numberOf(func(s *port.ServiceStatus) uint32 { return uint32(len(s.FDs)) }),
		"NRestarts":            numberOf(func(s *port.ServiceStatus) uint32 { return s.Restarts }),
		"StatusText":           textOf(func(u *port.UnitStatus) string { return u.Service.StatusText }),
		"StatusErrno":          signedOf(func(s *port.ServiceStatus) int32 { return s.StatusErrno }),
		"Result":               textOf(func(u *port.UnitStatus) string { return u.Service.Result.String() }),
		"ReloadResult":         textOf(func(u *port.UnitStatus) string { return u.Service.ReloadResult.String() }),
		"CleanResult":          textOf(func(u *port.UnitStatus) string { return u.Service.CleanResult.String() }),
		"UID":                  func(w *dbus.Writer, s *Server, o *object) { w.Uint32(s.identity(o).UID) },
		"GID":                  func(w *dbus.Writer, s *Server, o *object) { w.Uint32(s.identity(o).GID) },
		"ExecMainPID":          numberOf(func(s *port.ServiceStatus) uint32 { return uint32(s.Main.PID) }),
		"ExecMainCode":         signedOf(func(s *port.ServiceStatus) int32 { return int32(s.Main.Code) }),
		"ExecMainStatus":       signedOf(func(s *port.ServiceStatus) int32 { return s.Main.Status }),
	}
	addTime(m, "WatchdogTimestamp", func(u *port.UnitStatus) port.Time { return u.Service.WatchdogTime })
	addTime(m, "ExecMainStartTimestamp", func(u *port.UnitStatus) port.Time { return u.Service.Main.Start })
	addTime(m, "ExecMainExitTimestamp", func(u *port.UnitStatus) port.Time { return u.Service.Main.Exit })
	for i := range model.CommandKinds {
		kind := model.CommandKind(i)
		m[kind.String()] = func(w *dbus.Writer, _ *Server, o *object) { writeCommands(w, o, kind, false) }
		m[kind.String()+"Ex"] = func(w *dbus.Writer, _ *Server, o *object) { writeCommands(w, o, kind, true) }
	}
	addUsage(m)
	return m
}

// identity is who the processes of a running service are; nobody in particular where its settings don't say.
func (s *Server) identity(o *object) Identity {
	id, nobody := Identity{math.MaxUint32, math.MaxUint32}, uint32(math.MaxUint32)
	exec := o.unit.Unit.Service.Exec
	if o.unit.Service.MainPID != 0 && (exec.User != "" || exec.Group != "") {
		id = s.manager.Identity(o.unit.Unit)
	}
	if exec.User == "" {
		id.UID = nobody
	}
	return id
}

// scopeGetters are those of org.freedesktop.systemd1.Scope, sliceGetters of Slice.
func scopeGetters() map[string]getter {
	m := map[string]getter{
		"Controller": textOf(func(u *port.UnitStatus) string {
			if u.Scope == nil {
				return ""
			}
			return u.Scope.Controller
		}),
		"Result": textOf(func(u *port.UnitStatus) string {
			if u.Scope == nil {
				return model.Success.String()
			}
			return u.Scope.Result.String()
		}),
	}
	addUsage(m)
	return m
}

// socketGetters are those of org.freedesktop.systemd1.Socket.
func socketGetters() map[string]getter {
	m := map[string]getter{"Result": textOf(func(u *port.UnitStatus) string {
		if u.Socket == nil {
			return model.Success.String()
		}
		return u.Socket.Result.String()
	})}
	addUsage(m)
	return m
}

func sliceGetters() map[string]getter {
	m := map[string]getter{}
	addUsage(m)
	return m
}

// unset is how the interface says that a number is not known.
const unset = math.MaxUint64

// addUsage adds what a unit's control group tells.
func addUsage(m map[string]getter) {
	m["ControlGroup"] = func(w *dbus.Writer, s *Server, o *object) { w.String(s.manager.Group(o.unit.Unit.Name)) }
	m["EffectiveCPUs"] = func(w *dbus.Writer, _ *Server, _ *object) { w.ByteArray(nil) }
	m["EffectiveMemoryNodes"] = m["EffectiveCPUs"]
	for name, get := range map[string]func(Usage) uint64{
		"ControlGroupId": func(u Usage) uint64 { return u.GroupID },
		"MemoryCurrent":  func(u Usage) uint64 { return u.Memory },
		"CPUUsageNSec":   func(u Usage) uint64 { return u.CPUNanoseconds },
		"TasksCurrent":   func(u Usage) uint64 { return u.Tasks },
	} {
		m[name] = func(w *dbus.Writer, s *Server, o *object) { w.Uint64(get(o.use(s))) }
	}
	for _, name := range []string{"MemoryAvailable", "IPIngressBytes", "IPIngressPackets", "IPEgressBytes",
		"IPEgressPackets", "IOReadBytes", "IOReadOperations", "IOWriteBytes", "IOWriteOperations"} {
		m[name] = func(w *dbus.Writer, _ *Server, _ *object) { w.Uint64(unset) }
	}
}

// Usage is what a unit's control group says; math.MaxUint64 for what is not known, but 0 for GroupID.
type Usage struct {
	GroupID, Memory, CPUNanoseconds, Tasks uint64
}

// Identity is who a service runs as; all ones for nobody in particular.
type Identity struct{ UID, GID uint32 }
