package engine

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/words"
)

// many makes a target that wants n services with the default dependencies of a service.
func many(n int) []*model.Unit {
	edge := func(k model.Dependency, unit string) model.Edge { return model.Edge{Kind: k, Unit: unit} }
	all := blank("all.target")
	units := []*model.Unit{all, blank("sysinit.target"), blank("basic.target"), blank("shutdown.target"),
		blank("system.slice")}
	units[2].Edges = []model.Edge{edge(model.Requires, "sysinit.target"), edge(model.After, "sysinit.target")}
	for i := range n {
		u := blank(fmt.Sprintf("s%05d.service", i))
		u.Service.Commands[model.ExecStart] = []words.Command{{Path: "/bin/true"}}
		u.Edges = []model.Edge{edge(model.Requires, "sysinit.target"), edge(model.After, "sysinit.target"),
			edge(model.After, "basic.target"), edge(model.Conflicts, "shutdown.target"), edge(model.Before, "shutdown.target"),
			edge(model.Requires, "system.slice"), edge(model.After, "system.slice"), edge(model.Before, "all.target")}
		all.Edges = append(all.Edges, edge(model.Wants, u.Name), edge(model.After, u.Name))
		units = append(units, u)
	}
	return units
}

// boot starts the target and answers every spawn.
func boot(e *Engine, units []*model.Unit) (steps int) {
	now := port.Time{Monotonic: 1, Realtime: 1}
	pending := []port.Event{port.JobRequested{Request: 1, Unit: "all.target", Loaded: units}}
	pid := 1
	for len(pending) > 0 {
		ev := pending[0]
		pending = pending[1:]
		steps++
		for _, ef := range e.Step(now, ev) {
			if s, ok := ef.(port.Spawn); ok {
				pid++
				pending = append(pending, port.Spawned{Unit: s.Unit.Name, Token: s.Token, PID: pid, Executed: true})
			}
		}
	}
	return steps
}

func TestMany(t *testing.T) {
	e := New(Config{})
	boot(e, many(2000))
	if n := e.Totals().Jobs; n != 0 {
		t.Errorf("%d jobs are left", n)
	}
	if st := e.Unit("all.target"); st.Active != model.Active {
		t.Errorf("all.target is %s", st.Active)
	}
	if st := e.Unit("s01999.service"); st.Active != model.Active {
		t.Errorf("the last service is %s", st.Active)
	}
}

func BenchmarkBoot(b *testing.B) {
	for _, n := range []int{1000, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			units := many(n)
			b.ReportAllocs()
			for b.Loop() {
				boot(New(Config{}), units)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/unit")
		})
	}
}

// BenchmarkMemory shows what the engine keeps for a unit, loaded and running.
func BenchmarkMemory(b *testing.B) {
	const n = 5000
	units := many(n)
	for b.Loop() {
		e := New(Config{})
		before := heap()
		e.Step(port.Time{Monotonic: 1}, port.UnitsLoaded{Loaded: units})
		b.ReportMetric(float64(heap()-before)/n, "loaded-B/unit")
		boot(e, nil)
		b.ReportMetric(float64(heap()-before)/n, "running-B/unit")
		runtime.KeepAlive(e)
	}
}

// BenchmarkSnapshot writes and reads the state of 5000 running services.
func BenchmarkSnapshot(b *testing.B) {
	units := many(5000)
	e := New(Config{})
	boot(e, units)
	for b.Loop() {
		data, err := e.Snapshot()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(data))/5000, "B/unit")
		if _, _, err := Restore(Config{}, data, units); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReload replaces the definitions of 5000 running services.
func BenchmarkReload(b *testing.B) {
	units := many(5000)
	e := New(Config{})
	boot(e, units)
	for b.Loop() {
		e.Step(port.Time{Monotonic: 2, Realtime: 2}, port.UnitsReloaded{Loaded: units})
	}
}
