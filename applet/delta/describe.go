package delta

import "github.com/steward-init/steward/applet/ui"

// Describe tells what the command takes.
func Describe(string) ui.Description {
	return ui.Describe(help, options, "--diff yes no",
		"--type masked equivalent redirected overridden extended unchanged", "* @directories")
}
