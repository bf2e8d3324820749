package directive

import (
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/wire/dbus"
)

type encodeUnit = func(*dbus.Writer, *model.Unit)

// derivedProperties are those that no single row gives: parts of a value, values that stand in for others, and what
// loading found out. Units of a type that isn't run show the defaults of a service.
func derivedProperties(d *Defaults) map[string]encodeUnit {
	blank := NewUnit("", model.TypeService, d)
	Complete(blank, d)
	exec := func(encode func(*dbus.Writer, *model.Exec)) encodeUnit {
		return func(w *dbus.Writer, u *model.Unit) {
			x := execOf(u)
			if x == nil {
				x = blank.Service.Exec
			}
			encode(w, x)
		}
	}
	m := map[string]encodeUnit{
		"Id":           func(w *dbus.Writer, u *model.Unit) { w.String(u.Name) },
		"Names":        encodeNames,
		"Description":  encodeDescription,
		"FragmentPath": func(w *dbus.Writer, u *model.Unit) { w.String(u.Fragment) },
		"DropInPaths":  func(w *dbus.Writer, u *model.Unit) { w.StringArray(u.DropIns) },
		"Transient":    func(w *dbus.Writer, u *model.Unit) { w.Bool(u.Transient) },
		"Perpetual":    func(w *dbus.Writer, u *model.Unit) { w.Bool(u.Perpetual) },
		"LoadError":    encodeLoadError,
		"Listen": func(w *dbus.Writer, u *model.Unit) {
			var list []model.Listen
			if u.Socket != nil {
				list = u.Socket.Listen
			}
			encodeListen(w, list)
		},
		"Slice": func(w *dbus.Writer, u *model.Unit) { w.String(SliceOf(u)) },

		"DelegateControllers":     encodeControllers,
		"RestartKillSignal":       encodeRestartSignal,
		"TimeoutAbortUSec":        encodeTimeoutAbort,
		"LogsDirectorySymlink":    exec(links(model.DirLogs)),
		"CacheDirectorySymlink":   exec(links(model.DirCache)),
		"StateDirectorySymlink":   exec(links(model.DirState)),
		"RuntimeDirectorySymlink": exec(links(model.DirRuntime)),
		"TimerSlackNSec":          exec(encodeTimerSlack),
		"SyslogPriority": exec(func(w *dbus.Writer, x *model.Exec) {
			w.Int32(int32(x.SyslogFacility)<<3 | int32(x.SyslogLevel))
		}),
		"StandardInputFileDescriptorName": exec(func(w *dbus.Writer, x *model.Exec) {
			encodeName(w, x.Stdin.Input == model.InputNamedFD, x.Stdin.Path)
		}),
		"StandardOutputFileDescriptorName": exec(func(w *dbus.Writer, x *model.Exec) {
			encodeName(w, x.Stdout.Output == model.OutputNamedFD, x.Stdout.Path)
		}),
		"StandardErrorFileDescriptorName": exec(func(w *dbus.Writer, x *model.Exec) {
			encodeName(w, x.Stderr.Output == model.OutputNamedFD, x.Stderr.Path)
		}),
	}
	for r := quantity.CPU; r <= quantity.RTTime; r++ {
		m["Limit"+r.String()] = exec(func(w *dbus.Writer, x *model.Exec) {
			_, hard := d.LimitShown(x, r)
			w.Uint64(hard)
		})
		m["Limit"+r.String()+"Soft"] = exec(func(w *dbus.Writer, x *model.Exec) {
			soft, _ := d.LimitShown(x, r)
			w.Uint64(soft)
		})
	}
	return m
}

func encodeNames(w *dbus.Writer, u *model.Unit) {
	mark := w.OpenArray(dbus.AlignOf('s'))
	w.String(u.Name)
	for _, alias := range u.Aliases {
		w.String(alias)
	}
	w.CloseArray(mark)
}

func encodeDescription(w *dbus.Writer, u *model.Unit) { w.String(Description(u)) }

// Description is what to call a unit before people: its Description=, else its name.
func Description(u *model.Unit) string {
	if u.Description == "" {
		return u.Name
	}
	return u.Description
}

func encodeLoadError(w *dbus.Writer, u *model.Unit) {
	failure := model.LoadFailure{}
	if u.LoadError != nil {
		failure = *u.LoadError
	}
	w.Struct()
	w.String(failure.Error)
	w.String(failure.Message)
}

// SliceOf is the slice that a unit is in: the one that loading found, or the one that its files name, "" for none.
func SliceOf(u *model.Unit) string {
	for _, e := range u.Edges {
		if e.Kind == model.InSlice {
			return e.Unit
		}
	}
	if c := controlOf(u); c != nil {
		return c.Slice
	}
	return ""
}

func encodeControllers(w *dbus.Writer, u *model.Unit) {
	var list []string
	if c := controlOf(u); c != nil {
		list = c.Controllers
	}
	w.StringArray(list)
}

// encodeRestartSignal writes RestartKillSignal=, which is KillSignal= where it is not given.
func encodeRestartSignal(w *dbus.Writer, u *model.Unit) {
	k := killOf(u)
	switch {
	case k == nil:
		w.Int32(signalTerm)
	case k.RestartSignal == 0:
		w.Int32(k.Signal)
	default:
		w.Int32(k.RestartSignal)
	}
}

// encodeTimeoutAbort writes TimeoutAbortSec=, which is TimeoutStopSec= where it is not given.
func encodeTimeoutAbort(w *dbus.Writer, u *model.Unit) {
	switch s := u.Service; {
	case s == nil:
		w.Uint64(0)
	case s.TimeoutAbortSet:
		w.Uint64(uint64(s.TimeoutAbort))
	default:
		w.Uint64(uint64(s.TimeoutStop))
	}
}

func encodeTimerSlack(w *dbus.Writer, x *model.Exec) {
	if x.TimerSlackSet {
		w.Uint64(x.TimerSlack)
		return
	}
	w.Uint64(defaultTimerSlack)
}

// encodeName writes the name of a descriptor, "" where the stream is none.
func encodeName(w *dbus.Writer, isFD bool, name string) {
	if !isFD {
		name = ""
	}
	w.String(name)
}

// links writes the second names of the directories of a kind: path, symlink, flags.
func links(kind model.DirectoryKind) func(*dbus.Writer, *model.Exec) {
	return func(w *dbus.Writer, x *model.Exec) {
		mark := w.OpenArray(dbus.AlignOf('('))
		for _, l := range x.Directory(kind).Links {
			w.Struct()
			w.String(l[0])
			w.String(l[1])
			w.Uint64(0)
		}
		w.CloseArray(mark)
	}
}
