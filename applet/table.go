// Package applet is the table that the one binary finds its commands in.
//
// It exists so that a command is one row: a name, a summary and a function. It must not know which commands there are;
// applet/all does.
package applet

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/steward-init/steward/applet/ui"
)

// Applet is a command. Names are what it may be called by, the usual one first. args[0] is the name it was called by.
// Run returns the exit status, 0 to 255. Describe tells what the command takes, for completions and manual pages; nil
// is for those that no person calls.
type Applet struct {
	Names    string // separated by spaces
	Stays    bool   // it runs for long, and should stay small
	Summary  string
	Run      func(ctx context.Context, io ui.IO, args []string) int
	Describe func(name string) ui.Description
}

// Default is the applet that gets a command line which names none but begins with an option, as in "steward --user".
const Default = "manager"

// Main picks an applet by the base name of argv[0], or else by the first argument, and runs it. What the kernel starts
// as the machine's first process has words for arguments that it did not know itself: init is the default then, and not
// a remark about them.
func Main(ctx context.Context, io ui.IO, table []Applet, argv []string, init bool) int {
	if len(argv) == 0 {
		return io.Fail("no name to be called by")
	}
	argv = slices.Clone(argv)
	argv[0] = strings.TrimPrefix(filepath.Base(argv[0]), "-") // a login shell's dash
	if a, ok := Find(table, argv[0]); ok {
		return a.start(ctx, io, argv)
	}
	if init && (len(argv) == 1 || !named(table, argv[1])) {
		if a, ok := Find(table, Default); ok {
			return a.start(ctx, io, argv)
		}
	}
	if len(argv) == 1 {
		usage(io, table)
		return 1
	}
	switch word := argv[1]; {
	case word == "help" || word == "--help" || word == "-h":
		usage(io, table)
		return 0
	case strings.HasPrefix(word, "-"):
		if a, ok := Find(table, Default); ok {
			return a.start(ctx, io, argv)
		}
	default:
		if a, ok := Find(table, word); ok {
			return a.start(ctx, io, argv[1:])
		}
	}
	return io.Fail("%s: no command %q; %s help lists them", argv[0], argv[1], argv[0])
}

// start runs the command.
func (a Applet) start(ctx context.Context, io ui.IO, args []string) int {
	if !a.Stays && io.Getenv("GOGC") == "" {
		takeLeisure()
	}
	return a.Run(ctx, io, args)
}

func named(table []Applet, word string) bool {
	_, ok := Find(table, word)
	return ok
}

// Find looks a command up by one of its names.
func Find(table []Applet, name string) (Applet, bool) {
	for _, a := range table {
		for known := range strings.FieldsSeq(a.Names) {
			if known == name {
				return a, true
			}
		}
	}
	return Applet{}, false
}

// usage lists the commands.
func usage(io ui.IO, table []Applet) {
	fmt.Fprintf(io.Out, "steward COMMAND [ARGUMENT...], or a link to it with the name of a command\n\n")
	for _, a := range table {
		names := strings.Fields(a.Names)
		fmt.Fprintf(io.Out, "  %-16s %s", names[0], a.Summary)
		if len(names) > 1 {
			fmt.Fprintf(io.Out, " (also: %s)", strings.Join(names[1:], ", "))
		}
		fmt.Fprintln(io.Out)
	}
}
