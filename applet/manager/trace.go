package manager

import (
	"fmt"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
)

// trace tells what units and jobs do, as systemd does at --log-level=debug --log-target=console, in the same words. It
// writes at once rather than through the log, so that what a client was answered is never ahead of it.
type trace struct {
	m    *Manager
	subs map[string]string
}

// newTrace is nil unless both options ask for it.
func (m *Manager) newTrace() engine.Trace {
	if m.options.logTarget != "console" || level(m.options.logLevel) < 7 {
		return nil
	}
	return &trace{m: m, subs: map[string]string{}}
}

// Moved is engine.Trace.
func (t *trace) Moved(unit, sub string, _ int) {
	from := t.subs[unit]
	if from == "" {
		from = "dead"
	}
	if from == sub {
		return
	}
	t.subs[unit] = sub
	if sub == "dead" {
		delete(t.subs, unit)
	}
	fmt.Fprintf(t.m.err, "systemd: %s: Changed %s -> %s\n", unit, from, sub)
}

// Crossed is engine.Trace.
func (t *trace) Crossed(kind.Crossing) {}

// traceJob tells of a job's end.
func (m *Manager) traceJob(effect port.Effect) {
	if e, ok := effect.(port.JobRemoved); ok {
		fmt.Fprintf(m.err, "systemd: %s: Job %d %s/%s finished, result=%s\n", e.Unit, e.Job, e.Unit, e.Type, e.Result)
	}
}
