package systemctl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/wire/dbus"
)

// daemonReload is daemon-reload and daemon-reexec.
func (s *session) daemonReload(name string, _ []string) (int, error) {
	member, what := "Reload", "reload daemon"
	if name == "daemon-reexec" {
		member, what = "Reexecute", "reexecute daemon"
	}
	p, err := s.begin(s.header(managerPath, managerInterface, member, ""), nil)
	if err != nil {
		return 1, failed(what, err)
	}
	// A manager with many units takes its time, and one that executes itself again closes the connection.
	if _, err = s.bus.Wait(p, 0); err != nil && (member == "Reload" || refusalName(err) != "") {
		return 1, failed(what, err)
	}
	return 0, nil
}

// each does something with each unit of the arguments, and goes on after an error. The status is 1 if there was one.
func (s *session) each(args []string, do func(name string) error) (int, error) {
	names, _, err := s.expand(args, ".service")
	if err != nil {
		return 1, err
	}
	status := 0
	for _, name := range names {
		if err := do(name); err != nil {
			s.complain(err)
			status = 1
		}
	}
	return status, nil
}

// kill sends a signal to processes of units.
func (s *session) kill(_ string, args []string) (int, error) {
	whom := s.opt.whom
	if whom == "" {
		whom = "all"
	}
	if s.opt.has("fail") {
		whom += "-fail"
	}
	return s.each(args, func(name string) error {
		_, err := s.callBody("KillUnit", "ssi", func(w *dbus.Writer) {
			w.String(name)
			w.String(whom)
			w.Int32(int32(s.opt.signal))
		})
		if err != nil {
			return failed("kill unit "+name, err)
		}
		return nil
	})
}

// resetFailed forgets that units, or all, have failed.
func (s *session) resetFailed(_ string, args []string) (int, error) {
	if len(args) == 0 {
		if _, err := s.call("ResetFailed"); err != nil {
			return 1, failed("reset failed state", err)
		}
		return 0, nil
	}
	return s.each(args, func(name string) error {
		if _, err := s.call("ResetFailedUnit", name); err != nil {
			return failed("reset failed state of unit "+name, err)
		}
		return nil
	})
}

// freeze is freeze and thaw. The manager answers when it is done.
func (s *session) freeze(name string, args []string) (int, error) {
	member := map[string]string{"freeze": "FreezeUnit", "thaw": "ThawUnit"}[name]
	if _, err := s.fullBus(); err != nil {
		return 1, err
	}
	return s.each(args, func(unit string) error {
		p, err := s.begin(s.header(managerPath, managerInterface, member, "s"),
			func(w *dbus.Writer) { w.String(unit) })
		if err == nil {
			_, err = s.bus.Wait(p, 0)
		}
		if err != nil {
			return failed(name+" unit "+unit, err)
		}
		return nil
	})
}

// clean removes the directories of units.
func (s *session) clean(_ string, args []string) (int, error) {
	what := s.opt.what
	if len(what) == 0 {
		what = []string{"cache", "runtime"}
	}
	p, err := s.fullBus()
	if err != nil {
		return 1, err
	}
	return s.each(args, func(name string) error {
		if !p.private { // its own socket has no client to remember
			if _, err := s.call("RefUnit", name); err != nil {
				return failed("add reference to unit "+name, err)
			}
		}
		_, err := s.callBody("CleanUnit", "sas", func(w *dbus.Writer) {
			w.String(name)
			w.StringArray(what)
		})
		if err != nil {
			return failed("clean unit "+name, err)
		}
		return s.cleaned(name)
	})
}

// cleaned waits until a unit has left the state it is in while it is cleaned.
func (s *session) cleaned(name string) error {
	ends := &endWatch{session: s}
	if s.opt.has("no-block") {
		return nil
	}
	if err := ends.subscribe(); err != nil {
		return err
	}
	path := unitPath(name)
	ends.units = map[string]bool{path: true}
	if err := ends.look(path); err != nil {
		return err
	}
	ends.wait()
	return nil
}

// bind is bind: a place outside becomes visible to a running service.
func (s *session) bind(_ string, args []string) (int, error) {
	return s.mount("bind mount", "BindMountUnit", "sssbb", args, func(*dbus.Writer) {})
}

// mountImage is mount-image: the file system of an image becomes visible to a running service.
func (s *session) mountImage(_ string, args []string) (int, error) {
	return s.mount("mount image", "MountImageUnit", "sssbba(ss)", args, func(w *dbus.Writer) {
		mark := w.OpenArray(8)
		if len(args) > 3 {
			partition, options, found := strings.Cut(args[3], ":")
			if !found {
				partition, options = "root", args[3]
			}
			w.Struct()
			w.String(partition)
			w.String(options)
		}
		w.CloseArray(mark)
	})
}

// mount makes something visible to a unit: args are the unit, what it is, and where the unit is to see it.
func (s *session) mount(what, member, sig string, args []string, more func(*dbus.Writer)) (int, error) {
	names, err := s.mangle(args[:1], ".service")
	if err != nil {
		return 1, err
	}
	_, err = s.callBody(member, sig, func(w *dbus.Writer) {
		w.String(names[0])
		w.String(args[1])
		w.String(args[min(len(args)-1, 2)])
		w.Bool(s.opt.has("read-only"))
		w.Bool(s.opt.has("mkdir"))
		more(w)
	})
	if err != nil {
		return 1, failed(what, err)
	}
	return 0, nil
}

