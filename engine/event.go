package engine

import (
	"slices"
	"strings"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/engine/transaction"
	"github.com/steward-init/steward/model"
)

// take hands an event to what it is about.
func (e *Engine) take(ev port.Event) {
	switch ev := ev.(type) {
	case port.JobRequested, port.JobCancelRequested, port.KillRequested, port.ResetFailedRequested,
		port.CleanRequested, port.UnitsLoaded, port.UnitsReloaded, port.UnitReferenced, port.UnitUnreferenced,
		port.EnvironmentChanged, port.ScopeAbandoned:
		e.takeRequest(ev)
	case port.ClientVanished:
		e.dropClient(ev.Client)
	case port.ConditionsChecked:
		e.onConditions(ev)
	case port.MountsRead:
		e.onMounts(ev)
	case port.ProcessExited:
		e.deliver(e.byPID(ev.PID, ev.Unit), ev)
	case port.BusNameChanged:
		for _, u := range slices.Clone(e.buses[ev.Name]) {
			e.deliver(u, ev)
		}
	case port.TimerElapsed:
		e.onTimer(ev)
	default:
		e.deliver(e.find(unitOf(ev)), ev)
	}
}

// unitOf returns the unit that an event of the host names.
func unitOf(ev port.Event) string {
	switch ev := ev.(type) {
	case port.Spawned:
		return ev.Unit
	case port.SpawnFailed:
		return ev.Unit
	case port.CgroupEmptied:
		return ev.Unit
	case port.OOMKilled:
		return ev.Unit
	case port.KillSent:
		return ev.Unit
	case port.NotifyReceived:
		return ev.Unit
	case port.StoredFDClosed:
		return ev.Unit
	case port.PIDFileRead:
		return ev.Unit
	case port.MainPIDGuessed:
		return ev.Unit
	case port.Listened:
		return ev.Unit
	case port.TrafficSeen:
		return ev.Unit
	}
	return ""
}

// deliver gives an event to a unit's kind. Descriptors that came with it and that nobody wants are closed.
func (e *Engine) deliver(u *unit, ev port.Event) {
	if u != nil && u.run.Handle(ev) {
		e.changed(u)
		return
	}
	if n, ok := ev.(port.NotifyReceived); ok && u == nil && len(n.FDs) > 0 {
		e.emit(port.CloseFDs{Unit: n.Unit, FDs: n.FDs})
	}
}

// byPID finds whose a process is: the unit that knows it as main or control process, else whom the host names.
func (e *Engine) byPID(pid int, name string) *unit {
	if u := e.pids[pid]; u != nil {
		return u
	}
	return e.find(name)
}

// onMounts brings the mount units in line with what is mounted.
func (e *Engine) onMounts(ev port.MountsRead) {
	e.load(ev.Loaded)
	mounted := make(map[*unit]bool, len(ev.Units))
	for _, name := range ev.Units {
		if u := e.find(name); u != nil {
			mounted[u] = true
		}
	}
	for _, u := range slices.Clone(e.units) {
		if u != nil && u.node.Unit.Type == model.TypeMount {
			u.run.Appear(mounted[u])
		}
	}
}

func (e *Engine) onTimer(ev port.TimerElapsed) {
	u := e.find(ev.Unit)
	if u == nil {
		return
	}
	switch ev.Timer {
	case port.TimerJob, port.TimerJobRunning:
		if j := u.node.Job; u.run.Elapse(ev.Timer) && j != nil {
			e.emit(port.Log{Unit: u.name(), Level: 4,
				Message: u.name() + ": Job " + u.name() + "/" + j.Type.String() + " timed out."})
			e.finish(j, model.JobTimeout, true)
			s := u.node.Unit.UnitSection
			if s.JobTimeoutAction != model.ActionNone {
				e.emit(port.Act{Action: s.JobTimeoutAction, Reason: "job timed out",
					Argument: s.JobTimeoutRebootArgument, ExitStatus: -1})
			}
		}
	case port.TimerRetry:
		if u.run.Elapse(ev.Timer) {
			e.queue.check(u)
			u.run.Due()
			e.changed(u)
		}
	default:
		e.deliver(u, ev)
	}
}

// takeRequest handles what clients ask for; each request gets one reply.
func (e *Engine) takeRequest(ev port.Event) {
	var request port.Request
	var refusal *port.Refusal
	var jobs []*transaction.Job
	switch ev := ev.(type) {
	case port.JobRequested:
		request = ev.Request
		e.load(ev.Loaded)
		jobs, refusal = e.requestJob(ev)
	case port.JobCancelRequested:
		request, refusal = ev.Request, e.cancel(ev.Job)
	case port.KillRequested:
		request, refusal = ev.Request, e.kill(ev)
	case port.ResetFailedRequested:
		request, refusal = ev.Request, e.resetFailed(ev.Unit)
	case port.CleanRequested:
		request, refusal = ev.Request, e.clean(ev)
	case port.UnitsLoaded:
		request = ev.Request
		e.load(ev.Loaded)
		for _, def := range ev.Loaded {
			if u := e.find(def.Name); u != nil {
				e.queue.later(u)
			}
		}
	case port.UnitsReloaded:
		request = ev.Request
		e.reload(ev.Loaded)
	case port.UnitReferenced:
		request, refusal = ev.Request, e.refer(ev.Unit, ev.Client)
	case port.UnitUnreferenced:
		request, refusal = ev.Request, e.unrefer(ev.Unit, ev.Client)
	case port.EnvironmentChanged:
		request = ev.Request
		e.environment = changeEnvironment(e.environment, ev.Unset, ev.Set)
		e.news.manager = true
	case port.ScopeAbandoned:
		request, refusal = ev.Request, e.abandon(ev)
	}
	e.reply(request, refusal, jobs)
}

