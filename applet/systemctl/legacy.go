package systemctl

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// legacyVerb is what a name of the command stands for that is older than systemctl, nil for systemctl itself. They have
// options of their own: halt(8), shutdown(8), telinit(8), runlevel(8).
func legacyVerb(name string) func(s *session, name string, args []string) (int, error) {
	switch filepath.Base(name) {
	case "halt", "poweroff", "reboot":
		return (*session).haltCommand
	case "shutdown":
		return (*session).shutdownCommand
	case "telinit":
		return (*session).telinitCommand
	case "runlevel":
		return (*session).runlevelCommand
	}
	return nil
}

// haltCommand is halt, poweroff and reboot. halt(8).
func (s *session) haltCommand(name string, args []string) (int, error) {
	given, words, err := ui.Options(name, args, haltOptions)
	if err != nil {
		return 1, err
	}
	verb := filepath.Base(name)
	for _, g := range given {
		switch g.Name {
		case "help":
			s.printf("%s [--halt | -p | --reboot] [-f] [-w] [-d] [--no-wall]\n\n"+
				"Halt, power off or reboot the machine; halt(8) has the details.\n", verb)
			return 0, nil
		case "halt", "poweroff", "reboot":
			verb = g.Name
		case "force":
			s.opt.forced++
		case "wtmp-only":
			return 0, nil // there are no records of logins here
		}
	}
	if verb == "reboot" && len(words) == 1 {
		s.opt.rebootArgument, words = words[0], nil
	}
	switch {
	case len(words) > 0:
		return 1, errors.New("Too many arguments.")
	case s.ignoredRequest():
		return 0, nil
	}
	return s.power(verb, nil)
}

// ignoredRequest tells that a machine is not stopped from a chroot.
func (s *session) ignoredRequest() bool {
	if s.inChroot() {
		s.notice("Running in chroot, ignoring request.")
		return true
	}
	return false
}

// shutdownCommand is shutdown(8): at once, or by way of the login manager, which remembers it.
func (s *session) shutdownCommand(name string, args []string) (int, error) {
	given, words, err := ui.Options(name, args, shutdownOptions)
	if err != nil {
		return 1, err
	}
	verb, only := "poweroff", ""
	for _, g := range given {
		switch g.Name {
		case "help":
			s.printf("%s [-H | -P | -r | -k] [--no-wall] [TIME] [WALL...], %s -c, %s --show\n\n"+
				"Shut the machine down; shutdown(8) has the details.\n", name, name, name)
			return 0, nil
		case "halt", "poweroff", "reboot", "kexec":
			verb = g.Name
		case "k", "c", "show":
			only = g.Name
		}
	}
	switch {
	case s.ignoredRequest():
		return 0, nil
	case only == "c":
		return s.cancelShutdown()
	case only == "show":
		return s.showShutdown()
	}
	when := "+1"
	if len(words) > 0 {
		when = words[0]
	}
	after, err := delay(when, time.Now())
	switch {
	case err != nil:
		return 1, err
	case only == "k":
		return 0, nil // nobody is warned by us
	case after == 0:
		return s.power(verb, nil)
	}
	return s.scheduleShutdown(verb, time.Now().Add(after))
}

// delay reads the time of a shutdown, "now", "+minutes" or "hour:minute", as the time until then.
func delay(text string, now time.Time) (time.Duration, error) {
	bad := fmt.Errorf("Failed to parse time specification: %s", text)
	if text == "now" {
		return 0, nil
	}
	hour, minute, isClock := strings.Cut(text, ":")
	if !isClock {
		n, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 31)
		if err != nil {
			return 0, bad
		}
		return time.Duration(n) * time.Minute, nil
	}
	h, err := strconv.ParseUint(hour, 10, 8)
	m, err2 := strconv.ParseUint(minute, 10, 8)
	if err != nil || err2 != nil || h > 23 || m > 59 {
		return 0, bad
	}
	at := time.Date(now.Year(), now.Month(), now.Day(), int(h), int(m), 0, 0, now.Location())
	if !at.After(now) {
		at = at.AddDate(0, 0, 1)
	}
	return at.Sub(now), nil
}

// login calls a method of the login manager, org.freedesktop.login1(5).
func (s *session) login(iface, member, sig string, body func(*dbus.Writer)) (*transport.Message, error) {
	p, err := s.open(s.busAddress(), false)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	return p.Call(dbus.Header{Type: dbus.MethodCall, Destination: "org.freedesktop.login1",
		Path: "/org/freedesktop/login1", Interface: iface, Member: member, Signature: sig}, body, timeout)
}

const loginInterface = "org.freedesktop.login1.Manager"

