//tidy:table

package directive

import "github.com/steward-init/steward/model"

// killGroup is what systemd.kill(5) describes.
func killGroup() *group[model.Kill] {
	return &group[model.Kill]{manual: "systemd.kill(5)", rows: []*entry[model.Kill]{
		row("SendSIGKILL", "BOOLEAN", Bool, func(k *model.Kill) *bool { return &k.SendSIGKILL }),
		row("SendSIGHUP", "BOOLEAN", Bool, func(k *model.Kill) *bool { return &k.SendSIGHUP }),
		row("KillMode", "KILLMODE", killModes(), func(k *model.Kill) *model.KillMode { return &k.Mode }),
		row("KillSignal", "SIGNAL", Signal, func(k *model.Kill) *int32 { return &k.Signal }),
		row("RestartKillSignal", "SIGNAL", Signal, func(k *model.Kill) *int32 { return &k.RestartSignal }),
		row("FinalKillSignal", "SIGNAL", Signal, func(k *model.Kill) *int32 { return &k.FinalSignal }),
		row("WatchdogSignal", "SIGNAL", Signal, func(k *model.Kill) *int32 { return &k.WatchdogSignal }),
	}}
}

// killModes takes nothing for the default. A file that says none is told what the oracle says of it.
func killModes() *Codec[model.KillMode] {
	c := Enum[model.KillMode](model.KillModes()).orDefault(model.KillControlGroup)
	parse := c.Parse
	c.Parse = func(old model.KillMode, text string, ctx *Context) (model.KillMode, error) {
		mode, err := parse(old, text, ctx)
		if err == nil && mode == model.KillNone && ctx.ofFile() {
			ctx.warn(odd("none is unsafe and deprecated: what is left of the service runs on after its stop").
				advise("write mixed or control-group"))
		}
		return mode, err
	}
	return c
}
