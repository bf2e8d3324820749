package manager

import "github.com/steward-init/steward/applet/ui"

// Describe tells what the command takes. Its options are read by parse, which also takes those that the kernel's
// command line may bring.
func Describe(string) ui.Description {
	return ui.Describe(usage, []ui.Option{{Long: "system"}, {Long: "user"}, {Long: "unit", Arg: ui.NeedsArg},
		{Long: "status"}, {Long: "runtime-directory", Arg: ui.NeedsArg}, {Long: "log-level", Arg: ui.NeedsArg},
		{Long: "log-target", Arg: ui.NeedsArg}, {Long: "dump-configuration-items"}, {Long: "version"}, {Long: "help"}},
		"--unit @unit-files", "--runtime-directory @directories",
		"--log-level emerg alert crit err warning notice info debug",
		"--log-target console console-prefixed kmsg journal journal-or-kmsg syslog syslog-or-kmsg auto null")
}
