package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/sim"
)

// maxSteps is more than any history takes that comes to an end: most take some hundred.
const maxSteps = 50_000

// giveUp leaves nothing to do to a history that keeps the engine busy for ever, while no time goes by.
func giveUp(w *sim.World) {
	w.Inbox = nil
	clear(w.Timers)
}

// try plays a history and returns the first invariant it breaks, as "rule: what happened", or "".
func try(h *history) (what string) {
	defer func() {
		if r := recover(); r != nil {
			what = fmt.Sprintf("no panic: %v\n%s", r, debug.Stack())
		}
	}()
	s := h.script()
	r := sim.NewRunner(s, engine.Config{})
	k := newKeeper(r.World)
	for _, u := range h.units {
		k.heedSettings(strings.Join(u.lines, "\n"))
	}
	for i, step := range h.steps {
		command, body, _ := strings.Cut(step, "\n")
		k.heed(command)
		k.heedSettings(body)
		// What can't be done now, as the end of a process that is not there, is left out.
		body = strings.ReplaceAll(strings.TrimPrefix(body, "  "), "\n  ", "\n") + "\n"
		_ = r.Command(command, body) // best effort: see above
		if k.over {
			return k.what
		}
		if i == len(h.steps)/3 {
			k.cast()
		}
		if k.what != "" {
			return k.what
		}
	}
	k.end(r)
	return k.what
}
