// Package detectvirt is the command systemd-detect-virt(1).
//
// It exists for scripts that ask whether they run in a virtual machine or a container. It must not know how that is
// found out; host/virtualization does.
package detectvirt

import (
	"context"
	"fmt"
	"io"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/host/virtualization"
	"github.com/steward-init/steward/syntax/quantity"
)

// options are those of systemd-detect-virt(1).
var options = []ui.Option{
	{Long: "help", Short: "h"},
	{Long: "version"},
	{Long: "container", Short: "c"},
	{Long: "vm", Short: "v"},
	{Long: "chroot", Short: "r"},
	{Long: "private-users"},
	{Long: "quiet", Short: "q"},
	{Long: "list"},
}

const help = `systemd-detect-virt [OPTIONS...]

Say what kind of virtual machine or container this is; the exit status is 0 if it is one.

  -h --help               Show this help
     --version            Show the version
  -c --container          Look only for a container
  -v --vm                 Look only for a virtual machine
  -r --chroot             Say by the exit status whether this is a chroot environment
     --private-users      Say by the exit status whether this is a user namespace
  -q --quiet              Print nothing
     --list               Print all kinds that can be told apart
`

// Run is the command.
func Run(_ context.Context, u ui.IO, args []string) int {
	mode, quiet := "", false
	given, words, err := ui.Options(args[0], args[1:], options)
	for _, g := range given {
		switch g.Name {
		case "help":
			_, _ = io.WriteString(u.Out, help) // best effort: the reader may have gone
			return 0
		case "version":
			fmt.Fprintln(u.Out, ui.Version)
			return 0
		case "list":
			list(u.Out)
			return 0
		case "quiet":
			quiet = true
		default: // the last one that chooses wins
			mode = g.Name
		}
	}
	switch {
	case err != nil:
		return u.Fail("%v", err)
	case len(words) > 0:
		return u.Fail("%s takes no arguments.", args[0])
	}
	source := virtualization.Here()
	kind := virtualization.None
	switch mode {
	case "chroot":
		ignore, err := quantity.ParseBool(u.Getenv("SYSTEMD_IGNORE_CHROOT"))
		inside, chrootErr := virtualization.Chroot(err == nil && ignore)
		if chrootErr != nil {
			return u.Fail("Failed to check for chroot() environment: %s", ui.Because(chrootErr))
		}
		return status(inside)
	case "private-users":
		return status(virtualization.UserNamespace())
	case "container":
		kind = source.Container()
	case "vm":
		kind = source.Machine()
	default:
		kind, _ = source.Detect()
	}
	if !quiet {
		fmt.Fprintln(u.Out, kind)
	}
	return status(kind != virtualization.None)
}

// status is 0 for yes.
func status(yes bool) int {
	if yes {
		return 0
	}
	return 1
}

func list(w io.Writer) {
	fmt.Fprintln(w, virtualization.None)
	for _, kinds := range [][]virtualization.Kind{virtualization.Machines, virtualization.Containers} {
		for _, kind := range kinds {
			fmt.Fprintln(w, kind)
		}
	}
}
