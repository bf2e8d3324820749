package systemctl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// jobVerb is how a verb asks for a job: the manager's method, the type of job for EnqueueUnitJob, and the word that
// messages have for it.
type jobVerb struct{ method, job, word string }

func jobVerbOf(name string) jobVerb {
	switch name {
	case "stop", "condstop":
		return jobVerb{"StopUnit", "stop", "stop"}
	case "reload":
		return jobVerb{"ReloadUnit", "reload", "reload"}
	case "restart":
		return jobVerb{"RestartUnit", "restart", "restart"}
	case "try-restart", "condrestart":
		return jobVerb{"TryRestartUnit", "try-restart", "try-restart"}
	case "reload-or-restart":
		return jobVerb{"ReloadOrRestartUnit", "reload-or-restart", "reload-or-restart"}
	case "try-reload-or-restart", "reload-or-try-restart", "force-reload", "condreload":
		return jobVerb{"ReloadOrTryRestartUnit", "reload-or-try-restart", "reload-or-try-restart"}
	}
	return jobVerb{"StartUnit", "start", "start"}
}

// start asks for jobs and waits until they are done: start, stop, reload, restart and their variants, isolate.
func (s *session) start(name string, args []string) (int, error) {
	v, mode, suffix := jobVerbOf(name), s.opt.jobMode, ".service"
	if name == "isolate" {
		mode, suffix = "isolate", ".target"
	}
	if s.opt.has("marked") {
		return s.startMarked(name, args)
	}
	if len(args) == 0 {
		return 1, errors.New("Too few arguments.")
	}
	names, globbed, err := s.expand(args, suffix)
	if err != nil {
		return 1, err
	}
	if globbed && v.method == "StartUnit" && !s.opt.has("all") {
		s.warn("Warning: " + s.Paint(ui.Red, "systemctl start called with a glob pattern."))
		s.notice("Hint: unit globs expand to loaded units, so start will usually have no effect.\n" +
			"      Passing --all will also load units which are pulled in by other units.\n" +
			"      See systemctl(1) for more details.")
	}
	return s.startAll(v, mode, names)
}

// startAll asks for a job of each unit, then waits for all of them. The status is that of the first failure.
func (s *session) startAll(v jobVerb, mode string, names []string) (int, error) {
	if s.opt.has("wait") {
		if _, err := s.fullBus(); err != nil {
			return 1, err
		}
	}
	watch, status := newJobWatch(s), 0
	if err := watch.subscribe(); err != nil {
		return 1, err
	}
	ends := &endWatch{session: s}
	if s.opt.has("wait") {
		if err := ends.subscribe(); err != nil {
			return 1, err
		}
	}
	for _, name := range names {
		err := s.startOne(v, mode, name, watch)
		if err == nil && s.opt.has("wait") {
			err = ends.add(name)
		}
		if err != nil {
			s.complain(err)
			var e *ending
			if status == 0 {
				if status = 1; errors.As(err, &e) {
					status = e.status
				}
			}
		}
	}
	if !s.opt.has("no-block") && !watch.wait() && status == 0 {
		status = 1
	}
	if v.method == "StopUnit" && !s.opt.has("quiet") {
		for _, name := range names {
			s.warnTriggers(name)
		}
	}
	if s.opt.has("wait") && status == 0 && !ends.wait() {
		status = 1
	}
	return status, nil
}

// startOne asks for one job, and warns where the unit's files are newer than what the manager knows.
func (s *session) startOne(v jobVerb, mode, name string, watch *jobWatch) error {
	if s.opt.has("show-transaction") {
		if err := s.enqueue(v, mode, name, watch); !isUnknownMethod(err) {
			return err
		}
	}
	job, err := s.begin(s.header(managerPath, managerInterface, v.method, "ss"), func(w *dbus.Writer) {
		w.String(name)
		w.String(mode)
	})
	if err != nil {
		return err
	}
	stale, err := s.beginGet(unitPath(name), unitInterface, "NeedDaemonReload")
	if err != nil {
		return err
	}
	m, err := s.wait(job)
	if err != nil {
		return s.notQueued(v, name, err)
	}
	r := m.Reader()
	watch.add(r.ObjectPath())
	if m, err := s.wait(stale); err == nil {
		if r := m.Reader(); r.Variant() == "b" && r.Bool() {
			s.warnStale(name)
		}
	}
	return nil
}

// enqueue asks for a job and prints which jobs come with it.
func (s *session) enqueue(v jobVerb, mode, name string, watch *jobWatch) error {
	m, err := s.call("EnqueueUnitJob", name, v.job, mode)
	if isUnknownMethod(err) {
		return err
	}
	if err != nil {
		return s.notQueued(v, name, err)
	}
	r := m.Reader()
	id, path, unit := r.Uint32(), r.ObjectPath(), r.String()
	_, kind := r.ObjectPath(), r.String()
	if !s.opt.has("quiet") {
		s.announce(fmt.Sprintf("Enqueued anchor job %d %s/%s.", id, unit, kind))
	}
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		id, _, unit := r.Uint32(), r.ObjectPath(), r.String()
		_, kind := r.ObjectPath(), r.String()
		if !s.opt.has("quiet") {
			s.announce(fmt.Sprintf("Enqueued auxiliary job %d %s/%s.", id, unit, kind))
		}
	}
	watch.add(path)
	return r.Err()
}