func (e *Engine) reply(request port.Request, refusal *port.Refusal, jobs []*transaction.Job) {
	if request == 0 {
		return
	}
	r := port.Reply{Request: request, Err: refusal}
	if len(jobs) > 0 {
		r.Job = jobs[0].ID
		for i, j := range jobs {
			if i == 0 || j.ID != r.Job { // a job of the rest may have been merged into the anchor
				r.Jobs = append(r.Jobs, port.QueuedJob{ID: j.ID, Unit: j.Node.Unit.Name, Type: j.Type})
			}
		}
	}
	e.news.replies = append(e.news.replies, r)
}

func noSuchUnit(name string) *port.Refusal {
	return &port.Refusal{Error: transaction.ErrNoSuchUnit, Message: "Unit " + name + " not loaded."}
}

// requestJob enqueues a job that a client asks for.
func (e *Engine) requestJob(ev port.JobRequested) ([]*transaction.Job, *port.Refusal) {
	r, refusal := e.admit(ev)
	if refusal != nil {
		return nil, refusal
	}
	return e.enqueue(r)
}

// admit checks what only concerns jobs that clients ask for.
func (e *Engine) admit(ev port.JobRequested) (request, *port.Refusal) {
	u := e.find(ev.Unit)
	if u == nil {
		return request{}, &port.Refusal{Error: transaction.ErrNoSuchUnit, Message: "Unit " + ev.Unit + " not found."}
	}
	t := ev.Type
	if ev.ReloadIfPossible && u.run.CanReload() {
		switch t {
		case model.JobRestart:
			t = model.JobReloadOrStart
		case model.JobTryRestart:
			t = model.JobTryReload
		}
	}
	def, state := u.node.Unit, u.node.Active
	load := def.Load
	isLost := load == model.LoadNotFound || load == model.LoadError || load == model.LoadBadSetting
	if t == model.JobStop && isLost && state == model.Inactive {
		return request{}, noSuchUnit(ev.Unit)
	}
	byBoot := ev.Cause.Kind == port.CauseBoot
	if !byBoot && refuses(def.UnitSection, t, state) {
		return request{}, &port.Refusal{Error: transaction.ErrOnlyDependency,
			Message: "Operation refused, unit " + u.name() +
				" may be requested by dependency only (it is configured to refuse manual start/stop)."}
	}
	return request{unit: u, job: t, mode: ev.Mode, cause: ev.Cause}, nil
}

// refuses applies RefuseManualStart= and RefuseManualStop=. systemd.unit(5).
func refuses(s *model.UnitSection, t model.JobType, state model.ActiveState) bool {
	switch t {
	case model.JobStart:
		return s.RefuseManualStart
	case model.JobStop:
		return s.RefuseManualStop
	case model.JobRestart, model.JobTryRestart:
		return s.RefuseManualStart || s.RefuseManualStop
	case model.JobReloadOrStart:
		return s.RefuseManualStart && transaction.Collapse(t, state) == model.JobStart
	}
	return false
}

// cancel ends one job, or all.
func (e *Engine) cancel(id uint32) *port.Refusal {
	if id != 0 {
		j := e.jobs[id]
		if j == nil {
			return &port.Refusal{Error: "org.freedesktop.systemd1.NoSuchJob", Message: "Job " + utoa(id) + " does not exist."}
		}
		e.finish(j, model.JobCanceled, true)
		return nil
	}
	for _, u := range slices.Clone(e.units) {
		if u == nil {
			continue
		}
		for _, j := range []*transaction.Job{u.node.Job, u.node.Nop} {
			if j != nil && e.isInstalled(j) {
				e.finish(j, model.JobCanceled, false)
			}
		}
	}
	return nil
}

