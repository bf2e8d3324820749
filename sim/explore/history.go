package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/sim"
)

// history is units and what happens to them.
type history struct {
	units []unit
	steps []string // commands of package sim, with an edit's text behind line breaks
}

// unit is a unit file, a setting a line.
type unit struct {
	name  string
	lines []string // with section headers
}

// script makes a history what package sim plays.
func (h *history) script() *sim.Script {
	s := &sim.Script{Claim: "What is claimed.  systemd.unit(5)\n"}
	for _, u := range h.units {
		s.Files = append(s.Files, sim.File{Path: u.name, Text: strings.Join(u.lines, "\n") + "\n"})
	}
	for _, step := range h.steps {
		s.Steps = append(s.Steps, sim.Step{Commands: strings.Split(step, "\n")})
	}
	return s
}

// holds says whether all words are somewhere in the history.
func (h *history) holds(words []string) bool {
	if len(words) == 0 {
		return true
	}
	text := strings.Join(h.steps, "\n")
	for _, u := range h.units {
		text += "\n" + strings.Join(u.lines, "\n")
	}
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// written is the history as a scenario with all that happens, as far as it can be played.
func (h *history) written() (text string) {
	s := h.script()
	defer func() {
		if r := recover(); r != nil {
			text = s.Format()
		}
	}()
	r := sim.NewRunner(s, engine.Config{})
	steps := 0
	r.World.Stepped = func(port.Event, []port.Effect) {
		if steps++; steps > maxSteps {
			giveUp(r.World)
		}
	}
	if err := sim.Play(s, r); err != nil {
		return s.Format() + "\n(" + err.Error() + ")\n"
	}
	return s.Format()
}

// dice makes histories.
type dice struct {
	*rand.Rand
	names     []string
	transient []string // those of the names that a client makes
}

func (d *dice) one(of ...string) string { return of[d.IntN(len(of))] }
func (d *dice) chance(percent int) bool { return d.IntN(100) < percent }
func (d *dice) unit() string            { return d.one(d.names...) }

// generate makes the history of a seed.
func generate(seed uint64) *history {
	d := &dice{Rand: rand.New(rand.NewPCG(seed, 0x57e4a4d))}
	h := &history{}
	for i := range 1 + d.IntN(5) {
		suffix := d.one("service", "service", "service", "service", "target", "slice", "socket")
		d.names = append(d.names, fmt.Sprintf("%c.%s", 'a'+i, suffix))
	}
	for _, name := range d.names {
		h.units = append(h.units, unit{name, d.definition(name)})
	}
	if d.chance(30) { // units that no file makes, but a client
		d.transient = []string{d.one("t.scope", "t.scope", "t.scope", "t.service", "t.slice")}
		if d.chance(30) {
			d.transient = append(d.transient, "u.scope")
		}
		d.names = append(d.names, d.transient...)
	}
	for range 5 + d.IntN(40) {
		h.steps = append(h.steps, d.step())
	}
	return h
}

// definition makes a unit file.
func (d *dice) definition(name string) []string {
	lines := []string{"[Unit]"}
	if d.chance(90) {
		lines = append(lines, "DefaultDependencies=no")
	}
	for range d.IntN(4) {
		lines = append(lines, d.dependency()+"="+d.unit())
	}
	if d.chance(30) {
		lines = append(lines, d.unitSetting())
	}
	if strings.HasSuffix(name, ".socket") {
		lines = append(lines, "[Socket]", "ListenStream=/run/"+name)
		if u := d.unit(); strings.HasSuffix(u, ".service") {
			lines = append(lines, "Service="+u)
		}
		lines = append(lines, d.one("TriggerLimitBurst=2", "TriggerLimitIntervalSec=0", "FlushPending=yes"))
	}
	if strings.HasSuffix(name, ".scope") {
		lines = append(lines, "[Scope]")
		for range d.IntN(3) {
			lines = append(lines, d.scopeSetting())
		}
	}
	if strings.HasSuffix(name, ".service") {
		lines = append(lines, "[Service]")
		lines = append(lines, d.service()...)
	}
	return lines
}

func (d *dice) dependency() string {
	return d.one("Requires", "Requires", "Wants", "Wants", "After", "After", "After", "Before", "Before", "BindsTo",
		"PartOf", "Requisite", "Upholds", "Conflicts", "OnFailure", "OnSuccess", "PropagatesReloadTo", "ReloadPropagatedFrom",
		"PropagatesStopTo", "StopPropagatedFrom", "JoinsNamespaceOf")
}

func (d *dice) unitSetting() string {
	return d.one("StopWhenUnneeded=yes", "RefuseManualStart=yes", "RefuseManualStop=yes", "AllowIsolate=yes",
		"IgnoreOnIsolate=yes", "CollectMode=inactive-or-failed", "JobTimeoutSec=3", "JobRunningTimeoutSec=2",
		"StartLimitBurst=2", "StartLimitIntervalSec=0", "StartLimitAction=exit", "FailureAction=exit",
		"SuccessAction=exit-force", "ConditionPathExists=/flag", "ConditionPathExists=!/flag",
		"AssertPathExists=/flag", "ConditionHost=|x", "OnFailureJobMode="+d.mode(), "OnSuccessJobMode="+d.mode(),
		"JobTimeoutAction=exit")
}

func (d *dice) mode() string {
	return d.one("replace", "fail", "replace-irreversibly", "isolate", "flush", "ignore-dependencies",
		"ignore-requirements")
}

// service makes the settings of a [Service] section.
func (d *dice) service() []string {
	var lines []string
	kind := d.one("simple", "simple", "exec", "forking", "oneshot", "oneshot", "notify", "notify", "notify-reload", "idle",
		"dbus")
	lines = append(lines, "Type="+kind)
	if kind == "dbus" {
		lines = append(lines, "BusName=org.example."+d.one("A", "B"))
	}
	if kind == "forking" && d.chance(50) {
		lines = append(lines, "PIDFile=/run/"+d.one("a", "b")+".pid")
	}
	commands := 1
	if kind == "oneshot" {
		commands = d.IntN(3)
		lines = append(lines, "RemainAfterExit="+d.one("yes", "no"))
	}
	for range commands {
		lines = append(lines, "ExecStart="+d.command())
	}
	for range d.IntN(4) {
		lines = append(lines, d.one("ExecCondition", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop",
			"ExecStopPost")+"="+d.command())
	}
	for range d.IntN(5) {
		lines = append(lines, d.serviceSetting())
	}
	return lines
}

func (d *dice) command() string {
	return d.one("", "", "-") + d.one("/bin/daemon", "/bin/daemon", "/bin/true", "/bin/true", "/bin/false", "/bin/sleep 1")
}

func (d *dice) serviceSetting() string {
	return d.one(
		"Restart="+d.one("no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort", "always", "always"),
		"RestartSec="+d.one("0", "1", "infinity"), "RestartMode=direct", "RestartSteps=3", "RestartMaxDelaySec=5",
		"TimeoutStartSec="+d.one("0", "1", "2", "infinity"), "TimeoutStopSec="+d.one("0", "1", "2", "infinity"),
		"TimeoutAbortSec="+d.one("0", "1"), "RuntimeMaxSec=2", "WatchdogSec="+d.one("1", "2"),
		"TimeoutStartFailureMode="+d.one("terminate", "abort", "kill"),
		"TimeoutStopFailureMode="+d.one("terminate", "abort", "kill"),
		"KillMode="+d.one("control-group", "process", "mixed", "none"), "KillSignal="+d.one("SIGINT", "SIGUSR1"),
		"SendSIGKILL=no", "SendSIGHUP=yes", "FinalKillSignal=SIGABRT", "RestartKillSignal=SIGINT",
		"NotifyAccess="+d.one("none", "main", "exec", "all"), "RemainAfterExit=yes", "GuessMainPID=no",
		"ExitType="+d.one("cgroup", "main"), "SuccessExitStatus=3 SIGUSR1", "RestartPreventExitStatus=1",
		"RestartForceExitStatus=0 2", "FileDescriptorStoreMax=2", "RuntimeDirectoryPreserve=restart",
		"StateDirectory=s", "StateDirectory=s", "TimeoutCleanSec=2",
		"Slice="+d.one("x.slice", "x-y.slice"), "ReloadSignal=SIGUSR2", "OOMPolicy="+d.one("continue", "stop", "kill"))
}

func (d *dice) scopeSetting() string {
	return d.one("TimeoutStopSec="+d.one("0", "1", "2", "infinity"), "RuntimeMaxSec=2",
		"KillMode="+d.one("control-group", "process", "mixed", "none"), "KillSignal="+d.one("SIGINT", "SIGUSR1"),
		"SendSIGKILL=no", "SendSIGHUP=yes", "FinalKillSignal=SIGABRT", "RestartKillSignal=SIGINT",
		"Slice="+d.one("x.slice", "x-y.slice"), "OOMPolicy="+d.one("continue", "stop", "kill"))
}

// step makes one command.
func (d *dice) step() string {
	u := d.unit()
	if len(d.transient) > 0 && d.chance(10) {
		return d.client(d.one(d.transient...))
	}
	switch n := d.IntN(100); {
	case n < 30:
		return d.request(u)
	case n < 45:
		return "exit " + u + " " + d.one("main", "main", "control", "child") + " " +
			d.one("status=0", "status=1", "status=2", "status=3", "signal=KILL", "signal=TERM", "signal=ABRT code=dumped",
				"signal=USR1")
	case n < 58:
		return "advance " + d.one("100ms", "500ms", "1s", "1s", "2s", "5s", "100s")
	case n < 68:
		return "notify " + u + " " + d.one("main", "main", "main", "control", "child", "stranger") + " " + d.message()
	case n < 74:
		return d.one("fork "+u, "fork "+u, "traffic "+u, "traffic "+u, "stubborn "+u, "stubborn "+u+" main", "empty "+u)
	case n < 78:
		return d.one("hold", "hold", "release", "take", "take 1", "take 2", "take 3")
	case n < 83:
		if d.chance(30) {
			return "stray elapsed " + u + " " + fmt.Sprint(d.IntN(6))
		}
		return "stray " + d.one("spawned", "spawn-failed", "exit", "kill-sent", "conditions", "pid-file", "guess",
			"hang-up", "oom") + " " + u + " " + d.one("0", "1000000")
	case n < 87:
		return d.one("spawn-fails "+u, "exec-fails "+u+" 203", "pidfile "+u+" child", "pidfile "+u+" main",
			"bus-name org.example.A "+u, "bus-name org.example.A", "bus-name org.example.B "+u,
			"condition PathExists "+d.one("true", "false"), "hang-up "+u+" 1",
			"oom-kill "+u+" "+d.one("main", "control", "child"))
	case n < 91:
		return "edit " + u + "\n  " + strings.Join(d.definition(u), "\n  ")
	case n < 95:
		return "daemon-reload"
	case n < 98:
		return d.one("cancel", "cancel 1", "cancel 2", "cancel 3", "reset-failed", "reset-failed "+u, "kill "+u,
			"clean "+u+" all", "clean "+u+" state",
			"kill "+u+" main KILL", "kill "+u+" control", "set-environment A=1", "unset-environment A")
	}
	return d.one("ref "+u+" c", "unref "+u+" c", "vanish c", "load "+u, "load new.service", "remove "+u)
}

// client makes a command about a transient unit.
func (d *dice) client(u string) string {
	if d.chance(30) {
		return "abandon " + u
	}
	options := d.one("", " a", " a", " a b", " a --controller=org.example.A")
	return "transient " + u + options + "\n  " + strings.Join(d.definition(u), "\n  ")
}

func (d *dice) request(u string) string {
	text := d.one("start", "start", "start", "start", "stop", "stop", "restart", "reload", "try-restart",
		"reload-or-restart", "try-reload-or-restart", "isolate", "verify-active", "nop", "boot") + " " + u
	if strings.HasPrefix(text, "isolate") || d.chance(80) {
		return text
	}
	return text + " --mode=" + d.one(d.mode(), "triggering")
}

func (d *dice) message() string {
	return d.one("READY=1", "READY=1", "RELOADING=1 MONOTONIC_USEC=now", "RELOADING=1", "STOPPING=1", "STATUS=x",
		"MAINPID=child", "WATCHDOG=1", "WATCHDOG=trigger", "WATCHDOG_USEC=500000", "EXTEND_TIMEOUT_USEC=3000000",
		"FDSTORE=1 FDS=1",
		"FDSTORE=1 FDNAME=n FDS=2", "FDSTOREREMOVE=1 FDNAME=n", "FDS=1", "ERRNO=2", "NOTIFYACCESS=all", "READY=1 RELOADING=1")
}
