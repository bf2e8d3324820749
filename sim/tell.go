package sim

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
)

// line is one line of a script's output: what it is about, and the rest.
type line struct{ head, rest string }

// block aligns lines as the scenarios have them.
func block(lines []line) string {
	width := 12
	for _, l := range lines {
		width = max(width, utf8.RuneCountInString(l.head))
	}
	var b strings.Builder
	for _, l := range lines {
		text := l.head
		if l.rest != "" {
			text += strings.Repeat(" ", width+2-utf8.RuneCountInString(l.head)) + l.rest
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}

// hear turns what happens into lines. What is of no interest in a scenario makes none.
func (r *Runner) hear(h Happening) {
	switch {
	case h.To != "":
		if n := len(r.lines) - 1; n >= 0 && r.lines[n].head == h.Unit && strings.HasSuffix(r.lines[n].rest, "→ "+h.From) {
			r.lines[n].rest += " → " + h.To
		} else {
			r.say(h.Unit, h.From+" → "+h.To)
		}
	case h.Exit != nil:
		code, status := kind.ExitWords(h.Exit.Code, h.Exit.Status)
		r.say("exit", h.Unit+" "+h.Process.Role+" "+code+" "+status)
	default:
		r.effect(h.Effect)
	}
}

func (r *Runner) effect(ef port.Effect) {
	switch ef := ef.(type) {
	case port.Spawn:
		r.say("spawn", ef.Unit.Name+" "+spawnWords(ef))
	case port.Kill:
		r.say("kill", killWords(ef))
	case port.Reply:
		if ef.Err != nil {
			r.say("refused", ef.Err.Error+": "+r.renumber(ef.Err.Message))
		}
		r.replies++
	case port.JobRemoved:
		r.say("job", fmt.Sprintf("%d %s %s %s", r.job(ef.Job), ef.Type, ef.Unit, ef.Result))
	case port.Act:
		r.say("act", actWords(ef))
	case port.StoreFDs:
		for _, fd := range ef.FDs {
			r.say("store", fmt.Sprintf("%s fd %d %s", ef.Unit, fd.FD, fd.Name))
		}
	case port.CloseFDs:
		for _, fd := range ef.FDs {
			r.say("close", fmt.Sprintf("%s fd %d", ef.Unit, fd))
		}
	case port.WatchPIDFile:
		r.say("await", ef.Unit+" "+ef.Path)
	case port.GuessMainPID:
		r.say("guess", ef.Unit+" main process")
	case port.WatchBusName:
		r.say("watch", ef.Unit+" "+ef.Name)
	case port.RequestStop:
		r.say("ask", ef.Unit+" to be stopped by "+ef.Controller)
	case port.ReleaseUnit:
		if ef.Preserve {
			r.say("preserve", ef.Unit.Name+" runtime directories")
		}
	case port.UnitRemoved:
		r.removed = append(r.removed, ef.Unit)
	case port.Log:
		r.log = append(r.log, ef)
	}
}

// renumber gives a job that a message names the number that the script knows it by.
func (r *Runner) renumber(message string) string {
	var id uint32
	if n, _ := fmt.Sscanf(message, "Job %d ", &id); n == 1 { // any other message is as it is
		return strings.Replace(message, fmt.Sprint(id), fmt.Sprint(r.job(id)), 1)
	}
	return message
}

// spawnWords says what is spawned: the role of the process, the command with its arguments, and the descriptors.
func spawnWords(ef port.Spawn) string {
	role := "main"
	if isControl(ef) {
		role = ef.Kind.String()
	}
	if ef.Clean != 0 {
		return "clean" + resourceWords(ef.Clean)
	}
	text := role + " " + ef.Command.Path
	if len(ef.Command.Args) > 1 {
		text += " " + strings.Join(ef.Command.Args[1:], " ")
	}
	for _, fd := range ef.FDs {
		text += " fd:" + fd.Name
	}
	return text
}

func resourceWords(what model.Resources) (text string) {
	for k := range model.DirectoryKind(model.DirectoryKinds) {
		if what.Has(k) {
			text += " " + k.Resource()
		}
	}
	return text
}

func killWords(ef port.Kill) string {
	signal := quantity.SignalName(int(ef.Signal))
	if ef.SIGHUP {
		signal += "+HUP"
	}
	target := "all"
	if ef.Target == port.KillMainOnly {
		var who []string
		if ef.MainPID != 0 {
			who = append(who, "main")
		}
		if ef.ControlPID != 0 {
			who = append(who, "control")
		}
		target = strings.Join(who, "+")
	}
	return ef.Unit + " " + target + " " + signal
}

func actWords(ef port.Act) string {
	text := ef.Action.String() + " " + ef.Reason
	if ef.Argument != "" {
		text += " argument=" + ef.Argument
	}
	if ef.ExitStatus >= 0 {
		text += fmt.Sprintf(" status=%d", ef.ExitStatus)
	}
	return text
}

// environment prints what the engine added to the environment of a unit's newest process. Invocations are named by
// their unit.
func (r *Runner) environment(unit string) {
	s := r.World.spawns[unit]
	for _, v := range s.Env {
		if id, ok := strings.CutPrefix(v, "MONITOR_INVOCATION_ID="); ok {
			v = "MONITOR_INVOCATION_ID=<" + r.invoked(id) + ">"
		}
		r.say("env", unit+" "+v)
	}
	for _, v := range s.Manager {
		r.say("env", unit+" "+v)
	}
}

func (r *Runner) invoked(id string) string {
	for _, u := range r.World.Engine.Units() {
		if u.HasInvocation && hex.EncodeToString(u.Invocation[:]) == id {
			return u.Unit.Name
		}
	}
	return "nobody"
}
