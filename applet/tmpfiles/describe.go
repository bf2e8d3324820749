package tmpfiles

import "github.com/steward-init/steward/applet/ui"

// Describe tells what the command takes.
func Describe(string) ui.Description {
	return ui.Describe(help, options, "--prefix @directories", "--exclude-prefix @directories",
		"--root @directories", "--image @files", "--replace @files", "* @files")
}
