package kind

import (
	"slices"
	"testing"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// TestTables lints the tables of all types.
func TestTables(t *testing.T) {
	for typ, k := range kinds {
		if k == nil || k.Type != model.Type(typ) {
			t.Errorf("%s: wrong or no kind", model.Type(typ))
			continue
		}
		reached := reach1(k, dead)
		if k.Perpetual != 0 {
			reached = append(reached, reach1(k, k.Perpetual)...)
		}
		for s := range k.table {
			state := State(s)
			r := &k.table[s]
			if r.sub == "" {
				continue
			}
			if !slices.Contains(reached, state) && !byEvent[state] {
				t.Errorf("%s: nothing leads to %s", k.Type, r.sub)
			}
			canRest := slices.ContainsFunc(reach1(k, state), func(to State) bool { return k.table[to].active.IsDown() })
			if !canRest && !r.parked {
				t.Errorf("%s: from %s no state at rest can be reached", k.Type, r.sub)
			}
			moving := r.active == model.Activating || r.active == model.Deactivating || r.active == model.Reloading
			if moving && r.clock == unlimited && !r.parked {
				t.Errorf("%s: %s can last for ever", k.Type, r.sub)
			}
			if moving && r.clock != unlimited && r.clock != restartClock && k.edge(state, timeout) == 0 {
				t.Errorf("%s: %s has a clock but no timeout", k.Type, r.sub)
			}
			if r.entry != rests && k.edge(state, done) == 0 {
				t.Errorf("%s: %s does something but is never done", k.Type, r.sub)
			}
		}
	}
}

// byEvent are states that no edge leads to, but an event of their own.
var byEvent = map[State]bool{abandoned: true}

// reach1 returns the states that can be reached from one, itself included.
func reach1(k *Kind, from State) []State {
	seen := []State{from}
	for i := 0; i < len(seen); i++ {
		for o := range outcomes {
			to := k.edge(seen[i], o)
			if to == 0 {
				continue
			}
			for _, target := range k.targets(to) {
				if !slices.Contains(seen, target) {
					seen = append(seen, target)
				}
			}
		}
	}
	return seen
}

func TestTablesNameRealStates(t *testing.T) {
	for _, k := range kinds {
		for _, row := range Describe(k.Type) {
			for _, e := range row.Edges {
				if e.Outcome == "" || len(e.To) == 0 || slices.Contains(e.To, "") {
					t.Errorf("%s: %s: edge %+v", k.Type, row.Sub, e)
				}
			}
		}
	}
}

// TestDecisionsKeepTheirWord tries every decision of a service with many services.
func TestDecisionsKeepTheirWord(t *testing.T) {
	for mode := range model.TimeoutKill + 1 {
		for result := range model.SkipCondition + 1 {
			for restart := range model.RestartAlways + 1 {
				def := &model.Unit{Name: "a.service", Load: model.LoadLoaded, Service: &model.Service{Exec: &model.Exec{},
					Restart: restart, TimeoutStartFailureMode: mode, TimeoutStopFailureMode: mode,
					Type: model.ServiceNotifyReload, RemainAfterExit: restart == model.RestartNo}}
				u := &Unit{}
				u.Init(def, idleWorld{})
				l := born(u)
				l.Result, l.Announced, l.MainPID = result, announced(mode), int(restart)%2
				tryDecisions(t, u)
			}
		}
	}
}

func tryDecisions(t *testing.T, u *Unit) {
	for i, d := range serviceDecisions {
		if d.pick == nil {
			continue
		}
		if got := d.pick(u); !slices.Contains(d.among, got) {
			t.Errorf("decision %d (%s) picked %d, which is not among %v", i, d.name, got, d.among)
		}
	}
}

// idleWorld is a World in which nothing is asked for.
type idleWorld struct{ World }

func (idleWorld) StopPending() bool { return false }
func (idleWorld) Now() port.Time    { return port.Time{} }
