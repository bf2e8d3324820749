package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/notify"
)

// world is a host without a kernel: it spawns at once, kills at once, and keeps what happened as lines of text.
type world struct {
	t       *testing.T
	e       *Engine
	now     port.Time
	pid     int
	alive   map[int]string // process → unit
	timers  map[string]span.Span
	pending []port.Event
	lines   []string
	stay    bool // processes ignore all signals but SIGKILL
	slow    bool // the host takes a millisecond for everything
	apart   bool // the end of a unit's last process is told by an event of its own
	request port.Request
	replies map[port.Request]port.Reply
}

func newWorld(t *testing.T, units ...*model.Unit) *world {
	w := &world{t: t, e: New(Config{}), pid: 100, alive: map[int]string{}, timers: map[string]span.Span{},
		replies: map[port.Request]port.Reply{}}
	w.now = port.Time{Monotonic: span.Second, Realtime: 1000 * span.Second}
	w.send(port.UnitReferenced{}) // nothing is loaded yet: refused, with no effect
	w.send(port.UnitsLoaded{Loaded: units})
	return w
}

// send gives the engine an event and everything that follows from it.
func (w *world) send(ev port.Event) {
	w.pending = append(w.pending, ev)
	for len(w.pending) > 0 {
		ev := w.pending[0]
		w.pending = w.pending[1:]
		for _, ef := range w.step(ev) {
			w.do(ef)
		}
		if w.slow {
			w.now.Monotonic += span.Millisecond
		}
		checkInvariants(w.t, w.e)
	}
}

// step gives an event to the engine, and to another one that was made of its snapshot: both must do the same.
func (w *world) step(ev port.Event) []port.Effect {
	w.t.Helper()
	data, err := w.e.Snapshot()
	if err != nil {
		w.t.Fatal(err)
	}
	var defs []*model.Unit
	for _, st := range w.e.Units() {
		defs = append(defs, st.Unit)
	}
	twin, _, err := Restore(Config{}, data, defs)
	if err != nil {
		w.t.Fatal(err)
	}
	effects := w.e.Step(w.now, ev)
	if got, want := fmt.Sprintf("%+v", twin.Step(w.now, ev)), fmt.Sprintf("%+v", effects); got != want {
		w.t.Fatalf("%T: after a snapshot the effects are\n%s\nwithout\n%s\nsnapshot:\n%s", ev, got, want, data)
	}
	return effects
}

func (w *world) later(ev port.Event) { w.pending = append(w.pending, ev) }

func (w *world) say(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
}

func (w *world) do(ef port.Effect) {
	switch ef := ef.(type) {
	case port.Spawn:
		w.pid++
		w.alive[w.pid] = ef.Unit.Name
		w.say("spawn %s %s %s", ef.Unit.Name, ef.Kind, ef.Command.Path)
		for _, env := range ef.Env {
			w.say("  %s", env)
		}
		w.later(port.Spawned{Unit: ef.Unit.Name, Token: ef.Token, PID: w.pid, Executed: true})
	case port.Kill:
		w.kill(ef)
	case port.ArmTimer:
		w.timers[ef.Unit+"/"+ef.Timer.String()] = ef.At
	case port.DisarmTimer:
		delete(w.timers, ef.Unit+"/"+ef.Timer.String())
	case port.CheckConditions:
		w.later(conditions(ef.Unit))
	case port.JobRemoved:
		w.say("job %s %s %s", ef.Unit, ef.Type, ef.Result)
	case port.Reply:
		w.replies[ef.Request] = ef
	case port.Log:
		if ef.Level < 7 {
			w.say("log %s", ef.Message)
		}
	case port.Act:
		w.say("act %s %s", ef.Action, ef.Reason)
	case port.GuessMainPID:
		guess := port.MainPIDGuessed{Unit: ef.Unit}
		for pid, unit := range w.alive {
			if unit == ef.Unit && (guess.PID == 0 || pid < guess.PID) {
				guess.PID = pid
			}
		}
		w.later(guess)
	case port.WatchPIDFile:
		w.say("pidfile %s", ef.Path)
	}
}

// conditions answers that a condition holds if its value is yes.
func conditions(u *model.Unit) port.Event {
	check := func(list []model.Condition) (out []port.Verdict) {
		for _, c := range list {
			out = append(out, port.Verdict{True: c.Value == "yes"})
		}
		return out
	}
	return port.ConditionsChecked{Unit: u.Name, Conditions: check(u.Conditions), Asserts: check(u.Asserts)}
}