// kill sends a signal on a client's behalf. systemctl(1), kill.
func (e *Engine) kill(ev port.KillRequested) *port.Refusal {
	u := e.find(ev.Unit)
	if u == nil {
		return noSuchUnit(ev.Unit)
	}
	mainPID, controlPID, ok := u.run.Processes()
	who, mustHit := strings.CutSuffix(ev.Who, "-fail")
	hasMain := u.node.Unit.Type == model.TypeService
	const noProcess = "org.freedesktop.systemd1.NoSuchProcess"
	kill := port.Kill{Unit: u.name(), Signal: ev.Signal, Target: port.KillMainOnly, Client: true}
	switch {
	case !ok && u.node.Unit.Type != model.TypeScope:
		return &port.Refusal{Error: "org.freedesktop.DBus.Error.NotSupported",
			Message: "Unit " + u.name() + " of type " + u.node.Unit.Type.String() + " has no processes to kill."}
	case who == "main" && !hasMain:
		return &port.Refusal{Error: noProcess, Message: u.node.Unit.Type.String() + " units have no main processes"}
	case who == "main" && mainPID == 0:
		return &port.Refusal{Error: noProcess, Message: "No main process to kill"}
	case who == "control" && !hasMain:
		return &port.Refusal{Error: noProcess, Message: u.node.Unit.Type.String() + " units have no control processes"}
	case who == "control" && controlPID == 0:
		return &port.Refusal{Error: noProcess, Message: "No control process to kill"}
	case who == "main":
		kill.MainPID = mainPID
	case who == "control":
		kill.ControlPID = controlPID
	default:
		if mustHit && u.node.Active.IsDown() {
			return &port.Refusal{Error: noProcess, Message: "No matching processes to kill"}
		}
		kill.Target, kill.MainPID, kill.ControlPID = port.KillAll, mainPID, controlPID
	}
	e.emit(kill)
	return nil
}

// clean removes on a client's behalf what is left of a unit. systemctl(1), clean.
func (e *Engine) clean(ev port.CleanRequested) *port.Refusal {
	u := e.find(ev.Unit)
	switch {
	case u == nil:
		return noSuchUnit(ev.Unit)
	case !u.run.Kind().Cleans():
		return &port.Refusal{Error: "org.freedesktop.DBus.Error.NotSupported",
			Message: "Unit '" + u.name() + "' does not support cleaning."}
	case u.node.Active != model.Inactive || u.node.Job != nil || u.node.Nop != nil:
		return &port.Refusal{Error: "org.freedesktop.systemd1.UnitBusy",
			Message: "Unit is not inactive or has pending job."}
	case !u.run.Clean(ev.What):
		return &port.Refusal{Error: "org.freedesktop.systemd1.NothingToClean",
			Message: "No matching resources found."}
	}
	e.changed(u)
	return nil
}

func (e *Engine) resetFailed(name string) *port.Refusal {
	if name != "" {
		u := e.find(name)
		if u == nil {
			return noSuchUnit(name)
		}
		e.reset(u)
		return nil
	}
	for _, u := range e.units {
		if u != nil {
			e.reset(u)
		}
	}
	return nil
}

func (e *Engine) reset(u *unit) {
	u.starts = limiter{}
	u.run.ResetFailed()
	e.changed(u)
	e.queue.doubt(u)
}

func (e *Engine) abandon(ev port.ScopeAbandoned) *port.Refusal {
	u := e.find(ev.Unit)
	if u == nil {
		return noSuchUnit(ev.Unit)
	}
	if !u.run.Handle(ev) {
		return &port.Refusal{Error: "org.freedesktop.systemd1.ScopeNotRunning",
			Message: "Scope " + u.name() + " is not running, cannot abandon."}
	}
	e.changed(u)
	return nil
}

func (e *Engine) refer(name, client string) *port.Refusal {
	u := e.find(name)
	if u == nil {
		return noSuchUnit(name)
	}
	u.own().clients = append(u.seldom.clients, client)
	return nil
}

func (e *Engine) unrefer(name, client string) *port.Refusal {
	u := e.find(name)
	if u == nil {
		return noSuchUnit(name)
	}
	i := slices.Index(u.seldom.clients, client)
	if i < 0 {
		return &port.Refusal{Error: "org.freedesktop.systemd1.NotReferenced",
			Message: "Unit " + u.name() + " is not referenced by the caller."}
	}
	u.seldom.clients = slices.Delete(u.seldom.clients, i, i+1)
	e.queue.doubt(u)
	return nil
}

func (e *Engine) dropClient(client string) {
	for _, u := range e.units {
		if u != nil && slices.Contains(u.seldom.clients, client) {
			u.seldom.clients = slices.DeleteFunc(u.seldom.clients, func(c string) bool { return c == client })
			e.queue.doubt(u)
		}
	}
}

// changeEnvironment takes variables out of a block and puts others in. The block itself is not touched, as spawns under
// way refer to it.
func changeEnvironment(block, unset, set []string) []string {
	out := slices.Clone(block)
	remove := func(entry string) {
		name, _, hasValue := strings.Cut(entry, "=")
		out = slices.DeleteFunc(out, func(have string) bool {
			haveName, _, _ := strings.Cut(have, "=")
			return have == entry || !hasValue && haveName == name
		})
	}
	for _, entry := range unset {
		remove(entry)
	}
	for _, entry := range set {
		name, _, _ := strings.Cut(entry, "=")
		remove(name)
		out = append(out, entry)
	}
	slices.Sort(out)
	return out
}