// setting is log-level, log-target and service-watchdogs: it tells a property of the manager or sets it.
func (s *session) setting(name string, args []string) (int, error) {
	property := map[string]string{"log-level": "LogLevel", "log-target": "LogTarget",
		"service-watchdogs": "ServiceWatchdogs"}[name]
	if len(args) == 0 {
		v, err := s.get(managerPath, managerInterface, property)
		if err != nil {
			return 1, failed("get "+name, err)
		}
		if on, ok := v.(bool); ok {
			v = quantity.FormatBool(on)
		}
		s.printf("%v\n", v)
		return 0, nil
	}
	sig, write := "s", func(w *dbus.Writer) { w.String(args[0]) }
	switch name {
	case "log-level":
		if _, err := quantity.ParseSyslogLevel(args[0]); err != nil {
			return 1, fmt.Errorf("\"%s\" is not a valid log level.", args[0])
		}
	case "service-watchdogs":
		on, err := quantity.ParseBool(args[0])
		if err != nil {
			return 1, errors.New("Failed to parse service-watchdogs argument: Invalid argument")
		}
		sig, write = "b", func(w *dbus.Writer) { w.Bool(on) }
	}
	if err := s.set(managerName, managerPath, managerInterface, property, sig, write); err != nil {
		what := map[string]string{"log-level": "log level", "log-target": "log target"}[name]
		if what == "" {
			return 1, failed("set service-watchdog state", err)
		}
		return 1, failed(fmt.Sprintf("set %s of %s to %s", what, managerName, args[0]), err)
	}
	return 0, nil
}

// set sets a property of an object at a peer of the bus.
func (s *session) set(peer, path, iface, property, sig string, write func(*dbus.Writer)) error {
	h := s.header(path, dbus.PropertiesInterface, "Set", "ssv")
	h.Destination = peer
	_, err := s.send(h, func(w *dbus.Writer) {
		w.String(iface)
		w.String(property)
		w.Variant(sig)
		write(w)
	})
	return err
}

// serviceSetting is service-log-level and service-log-target, org.freedesktop.LogControl1(5).
func (s *session) serviceSetting(name string, args []string) (int, error) {
	const path, iface = "/org/freedesktop/LogControl1", "org.freedesktop.LogControl1"
	property := map[string]string{"service-log-level": "LogLevel", "service-log-target": "LogTarget"}[name]
	names, err := s.mangle(args[:1], ".service")
	if err != nil {
		return 1, err
	}
	if _, err := s.fullBus(); err != nil {
		return 1, err
	}
	peer, err := s.getString(unitPath(names[0]), managerName+".Service", "BusName")
	if err != nil {
		return 1, failed("obtain bus name of unit "+names[0], err)
	}
	if peer == "" {
		s.complain(fmt.Errorf("Unit %s doesn't declare BusName=.", names[0]))
		s.notice("Hint: the service must declare BusName= and implement the appropriate D-Bus interface.\n" +
			"      See the org.freedesktop.LogControl1(5) man page for details.")
		return 1, nil
	}
	what := map[string]string{"LogLevel": "log level", "LogTarget": "log target"}[property]
	if len(args) > 1 {
		err = s.set(peer, path, iface, property, "s", func(w *dbus.Writer) { w.String(args[1]) })
		if err != nil {
			return 1, failed(fmt.Sprintf("set %s of %s to %s", what, peer, args[1]), err)
		}
		return 0, nil
	}
	h := s.header(path, dbus.PropertiesInterface, "Get", "ss")
	h.Destination = peer
	p, err := s.begin(h, func(w *dbus.Writer) {
		w.String(iface)
		w.String(property)
	})
	if err != nil {
		return 1, err
	}
	value, err := s.waitString(p)
	if err != nil {
		return 1, failed("get "+what+" of service "+peer, err)
	}
	s.printf("%s\n", value)
	return 0, nil
}

// isSystemRunning prints the state of the manager; the status is 0 if it is running.
func (s *session) isSystemRunning(string, []string) (int, error) {
	state := "offline"
	if s.reachable() {
		if s.opt.has("wait") {
			s.waitStarted()
		}
		var err error
		if state, err = s.getString(managerPath, managerInterface, "SystemState"); err != nil {
			s.warn("Failed to query system state: " + errorText(err))
			state = "unknown"
		}
	}
	if !s.opt.has("quiet") {
		s.printf("%s\n", state)
	}
	if state != "running" {
		return 1, nil
	}
	return 0, nil
}

// waitStarted waits until the manager has finished to start.
func (s *session) waitStarted() {
	ends := &endWatch{session: s}
	if ends.subscribe() != nil {
		return
	}
	if p := s.bus; !p.private {
		_ = p.AddMatch(dbus.Match{Type: dbus.Signal, Sender: managerName, Interface: managerInterface,
			Member: "StartupFinished"}, timeout) // best effort: what the state is then can be asked
	}
	for {
		state, err := s.getString(managerPath, managerInterface, "SystemState")
		if err != nil || !slices.Contains([]string{"initializing", "starting"}, state) {
			return
		}
		for {
			m, err := s.bus.Next()
			if err != nil {
				return
			}
			if m.Member == "StartupFinished" {
				break
			}
		}
	}
}
