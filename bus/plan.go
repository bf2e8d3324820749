package bus

import (
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/plan"
	"github.com/steward-init/steward/wire/dbus"
)

// plan answers what a command on a unit would do. Nothing is queued; the unit is loaded, as by LoadUnit.
func (c *call) plan() {
	word := c.in.String()
	name, ok := c.named()
	if !ok {
		return
	}
	mode, ok := c.mode()
	if !ok {
		return
	}
	verb, ok := plan.FindVerb(word)
	if !ok {
		c.refuse(errorInvalidArgs, "No command %s that queues jobs", word)
		return
	}
	if verb.Mode != model.ModeFail {
		mode = verb.Mode
	}
	if c.load(name) == nil {
		return
	}
	jobs, notes, refusal := plan.Ask(c.server.manager.Engine(), name, verb, mode)
	if refusal != nil {
		c.refuse(refusal.Error, "%s", refusal.Message)
		return
	}
	c.reply("a(sssbssssas)as", func(w *dbus.Writer) {
		mark := w.OpenArray(8)
		for _, j := range jobs {
			w.Struct()
			w.String(j.Job)
			w.String(j.Unit)
			w.String(j.State)
			w.Bool(j.Idle)
			w.String(j.Cause.Kind)
			w.String(j.Cause.Unit)
			w.String(j.Cause.Dependency)
			w.String(j.Cause.Origin)
			w.StringArray(j.After)
		}
		w.CloseArray(mark)
		w.StringArray(notes)
	})
}
