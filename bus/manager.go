package bus

import (
	"sync"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/glob"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
)

// managerTable is org.freedesktop.systemd1.Manager.
var managerTable = sync.OnceValue(func() *iface {
	return &iface{
		name:       managerInterface,
		methods:    append(append(append(unitMethods(), jobMethods()...), listMethods()...), controlMethods()...),
		signals:    managerSignals,
		properties: managerProperties(),
	}
})

var managerSignals = []signal{
	{"UnitNew", "so", []string{"id", "unit"}},
	{"UnitRemoved", "so", []string{"id", "unit"}},
	{"JobNew", "uos", []string{"id", "job", "unit"}},
	{"JobRemoved", "uoss", []string{"id", "job", "unit", "result"}},
	{"StartupFinished", "tttttt", []string{"firmware", "loader", "kernel", "initrd", "userspace", "total"}},
	{"UnitFilesChanged", "", nil},
	{"Reloading", "b", []string{"active"}},
}

// unitMethods look units up and act on one of them by name.
func unitMethods() []method {
	return []method{
		{"GetUnit", "s", "o", []string{"name", "unit"}, (*call).getUnit},
		{"GetUnitByPID", "u", "o", []string{"pid", "unit"}, (*call).getUnitByPID},
		{"LoadUnit", "s", "o", []string{"name", "unit"}, (*call).loadUnit},
		{"GetUnitProcesses", "s", "a(sus)", []string{"name", "processes"}, (*call).unitProcesses},
		{"KillUnit", "ssi", "", []string{"name", "whom", "signal"}, (*call).killUnit},
		{"ResetFailedUnit", "s", "", []string{"name"}, (*call).resetFailedUnit},
		{"RefUnit", "s", "", []string{"name"}, (*call).refUnit},
		{"UnrefUnit", "s", "", []string{"name"}, (*call).unrefUnit},
	}
}

// named reads a unit name as the call's first argument and checks it.
func (c *call) named() (string, bool) {
	name := c.in.String()
	if !c.read() {
		return "", false
	}
	if err := unitname.Valid(name); err != nil {
		c.refuse(errorInvalidArgs, "Unit name %s is not valid.", name)
		return "", false
	}
	return name, true
}

func (c *call) getUnit() {
	name, ok := c.named()
	if !ok {
		return
	}
	if status := c.server.manager.Engine().Unit(name); status != nil {
		c.reply("o", func(w *dbus.Writer) { w.ObjectPath(unitPath(status.Unit.Name)) })
		return
	}
	c.refuse(errorNoSuchUnit, "Unit %s not loaded.", name)
}

func (c *call) getUnitByPID() {
	pid := int(c.in.Uint32())
	if !c.read() {
		return
	}
	if pid == 0 {
		pid = int(c.client.pid)
	}
	unit := c.server.manager.UnitOf(pid)
	if unit == "" {
		c.refuse(errorNoUnitForPID, "PID %d does not belong to any loaded unit.", pid)
		return
	}
	c.reply("o", func(w *dbus.Writer) { w.ObjectPath(unitPath(unit)) })
}

func (c *call) loadUnit() {
	name, ok := c.named()
	if !ok {
		return
	}
	status, refusal := c.server.unit(name)
	if refusal != nil {
		c.refuse(refusal.Error, "%s", refusal.Message)
		return
	}
	c.reply("o", func(w *dbus.Writer) { w.ObjectPath(unitPath(status.Unit.Name)) })
}

func (c *call) unitProcesses() {
	name, ok := c.named()
	if !ok {
		return
	}
	c.processes(name)
}

func (c *call) processes(name string) {
	list := c.server.manager.Processes(name)
	c.reply("a(sus)", func(w *dbus.Writer) {
		mark := w.OpenArray(8)
		for _, p := range list {
			w.Struct()
			w.String(p.Group)
			w.Uint32(uint32(p.PID))
			w.String(p.Command)
		}
		w.CloseArray(mark)
	})
}

func (c *call) killUnit() {
	name, ok := c.named()
	if ok {
		c.kill(name, c.in.String(), c.in.Int32())
	}
}

