package sim

import (
	"slices"

	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// change is a Happening that the engine told in the middle of a step, before its effect of that number.
type change struct {
	Happening
	at int
}

// Moved is called by the engine at every change of state.
func (w *World) Moved(unit, sub string, at int) {
	from := w.subs[unit]
	if from == "" {
		from = "dead"
	}
	w.subs[unit] = sub
	if from != sub {
		w.changes = append(w.changes, change{Happening{Unit: unit, From: from, To: sub}, at})
	}
}

// Crossed is called by the engine at every edge of a unit type's table that a unit takes.
func (w *World) Crossed(c kind.Crossing) {
	if w.Crossings != nil {
		w.Crossings[c] = true
	}
}

func (w *World) answer(ev port.Event) { w.Inbox = append(w.Inbox, ev) }

// do is the world's side of an effect.
func (w *World) do(ef port.Effect) {
	w.tell(Happening{Effect: ef})
	switch ef := ef.(type) {
	case port.Spawn:
		w.spawn(ef)
	case port.Kill:
		w.kill(ef)
	case port.ArmTimer:
		w.Timers[Timer{ef.Unit, ef.Timer}] = ef.At
	case port.DisarmTimer:
		delete(w.Timers, Timer{ef.Unit, ef.Timer})
	case port.CheckConditions:
		w.answer(port.ConditionsChecked{Unit: ef.Unit.Name, Conditions: w.check(ef.Unit, ef.Unit.Conditions),
			Asserts: w.check(ef.Unit, ef.Unit.Asserts)})
	case port.WatchPIDFile:
		w.pidFiles[ef.Unit] = ef.Path
		w.readPIDFile(ef.Unit)
	case port.UnwatchPIDFile:
		delete(w.pidFiles, ef.Unit)
	case port.RemoveFile:
		delete(w.written, ef.Path)
	case port.GuessMainPID:
		pid := 0
		if all := w.Of(ef.Unit); len(all) == 1 {
			pid = all[0].PID
		}
		w.answer(port.MainPIDGuessed{Unit: ef.Unit, PID: pid})
	case port.WatchPID:
		if p := w.Processes[ef.PID]; p != nil {
			p.Role = "main"
		}
	case port.AdoptProcesses:
		for _, pid := range ef.PIDs {
			if w.Processes[pid] == nil {
				w.Processes[pid] = &Process{PID: pid, Role: "child"}
			}
			w.Processes[pid].Unit = ef.Unit
		}
	case port.WatchBusName:
		w.watched[ef.Name] = true
		w.answer(w.owner(ef.Name))
	case port.UnwatchBusName:
		delete(w.watched, ef.Name)
	case port.Listen:
		ev := port.Listened{Unit: ef.Unit.Name}
		if w.failing[ef.Unit.Name] {
			delete(w.failing, ef.Unit.Name)
			ev.Err = "address already in use"
		} else {
			w.nextFD++
			ev.FDs = []port.NamedFD{{FD: w.nextFD, Name: ef.Unit.Name}}
		}
		w.answer(ev)
	case port.WatchTraffic:
		w.listening[ef.Unit] = true
		if w.waiting[ef.Unit] {
			w.Traffic(ef.Unit)
		}
	case port.UnwatchTraffic:
		delete(w.listening, ef.Unit)
	case port.UnitRemoved:
		delete(w.subs, ef.Unit)
	}
}

// owner says who has a bus name.
func (w *World) owner(name string) port.BusNameChanged {
	ev := port.BusNameChanged{Name: name}
	if unit := w.names[name]; unit != "" {
		ev.Owner = ":1.42"
		if all := w.Of(unit); len(all) > 0 {
			ev.PID = all[0].PID
		}
	}
	return ev
}

// Traffic is a client that connects to a socket, or what one wrote: it is seen when the manager looks.
func (w *World) Traffic(unit string) {
	w.waiting[unit] = !w.listening[unit]
	if w.listening[unit] {
		delete(w.listening, unit)
		w.answer(port.TrafficSeen{Unit: unit})
	}
}

// readPIDFile answers a watch with what the file says now.
func (w *World) readPIDFile(unit string) {
	path, ok := w.pidFiles[unit]
	if !ok {
		return
	}
	pid, there := w.written[path]
	switch {
	case !there:
		w.answer(port.PIDFileRead{Unit: unit, Err: "Can't open PID file " + path + " (yet?): No such file or directory"})
	case w.Processes[pid] == nil:
		w.answer(port.PIDFileRead{Unit: unit, Err: "New main PID does not exist or is a zombie."})
	default:
		w.answer(port.PIDFileRead{Unit: unit, PID: pid})
	}
}

// check decides conditions: by what was said of them, by the files there are, or else as true.
func (w *World) check(u *model.Unit, list []model.Condition) []port.Verdict {
	out := make([]port.Verdict, 0, len(list))
	for _, c := range list {
		verdict, ok := w.verdicts[u.Name+" "+c.Kind]
		if !ok {
			verdict, ok = w.verdicts[c.Kind]
		}
		if !ok && c.Kind == "PathExists" {
			_, err := w.Files.Lstat(c.Value)
			verdict, ok = err == nil, true
		}
		out = append(out, port.Verdict{True: (!ok || verdict) != c.Negate})
	}
	return out
}

// ArmedTimers returns the armed timers in the order in which they elapse.
func (w *World) ArmedTimers() []Timer {
	all := make([]Timer, 0, len(w.Timers))
	for t := range w.Timers {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b Timer) int {
		if c := compare(w.Timers[a], w.Timers[b]); c != 0 {
			return c
		}
		if a.Unit != b.Unit {
			return compare(a.Unit, b.Unit)
		}
		return int(a.Timer) - int(b.Timer)
	})
	return all
}

func compare[T span.Span | string](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
