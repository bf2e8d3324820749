package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/wire/notify"
)

// call is one command of a script.
type call struct {
	*Runner
	verb          string
	args, options []string
	body          string
}

// verb is a row of the table of commands.
type verb struct {
	name  string
	least int // arguments
	run   func(*call) error
}

// verbs are the commands, first those that systemctl(1) has too.
var verbs = sync.OnceValue(func() map[string]verb {
	byName := map[string]verb{}
	for _, v := range []verb{
		{"start", 1, (*call).job}, {"stop", 1, (*call).job}, {"restart", 1, (*call).job}, {"reload", 1, (*call).job},
		{"try-restart", 1, (*call).job}, {"reload-or-restart", 1, (*call).job},
		{"try-reload-or-restart", 1, (*call).job}, {"isolate", 1, (*call).job}, {"verify-active", 1, (*call).job},
		{"nop", 1, (*call).job}, {"boot", 1, (*call).job},
		{"cancel", 0, (*call).cancel}, {"kill", 1, (*call).kill}, {"reset-failed", 0, (*call).resetFailed},
		{"clean", 2, (*call).clean},
		{"daemon-reload", 0, (*call).daemonReload}, {"set-environment", 0, (*call).setEnvironment},
		{"unset-environment", 0, (*call).unsetEnvironment}, {"jobs", 0, (*call).listJobs}, {"show", 1, (*call).show},
		{"list-units", 0, (*call).listUnits}, {"plan", 2, (*call).plan},

		// What happens to processes.
		{"exit", 2, (*call).exit}, {"fork", 1, (*call).fork}, {"stubborn", 1, (*call).stubborn},
		{"spawn-fails", 1, (*call).spawnFails}, {"exec-fails", 2, (*call).execFails},
		{"pidfile", 2, (*call).pidFile}, {"notify", 2, (*call).notify}, {"hang-up", 2, (*call).hangUp},
		{"empty", 1, (*call).empty}, {"oom-kill", 2, (*call).oomKill},
		{"hold", 0, (*call).hold}, {"take", 0, (*call).take}, {"release", 0, (*call).release},
		{"stray", 2, (*call).stray}, {"traffic", 1, (*call).traffic},

		// What happens to the machine.
		{"advance", 1, (*call).advance}, {"condition", 2, (*call).condition}, {"edit", 1, (*call).edit},
		{"remove", 1, (*call).remove}, {"link", 2, (*call).link}, {"bus-name", 1, (*call).busName},
		{"mount", 1, (*call).mount}, {"unmount", 1, (*call).mount},

		// What clients do besides.
		{"load", 1, (*call).load}, {"transient", 1, (*call).transient}, {"ref", 2, (*call).ref},
		{"unref", 2, (*call).ref}, {"vanish", 1, (*call).vanish}, {"abandon", 1, (*call).abandon},

		// What the script wants to see.
		{"env", 1, (*call).env}, {"log", 0, (*call).printLog}, {"timers", 0, (*call).timers},
		{"forgotten", 0, (*call).forgotten}, {"snapshot", 0, (*call).snapshot},
	} {
		byName[v.name] = v
	}
	return byName
})

// jobTypes are the job types of the verbs that are not named like them.
var jobTypes = map[string]model.JobType{"isolate": model.JobStart, "reload-or-restart": model.JobRestart,
	"try-reload-or-restart": model.JobTryRestart, "boot": model.JobStart}

