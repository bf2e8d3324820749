package bus

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// commandFlags are the words of the …Ex properties. org.freedesktop.systemd1(5), ExecStartEx.
var commandFlags = []struct {
	flag words.CommandFlags
	word string
}{
	{words.IgnoreFailure, "ignore-failure"}, {words.FullPrivileges, "privileged"}, {words.NoSetuid, "no-setuid"},
	{words.AmbientMagic, "ambient"}, {words.NoEnvExpand, "no-env-expand"},
}

// writeCommands writes a command list with the newest run of each: path, argv, whether a failure is ignored (or all
// flags), then start and exit times, PID, code and status.
func writeCommands(w *dbus.Writer, o *object, kind model.CommandKind, extended bool) {
	mark := w.OpenArray(8)
	for i, command := range o.unit.Unit.Service.Commands[kind] {
		run := o.unit.Service.Run(kind, i)
		if run == nil {
			run = &port.Run{}
		}
		w.Struct()
		w.String(command.Path)
		w.StringArray(command.Args)
		if extended {
			writeFlags(w, command.Flags)
		} else {
			w.Bool(command.Flags&words.IgnoreFailure != 0)
		}
		w.Uint64(uint64(run.Start.Realtime))
		w.Uint64(uint64(run.Start.Monotonic))
		w.Uint64(uint64(run.Exit.Realtime))
		w.Uint64(uint64(run.Exit.Monotonic))
		w.Uint32(uint32(run.PID))
		w.Int32(int32(run.Code))
		w.Int32(run.Status)
	}
	w.CloseArray(mark)
}

func writeFlags(w *dbus.Writer, flags words.CommandFlags) {
	var list []string
	for _, f := range commandFlags {
		if flags&f.flag != 0 {
			list = append(list, f.word)
		}
	}
	w.StringArray(list)
}
