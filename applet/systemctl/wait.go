package systemctl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// jobWatch waits for jobs to be gone. A manager tells of every job that is removed, after it has answered the request
// that made the job.
type jobWatch struct {
	session *session
	jobs    map[string]bool
}

func newJobWatch(s *session) *jobWatch { return &jobWatch{session: s, jobs: map[string]bool{}} }

// subscribe asks a message bus for the ends of jobs; a manager's own socket has them anyway. It goes before the
// requests.
func (w *jobWatch) subscribe() error {
	p, err := w.session.manager()
	if err != nil || p.private || w.session.opt.has("no-block") {
		return err
	}
	return p.AddMatch(dbus.Match{Type: dbus.Signal, Sender: managerName, Interface: managerInterface,
		Member: "JobRemoved"}, timeout)
}

// add has a job waited for.
func (w *jobWatch) add(path string) { w.jobs[path] = true }

// wait waits until all jobs are gone, complains of those that failed, and says whether none did.
func (w *jobWatch) wait() bool {
	good := true
	if len(w.jobs) > 0 {
		w.session.flush()
	}
	for len(w.jobs) > 0 {
		m, err := w.session.bus.Next()
		if err != nil {
			w.session.complain(errors.New("Warning! D-Bus connection terminated."))
			w.session.complain(failed("wait for response", err))
			return false
		}
		if m.Interface != managerInterface || m.Member != "JobRemoved" {
			continue
		}
		r := m.Reader()
		_, path, unit, result := r.Uint32(), r.ObjectPath(), r.String(), r.String()
		if r.Err() != nil || !w.jobs[path] {
			continue
		}
		delete(w.jobs, path)
		if !w.session.jobEnded(unit, result) {
			good = false
		}
	}
	return good
}

// jobEnded complains of a job that did not do what it was to, and says whether it did.
func (s *session) jobEnded(unit, result string) bool {
	if result == "done" || result == "skipped" {
		return true
	}
	if s.opt.has("quiet") {
		return false
	}
	format := ""
	switch result {
	case "canceled":
		format = "Job for %s canceled."
	case "timeout":
		format = "Job for %s timed out."
	case "dependency":
		format = "A dependency job for %s failed. See 'journalctl -xe' for details."
	case "invalid":
		format = "%s is not active, cannot reload."
	case "assert":
		format = "Assertion failed on job for %s."
	case "unsupported":
		format = "Operation on or unit type of %s not supported on this system."
	case "collected":
		format = "Queued job for %s was garbage collected."
	case "once":
		format = "Unit %s was started already once and can't be started again."
	default:
		s.jobFailed(unit)
		return false
	}
	s.complain(fmt.Errorf(format, unit))
	return false
}

// jobFailed complains of a job that failed, with the reason if a service knows one.
func (s *session) jobFailed(unit string) {
	result := ""
	if unitname.TypeOf(unit) == unitname.Service {
		result, _ = s.getString(unitPath(unit), managerName+".Service", "Result") // best effort: it says why, no more
	}
	text := fmt.Sprintf("Job for %s failed.\n", unit)
	if why := resultText(result); why != "" {
		text = fmt.Sprintf("Job for %s failed because %s.\n", unit, why)
	}
	flag, quoted := s.scopeFlag(), words.QuoteShell(unit)
	text += fmt.Sprintf("See \"systemctl%s status %s\" and \"journalctl%s -xeu %s\" for details.", flag, quoted, flag,
		quoted)
	if result == "start-limit-hit" {
		text += fmt.Sprintf("\nTo force a start use \"systemctl%s reset-failed %s\"\n"+
			"followed by \"systemctl%s start %s\" again.", flag, quoted, flag, quoted)
	}
	s.complain(errors.New(text))
}

// resultText says in words what the result of a service means.
func resultText(result string) string {
	switch result {
	case "resources":
		return "of unavailable resources or another system error"
	case "protocol":
		return "the service did not take the steps required by its unit configuration"
	case "timeout":
		return "a timeout was exceeded"
	case "exit-code":
		return "the control process exited with error code"
	case "signal":
		return "a fatal signal was delivered to the control process"
	case "core-dump":
		return "a fatal signal was delivered causing the control process to dump core"
	case "watchdog":
		return "the service failed to send watchdog ping"
	case "start-limit-hit":
		return "start of the service was attempted too often"
	case "oom-kill":
		return "of an out-of-memory (OOM) situation"
	}
	return ""
}

// endWatch waits for units to be inactive again, for --wait.
type endWatch struct {
	session *session
	units   map[string]bool // object paths of those still to end
	failed  bool
}

// subscribe asks for the signals that tell of changes.
func (w *endWatch) subscribe() error {
	s := w.session
	p, err := s.manager()
	if err != nil {
		return err
	}
	if !p.private {
		rule := dbus.Match{Type: dbus.Signal, Sender: managerName, Interface: dbus.PropertiesInterface}
		if err := p.AddMatch(rule, timeout); err != nil {
			return failed("enable subscription", err)
		}
	}
	_, err = s.call("Subscribe")
	if err != nil && !strings.HasSuffix(refusalName(err), ".AlreadySubscribed") {
		return failed("enable subscription", err)
	}
	return nil
}

// add has a unit waited for, and keeps it in the manager's memory until then.
func (w *endWatch) add(name string) error {
	s, path := w.session, unitPath(name)
	if !s.bus.private {
		if _, err := s.send(s.header(path, unitInterface, "Ref", ""), nil); err != nil {
			return failed("add reference to unit "+name, err)
		}
	}
	if w.units == nil {
		w.units = map[string]bool{}
	}
	w.units[path] = true
	return w.look(path)
}

// look asks for a unit's state: what ends a wait may have come before it began.
func (w *endWatch) look(path string) error {
	unit := w.session.unitProperties(path, "ActiveState", "Job")
	if unit == nil {
		return nil
	}
	job := true
	if v, ok := unit["Job"].(dbus.Struct); ok && len(v) > 0 {
		job = v[0] != uint32(0)
	}
	w.saw(path, unit.text("ActiveState"), job)
	return nil
}

// saw takes note of a unit's state.
func (w *endWatch) saw(path, state string, job bool) {
	if job || state != "inactive" && state != "failed" {
		return
	}
	w.failed = w.failed || state == "failed"
	delete(w.units, path)
}

// wait waits until every unit has ended, and says whether none failed.
func (w *endWatch) wait() bool {
	for len(w.units) > 0 {
		m, err := w.session.bus.Next()
		if err != nil {
			return false
		}
		if path := changed(m); w.units[path] {
			_ = w.look(path) // best effort: the next change will tell
		}
	}
	return !w.failed
}

// changed is the object that a signal tells a change of. A unit that has ended may be forgotten at once.
func changed(m *transport.Message) string {
	switch {
	case m.Interface == dbus.PropertiesInterface && m.Member == "PropertiesChanged":
		return m.Path
	case m.Interface == managerInterface && m.Member == "UnitRemoved":
		r := m.Reader()
		_ = r.String() // its name
		return r.ObjectPath()
	}
	return ""
}