// notQueued is the error for a job that was refused.
func (s *session) notQueued(v jobVerb, name string, err error) error {
	text := fmt.Sprintf("Failed to %s %s: %s", v.word, name, errorText(err))
	switch refusalName(err) {
	case errorNoSuchUnit, errorMasked, errorNotApplicable:
	default:
		dashed := ""
		if strings.HasPrefix(name, "-") {
			dashed = " --"
		}
		text += fmt.Sprintf("\nSee %s logs and 'systemctl%s status%s %s' for details.", s.scopeWord(), s.scopeFlag(),
			dashed, name)
	}
	return &ending{refusalStatus(err), errors.New(text)}
}

// scopeWord and scopeFlag are how messages tell the system's manager from the user's.
func (s *session) scopeWord() string {
	if s.opt.scope == systemScope {
		return "system"
	}
	return "user"
}

func (s *session) scopeFlag() string {
	if s.opt.scope == systemScope {
		return ""
	}
	return " --user"
}

func (s *session) warnStale(name string) {
	s.warn(fmt.Sprintf("Warning: The unit file, source configuration file or drop-ins of %s changed on disk. "+
		"Run 'systemctl%s daemon-reload' to reload units.", name, s.scopeFlag()))
}

// Names of errors that have a meaning here, org.freedesktop.systemd1(5).
const (
	errorNoSuchUnit     = managerName + ".NoSuchUnit"
	errorMasked         = managerName + ".UnitMasked"
	errorNotApplicable  = managerName + ".JobTypeNotApplicable"
	errorLoadFailed     = managerName + ".LoadFailed"
	errorNoSuchProcess  = managerName + ".NoUnitForPID"
	errorOnlyDependency = managerName + ".OnlyByDependency"
	errorNoIsolation    = managerName + ".NoIsolation"
	errorDestructive    = managerName + ".TransactionIsDestructive"
)

// refusalName is the D-Bus name of an error, "" if a peer did not send it.
func refusalName(err error) string {
	var refusal *transport.Refusal
	if errors.As(err, &refusal) {
		return refusal.Name
	}
	return ""
}

func isUnknownMethod(err error) bool { return refusalName(err) == dbus.ErrorUnknownMethod }

// refusalStatus is the exit status for a refused job, those of LSB init scripts.
func refusalStatus(err error) int {
	switch refusalName(err) {
	case dbus.ErrorAccessDenied, errorOnlyDependency, errorNoIsolation, errorDestructive:
		return 4
	case errorNotApplicable:
		return 3
	case errorNoSuchUnit:
		return 5
	case errorLoadFailed:
		return 6
	}
	return 1
}

// warnTriggers tells which units would start again a unit that was stopped.
func (s *session) warnTriggers(name string) {
	if unitname.IsGlob(name) {
		return
	}
	unit := s.unitProperties(unitPath(name), "LoadState", "TriggeredBy")
	if unit == nil || unit.text("LoadState") == "masked" {
		return
	}
	said := false
	for _, by := range unit.list("TriggeredBy") {
		state, err := s.getString(unitPath(by), unitInterface, "ActiveState")
		if err != nil || state != "active" && state != "reloading" {
			continue
		}
		if !said {
			s.warn(fmt.Sprintf("Warning: Stopping %s, but it can still be activated by:", name))
		}
		s.warn("  " + by)
		said = true
	}
}

// unitProperties is some properties of a unit, asked for together; nil where one can not be had.
func (s *session) unitProperties(path string, names ...string) properties {
	var calls []transport.Ticket
	for _, name := range names {
		p, err := s.beginGet(path, unitInterface, name)
		if err != nil {
			return nil
		}
		calls = append(calls, p)
	}
	list := properties{}
	for i, p := range calls {
		m, err := s.wait(p)
		if err != nil {
			return nil
		}
		r := m.Reader()
		list[names[i]] = r.Value(r.Variant())
	}
	return list
}

// startMarked is reload-or-restart --marked: jobs for the units that were marked for one.
func (s *session) startMarked(name string, args []string) (int, error) {
	if name != "reload-or-restart" || len(args) > 0 {
		return 1, errors.New("No additional arguments allowed with 'reload-or-restart --marked'.")
	}
	watch := newJobWatch(s)
	if err := watch.subscribe(); err != nil {
		return 1, err
	}
	m, err := s.call("EnqueueMarkedJobs")
	if err != nil {
		return 1, failed("start jobs", err)
	}
	for r, end := readerOf(m, 4); r.More(end); {
		watch.add(r.ObjectPath())
	}
	if !s.opt.has("no-block") && !watch.wait() {
		return 1, nil
	}
	return 0, nil
}

// readerOf enters the array that a message consists of, whose elements have an alignment.
func readerOf(m *transport.Message, align int) (*dbus.Reader, int) {
	r := m.Reader()
	return &r, r.OpenArray(align)
}