func (w *world) kill(k port.Kill) {
	var pids []int
	for pid, unit := range w.alive {
		if pid == k.MainPID || pid == k.ControlPID || k.Target == port.KillAll && unit == k.Unit {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	w.say("kill %s %d %d", k.Unit, k.Signal, len(pids))
	if k.Token != 0 {
		w.later(port.KillSent{Unit: k.Unit, Token: k.Token, Waiting: len(pids) > 0})
	}
	for _, pid := range pids {
		if !w.stay && k.Signal != 1 || k.Signal == 9 {
			w.exit(pid, port.Killed, k.Signal)
		}
	}
}

// exit ends a process.
func (w *world) exit(pid int, code port.ExitCode, status int32) {
	unit := w.alive[pid]
	delete(w.alive, pid)
	last := !w.isAlive(unit)
	w.later(port.ProcessExited{PID: pid, Code: code, Status: status, Unit: unit, Emptied: last && !w.apart})
	if last && w.apart {
		w.later(port.CgroupEmptied{Unit: unit})
	}
}

// end ends the newest process of a unit and handles what follows.
func (w *world) end(unit string, code port.ExitCode, status int32) {
	w.t.Helper()
	newest := 0
	for pid, u := range w.alive {
		if u == unit && pid > newest {
			newest = pid
		}
	}
	if newest == 0 {
		w.t.Fatalf("%s has no process", unit)
	}
	w.exit(newest, code, status)
	w.flush()
}

func (w *world) flush() {
	if len(w.pending) > 0 {
		ev := w.pending[0]
		w.pending = w.pending[1:]
		rest := w.pending
		w.pending = nil
		w.send(ev)
		for _, ev := range rest {
			w.send(ev)
		}
	}
}

func (w *world) notify(unit, text string) {
	main := w.e.Unit(unit).Service.MainPID
	w.send(port.NotifyReceived{Unit: unit, PID: main, Message: notify.Parse([]byte(text))})
}

// job asks for a job and returns the reply.
func (w *world) job(unit string, t model.JobType, mode model.JobMode) port.Reply {
	w.request++
	w.send(port.JobRequested{Request: w.request, Unit: unit, Type: t, Mode: mode})
	return w.replies[w.request]
}

func (w *world) start(unit string) port.Reply { return w.job(unit, model.JobStart, model.ModeReplace) }
func (w *world) stop(unit string) port.Reply  { return w.job(unit, model.JobStop, model.ModeReplace) }

// pass lets time go by, timer by timer.
func (w *world) pass(d span.Span) {
	end := w.now.Monotonic + d
	for {
		first, at := "", end+1
		for name, due := range w.timers {
			if due < at || due == at && name < first {
				first, at = name, due
			}
		}
		if first == "" || at > end {
			break
		}
		w.now.Realtime += at - min(at, w.now.Monotonic)
		w.now.Monotonic = max(at, w.now.Monotonic)
		delete(w.timers, first)
		unit, word, _ := strings.Cut(first, "/")
		for t := range port.Timers {
			if port.Timer(t).String() == word {
				w.send(port.TimerElapsed{Unit: unit, Timer: port.Timer(t)})
			}
		}
	}
	w.now.Realtime += end - w.now.Monotonic
	w.now.Monotonic = end
}

// take returns what happened since the last take.
func (w *world) take() string {
	s := strings.Join(w.lines, "\n")
	w.lines = nil
	return s
}

func (w *world) expect(unit string, active model.ActiveState, sub string) {
	w.t.Helper()
	st := w.e.Unit(unit)
	if st == nil {
		w.t.Fatalf("%s is not loaded", unit)
	}
	if st.Active != active || st.Sub != sub {
		w.t.Fatalf("%s is %s (%s), want %s (%s)\n%s", unit, st.Active, st.Sub, active, sub, strings.Join(w.lines, "\n"))
	}
}

func (w *world) expectLines(want string) {
	w.t.Helper()
	if got := w.take(); got != strings.TrimSpace(want) {
		w.t.Fatalf("got:\n%s\nwant:\n%s", got, strings.TrimSpace(want))
	}
}

// checkInvariants holds the engine against what its documentation promises.
func checkInvariants(t *testing.T, e *Engine) {
	t.Helper()
	for _, u := range e.units {
		if u == nil {
			continue
		}
		st := &u.run.Status
		if st.Active != u.node.Active {
			t.Fatalf("%s: status %s, graph %s", u.name(), st.Active, u.node.Active)
		}
		if st.Active.IsDown() && st.Service != nil && (st.Service.MainPID != 0 || st.Service.ControlPID != 0) {
			t.Fatalf("%s is down with process %d, %d", u.name(), st.Service.MainPID, st.Service.ControlPID)
		}
		if st.Active.IsDown() && u.run.Timers[port.TimerState] != 0 {
			t.Fatalf("%s is down with a timer", u.name())
		}
		j := u.node.Job
		if j == nil {
			continue
		}
		if e.jobs[j.ID] != j {
			t.Fatalf("job %d of %s is not in the list", j.ID, u.name())
		}
		blockers := int32(0)
		for _, waits := range j.Ordered() {
			if waits {
				blockers++
			}
		}
		if blockers != j.Blockers {
			t.Fatalf("job %d of %s waits for %d, not %d", j.ID, u.name(), blockers, j.Blockers)
		}
		if j.Queued {
			t.Fatalf("job %d of %s is still queued", j.ID, u.name())
		}
	}
}

// parse makes units of a short text: lines "[name]" and "Key=value" below it, of the few keys that tests need.
func parse(t *testing.T, text string) []*model.Unit {
	t.Helper()
	var units []*model.Unit
	var u *model.Unit
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.HasPrefix(line, "["):
			u = blank(strings.Trim(line, "[]"))
			units = append(units, u)
		default:
			key, value, _ := strings.Cut(line, "=")
			if !setKey(u, key, value, int32(i)) {
				t.Fatalf("unknown key %q", key)
			}
		}
	}
	return units
}

