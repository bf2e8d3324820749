package analyze

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/cmdline"
	"github.com/steward-init/steward/host/condition"
	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/host/probe"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitfile"
)

// condition says whether conditions and asserts hold here: those of the command line, or those of a unit.
func (s *session) condition(args []string) (int, error) {
	facts := probe.Look()
	machine := s.machine(facts)
	var u *model.Unit
	if s.opt.unit != "" {
		if u = s.loader(machine).Unit(s.opt.unit); u.Load == model.LoadNotFound {
			return 1, fmt.Errorf("Unit %s not found.", s.opt.unit)
		}
	} else {
		u = directive.NewUnit("test.service", model.TypeService, directive.NewDefaults(false))
		for _, arg := range args {
			if err := s.addCondition(u, arg, machine); err != nil {
				return 1, err
			}
		}
	}
	checker := &condition.Checker{User: s.opt.scope == userScope, Architecture: facts.Architecture,
		Virtualization: facts.Virtualization, Container: facts.Container, MachineID: facts.MachineID,
		Hostname: probe.Hostname, Environment: os.Environ, Controllers: controllers(),
		CommandLine: cmdline.Read(facts.Container), FirstBoot: condition.FirstBoot}
	asserts := s.judge(checker, u, "Assert", u.Asserts)
	conditions := s.judge(checker, u, "Condition", u.Conditions)
	if !asserts || !conditions {
		return 1, nil
	}
	return 0, nil
}

// addCondition adds a line such as "ConditionPathExists=/x" to a unit.
func (s *session) addCondition(u *model.Unit, text string, machine *load.Machine) error {
	name, value, ok := strings.Cut(text, "=")
	name = strings.TrimRight(name, " \t\n\r")
	value = strings.TrimLeft(value, " \t\n\r")
	isCondition := strings.HasPrefix(name, "Condition") || strings.HasPrefix(name, "Assert")
	if !ok || !isCondition || !isOption(name) {
		return fmt.Errorf("Cannot parse \"%s\".", text)
	}
	line := unitfile.Line{Section: "Unit", Key: name, Value: value}
	for _, d := range directive.Apply(u, &line, &directive.Context{Specifiers: machine.Expander(u.Name, "")}) {
		s.warn("(cmdline): " + d.Message)
	}
	return nil
}

// isOption says whether [Unit] has an option.
func isOption(name string) bool {
	return slices.ContainsFunc(directive.FindSection("Unit").Directives(), func(d *directive.Directive) bool {
		return d.Name == name
	})
}

// judge prints the verdicts on conditions, the last first as the original does, up to the first that decides, and then
// what follows from all of them.
func (s *session) judge(checker *condition.Checker, u *model.Unit, kind string, list []model.Condition) bool {
	if len(list) == 0 {
		return true
	}
	triggered, triggers, holds := false, false, true
	for _, c := range slices.Backward(list) {
		one := model.Unit{Conditions: []model.Condition{c}}
		verdicts, _ := checker.Check(&one)
		s.tell(u.Name, kind, c, verdicts[0])
		if !c.Trigger && !verdicts[0].True {
			holds = false
			break
		}
		triggers = triggers || c.Trigger
		triggered = triggered || c.Trigger && verdicts[0].True
	}
	holds = holds && (!triggers || triggered)
	s.notice(kind + "s " + map[bool]string{true: "succeeded.", false: "failed."}[holds])
	return holds
}

// tell prints one verdict.
func (s *session) tell(unit, kind string, c model.Condition, v port.Verdict) {
	text := fmt.Sprintf("%s%s=%s%s%s", kind, c.Kind, mark(c.Trigger, "|"), mark(c.Negate, "!"), c.Value)
	switch {
	case v.Err != "":
		s.warn(fmt.Sprintf("%s: Couldn't determine result for %s, assuming failed: %s", unit, text, v.Err))
	case v.True:
		s.announce(unit + ": " + text + " succeeded.")
	default:
		s.announce(unit + ": " + text + " failed.")
	}
}

func mark(is bool, sign string) string {
	if is {
		return sign
	}
	return ""
}

// controllers are the kernel's control group controllers.
func controllers() []string {
	if data, err := os.ReadFile("/sys/fs/cgroup/cgroup.controllers"); err == nil && len(data) > 1 {
		return strings.Fields(string(data))
	}
	data, _ := os.ReadFile("/proc/cgroups") // best effort: without the file there are none
	var names []string
	for line := range strings.Lines(string(data)) {
		if name, rest, ok := strings.Cut(line, "\t"); ok && strings.HasSuffix(strings.TrimSpace(rest), "1") {
			names = append(names, name)
		}
	}
	return names
}

// machine is what specifiers tell of this machine.
func (s *session) machine(facts probe.Facts) *load.Machine {
	m := load.SystemMachine()
	m.MachineID, m.BootID, m.Hostname = facts.MachineID, facts.BootID, facts.Hostname
	m.PrettyHostname = facts.PrettyHostname
	m.KernelRelease, m.Architecture = facts.KernelRelease, facts.Architecture
	return &m
}

// loader finds units below the root that was asked for.
func (s *session) loader(machine *load.Machine) *load.Loader {
	return load.New(load.Options{Files: files.Root(s.opt.root), Path: s.searchPath(), Machine: machine})
}
