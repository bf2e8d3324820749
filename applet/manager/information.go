package manager

import (
	"fmt"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/model/directive"
)

// information answers the options that only print something.
func information(io ui.IO, action string) int {
	switch action {
	case "version":
		fmt.Fprintln(io.Out, ui.Version)
	case "dump-configuration-items":
		fmt.Fprint(io.Out, directive.Items())
	default:
		fmt.Fprint(io.Out, usage)
	}
	return 0
}

const usage = `steward --system | --user [OPTION...]

Starts and supervises units.

  --system                   Run as the system's service manager
  --user                     Run as a user's service manager
  --unit=UNIT                Start UNIT instead of default.target
  --status                   Show what happens on the terminal
  --runtime-directory=DIR    Keep sockets and state below DIR
  --log-level=LEVEL          Log messages up to LEVEL (emerg … debug)
  --log-target=TARGET        Log to the journal, or to the console as well
  --dump-configuration-items Print the options that unit files can have
  --version                  Print the version
  --help                     Print this help
`
