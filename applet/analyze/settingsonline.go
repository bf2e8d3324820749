package analyze

import (
	"errors"
	"fmt"

	"github.com/steward-init/steward/applet/connect"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/wire/dbus"
)

// The object and the interface that a daemon's log settings are at. org.freedesktop.LogControl1(5).
const (
	logPath      = "/org/freedesktop/LogControl1"
	logInterface = "org.freedesktop.LogControl1"
)

// These are older names of verbs of systemctl(1).
func (s *session) logLevel(args []string) (int, error) {
	return s.logSetting("LogLevel", "level", args)
}
func (s *session) logTarget(args []string) (int, error) {
	return s.logSetting("LogTarget", "target", args)
}

// logSetting prints one of the manager's log settings, or changes it.
func (s *session) logSetting(property, noun string, args []string) (int, error) {
	if property == "LogLevel" && len(args) > 0 {
		if _, err := quantity.ParseSyslogLevel(args[0]); err != nil {
			return 1, fmt.Errorf("\"%s\" is not a valid log level.", args[0])
		}
	}
	m, err := s.manager()
	if err != nil {
		return 1, err
	}
	defer m.Close()
	if len(args) == 0 {
		text, err := m.getText(logPath, logInterface, property)
		if err != nil {
			return 1, fmt.Errorf("Failed to get log %s of %s: %s", noun, connect.Name, connect.Text(err))
		}
		s.printf("%s\n", text)
		return 0, nil
	}
	_, err = m.set(logPath, logInterface, property, "s", func(w *dbus.Writer) { w.String(args[0]) })
	if err != nil {
		return 1, fmt.Errorf("Failed to set log %s of %s to %s: %s", noun, connect.Name, args[0], connect.Text(err))
	}
	return 0, nil
}

// serviceWatchdogs prints whether services are watched, or changes it.
func (s *session) serviceWatchdogs(args []string) (int, error) {
	m, err := s.manager()
	if err != nil {
		return 1, err
	}
	defer m.Close()
	const name = "ServiceWatchdogs"
	if len(args) == 0 {
		r, sig, err := m.get(connect.Path, connect.Interface, name)
		if err == nil && sig != "b" {
			err = errors.New("not a boolean")
		}
		if err != nil {
			return 1, fmt.Errorf("Failed to get service-watchdog state: %s", connect.Text(err))
		}
		s.printf("%s\n", map[bool]string{false: "no", true: "yes"}[r.Bool()])
		return 0, nil
	}
	on, err := quantity.ParseBool(args[0])
	if err != nil {
		return 1, errors.New("Failed to parse service-watchdogs argument: Invalid argument")
	}
	_, err = m.set(connect.Path, connect.Interface, name, "b", func(w *dbus.Writer) { w.Bool(on) })
	if err != nil {
		return 1, fmt.Errorf("Failed to set service-watchdog state: %s", connect.Text(err))
	}
	return 0, nil
}

// set changes a property.
func (m *manager) set(path, face, name, sig string, value func(*dbus.Writer)) (*dbus.Reader, error) {
	return m.Ask(path, dbus.PropertiesInterface, "Set", "ssv", func(w *dbus.Writer) {
		w.String(face)
		w.String(name)
		w.Variant(sig)
		value(w)
	})
}
