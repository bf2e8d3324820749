package notify

import "github.com/steward-init/steward/applet/ui"

// Describe tells what the command takes.
func Describe(string) ui.Description {
	return ui.Describe(help, options, "--pid auto self parent", "--uid @users")
}
