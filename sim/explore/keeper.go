package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/sim"
)

// keeper checks the invariants of ARCHITECTURE.md, section 6, after every step.
type keeper struct {
	w    *sim.World
	what string // the first breach

	jobs    map[uint32]string // announced and not yet gone: their unit
	running map[uint32]bool
	lastJob uint32
	units   map[string]bool // announced and not yet removed
	steps   int
	over    bool // it was given up

	disorder bool // somebody asked for jobs without order, or for what nobody can promise about
	strays   bool
	edited   bool
	weak     map[string]bool // units that were started in mode fail, which stops nothing that runs
}

func newKeeper(w *sim.World) *keeper {
	k := &keeper{w: w, jobs: map[uint32]string{}, running: map[uint32]bool{}, units: map[string]bool{},
		weak: map[string]bool{}}
	for _, u := range w.Engine.Units() {
		k.units[u.Unit.Name] = true
	}
	k.lastJob = w.Engine.Totals().InstalledJobs
	w.Stepped = k.stepped
	w.Shadowed = k.shadowed
	return k
}

// heed notes commands after which some promises don't hold.
func (k *keeper) heed(command string) {
	verb, rest, _ := strings.Cut(command, " ")
	unit, _, _ := strings.Cut(rest, " ")
	switch verb {
	case "stray":
		k.strays = true
	case "edit", "daemon-reload", "remove":
		k.edited = true
	case "cancel":
		k.disorder = true
	case "transient":
		k.weak[unit] = true
	}
	if strings.Contains(command, "--mode=fail") {
		k.weak[unit] = true
	}
	if strings.Contains(command, "ignore-") {
		k.disorder = true
	}
}

// heedSettings notes what a unit file says that is as good as such a command: the jobs of OnFailure= and OnSuccess=.
func (k *keeper) heedSettings(text string) {
	if strings.Contains(text, "JobMode=ignore-") {
		k.disorder = true
	}
}

func (k *keeper) fail(rule, format string, args ...any) {
	if k.what == "" {
		k.what = rule + ": " + fmt.Sprintf(format, args...)
	}
}

// cast makes a second engine from what the first one's state is written down as.
func (k *keeper) cast() {
	shadow, effects, err := k.w.Restored(engine.Config{})
	if err != nil {
		k.fail("a snapshot can be read back", "%v", err)
		return
	}
	k.w.Shadow = shadow
	armed := map[sim.Timer]bool{}
	for _, ef := range effects {
		if arm, ok := ef.(port.ArmTimer); ok {
			t := sim.Timer{Unit: arm.Unit, Timer: arm.Timer}
			armed[t] = true
			if k.w.Timers[t] != arm.At {
				k.fail("a snapshot keeps timers", "%v at %v, not %v", t, arm.At, k.w.Timers[t])
			}
		}
	}
	if len(armed) != len(k.w.Timers) {
		k.fail("a snapshot keeps timers", "%v of %v", armed, k.w.Timers)
	}
}

func (k *keeper) shadowed(ev port.Event, effects, shadow []port.Effect) {
	if len(effects) == len(shadow) {
		same := true
		for i := range effects {
			same = same && reflect.DeepEqual(effects[i], shadow[i])
		}
		if same {
			return
		}
	}
	k.fail("a snapshot behaves as the original", "%T %v: %s\nbut restored: %s", ev, ev, list(effects), list(shadow))
}

func list(effects []port.Effect) string {
	var b strings.Builder
	for _, ef := range effects {
		text := fmt.Sprintf("%+v", ef)
		if s, ok := ef.(port.Spawn); ok {
			text = fmt.Sprintf("{%s %d %s %s %v}", s.Unit.Name, s.Token, s.Kind, s.Command.Path, s.Env)
		}
		if s, ok := ef.(port.ReleaseUnit); ok {
			text = s.Unit.Name
		}
		fmt.Fprintf(&b, "\n  %T %s", ef, text)
	}
	return b.String()
}

// stepped checks one step.
func (k *keeper) stepped(ev port.Event, effects []port.Effect) {
	if k.steps++; k.steps > maxSteps {
		if !k.restarts() {
			k.fail("a history has an end", "it is not over after %d steps", maxSteps)
		}
		giveUp(k.w)
		k.over = true
	}
	if k.what != "" || k.over {
		return
	}
	before := k.running
	k.effects(ev, effects)
	e := k.w.Engine
	jobs := e.Jobs()
	if len(jobs) != len(k.jobs) {
		k.fail("a job is told of", "%d jobs, %d announced", len(jobs), len(k.jobs))
	}
	k.running = map[uint32]bool{}
	failed := 0
	for _, j := range jobs {
		k.job(j, before)
	}
	for _, u := range e.Units() {
		if u.Active == model.Failed {
			failed++
		}
		k.unit(u)
	}
	if t := e.Totals(); t.FailedUnits != failed || t.Jobs != len(jobs) || t.Units != len(k.units) {
		k.fail("the totals are right", "%+v, but %d failed, %d jobs, %d units", t, failed, len(jobs), len(k.units))
	}
}

// restarts reports a service that may be restarted at once and for ever, by its own settings.
func (k *keeper) restarts() bool {
	return slices.ContainsFunc(k.w.Engine.Units(), func(u *port.UnitStatus) bool {
		return u.Service != nil && u.Service.Restarts > maxSteps/100
	})
}