func (c *call) kill(name, who string, signal int32) {
	if !c.read() {
		return
	}
	if signal <= 0 || signal > 64 {
		c.refuse(errorInvalidArgs, "Signal number out of range.")
		return
	}
	c.ask(func(id port.Request) port.Event {
		return port.KillRequested{Request: id, Unit: name, Who: who, Signal: signal}
	})
}

func (c *call) resetFailedUnit() {
	if name, ok := c.named(); ok {
		c.ask(func(id port.Request) port.Event { return port.ResetFailedRequested{Request: id, Unit: name} })
	}
}

func (c *call) refUnit() {
	name, ok := c.named()
	if !ok {
		return
	}
	if _, refusal := c.server.unit(name); refusal != nil {
		c.refuse(refusal.Error, "%s", refusal.Message)
		return
	}
	c.ask(func(id port.Request) port.Event {
		return port.UnitReferenced{Request: id, Unit: name, Client: c.client.name()}
	})
}

func (c *call) unrefUnit() {
	if name, ok := c.named(); ok {
		c.ask(func(id port.Request) port.Event {
			return port.UnitUnreferenced{Request: id, Unit: name, Client: c.client.name()}
		})
	}
}

// verb is a method that queues a job.
type verb struct {
	method           string
	job              model.JobType
	reloadIfPossible bool
}

var verbs = []verb{
	{"StartUnit", model.JobStart, false},
	{"StopUnit", model.JobStop, false},
	{"ReloadUnit", model.JobReload, false},
	{"RestartUnit", model.JobRestart, false},
	{"TryRestartUnit", model.JobTryRestart, false},
	{"ReloadOrRestartUnit", model.JobRestart, true},
	{"ReloadOrTryRestartUnit", model.JobTryRestart, true},
}

// jobMethods queue, find and cancel jobs.
func jobMethods() []method {
	var rows []method
	for _, v := range verbs {
		rows = append(rows, method{v.method, "ss", "o", []string{"name", "mode", "job"}, func(c *call) {
			if name, ok := c.named(); ok {
				c.queue(name, v.job, v.reloadIfPossible, c.in.String())
			}
		}})
	}
	return append(rows,
		method{"GetJob", "u", "o", []string{"id", "job"}, (*call).getJob},
		method{"CancelJob", "u", "", []string{"id"}, (*call).cancelJob},
		method{"ClearJobs", "", "", nil, func(c *call) { c.cancel(0) }},
		method{"ResetFailed", "", "", nil, func(c *call) {
			c.ask(func(id port.Request) port.Event { return port.ResetFailedRequested{Request: id} })
		}})
}

// queue asks for a job. Units the engine doesn't know are loaded first, complete with what they refer to.
func (c *call) queue(name string, job model.JobType, reloadIfPossible bool, modeWord string) {
	if !c.read() {
		return
	}
	mode, ok := model.ParseJobMode(modeWord)
	if !ok {
		c.refuse(errorInvalidArgs, "Job mode %s invalid", modeWord)
		return
	}
	loaded := c.server.manager.Load(name)
	c.ask(func(id port.Request) port.Event {
		return port.JobRequested{Request: id, Unit: name, Type: job, ReloadIfPossible: reloadIfPossible, Mode: mode,
			Cause: port.Cause{Kind: port.CauseClient, Client: c.client.String()}, Loaded: loaded}
	})
}

func (c *call) getJob() {
	id := c.in.Uint32()
	if !c.read() {
		return
	}
	if _, ok := c.server.manager.Engine().Job(id); !ok {
		c.refuse(errorNoSuchJob, "Job %d does not exist.", id)
		return
	}
	c.reply("o", func(w *dbus.Writer) { w.ObjectPath(jobPath(id)) })
}

func (c *call) cancelJob() {
	id := c.in.Uint32()
	if !c.read() {
		return
	}
	if _, ok := c.server.manager.Engine().Job(id); !ok {
		c.refuse(errorNoSuchJob, "Job %d does not exist.", id)
		return
	}
	c.cancel(id)
}

