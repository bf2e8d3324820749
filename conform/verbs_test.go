package conform_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/steward-init/steward/engine/kind"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// methods are the verbs that ask for a job, with the method of the manager's interface.
var methods = map[string]string{"start": "StartUnit", "stop": "StopUnit", "restart": "RestartUnit",
	"reload": "ReloadUnit", "try-restart": "TryRestartUnit", "reload-or-restart": "ReloadOrRestartUnit",
	"try-reload-or-restart": "ReloadOrTryRestartUnit", "isolate": "StartUnit"}

// play carries a command out, waits for what it must lead to, and returns what it led to.
func (l *lab) play1(c command) ([]string, error) {
	text, err := l.console()
	if err != nil {
		return nil, err
	}
	l.read += len(text) // what came late is nobody's
	l.read = len(l.machine.Console())
	r := &record{}
	begun := time.Now()
	least := time.Duration(0)
	if c.words()[0] == "advance" {
		d, err := span.Parse(strings.Join(c.words()[1:], " "))
		if err != nil {
			return nil, err
		}
		least = time.Duration(float64(d)*l.scale) * time.Microsecond
	}
	if err := l.carryOut(r, c); err != nil {
		return nil, err
	}
	said := r.lines
	look := func() []string {
		r = &record{lines: slices.Clone(said)}
		if text, err = l.console(); err == nil {
			l.hear(r, text, c)
		}
		return r.all()
	}
	if rest := least - time.Since(begun); rest > 0 {
		<-time.After(rest)
	}
	// It is there as soon as it is as expected; what is otherwise gets time to become so.
	_ = l.until(2*time.Second, func() bool { // what it is then is compared
		return len(differences(c.expect, look())) == 0
	})
	if err := l.quiet(); err != nil {
		return nil, err
	}
	all := look()
	if c.words()[0] != "exec-fails" {
		l.putBack()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.actors {
		a.told = true
	}
	return all, err
}

// hear adds what the manager told and which actors began.
func (l *lab) hear(r *record, text string, c command) {
	const takenUp = "Invoking unit catchup() handlers" // before it, a reload tells where every unit was
	if _, after, ok := strings.Cut(text, takenUp); ok && c.text == "daemon-reload" {
		text = after
	}
	var killed []string // units whose main process was
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(strings.TrimRight(line, "\n"), "systemd: ")
		line = strings.Replace(line, " changed ", ": Changed ", 1) // what slices and targets say
		unit, rest, ok := strings.Cut(line, ": ")
		switch {
		case !ok || l.foreign(unit) && base[unit] == "":
		case strings.HasPrefix(rest, "Changed "):
			from, to, _ := strings.Cut(strings.TrimPrefix(rest, "Changed "), " -> ")
			r.move(unit, from, true)
			r.move(unit, to, false)
		case strings.HasPrefix(rest, "Main process exited, code=killed"):
			killed = append(killed, unit)
		case strings.HasPrefix(rest, "Job ") && strings.Contains(rest, " finished, result="):
			what, result, _ := strings.Cut(rest, " finished, result=")
			job := strings.Fields(what)[2]
			slash := strings.LastIndex(job, "/")
			if job[slash+1:] == "restart" && result == "done" {
				continue // its first half: it goes on as a start job
			}
			r.lines = append(r.lines, "job     "+job[slash+1:]+" "+job[:slash]+" "+result)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.actors {
		if a.Unit != "" && !a.Child && !a.told {
			r.spawn(a.Unit, a.Args)
			killed = slices.DeleteFunc(killed, func(unit string) bool { return unit == a.Unit })
		}
	}
	for _, unit := range killed {
		if chain := r.chains[unit]; len(chain) > 1 && chain[0] == "dead" && slices.Contains(chain, "stop-sigterm") {
			r.spawn(unit, l.mainOf(unit)) // it began and was ended before it could say so
		}
	}
}

// mainOf is the command of a service.
func (l *lab) mainOf(unit string) []string {
	for _, f := range l.script.Files {
		if _, after, ok := strings.Cut(f.Text, "\nExecStart="); ok && f.Path == unit {
			line, _, _ := strings.Cut(after, "\n")
			return strings.Fields(line)
		}
	}
	return []string{"unknown"}
}

// foreign says whether a unit is none of the scenario's.
func (l *lab) foreign(unit string) bool {
	if slices.ContainsFunc(l.commands, func(c command) bool { return slices.Contains(c.words(), unit) }) {
		return false
	}
	return slices.Contains(l.own, unit) || unit == "system.slice" ||
		strings.HasSuffix(unit, ".mount") || strings.HasSuffix(unit, ".device")
}

// carryOut does what a command says; answers and refusals go to the record.
func (l *lab) carryOut(r *record, c command) error {
	w := c.words()
	var args, options []string
	for _, word := range w[1:] {
		if option, ok := strings.CutPrefix(word, "--"); ok {
			options = append(options, strings.TrimPrefix(option, "mode="))
		} else {
			args = append(args, word)
		}
	}
	if w[0] == "advance" {
		return nil
	}
	err := l.verb(r, w[0], args, options, c)
	var refusal *transport.Refusal
	if errors.As(err, &refusal) {
		r.lines = append(r.lines, "refused "+refusal.Name+": "+refusal.Text)
		return nil
	}
	return err
}

func (l *lab) verb(r *record, verb string, args, options []string, c command) error {
	mode := "replace"
	if verb == "isolate" {
		mode = "isolate"
	}
	if len(options) > 0 {
		mode = options[0]
	}
	switch verb {
	case "start", "stop", "restart", "reload", "try-restart", "reload-or-restart", "try-reload-or-restart",
		"isolate":
		for _, unit := range args {
			if _, err := l.manager(methods[verb], "ss", unit, mode); err != nil {
				return err
			}
		}
		return nil
	case "verify-active", "nop":
		_, err := l.manager("EnqueueUnitJob", "sss", args[0], verb, mode)
		return err
	case "cancel":
		return l.cancel(args)
	case "kill":
		return l.kill(args)
	case "reset-failed":
		if len(args) > 0 {
			_, err := l.manager("ResetFailedUnit", "s", args[0])
			return err
		}
		_, err := l.manager("ResetFailed", "")
		return err
	case "daemon-reload":
		_, err := l.manager("Reload", "")
		return err
	case "set-environment":
		_, err := l.manager("SetEnvironment", "as", args)
		return err
	case "unset-environment":
		_, err := l.manager("UnsetEnvironment", "as", args)
		return err
	case "edit", "remove", "link":
		return l.file(verb, args, c.body)
	case "mount", "unmount":
		return l.mount(verb, args[0])
	case "jobs", "list-units", "show", "env":
		return l.ask(r, verb, args, c)
	}
	return l.process(verb, args)
}

func (l *lab) cancel(args []string) error {
	if len(args) == 0 {
		_, err := l.manager("ClearJobs", "")
		return err
	}
	for _, word := range args {
		n := 0
		if _, err := fmt.Sscan(word, &n); err != nil {
			return err
		}
		l.mu.Lock()
		id := uint32(n)
		if n >= 1 && n <= len(l.jobs) {
			id = l.jobs[n-1]
		}
		l.mu.Unlock()
		if _, err := l.manager("CancelJob", "u", id); err != nil {
			return err
		}
	}
	return nil
}

func (l *lab) kill(args []string) error {
	who, signal := "all", 15
	for _, word := range args[1:] {
		if n, err := quantity.ParseSignal(word); err == nil {
			signal = n
		} else {
			who = word
		}
	}
	_, err := l.manager("KillUnit", "ssi", args[0], who, int32(signal))
	return err
}

func (l *lab) file(verb string, args []string, body string) error {
	path := args[0]
	if !strings.HasPrefix(path, "/") {
		path = unitDir + path
	}
	outside := l.machine.Path(path)
	switch verb {
	case "remove":
		return os.RemoveAll(outside)
	}
	if err := os.MkdirAll(outside[:strings.LastIndex(outside, "/")], 0o755); err != nil {
		return err
	}
	if verb == "link" { // in the place of what is there
		if err := os.RemoveAll(outside); err != nil {
			return err
		}
		return os.Symlink(target(path, args[1]), outside)
	}
	return os.WriteFile(outside, []byte(l.scaled(body)), 0o644)
}

// mount has somebody in the machine mount what a mount unit stands for.
func (l *lab) mount(verb, unit string) error {
	where, err := unitname.ToPath(unit)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(l.machine.Path(where), 0o755); err != nil {
		return err
	}
	argv := []string{"mount", "-t", "tmpfs", "tmpfs", where}
	if verb == "unmount" {
		argv = []string{"umount", where}
	}
	if _, text, status := l.machine.Exec(l.ctx, argv...); status != 0 {
		return fmt.Errorf("%s: %s", verb, text)
	}
	return nil
}

// find is the actor that a scenario means.
func (l *lab) find(unit, role string) (*actor, error) {
	var found *actor
	limit := 3 * time.Second
	err := l.until(limit, func() bool {
		if role == "child" {
			found = l.newest(unit, true)
			return found != nil
		}
		name := map[string]string{"main": "MainPID", "control": "ControlPID"}[role]
		pid, _ := l.property(unit, name).(uint32)
		if pid == 0 {
			return false
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, a := range l.actors {
			if a.PID == int(pid) && !a.gone {
				found = a
				return true
			}
		}
		return false
	})
	if err != nil {
		return nil, fmt.Errorf("%s has no %s process", unit, role)
	}
	return found, nil
}

// process has something happen to the processes of a unit.
func (l *lab) process(verb string, args []string) error {
	switch unit := args[0]; verb {
	case "exit":
		return l.exit(args)
	case "fork":
		if l.until(3*time.Second, func() bool { return l.newest(unit, false) != nil }) != nil {
			return fmt.Errorf("%s has no process", unit)
		}
		before := l.newest(unit, false)
		if err := l.tell(before, order{Do: "fork"}); err != nil {
			return err
		}
		return l.until(patience, func() bool { return l.newest(unit, false) != before })
	case "stubborn":
		return l.each(unit, args[1:], func(a *actor) error { return l.tell(a, order{Do: "ignore"}) })
	case "empty":
		return l.each(unit, nil, func(a *actor) error { return l.end(a, order{Do: "exit"}) })
	case "notify":
		return l.notify(args)
	case "pidfile":
		return l.pidFile(args)
	case "exec-fails":
		return l.unlink(unit)
	}
	return fmt.Errorf("no verb %q", verb)
}

// unlink takes the commands of a unit away until the next command is over.
func (l *lab) unlink(unit string) error {
	for _, f := range l.script.Files {
		if f.Path != unit {
			continue
		}
		for _, m := range executed.FindAllStringSubmatch(f.Text, -1) {
			if err := os.Remove(l.machine.Path(m[1])); err != nil {
				return err
			}
			path := m[1]
			l.restore = append(l.restore, path)
		}
	}
	return nil
}

// putBack undoes unlink.
func (l *lab) putBack() {
	for _, path := range l.restore {
		_ = os.Symlink(program, l.machine.Path(path)) // if it fails, the next command does
	}
	l.restore = nil
}

// each does something to the actors of a unit, or those of one role.
func (l *lab) each(unit string, roles []string, do func(*actor) error) error {
	if len(roles) > 0 {
		a, err := l.find(unit, roles[0])
		if err == nil {
			err = do(a)
		}
		return err
	}
	_ = l.until(3*time.Second, func() bool { return l.newest(unit, false) != nil }) // nobody there is not a fault
	l.mu.Lock()
	all := slices.Clone(l.actors)
	l.mu.Unlock()
	for _, a := range all {
		if a.Unit == unit && !a.gone {
			if err := do(a); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *lab) exit(args []string) error {
	a, err := l.find(args[0], args[1])
	if err != nil {
		return err
	}
	o := order{Do: "exit"}
	for _, word := range args[2:] {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "status":
			if _, err := fmt.Sscan(value, &o.Number); err != nil {
				return err
			}
		case "signal":
			o.Do = "signal"
			if o.Number, err = quantity.ParseSignal(value); err != nil {
				return err
			}
		}
	}
	return l.end(a, o)
}

func (l *lab) notify(args []string) error {
	unit, role := args[0], "main"
	o := order{Do: "notify"}
	var lines []string
	for _, word := range args[1:] {
		name, value, isField := strings.Cut(word, "=")
		switch {
		case !isField:
			role = word
		case name == "FDS":
			_, _ = fmt.Sscan(value, &o.Number) // as the simulator: a word that is no number sends none
		case name == "MAINPID" && value == "child":
			a, err := l.find(unit, "child")
			if err != nil {
				return err
			}
			lines = append(lines, fmt.Sprintf("MAINPID=%d", a.PID))
		case name == "MONOTONIC_USEC" && value == "now":
			lines = append(lines, fmt.Sprintf("MONOTONIC_USEC=%d", monotonic()))
		default:
			lines = append(lines, l.scaled(word))
		}
	}
	o.Text = strings.Join(lines, "\n")
	if role != "stranger" {
		a, err := l.find(unit, role)
		if err == nil {
			err = l.tell(a, o)
		}
		return err
	}
	o.Socket = "/run/systemd/notify"
	return l.tell(l.newest("", false), o)
}

func (l *lab) pidFile(args []string) error {
	a, err := l.find(args[0], args[1])
	if err != nil {
		return err
	}
	path, _ := l.property(args[0], "PIDFile").(string)
	return os.WriteFile(l.machine.Path(path), fmt.Appendf(nil, "%d\n", a.PID), 0o644)
}

// listed are the names of the units that are loaded.
func (l *lab) listed() ([]string, error) {
	values, err := l.manager("ListUnits", "")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, row := range values[0].([]any) {
		names = append(names, row.(dbus.Struct)[0].(string))
	}
	return names, nil
}

// ask puts answers into the record.
func (l *lab) ask(r *record, verb string, args []string, c command) error {
	say := func(kind, text string) { r.lines = append(r.lines, kind+text) }
	switch verb {
	case "jobs":
		values, err := l.manager("ListJobs", "")
		if err != nil {
			return err
		}
		for _, row := range values[0].([]any) {
			j := row.(dbus.Struct)
			say("queued  ", fmt.Sprintf("%s %s %s", j[2], j[1], j[3]))
		}
	case "list-units":
		values, err := l.manager("ListUnits", "")
		if err != nil {
			return err
		}
		for _, row := range values[0].([]any) {
			u := row.(dbus.Struct)
			if u[2] != "not-found" && !l.foreign(u[0].(string)) {
				say("show    ", fmt.Sprintf("%s %s %s %s", u[0], u[2], u[3], u[4]))
			}
		}
	case "show":
		id, _ := l.property(args[0], "Id").(string) // of what the name may be an alias
		for _, name := range args[1:] {
			if value, ok := l.shown(id, name); ok && !unsaid(name+"=") {
				say("show    ", id+" "+name+"="+value)
			}
		}
	case "env":
		l.environment(args[0], c, say)
	}
	return nil
}

// told are the variables that a manager tells its commands about what happened.
var told = []string{"MONITOR_", "SERVICE_RESULT=", "EXIT_CODE=", "EXIT_STATUS=", "MAINPID="}

func (l *lab) environment(unit string, c command, say func(kind, text string)) {
	a := l.newestEver(unit)
	if a == nil {
		return
	}
	for _, v := range a.Env {
		name, _, _ := strings.Cut(v, "=")
		wanted := slices.ContainsFunc(told, func(prefix string) bool { return strings.HasPrefix(v, prefix) }) ||
			slices.ContainsFunc(c.expect, func(line string) bool { return strings.Contains(line, " "+name+"=") })
		if wanted {
			say("env     ", environmentLine(unit+" "+v))
		}
	}
}

func (l *lab) newestEver(unit string) *actor {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range slices.Backward(l.actors) {
		if a.Unit == unit && !a.Child {
			return a
		}
	}
	return nil
}

// shown is a property in the words of the simulator.
func (l *lab) shown(unit, name string) (string, bool) {
	switch name {
	case "ExecMain":
		code, _ := l.property(unit, "ExecMainCode").(int32)
		status, _ := l.property(unit, "ExecMainStatus").(int32)
		if code == 0 {
			return "not ended", true
		}
		word, text := kind.ExitWords(port.ExitCode(code), status)
		return word + " " + text, true
	}
	switch v := l.property(unit, name).(type) {
	case nil:
		return "", false
	case bool:
		return map[bool]string{true: "yes", false: "no"}[v], true
	case []string:
		return l.names(name, v), true
	case []any:
		var names []string
		for _, word := range v {
			names = append(names, fmt.Sprint(word))
		}
		return l.names(name, names), true
	case dbus.Struct:
		if fmt.Sprint(v[0]) == "" {
			return "", true
		}
		return fmt.Sprintf("%v: %v", v[0], v[1]), true
	case uint32:
		if strings.HasSuffix(name, "PID") {
			return l.role(unit, name, v), true
		}
		return fmt.Sprint(v), true
	default:
		return fmt.Sprint(v), true
	}
}

// names are dependencies without those that every unit has, in the order of their names.
func (l *lab) names(property string, names []string) string {
	if _, ok := model.ParseDependency(property); ok {
		names = slices.DeleteFunc(names, func(n string) bool { return n != "systemd-journald.socket" && l.foreign(n) })
		slices.Sort(names)
	}
	return strings.Join(names, " ")
}

func (l *lab) role(unit, name string, pid uint32) string {
	if pid == 0 {
		return "none"
	}
	return map[string]string{"MainPID": "main", "ControlPID": "control"}[name]
}

func monotonic() int64 {
	text, _ := os.ReadFile("/proc/uptime") // never fails on Linux
	var seconds float64
	_, _ = fmt.Sscan(string(text), &seconds) // as above
	return int64(seconds * 1e6)
}
