package engine

import (
	"slices"
	"testing"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

func TestDependencies(t *testing.T) {
	const a, b = "[a.service]\nExecStart=/a\n", "[b.service]\nExecStart=/b\n"
	for _, c := range []struct{ name, units, script string }{
		{"BindsTo= follows an end", a + "BindsTo=b.service\nAfter=b.service\n" + b, `
			start a.service
			is b.service running
			exit b.service 0
			is a.service dead`},
		{"Requires= does not follow an end", a + "Requires=b.service\n" + b, `
			start a.service
			exit b.service 0
			is a.service running`},
		{"Requires= follows a stop", a + "Requires=b.service\n" + b, `
			start a.service
			stop b.service
			is a.service dead`},
		{"PartOf= follows a stop and a restart", a + "PartOf=b.service\n" + b, `
			start a.service
			start b.service
			restart b.service
			is a.service running
			stop b.service
			is a.service dead`},
		{"PartOf= does not start", a + "PartOf=b.service\n" + b, `
			restart b.service
			is a.service dead`},
		{"StopWhenUnneeded=", a + "Requires=b.service\n" + b + "StopWhenUnneeded=yes\n", `
			start a.service
			is b.service running
			stop a.service
			is b.service dead`},
		{"Upholds=", a + "Upholds=b.service\n" + b, `
			start a.service
			is b.service running
			exit b.service 0
			is b.service running
			stop a.service
			exit b.service 0
			is b.service dead`},
		{"Conflicts= stops", a + "Conflicts=b.service\n" + b, `
			start b.service
			start a.service
			is b.service dead
			is a.service running
			start b.service
			is a.service dead`},
		{"PropagatesStopTo=", a + "PropagatesStopTo=b.service\n" + b, `
			start a.service
			start b.service
			stop a.service
			is b.service dead`},
		{"a dependency that fails", a + "Type=oneshot\nRequires=b.service\nAfter=b.service\n" + b + "Type=oneshot\n", `
			start a.service
			exit b.service 1
			is b.service failed
			is a.service dead`},
		{"OnSuccess=", a + "Type=oneshot\nOnSuccess=b.service\n" + b, `
			start a.service
			exit a.service 0
			is b.service running`},
		{"a type that is not there yet fails nobody who wants it", a + "Wants=x.timer\nAfter=x.timer\n[x.timer]\n", `
			start a.service
			is x.timer dead
			is a.service running`},
		{"but who requires it", a + "Requires=x.timer\nAfter=x.timer\n[x.timer]\n", `
			start a.service
			is x.timer dead
			is a.service dead`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, parse(t, c.units)...)
			for _, st := range w.e.Units() {
				w.e.find(st.Unit.Name).own().clients = []string{"test"}
			}
			w.play(c.script)
			if t.Failed() {
				t.Log(w.take())
			}
			if n := w.e.Totals().Jobs; n != 0 {
				t.Errorf("%d jobs are left: %s", n, jobsOf(w))
			}
		})
	}
}

func TestForget(t *testing.T) {
	w := newWorld(t, parse(t, "[a.service]\nExecStart=/a\nRequires=b.service\n"+
		"[b.service]\nExecStart=/b\n[c.service]\nExecStart=/c")...)
	w.send(port.UnitReferenced{Unit: "a.service", Client: "x"})
	if w.e.Unit("c.service") != nil {
		t.Error("c.service stays though nobody refers to it")
	}
	w.start("a.service")
	w.send(port.UnitUnreferenced{Unit: "a.service", Client: "x"})
	if got := w.e.Dependencies("b.service", model.RequiredBy); !slices.Equal(got, []string{"a.service"}) {
		t.Errorf("b.service is required by %v", got)
	}
	w.end("a.service", port.Exited, 0)
	if w.e.Unit("a.service") != nil || w.e.Unit("b.service") == nil {
		t.Error("a.service should be forgotten, b.service not")
	}
	if got := w.e.Dependencies("b.service", model.RequiredBy); len(got) != 0 {
		t.Errorf("b.service is required by %v", got)
	}
	w.end("b.service", port.Exited, 1)
	w.expect("b.service", model.Failed, "failed")
	w.send(port.ResetFailedRequested{Request: 99, Unit: "b.service"})
	if w.e.Unit("b.service") != nil || w.e.Totals().Units != 0 {
		t.Errorf("%d units are left", w.e.Totals().Units)
	}
	if w.e.Totals().FailedUnits != 0 {
		t.Error("failed units are left")
	}
}

func TestReload(t *testing.T) {
	w := newWorld(t, parse(t, "[a.service]\nExecStart=/a\nRestart=always\n[t.target]\nWants=a.service")...)
	w.start("t.target")
	pid := w.e.Unit("a.service").Service.MainPID
	fresh := parse(t, "[a.service]\nExecStart=/new\nBefore=b.service\n"+
		"[t.target]\nWants=a.service b.service\n[b.service]\nExecStart=/b")
	w.send(port.UnitsReloaded{Request: 50, Loaded: fresh})
	w.expect("a.service", model.Active, "running")
	if got := w.e.Unit("a.service").Service.MainPID; got != pid {
		t.Errorf("main PID %d became %d", pid, got)
	}
	if got := w.e.Dependencies("b.service", model.After); !slices.Equal(got, []string{"a.service"}) {
		t.Errorf("b.service is after %v", got)
	}
	gone := missing("a.service")
	w.send(port.UnitsReloaded{Request: 51, Loaded: []*model.Unit{gone, fresh[1], fresh[2]}})
	w.expect("a.service", model.Active, "running")
	w.take()
	w.stop("a.service")
	if len(w.alive) != 0 {
		t.Errorf("processes are left: %v\n%s", w.alive, w.take())
	}
}

func TestConditions(t *testing.T) {
	w := newWorld(t, parse(t, `
		[keep.target]
		Wants=a.service b.service c.service d.service
		[a.service]
		ExecStart=/a
		Condition=no
		[b.service]
		ExecStart=/b
		Assert=no
		[c.service]
		ExecStart=/c
		Condition=yes
		Condition=|no
		Condition=|yes
		[d.service]
		ExecStart=/d
		Condition=|no
		Condition=|no
	`)...)
	w.start("keep.target")
	w.expectLines(`
log Reached target keep.target.
job keep.target start done
log a.service was skipped because of an unmet condition check (ConditionPathExists=no).
job a.service start done
log b.service: Starting requested but asserts failed.
log Assertion failed for b.service.
job b.service start assert
spawn c.service ExecStart /c
log d.service was skipped because no trigger condition checks were met.
job d.service start done
log Started c.service.
job c.service start done`)
}

func TestJobTimeout(t *testing.T) {
	w := newWorld(t, parse(t, `
		[keep.target]
		Wants=a.service
		[a.service]
		Type=notify
		ExecStart=/a
		JobTimeoutSec=5s
		[b.service]
		Requires=a.service
		After=a.service
		ExecStart=/b
	`)...)
	w.e.find("keep.target").own().clients = []string{"test"}
	w.send(port.UnitsLoaded{Loaded: parse(t, "[b.service]\nRequires=a.service\nAfter=a.service\nExecStart=/b")})
	w.start("b.service")
	w.pass(5_000_000)
	w.expectLines(`
log Starting a.service...
spawn a.service ExecStart /a
log a.service: Job a.service/start timed out.
log Timed out starting a.service.
log Dependency failed for b.service.
log b.service: Job b.service/start failed with result 'dependency'.
log a.service: Job a.service/start failed with result 'timeout'.
job a.service start timeout
job b.service start dependency`)
}
