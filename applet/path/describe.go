package path

import (
	"strings"

	"github.com/steward-init/steward/applet/ui"
)

// Describe tells what the command takes.
func Describe(string) ui.Description {
	names := []string{"*"}
	for _, p := range places {
		names = append(names, p.name)
	}
	return ui.Describe(help, options, strings.Join(names, " "))
}
