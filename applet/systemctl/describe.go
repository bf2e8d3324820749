package systemctl

import (
	"slices"

	"github.com/steward-init/steward/applet/ui"
)

// Options of the older names of the command. halt(8), shutdown(8), telinit(8), runlevel(8).
var (
	haltOptions = []ui.Option{{Long: "help"}, {Long: "halt"}, {Long: "poweroff", Short: "p"},
		{Long: "reboot"}, {Long: "force", Short: "f"}, {Long: "wtmp-only", Short: "w"}, {Long: "no-wtmp", Short: "d"},
		{Short: "n"}, {Long: "no-sync"}, {Long: "no-wall"}}
	shutdownOptions = []ui.Option{{Long: "help"}, {Long: "halt", Short: "H"},
		{Long: "poweroff", Short: "P"}, {Long: "reboot", Short: "r"}, {Long: "kexec", Short: "K"}, {Short: "h"}, {Short: "k"},
		{Short: "t", Arg: ui.NeedsArg}, {Long: "no-wall"}, {Short: "c"}, {Long: "show"}, {Short: "a"}, {Short: "f"},
		{Short: "F"}}
	telinitOptions  = []ui.Option{{Long: "help"}, {Long: "no-wall"}}
	runlevelOptions = []ui.Option{{Long: "help"}}
)

// Describe tells what the command takes by the name it is called by. The help that systemctl prints puts many options
// on a line; the long form here has all, for completions and the manual page.
func Describe(name string) ui.Description {
	switch name {
	case "halt", "poweroff", "reboot":
		return ui.Describe(haltHelp(name), haltOptions)
	case "shutdown":
		return ui.Describe(shutdownHelp, shutdownOptions, "* now +1 +5 +15")
	case "telinit":
		return ui.Describe(telinitHelp, telinitOptions, "* 0 1 2 3 4 5 6 s q u")
	case "runlevel":
		return ui.Describe(runlevelHelp, runlevelOptions)
	}
	d := ui.Describe(longHelp, optionRows, completions()...)
	d.Verbs = slices.DeleteFunc(d.Verbs, func(v ui.VerbHelp) bool { _, ok := findVerb(v.Name); return !ok })
	return d
}
