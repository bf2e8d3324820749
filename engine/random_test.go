package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// randomUnits makes a few units with random types, commands and dependencies on each other.
func randomUnits(t *testing.T, r *rand.Rand) []*model.Unit {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	var b strings.Builder
	const n = 6
	name := func(i int) string {
		return fmt.Sprintf("u%d.%s", i, []string{"service", "service", "service", "target"}[i%4])
	}
	for i := range n {
		fmt.Fprintf(&b, "[%s]\nAllowIsolate=yes\n", name(i))
		for range r.IntN(4) {
			if j := r.IntN(n); j != i {
				fmt.Fprintf(&b, "%s=%s\n", pick("Requires", "Wants", "BindsTo", "PartOf", "Upholds", "Conflicts", "Before",
					"After", "After", "After", "OnFailure", "OnSuccess", "Requisite", "PropagatesStopTo",
					"PropagatesReloadTo"), name(j))
			}
		}
		if r.IntN(5) == 0 {
			b.WriteString("StopWhenUnneeded=yes\n")
		}
		if r.IntN(4) == 0 {
			b.WriteString(pick("Condition=yes\n", "Condition=no\n", "Assert=no\n", "JobTimeoutSec=20s\n"))
		}
		if i%4 == 3 {
			continue
		}
		b.WriteString("StartLimitBurst=5\n")
		fmt.Fprintf(&b, "Type=%s\nRestart=%s\nKillMode=%s\n",
			pick("simple", "simple", "oneshot", "notify", "notify-reload", "forking", "idle", "exec", "dbus"),
			pick("no", "always", "on-failure", "on-success", "on-watchdog"),
			pick("control-group", "process", "mixed", "none"))
		fmt.Fprintf(&b, "ExecStart=%s\n", pick("/x", "-/x"))
		for _, kind := range []string{"ExecCondition", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop",
			"ExecStopPost"} {
			if r.IntN(4) == 0 {
				fmt.Fprintf(&b, "%s=/y\n", kind)
			}
		}
		b.WriteString(pick("", "", "WatchdogSec=7s\n", "RuntimeMaxSec=9s\n", "RemainAfterExit=yes\n", "PIDFile=/run/x\n"))
	}
	return parse(t, b.String())
}

// seeds is enough for a normal run; the explorer of the simulator does the many.
const seeds = 60

// TestRandom runs random requests against random units on a host that does random things. Whatever happens, the
// invariants hold after each step, and everything can be stopped in the end.
func TestRandom(t *testing.T) {
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 1))
		units := randomUnits(t, r)
		w := newWorld(t, units...)
		w.apart = seed%2 == 0
		for _, st := range w.e.Units() {
			w.e.find(st.Unit.Name).own().clients = []string{"test"}
		}
		for range 60 {
			w.disturb(r, units)
			w.checkAlive(seed)
		}
		w.stay = false
		for range 3 { // an OnSuccess= may start something once more
			for _, u := range units {
				w.ask("stop " + u.Name)
			}
			w.pass(300 * span.Second)
			w.checkAlive(seed)
		}
	}
}

// checkAlive wants that everything which is under way waits for something that will come.
func (w *world) checkAlive(seed uint64) {
	for _, u := range w.e.units {
		if u == nil {
			continue
		}
		moves := u.node.Active == model.Activating || u.node.Active == model.Deactivating ||
			u.node.Active == model.Reloading
		isBlocked := u.node.Job != nil && u.node.Job.Blockers > 0
		if moves && u.run.Timers[port.TimerState] == 0 && !w.isAlive(u.name()) && !isBlocked {
			w.t.Errorf("seed %d: %s is %s (%s) and waits for nothing but %+v", seed, u.name(), u.node.Active,
				u.run.Status.Sub, u.node.Job)
		}
		if j := u.node.Job; j != nil && j.State == model.JobRunning && !moves {
			w.t.Errorf("seed %d: job %s/%s runs, but the unit is %s", seed, u.name(), j.Type, u.node.Active)
		} else if j != nil && j.State == model.JobWaiting && j.Blockers == 0 && !moves {
			w.t.Errorf("seed %d: job %s/%s waits for nothing", seed, u.name(), j.Type)
		}
	}
}

func (w *world) isAlive(unit string) bool {
	for _, u := range w.alive {
		if u == unit {
			return true
		}
	}
	return false
}

// disturb does one random thing.
func (w *world) disturb(r *rand.Rand, units []*model.Unit) {
	u := units[r.IntN(len(units))]
	switch r.IntN(12) {
	case 0, 1, 2:
		modes := []string{"replace", "fail", "isolate", "flush", "ignore-dependencies", "ignore-requirements",
			"replace-irreversibly"}
		verbs := []string{"start", "start", "stop", "restart", "try-restart", "reload", "reload-or-start"}
		w.ask(verbs[r.IntN(len(verbs))] + ":" + modes[r.IntN(len(modes))] + " " + u.Name)
	case 3, 4, 5:
		for pid := range w.pid + 1 {
			if w.alive[pid] == u.Name {
				w.exit(pid, []port.ExitCode{port.Exited, port.Exited, port.Killed}[r.IntN(3)], int32(r.IntN(3)))
				w.flush()
				break
			}
		}
	case 6:
		if u.Service != nil {
			texts := []string{"READY=1", "RELOADING=1\nMONOTONIC_USEC=999999999999", "STOPPING=1", "WATCHDOG=1",
				"WATCHDOG=trigger", "EXTEND_TIMEOUT_USEC=5000000"}
			w.notify(u.Name, texts[r.IntN(len(texts))])
		}
	case 7:
		w.pass(span.Span(r.IntN(30_000_000)))
	case 8:
		w.stay = r.IntN(2) == 0
	case 9:
		w.send(port.JobCancelRequested{Job: uint32(r.IntN(5))})
	case 10:
		for pid, unit := range w.alive {
			if unit == u.Name && len(w.alive) == 1 {
				w.send(port.MainPIDGuessed{Unit: u.Name, PID: pid})
			}
		}
		w.send(port.PIDFileRead{Unit: u.Name, Err: "none"})
		w.send(port.ResetFailedRequested{Unit: u.Name})
	case 11:
		w.send(port.UnitsReloaded{Loaded: units})
	}
}