func (s *session) scheduleShutdown(verb string, at time.Time) (int, error) {
	_, err := s.login(loginInterface, "ScheduleShutdown", "st", func(w *dbus.Writer) {
		w.String(verb)
		w.Uint64(uint64(at.UnixMicro()))
	})
	if err != nil {
		return 1, failed("schedule shutdown", err)
	}
	s.announce(scheduled(verb, at) + ", use 'shutdown -c' to cancel.")
	return 0, nil
}

// scheduled tells when the machine goes down.
func scheduled(verb string, at time.Time) string {
	what := map[string]string{"reboot": "Reboot", "kexec": "Kexec"}[verb]
	if what == "" {
		what = "Shutdown"
	}
	return what + " scheduled for " + span.FormatTimestamp(uint64(at.UnixMicro()), time.Local)
}

func (s *session) cancelShutdown() (int, error) {
	if _, err := s.login(loginInterface, "CancelScheduledShutdown", "", nil); err != nil {
		return 1, errors.New("Failed to talk to logind, shutdown hasn't been cancelled: " + errorText(err))
	}
	return 0, nil
}

func (s *session) showShutdown() (int, error) {
	m, err := s.login(dbus.PropertiesInterface, "Get", "ss", func(w *dbus.Writer) {
		w.String(loginInterface)
		w.String("ScheduledShutdown")
	})
	if err != nil {
		return 1, failed("query scheduled shutdown", err)
	}
	r := m.Reader()
	if r.Variant() != "(st)" {
		return 1, failed("query scheduled shutdown", dbus.ErrType)
	}
	r.Struct()
	verb, at := r.String(), r.Uint64()
	if verb == "" {
		return 1, errors.New("No scheduled shutdown.")
	}
	s.announce(scheduled(verb, time.UnixMicro(int64(at))) + ", use 'shutdown -c' to cancel.")
	return 0, r.Err()
}

// telinitCommand is telinit(8): run levels are targets.
func (s *session) telinitCommand(name string, args []string) (int, error) {
	given, words, err := ui.Options(name, args, telinitOptions)
	switch {
	case err != nil:
		return 1, err
	case slices.Contains(given, ui.Given{Name: "help"}):
		s.printf("%s [--no-wall] 0|1|2|3|4|5|6|s|q|u\n\nGo to a run level; telinit(8) has the details.\n", name)
		return 0, nil
	case len(words) == 0:
		return 1, errors.New("Too few arguments.")
	case len(words) > 1:
		return 1, errors.New("Too many arguments.")
	case s.ignoredRequest():
		return 0, nil
	}
	switch level := words[0]; level {
	case "0":
		return s.power("poweroff", nil)
	case "6":
		return s.power("reboot", nil)
	case "1", "s", "S":
		return s.rescue("rescue", nil)
	case "2", "3", "4", "5":
		s.opt.set["no-block"] = true
		return s.startAll(jobVerbOf("start"), "isolate", []string{"runlevel" + level + ".target"})
	case "q", "Q":
		return s.daemonReload("daemon-reload", nil)
	case "u", "U":
		return s.daemonReload("daemon-reexec", nil)
	}
	return 1, fmt.Errorf("Unknown command %s.", words[0])
}

// runlevelCommand is runlevel(8). The run level is that of the environment, or the highest whose target is active: no
// records of it are kept.
func (s *session) runlevelCommand(name string, args []string) (int, error) {
	given, words, err := ui.Options(name, args, runlevelOptions)
	switch {
	case err != nil:
		return 1, err
	case slices.Contains(given, ui.Given{Name: "help"}):
		s.printf("%s\n\nPrint the previous and the current run level; runlevel(8) has the details.\n", name)
		return 0, nil
	case len(words) > 0:
		return 1, errors.New("Too many arguments.")
	case s.changedRoot():
		s.notice("Running in chroot, ignoring request.") // as the oracle, whatever $SYSTEMD_OFFLINE says
		return 0, nil
	}
	if now := s.Getenv("RUNLEVEL"); now != "" {
		before := s.Getenv("PREVLEVEL")
		if before == "" {
			before = "N"
		}
		s.printf("%s %s\n", before, now)
		return 0, nil
	}
	if s.reachable() {
		for _, level := range []struct{ target, number string }{{"graphical", "5"}, {"multi-user", "3"}, {"rescue", "1"}} {
			state, err := s.getString(unitPath(level.target+".target"), unitInterface, "ActiveState")
			if err == nil && state == "active" {
				s.printf("N %s\n", level.number)
				return 0, nil
			}
		}
	}
	s.printf("unknown\n")
	return 1, nil
}