func blank(name string) *model.Unit {
	u := model.NewUnit(name, typeOf(name))
	u.Load = model.LoadLoaded
	u.UnitSection.OnFailureJobMode, u.UnitSection.OnSuccessJobMode = model.ModeReplace, model.ModeFail
	switch u.Type {
	case model.TypeService:
		u.Service = &model.Service{Exec: &model.Exec{}, RestartSec: 100 * span.Millisecond, TimeoutStart: 90 * span.Second,
			TimeoutStop: 90 * span.Second, Kill: model.Kill{SendSIGKILL: true}, GuessMainPID: true}
	case model.TypeScope:
		u.Scope = &model.Scope{Kill: model.Kill{SendSIGKILL: true}, TimeoutStop: 90 * span.Second}
	case model.TypeSlice:
		u.Slice = &model.Slice{}
	}
	return u
}

func setKey(u *model.Unit, key, value string, line int32) bool {
	if kind, ok := model.ParseDependency(key); ok {
		for _, other := range strings.Fields(value) {
			origin := model.Origin{Path: "/etc/" + u.Name, Line: line}
			u.Edges = append(u.Edges, model.Edge{Kind: kind, Unit: other, Origin: origin})
		}
		return true
	}
	s := u.UnitSection
	for kind := range model.CommandKinds {
		if model.CommandKind(kind).String() == key {
			c := words.Command{Path: value, Args: []string{value}}
			if rest, ok := strings.CutPrefix(value, "-"); ok {
				c = words.Command{Path: rest, Args: []string{rest}, Flags: words.IgnoreFailure}
			}
			u.Service.Commands[kind] = append(u.Service.Commands[kind], c)
			return true
		}
	}
	switch key {
	case "Type":
		u.Service.Type, _ = model.ParseServiceType(value)
	case "Restart":
		u.Service.Restart, _ = model.ParseRestart(value)
	case "RestartMode":
		u.Service.RestartMode, _ = model.ParseRestartMode(value)
	case "ExitType":
		u.Service.ExitType, _ = model.ParseExitType(value)
	case "RemainAfterExit":
		u.Service.RemainAfterExit = true
	case "PIDFile":
		u.Service.PIDFile = value
	case "BusName":
		u.Service.BusName = value
	case "KillMode":
		u.Service.Kill.Mode, _ = model.ParseKillMode(value)
	case "WatchdogSec":
		u.Service.Watchdog, _ = span.Parse(value)
	case "RuntimeMaxSec":
		u.Service.RuntimeMax, _ = span.Parse(value)
	case "FileDescriptorStoreMax":
		u.Service.FileDescriptorStoreMax = 4
	case "Load":
		u.Load = map[string]model.LoadState{"masked": model.LoadMasked, "not-found": model.LoadNotFound}[value]
	case "Description":
		u.Description = value
	case "Condition", "Assert":
		c := model.Condition{Kind: "PathExists", Value: strings.TrimPrefix(value, "|")}
		c.Trigger = c.Value != value
		if key == "Assert" {
			u.Asserts = append(u.Asserts, c)
		} else {
			u.Conditions = append(u.Conditions, c)
		}
	case "StopWhenUnneeded":
		s.StopWhenUnneeded = true
	case "RefuseManualStart":
		s.RefuseManualStart = true
	case "AllowIsolate":
		s.AllowIsolate = true
	case "IgnoreOnIsolate":
		s.IgnoreOnIsolate = true
	case "StartLimitBurst":
		s.StartLimitInterval, s.StartLimitBurst = 10*span.Second, uint32(value[0]-'0')
	case "JobTimeoutSec":
		s.JobTimeout, _ = span.Parse(value)
	case "FailureAction":
		s.FailureAction, _ = model.ParseEmergencyAction(value)
	default:
		return false
	}
	return true
}