func (k *keeper) job(j port.JobStatus, before map[uint32]bool) {
	if k.jobs[j.ID] != j.Unit {
		k.fail("a job is told of", "job %d of %s is announced for %q", j.ID, j.Unit, k.jobs[j.ID])
	}
	if j.State != model.JobRunning {
		u := k.w.Engine.Unit(j.Unit)
		still := u.Active == model.Active || u.Active.IsDown()
		if j.Type != model.JobNop && still && len(k.w.Engine.Awaits(j.ID)) == 0 {
			k.fail("a job that waits for nobody runs", "job %d %s %s", j.ID, j.Type, j.Unit)
		}
		return
	}
	k.running[j.ID] = true
	if before[j.ID] || k.disorder {
		return
	}
	for _, id := range k.w.Engine.Awaits(j.ID) {
		if id < j.ID || before[id] {
			k.fail("a job runs in its turn", "job %d runs before job %d", j.ID, id)
		}
	}
}

// effects checks the order of what clients are told.
func (k *keeper) effects(ev port.Event, effects []port.Effect) {
	changed := map[string]bool{}
	replies, wanted := 0, requestOf(ev)
	for i, ef := range effects {
		switch ef := ef.(type) {
		case port.JobAdded:
			if ef.Job <= k.lastJob {
				k.fail("job numbers rise", "%d after %d", ef.Job, k.lastJob)
			}
			if replies > 0 {
				k.fail("a job comes before its reply", "job %d", ef.Job)
			}
			k.lastJob = ef.Job
			k.jobs[ef.Job] = ef.Unit
		case port.JobRemoved:
			if k.jobs[ef.Job] != ef.Unit {
				k.fail("a job is told gone once", "job %d of %s", ef.Job, ef.Unit)
			}
			delete(k.jobs, ef.Job)
			if replies == 0 && wanted != 0 {
				k.fail("a reply comes before a job is gone", "job %d", ef.Job)
			}
		case port.Reply:
			replies++
			if ef.Request != wanted {
				k.fail("a request has one reply", "to %d instead of %d", ef.Request, wanted)
			}
		case port.UnitChanged:
			if changed[ef.Unit] {
				k.fail("a unit changes once in a step", "%s", ef.Unit)
			}
			changed[ef.Unit] = true
		case port.UnitAdded:
			if k.units[ef.Unit] && !slices.Contains(effects[i:], port.Effect(port.UnitRemoved(ef))) {
				k.fail("a unit is added once", "%s", ef.Unit)
			}
			k.units[ef.Unit] = true
		case port.UnitRemoved:
			if !k.units[ef.Unit] {
				k.fail("a unit is removed once", "%s", ef.Unit)
			}
			delete(k.units, ef.Unit)
		case port.Kill:
			if ef.MainPID >= sim.StrayPID || ef.ControlPID >= sim.StrayPID {
				k.fail("no stranger is signalled", "%+v", ef)
			}
		}
	}
	if wanted != 0 && replies != 1 {
		k.fail("a request has one reply", "%d replies to %T", replies, ev)
	}
}

// requestOf is the number of a request, 0 for what needs no reply.
func requestOf(ev port.Event) port.Request {
	f := reflect.ValueOf(ev).FieldByName("Request")
	if !f.IsValid() {
		return 0
	}
	return port.Request(f.Uint())
}

// rows are the pairs of states that each type's table has.
var rows = func() map[string]bool {
	all := map[string]bool{}
	for t := range len(model.Types()) {
		for _, row := range kind.Describe(model.Type(t)) {
			all[pair(model.Type(t), row.Active, row.Sub)] = true
		}
	}
	return all
}()

func pair(t model.Type, a model.ActiveState, sub string) string {
	return t.String() + " " + a.String() + " " + sub
}

// unit checks what holds for a unit between two steps.
func (k *keeper) unit(u *port.UnitStatus) {
	name := u.Unit.Name
	isIdle := u.Unit.Service != nil && u.Active == model.Active
	if !rows[pair(u.Unit.Type, u.Active, u.Sub)] && !isIdle {
		k.fail("states stand in one row", "%s is %s %s", name, u.Active, u.Sub)
	}
	if !k.units[name] {
		k.fail("a unit is told of", "%s", name)
	}
	s := u.Service
	if u.Active.IsDown() {
		if s != nil && (s.MainPID != 0 || s.ControlPID != 0 || len(s.FDs) > 0 && u.Job == 0) {
			k.fail("a unit at rest has nothing", "%s has main %d control %d descriptors %v", name, s.MainPID, s.ControlPID,
				s.FDs)
		}
		for _, t := range []port.Timer{port.TimerState, port.TimerRuntime, port.TimerWatchdog} {
			if k.w.Timers[sim.Timer{Unit: name, Timer: t}] != 0 {
				k.fail("a unit at rest has no timer", "%s has the %s timer", name, t)
			}
		}
	}
	if u.Job == 0 && (k.w.Timers[sim.Timer{Unit: name, Timer: port.TimerJob}] != 0 ||
		k.w.Timers[sim.Timer{Unit: name, Timer: port.TimerJobRunning}] != 0) {
		k.fail("a job's timer goes with it", "%s", name)
	}
	if (s == nil) != (u.Unit.Type != model.TypeService) {
		k.fail("a service has a service's status", "%s", name)
	}
	if len(k.w.Inbox) > 0 || k.strays || u.Active.IsDown() || u.Unit.Type != model.TypeService || k.w.Held {
		return
	}
	if u.Active != model.Active && !k.ends(name) {
		k.fail("a passing state has an end", "%s is %s", name, u.Sub)
	}
}

// ends says whether something will end the present state of a unit.
func (k *keeper) ends(name string) bool {
	for t := range port.Timers {
		if k.w.Timers[sim.Timer{Unit: name, Timer: port.Timer(t)}] != 0 {
			return true
		}
	}
	return len(k.w.Of(name)) > 0 || restartNever(k.w.Engine.Unit(name))
}

// restartNever reports a service that waits for RestartSec=infinity.
func restartNever(u *port.UnitStatus) bool { return u.Sub == "auto-restart" }
