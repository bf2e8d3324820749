package manager

import (
	"os"
	"strings"

	"github.com/steward-init/steward/host/cmdline"
	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/words"
)

// kernelSource is what messages name for a line of the kernel's command line.
const kernelSource = "/proc/cmdline"

// kernelOption is what an option of the kernel's command line sets in the manager's configuration, and the value that
// it has without one.
type kernelOption struct{ directive, alone string }

// kernelOptions are those that stand for options of system.conf. systemd(1), KERNEL COMMAND LINE.
var kernelOptions = map[string]kernelOption{
	"systemd.log_level":                    {directive: "LogLevel"},
	"systemd.log_target":                   {directive: "LogTarget"},
	"systemd.log_color":                    {directive: "LogColor", alone: "yes"},
	"systemd.log_location":                 {directive: "LogLocation", alone: "yes"},
	"systemd.log_time":                     {directive: "LogTime", alone: "yes"},
	"systemd.dump_core":                    {directive: "DumpCore", alone: "yes"},
	"systemd.crash_chvt":                   {directive: "CrashChangeVT", alone: "yes"},
	"systemd.crash_shell":                  {directive: "CrashShell", alone: "yes"},
	"systemd.crash_reboot":                 {directive: "CrashReboot", alone: "yes"},
	"systemd.show_status":                  {directive: "ShowStatus", alone: "yes"},
	"systemd.status_unit_format":           {directive: "StatusUnitFormat"},
	"systemd.default_standard_output":      {directive: "DefaultStandardOutput", alone: "journal"},
	"systemd.default_standard_error":       {directive: "DefaultStandardError", alone: "inherit"},
	"systemd.default_timeout_start_sec":    {directive: "DefaultTimeoutStartSec"},
	"systemd.watchdog_device":              {directive: "WatchdogDevice"},
	"systemd.watchdog_sec":                 {directive: "RuntimeWatchdogSec"},
	"systemd.watchdog_pre_sec":             {directive: "RuntimeWatchdogPreSec"},
	"systemd.watchdog_pretimeout_governor": {directive: "RuntimeWatchdogPreGovernor"},
	"systemd.cpu_affinity":                 {directive: "CPUAffinity"},
}

// withoutEffect are the manager's options that this version does not know how to obey.
var withoutEffect = map[string]bool{"systemd.confirm_spawn": true, "systemd.service_watchdogs": true,
	"systemd.set_credential": true, "systemd.import_credentials": true, "systemd.early_core_pattern": true,
	"systemd.random_seed": true, "systemd.log_tid": true}

// kernelUnits are the words that choose what to boot, "_" for "-" in them.
var kernelUnits = map[string]string{"emergency": "emergency.target", "_b": "emergency.target",
	"rescue": "rescue.target", "single": "rescue.target", "s": "rescue.target", "S": "rescue.target", "1": "rescue.target",
	"2": "multi-user.target", "3": "multi-user.target", "4": "multi-user.target", "5": "graphical.target"}

// kernel is what the kernel's command line says to the manager, but for what it has in common with system.conf.
type kernel struct {
	line   cmdline.Line
	unit   string   // "" for no word of it
	setenv []string // systemd.setenv=
	locale []string // locale.LANG= and its like
}

// readConfig reads the manager's own configuration: system.conf or user.conf, then for the first process the kernel's
// command line, which counts more.
func (m *Manager) readConfig() []unitfile.Diagnostic {
	m.defaults = directive.NewDefaults(m.options.user)
	m.defaults.RuntimeDirectory = m.dirs.base
	m.defaults.Kernel = kernelLimits()
	found := load.Config(files.Root(""), m.mode(), os.Getenv, m.defaults)
	found = append(found, m.kernel.read(m.defaults, m.facts.Container)...)
	for _, assignment := range m.defaults.ManagerEnvironment {
		name, value, _ := strings.Cut(assignment, "=")
		_ = os.Setenv(name, value) // best effort: the codec has let only valid ones through
	}
	return found
}

// read takes up all words.
func (k *kernel) read(d *directive.Defaults, container bool) []unitfile.Diagnostic {
	var found []unitfile.Diagnostic
	warn := func(message string) {
		found = append(found, unitfile.Diagnostic{Pos: unitfile.Pos{File: kernelSource}, Severity: unitfile.Warning,
			Message: message})
	}
	ctx := directive.Context{Defaults: d}
	set := func(name, value string) {
		line := unitfile.Line{Pos: unitfile.Pos{File: kernelSource}, Section: "Manager", Key: name, Value: value}
		found = append(found, directive.ApplyManager(d, &line, &ctx)...)
	}
	for name, value := range k.line.All() {
		switch option, isOption := kernelOptions[name]; {
		case isOption && value != nil:
			set(option.directive, *value)
		case isOption && option.alone != "":
			set(option.directive, option.alone)
		case name == "debug" && value == nil:
			set("LogLevel", "debug")
			if container { // whose console is its manager's, and not the kernel's too
				set("LogTarget", "console")
			}
		case name == "quiet" && value == nil && d.ShowStatus == "":
			d.ShowStatus = "error"
		case value == nil && kernelUnits[name] != "":
			k.unit = kernelUnits[name]
		case withoutEffect[name]:
			warn(name + " has no effect in this version")
		case value == nil:
		case name == "systemd.unit":
			k.unit = *value
		case name == "systemd.setenv":
			if variable, _, err := words.ParseAssignment(*value); err != nil || variable == "" {
				warn("systemd.setenv=" + *value + " is no assignment of an environment variable, ignoring")
				continue
			}
			k.setenv = words.SetVariable(k.setenv, *value)
		case strings.HasPrefix(name, "locale.") && contains(localeNames, name[len("locale."):]):
			k.locale = words.SetVariable(k.locale, name[len("locale."):]+"="+*value)
		}
	}
	return found
}