func (c *call) cancel(job uint32) {
	c.ask(func(id port.Request) port.Event { return port.JobCancelRequested{Request: id, Job: job} })
}

// listMethods list units and jobs.
func listMethods() []method {
	const entry = "a(ssssssouso)"
	return []method{
		{"ListUnits", "", entry, []string{"units"}, func(c *call) { c.listUnits(nil, nil) }},
		{"ListUnitsFiltered", "as", entry, []string{"states", "units"}, func(c *call) {
			states := c.in.StringArray()
			c.listUnits(states, nil)
		}},
		{"ListUnitsByPatterns", "asas", entry, []string{"states", "patterns", "units"}, func(c *call) {
			states, patterns := c.in.StringArray(), c.in.StringArray()
			c.listUnits(states, patterns)
		}},
		{"ListUnitsByNames", "as", entry, []string{"names", "units"}, (*call).listByNames},
		{"ListJobs", "", "a(usssoo)", []string{"jobs"}, (*call).listJobs},
	}
}

func (c *call) listUnits(states, patterns []string) {
	if !c.read() {
		return
	}
	c.reply("a(ssssssouso)", func(w *dbus.Writer) {
		mark := w.OpenArray(8)
		for _, status := range c.server.manager.Engine().Units() {
			if matchesStates(status, states) && matchesNames(status.Unit, patterns) {
				c.server.writeUnit(w, status)
			}
		}
		w.CloseArray(mark)
	})
}

func (c *call) listByNames() {
	names := c.in.StringArray()
	if !c.read() {
		return
	}
	var list []*port.UnitStatus
	for _, name := range names {
		if unitname.Valid(name) != nil {
			continue
		}
		if status, refusal := c.server.unit(name); refusal == nil {
			list = append(list, status)
		}
	}
	c.reply("a(ssssssouso)", func(w *dbus.Writer) {
		mark := w.OpenArray(8)
		for _, status := range list {
			c.server.writeUnit(w, status)
		}
		w.CloseArray(mark)
	})
}

func matchesStates(u *port.UnitStatus, states []string) bool {
	return len(states) == 0 || contains(states, u.Unit.Load.String()) || contains(states, u.Sub) ||
		contains(states, u.Active.String())
}

func matchesNames(u *model.Unit, patterns []string) bool {
	if len(patterns) == 0 {
		return true
	}
	for _, pattern := range patterns {
		if glob.Match(pattern, u.Name) {
			return true
		}
		for _, alias := range u.Aliases {
			if glob.Match(pattern, alias) {
				return true
			}
		}
	}
	return false
}

// writeUnit writes one row of ListUnits.
func (s *Server) writeUnit(w *dbus.Writer, u *port.UnitStatus) {
	w.Struct()
	w.String(u.Unit.Name)
	w.String(description(u.Unit))
	w.String(u.Unit.Load.String())
	w.String(u.Active.String())
	w.String(u.Sub)
	w.String("") // the unit this one follows: only devices do
	w.ObjectPath(unitPath(u.Unit.Name))
	job, kind := "/", ""
	if j, ok := s.manager.Engine().Job(u.Job); ok {
		job, kind = jobPath(j.ID), j.Type.String()
	}
	w.Uint32(u.Job)
	w.String(kind)
	w.ObjectPath(job)
}

// description is what people read; a unit without one is called by its name.
func description(u *model.Unit) string {
	if u.Description == "" {
		return u.Name
	}
	return u.Description
}

func (c *call) listJobs() {
	c.reply("a(usssoo)", func(w *dbus.Writer) {
		mark := w.OpenArray(8)
		for _, job := range c.server.manager.Engine().Jobs() {
			w.Struct()
			w.Uint32(job.ID)
			w.String(job.Unit)
			w.String(job.Type.String())
			w.String(job.State.String())
			w.ObjectPath(jobPath(job.ID))
			w.ObjectPath(unitPath(job.Unit))
		}
		w.CloseArray(mark)
	})
}

func matchesAny(name string, patterns []string) bool {
	for _, pattern := range patterns {
		if glob.Match(pattern, name) {
			return true
		}
	}
	return len(patterns) == 0
}
