// Package path is the command systemd-path(1).
//
// It exists for scripts that ask where something belongs, file-hierarchy(7). It must not know where units are searched;
// load does.
package path

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/steward-init/steward/applet/ui"
)

// options are those of systemd-path(1).
var options = []ui.Option{
	{Long: "help", Short: "h"},
	{Long: "version"},
	{Long: "suffix", Arg: ui.NeedsArg},
}

const help = `systemd-path [OPTIONS...] [NAME...]

Show where things of the system and of the user belong.

  -h --help               Show this help
     --version            Show the version
     --suffix=SUFFIX      Show what is below by this name
`

// Run is the command.
func Run(_ context.Context, u ui.IO, args []string) int {
	e := environment{lookup: u.Lookup}
	if e.lookup == nil {
		e.lookup = func(string) (string, bool) { return "", false }
	}
	suffix := ""
	given, names, err := ui.Options(args[0], args[1:], options)
	for _, g := range given {
		switch g.Name {
		case "help":
			_, _ = io.WriteString(u.Out, help) // best effort: the reader may have gone
			return 0
		case "version":
			fmt.Fprintln(u.Out, ui.Version)
			return 0
		case "suffix":
			suffix = g.Value
		}
	}
	if err != nil {
		return u.Fail("%v", err)
	}
	if len(names) == 0 {
		return all(u, e, suffix)
	}
	status := 0
	for _, name := range names {
		p, ok := known(name)
		if !ok {
			status = u.FailLog("Path %s not known.", name)
			continue
		}
		text, err := p.text(e, suffix)
		if err != nil {
			status = u.Fail("Failed to query %s: %s", name, ui.Because(err))
			continue
		}
		fmt.Fprintln(u.Out, text)
	}
	return status
}

// all lists every place, less those that this environment does not have.
func all(u ui.IO, e environment, suffix string) int {
	status := 0
	for _, p := range places {
		text, err := p.text(e, suffix)
		switch {
		case errors.Is(err, syscall.ENXIO):
		case err != nil:
			status = u.Fail("Failed to query %s: %s", p.name, ui.Because(err))
		default:
			fmt.Fprintf(u.Out, "%s: %s\n", p.name, text)
		}
	}
	return status
}

func known(name string) (place, bool) {
	for _, p := range places {
		if p.name == name {
			return p, true
		}
	}
	return place{}, false
}

// text is the path, or the list with colons, with the suffix behind each part.
func (p place) text(e environment, suffix string) (string, error) {
	below := strings.TrimLeft(suffix, "/")
	if p.find != nil || p.fixed != "" && !strings.Contains(p.fixed, ":") {
		dir, err := p.fixed, error(nil)
		if p.find != nil {
			dir, err = p.find(e)
		}
		if err != nil || below == "" {
			return dir, err
		}
		return strings.TrimSuffix(dir, "/") + "/" + below, nil
	}
	dirs, err := split(p.fixed), error(nil)
	if p.list != nil {
		dirs, err = p.list(e)
	}
	if suffix != "" {
		for i, dir := range dirs {
			if !strings.HasSuffix(dir, "/") && suffix[0] != '/' {
				dir += "/"
			}
			dirs[i] = dir + suffix
		}
	}
	return strings.Join(dirs, ":"), err
}