// job asks for a job: "start UNIT… [--mode=replace]".
func (c *call) job() error {
	t, ok := jobTypes[c.verb]
	if !ok {
		if t, ok = model.ParseJobType(c.verb); !ok {
			return fmt.Errorf("no job type %q", c.verb)
		}
	}
	mode := model.ModeReplace
	if c.verb == "isolate" {
		mode = model.ModeIsolate
	}
	for _, o := range c.options {
		word, isMode := strings.CutPrefix(o, "mode=")
		if mode, ok = model.ParseJobMode(word); !isMode || !ok {
			return fmt.Errorf("no option --%s", o)
		}
	}
	cause := port.Cause{Client: "script"}
	if c.verb == "boot" {
		cause.Kind = port.CauseBoot
	}
	for _, unit := range c.args {
		err := c.ask(func(n port.Request) port.Event {
			return port.JobRequested{Request: n, Unit: unit, Type: t, Mode: mode, Cause: cause,
				ReloadIfPossible: strings.Contains(c.verb, "reload-or-"), Loaded: c.World.Load(unit)}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cancel ends jobs by their numbers, or all.
func (c *call) cancel() error {
	if len(c.args) == 0 {
		return c.ask(func(n port.Request) port.Event { return port.JobCancelRequested{Request: n} })
	}
	for _, word := range c.args {
		id, err := strconv.Atoi(word)
		if err != nil {
			return err
		}
		err = c.ask(func(n port.Request) port.Event {
			return port.JobCancelRequested{Request: n, Job: uint32(id) + c.jobs}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// kill signals: "kill UNIT [main|control|all] [SIGNAL]".
func (c *call) kill() error {
	who, signal := "all", 15
	for _, word := range c.args[1:] {
		if n, err := quantity.ParseSignal(word); err == nil {
			signal = n
		} else {
			who = word
		}
	}
	return c.ask(func(n port.Request) port.Event {
		return port.KillRequested{Request: n, Unit: c.args[0], Who: who, Signal: int32(signal)}
	})
}

// clean removes directories: "clean UNIT runtime|state|cache|logs|configuration|all…".
func (c *call) clean() error {
	var what model.Resources
	for _, word := range c.args[1:] {
		r, ok := model.ParseResource(word)
		if !ok {
			return fmt.Errorf("no resource %q", word)
		}
		what |= r
	}
	c.send(port.UnitsLoaded{Loaded: c.World.Load(c.args[0])})
	return c.ask(func(n port.Request) port.Event {
		return port.CleanRequested{Request: n, Unit: c.args[0], What: what}
	})
}

func (c *call) resetFailed() error {
	unit := ""
	if len(c.args) > 0 {
		unit = c.args[0]
	}
	return c.ask(func(n port.Request) port.Event { return port.ResetFailedRequested{Request: n, Unit: unit} })
}

func (c *call) daemonReload() error {
	var names []string
	for _, u := range c.World.Engine.Units() {
		names = append(names, u.Unit.Name)
	}
	return c.ask(func(n port.Request) port.Event {
		return port.UnitsReloaded{Request: n, Loaded: c.World.Loader.Reload(names)}
	})
}

func (c *call) setEnvironment() error {
	return c.ask(func(n port.Request) port.Event { return port.EnvironmentChanged{Request: n, Set: c.args} })
}

func (c *call) unsetEnvironment() error {
	return c.ask(func(n port.Request) port.Event { return port.EnvironmentChanged{Request: n, Unset: c.args} })
}

// load has a client look at units.
func (c *call) load() error {
	return c.ask(func(n port.Request) port.Event {
		return port.UnitsLoaded{Request: n, Loaded: c.World.Load(c.args...)}
	})
}

// transient starts a unit whose settings a client gives, in the indented lines below; a scope gets one process for
// each "fork".
func (c *call) transient() error {
	unit, forks := c.args[0], c.args[1:]
	dir := "/run/systemd/transient/"
	c.World.Files.Write(dir+unit, c.body)
	loaded := c.World.Load(unit)
	i := slices.IndexFunc(loaded, func(u *model.Unit) bool { return u.Name == unit })
	if i < 0 {
		return fmt.Errorf("%s is loaded already", unit)
	}
	def := *loaded[i]
	def.Transient = true
	if def.Scope != nil {
		scope := *def.Scope
		for range forks {
			scope.PIDs = append(scope.PIDs, c.World.fork("", "child", 0).PID)
		}
		for _, o := range c.options {
			scope.ControllerName, _ = strings.CutPrefix(o, "controller=") // it is the only option
		}
		def.Scope = &scope
	}
	loaded[i] = &def
	return c.ask(func(n port.Request) port.Event {
		return port.JobRequested{Request: n, Unit: unit, Type: model.JobStart, Mode: model.ModeFail,
			Cause: port.Cause{Client: "script"}, Loaded: loaded}
	})
}

func (c *call) ref() error {
	return c.ask(func(n port.Request) port.Event {
		if c.verb == "unref" {
			return port.UnitUnreferenced{Request: n, Unit: c.args[0], Client: c.args[1]}
		}
		return port.UnitReferenced{Request: n, Unit: c.args[0], Client: c.args[1]}
	})
}

func (c *call) vanish() error {
	c.send(port.ClientVanished{Client: c.args[0]})
	return nil
}

func (c *call) abandon() error {
	return c.ask(func(n port.Request) port.Event { return port.ScopeAbandoned{Request: n, Unit: c.args[0]} })
}

// exit ends a process: "exit UNIT main|control|child [code=exited|killed|dumped] [status=N] [signal=NAME]".
func (c *call) exit() error {
	p, err := c.process(c.args[0], c.args[1])
	if err != nil {
		return err
	}
	code, status := port.Exited, 0
	for _, word := range c.args[2:] {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "status":
			if status, err = strconv.Atoi(value); err != nil {
				return err
			}
		case "signal":
			code = port.Killed
			if status, err = quantity.ParseSignal(value); err != nil {
				return err
			}
		case "code":
			if value == "dumped" {
				code = port.Dumped
			}
		default:
			return fmt.Errorf("no option %q", word)
		}
	}
	if strings.Contains(strings.Join(c.args, " "), "code=dumped") {
		code = port.Dumped
	}
	p.silent = true // it is what the script says itself
	c.World.End(p, code, int32(status))
	c.run()
	return nil
}

func (c *call) fork() error {
	c.World.Fork(c.name(c.args[0]))
	return nil
}

// stubborn has all processes of a unit, or those of a role, ignore every signal but SIGKILL.
func (c *call) stubborn() error {
	for _, p := range c.World.Of(c.name(c.args[0])) {
		p.Stubborn = len(c.args) == 1 || p.Role == c.args[1]
	}
	return nil
}

func (c *call) spawnFails() error {
	c.World.failing[c.args[0]] = true
	return nil
}

func (c *call) traffic() error {
	c.World.Traffic(c.args[0])
	c.run()
	return nil
}

func (c *call) execFails() error {
	status, err := strconv.Atoi(c.args[1])
	c.World.execs[c.args[0]] = int32(status)
	return err
}

// pidFile has a process of a unit written to a file that exists from then on: "pidfile UNIT child PATH".
func (c *call) pidFile() error {
	u := c.World.Engine.Unit(c.args[0])
	if u == nil || u.Unit.Service == nil || u.Unit.Service.PIDFile == "" {
		return fmt.Errorf("%s has no PIDFile=", c.args[0])
	}
	pid := 0
	if p, err := c.process(c.args[0], c.args[1]); err == nil {
		pid = p.PID
	} else if pid, err = strconv.Atoi(c.args[1]); err != nil {
		return err
	}
	c.World.written[u.Unit.Service.PIDFile] = pid
	c.World.readPIDFile(u.Unit.Name)
	c.run()
	return nil
}

// notify sends a datagram: "notify UNIT [main|control|child|stranger] NAME=VALUE…". MAINPID=child stands for the PID of
// the newest child; FDS=2 sends two descriptors along.
func (c *call) notify() error {
	role, fds := "main", 0
	var datagram []string
	for _, word := range c.args[1:] {
		name, value, isField := strings.Cut(word, "=")
		switch {
		case !isField:
			role = word
		case name == "FDS":
			fds, _ = strconv.Atoi(value) // a word that is no number sends none
		case name == "MAINPID" && value == "child":
			p, err := c.process(c.args[0], "child")
			if err != nil {
				return err
			}
			datagram = append(datagram, "MAINPID="+strconv.Itoa(p.PID))
		case name == "MONOTONIC_USEC" && value == "now":
			datagram = append(datagram, "MONOTONIC_USEC="+strconv.FormatUint(uint64(c.World.Now.Monotonic), 10))
		default:
			datagram = append(datagram, word)
		}
	}
	ev := port.NotifyReceived{Unit: c.name(c.args[0]), Message: notify.Parse([]byte(strings.Join(datagram, "\n")))}
	if role != "stranger" {
		p, err := c.process(c.args[0], role)
		if err != nil {
			return err
		}
		ev.PID = p.PID
	}
	for range fds {
		c.World.nextFD++
		ev.FDs = append(ev.FDs, c.World.nextFD)
	}
	c.send(ev)
	return nil
}

func (c *call) hangUp() error {
	fd, err := strconv.Atoi(c.args[1])
	c.send(port.StoredFDClosed{Unit: c.args[0], FD: uint64(fd)})
	return err
}

// empty ends all processes of a unit that are not known as main or control, and says that the unit is empty.
func (c *call) empty() error {
	for _, p := range c.World.Of(c.name(c.args[0])) {
		p.silent = true
		c.World.End(p, port.Exited, 0)
	}
	c.run()
	return nil
}

func (c *call) advance() error {
	d, err := span.Parse(strings.Join(c.args, " "))
	if err != nil {
		return err
	}
	w := c.World
	end := w.Now.Monotonic + d
	for {
		at, event := w.next()
		if event == nil || at > end || c.err != nil {
			break
		}
		w.Tick(max(at, w.Now.Monotonic) - w.Now.Monotonic)
		if e, ok := event.(port.TimerElapsed); ok {
			c.say("elapsed", e.Unit+" "+e.Timer.String())
		}
		if e, ok := event.(port.ProcessExited); ok {
			w.End(w.Processes[e.PID], e.Code, e.Status)
			c.Runner.run()
			continue
		}
		c.send(event)
	}
	w.Tick(end - w.Now.Monotonic)
	return nil
}

// condition says what a condition is from now on: "condition [UNIT] PathExists true|false".
func (c *call) condition() error {
	n := len(c.args) - 1
	verdict, err := quantity.ParseBool(c.args[n])
	c.World.verdicts[strings.Join(c.args[:n], " ")] = verdict
	return err
}

func (c *call) edit() error {
	place(c.World.Files, File{Path: c.args[0], Text: c.body})
	return nil
}

func (c *call) remove() error {
	path := c.args[0]
	if !strings.HasPrefix(path, "/") {
		path = unitDir + path
	}
	c.World.Files.Remove(path)
	return nil
}

func (c *call) link() error {
	place(c.World.Files, File{Path: c.args[0], Target: c.args[1]})
	return nil
}

// busName gives a D-Bus name to a unit's process, or takes it: "bus-name org.example.Web [web.service]".
func (c *call) busName() error {
	name := c.args[0]
	delete(c.World.names, name)
	if len(c.args) > 1 {
		c.World.names[name] = c.args[1]
	}
	if c.World.watched[name] {
		c.send(c.World.owner(name))
	}
	return nil
}
