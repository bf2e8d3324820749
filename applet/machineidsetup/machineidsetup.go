// Package machineidsetup is the command systemd-machine-id-setup(1).
//
// It exists for installers and images, and for the boot's step that keeps what was made up. It must not know where an
// identifier comes from; host/machineid does.
package machineidsetup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/host/machineid"
	"github.com/steward-init/steward/image"
	"github.com/steward-init/steward/rootfs"
)

// options are those of systemd-machine-id-setup(1).
var options = []ui.Option{
	{Long: "help", Short: "h"},
	{Long: "version"},
	{Long: "root", Arg: ui.NeedsArg},
	{Long: "image", Arg: ui.NeedsArg},
	{Long: "commit"},
	{Long: "print"},
}

const help = `systemd-machine-id-setup [OPTIONS...]

Give a machine its identifier in /etc/machine-id, if it has none.

  -h --help             Show this help
     --version          Show the version
     --root=PATH        Work on the system below this directory
     --image=PATH       Work on the system in this disk image
     --commit           Keep an identifier that was made up for this boot
     --print            Print the identifier
`

// Run is the command.
func Run(_ context.Context, u ui.IO, args []string) int {
	given, words, optionErr := ui.Options(args[0], args[1:], options)
	root, disk, commit, show := "", "", false, false
	for _, g := range given {
		switch g.Name {
		case "help":
			_, _ = io.WriteString(u.Out, help) // best effort: the reader may have gone
			return 0
		case "version":
			fmt.Fprintln(u.Out, ui.Version)
			return 0
		case "root":
			root = g.Value
		case "image":
			disk = g.Value
		case "commit":
			commit = true
		case "print":
			show = true
		}
	}
	switch {
	case optionErr != nil:
		return u.Fail("%v", optionErr)
	case len(words) > 0:
		return u.Fail("Extraneous arguments")
	case disk != "" && root != "":
		return u.Fail("Please specify either --root= or --image=, the combination of both is not supported.")
	case disk != "":
		return workInImage(u, disk, commit, show)
	}
	return work(u, root, commit, show)
}

// workInImage does it to the system in an image.
func workInImage(u ui.IO, disk string, commit, show bool) int {
	opened, err := image.Open(disk, image.Options{Check: true,
		Say: func(text string) { _, _ = io.WriteString(u.Err, ui.Logged(text)) }}) // best effort: nobody may be listening
	if err != nil {
		return u.Fail("%v", err)
	}
	status := workIn(u, opened.Root(), opened.Prefix(), commit, show)
	if err := opened.Close(); err != nil {
		return u.Fail("%v", err)
	}
	return status
}

// work does it to the system below a directory.
func work(u ui.IO, dir string, commit, show bool) int {
	prefix := ""
	if dir != "" {
		absolute, err := filepath.Abs(dir)
		if err != nil {
			return u.Fail("Failed to parse path \"%s\" and make it absolute: %s", dir, ui.Because(err))
		}
		if absolute != "/" {
			prefix = absolute
		}
		if err := os.MkdirAll(absolute, 0o755); err != nil {
			return u.Fail("Failed to create %s: %s", absolute, ui.Because(err))
		}
	}
	root, err := rootfs.Open(prefix)
	if err != nil {
		return u.Fail("Failed to open %s: %s", prefix, ui.Because(err))
	}
	defer root.Close()
	return workIn(u, root, prefix, commit, show)
}

// workIn does it to the system of a root; prefix is shown before paths, "" for the real one.
func workIn(u ui.IO, root *rootfs.Root, prefix string, commit, show bool) int {
	do := setup
	if commit {
		do = keep
	}
	if status := do(u, root, prefix); status != 0 || !show {
		return status
	}
	id, err := machineid.ReadIn(root)
	if err != nil {
		return u.Fail("Failed to read machine ID back: %s", ui.Because(err))
	}
	fmt.Fprintln(u.Out, id)
	return 0
}

// setup makes an identifier where there is none.
func setup(u ui.IO, root *rootfs.Root, prefix string) int {
	file := prefix + machineid.Path
	result, err := machineid.Setup(root, machineid.Options{Here: prefix == ""})
	if result.Origin != machineid.Existing {
		fmt.Fprintf(u.Err, "Initializing machine ID from %s.\n", result.Origin)
	}
	switch {
	case errors.Is(err, machineid.ErrNoPlace):
		return u.Fail("%s %v.", file, machineid.ErrNoPlace)
	case err != nil && result.Transient:
		return u.Fail("Cannot write %s: %s", prefix+"/run/machine-id", ui.Because(err))
	case err != nil:
		return u.Fail("Cannot open %s: %s", file, ui.Because(err))
	case result.Transient:
		fmt.Fprintf(u.Err, "Installed transient %s file.\n", file)
	}
	return 0
}

// keep writes what was made up for this boot.
func keep(u ui.IO, root *rootfs.Root, prefix string) int {
	file := prefix + machineid.Path
	err := machineid.Commit(root)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, machineid.ErrNoMount):
		return u.Fail("Failed to determine whether %s is a mount point: %s", file, ui.Because(err))
	case errors.Is(err, machineid.ErrNotTemporary):
		return u.Fail("%s is not on a temporary file system.", file)
	case errors.Is(err, machineid.ErrNoID):
		return u.Fail("We didn't find a valid machine ID in %s: %s", file, ui.Because(err))
	case errors.Is(err, machineid.ErrNotWritten):
		return u.Fail("Cannot write %s. This is mandatory to get a persistent machine ID: %s", file, ui.Because(err))
	}
	return u.Fail("Failed to remove the transient %s: %s", file, ui.Because(err))
}
