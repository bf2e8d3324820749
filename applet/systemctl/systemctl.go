// Package systemctl is the command systemctl(1): it asks a manager over D-Bus, and prints what it says.
//
// It exists so that a machine without systemd has the command that people, scripts and packages call, with the same
// output, colours and exit statuses to the byte. It must not know how a manager works: what it prints comes from the
// bus, from unit files and from the journal, and any manager that speaks org.freedesktop.systemd1 will do.
package systemctl

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/image"
)

// session is one command line under way.
type session struct {
	ui.IO
	ctx context.Context
	opt options
	out *bufio.Writer // what Out gets, written in whole when there is something to wait for
	bus *peer         // the manager, once it was needed

	opened *files.Tree  // the file system that is edited, once it was needed
	image  *image.Image // where that is one of an image

	base       ui.IO  // without our buffer, for the pager
	paged      func() // waits until the pager is left, nil without one
	starts     bool   // a manager may be launched …
	asks       bool   // … but not just now
	ellipsized bool   // a line was shortened, of which a hint tells at the end
}

// Run is the command.
func Run(ctx context.Context, u ui.IO, args []string) int {
	s := &session{IO: u, base: u, ctx: ctx, out: bufio.NewWriterSize(u.Out, 1<<16)}
	s.Out = s.out
	defer s.close()
	status, err := s.run(args)
	if err != nil {
		s.complain(err)
		var ended *ending
		if errors.As(err, &ended) {
			return ended.status
		}
		return 1
	}
	return status
}

// run reads the command line and does the verb.
func (s *session) run(args []string) (int, error) {
	if legacy := legacyVerb(args[0]); legacy != nil {
		s.opt = newOptions()
		return legacy(s, args[0], args[1:])
	}
	words, err := s.parse(args[0], args[1:])
	switch {
	case errors.Is(err, errDone):
		return 0, nil
	case err != nil:
		return 1, err
	case s.opt.has("help"):
		s.printf("%s", help)
		return 0, nil
	case s.opt.has("version"):
		s.printf("%s\n", ui.Version)
		return 0, nil
	}
	return s.dispatch(words)
}

// dispatch finds the verb of the words, checks how many arguments it has, and does it.
func (s *session) dispatch(words []string) (int, error) {
	name := "list-units"
	if len(words) > 0 {
		name, words = words[0], words[1:]
	}
	v, ok := findVerb(name)
	switch {
	case !ok:
		return 1, fmt.Errorf("Unknown command verb %s.", name)
	case len(words) < v.min:
		return 1, errors.New("Too few arguments.")
	case v.max >= 0 && len(words) > v.max:
		return 1, errors.New("Too many arguments.")
	case v.needs&onFiles == 0 && (s.opt.root != "" || s.opt.image != ""):
		return 1, fmt.Errorf("Verb '%s' cannot be used with --root= or --image=.", name)
	}
	if err := s.checkMachine(); err != nil {
		return 1, err
	}
	if err := s.openImage(); err != nil {
		return 1, err
	}
	if v.needs&online != 0 && s.opt.host == "" && s.inChroot() {
		s.passOver(name)
		return 0, nil
	}
	s.starts = v.needs&starts != 0
	status, err := v.run(s, name, words)
	if wrong := s.closeImage(); err == nil && wrong != nil {
		return 1, wrong
	}
	return status, err
}

// passOver tells that a command for a manager does nothing here. Scripts of packages rely on that being no error.
func (s *session) passOver(name string) {
	s.notice(fmt.Sprintf("Running in chroot, ignoring command '%s'", name))
}

// close ends the command: the output goes out, the connection is left.
func (s *session) close() {
	s.flush()
	if s.bus != nil {
		s.bus.Close()
	}
	if s.opened != nil {
		_ = s.opened.Close() // best effort: all is written
	}
	if s.paged != nil {
		s.paged()
	}
}

// printf writes to standard output.
func (s *session) printf(format string, args ...any) { fmt.Fprintf(s.out, format, args...) }

// flush lets the user see what was printed so far. It goes before every wait and every message.
func (s *session) flush() { _ = s.out.Flush() } // best effort: a reader that went away wants no more

// table prints a table as --output= asks.
func (s *session) table(t *ui.Table) {
	t.NoHead = s.opt.noLegend
	switch s.opt.output {
	case "json", "json-pretty":
		if err := t.JSON(s.IO, s.opt.output == "json-pretty"); err != nil {
			s.complain(err)
		}
	default:
		if s.wide() {
			t.Width = ui.Unlimited
		}
		t.Print(s.IO)
	}
}

// isJSON says whether tables are printed for programs.
func (s *session) isJSON() bool { return s.opt.output == "json" || s.opt.output == "json-pretty" }

// ending is an error with an exit status of its own, those of the Linux Standard Base that systemctl(1) lists.
type ending struct {
	status int
	err    error
}

func (e *ending) Error() string { return e.err.Error() }
func (e *ending) Unwrap() error { return e.err }

// errSilent ends a command whose message was given already.
var errSilent = errors.New("")

// complain prints an error, a warning or a notice, each line in its colour.
func (s *session) complain(err error)   { s.message(ui.Red, err.Error()) }
func (s *session) warn(text string)     { s.message(ui.Yellow, text) }
func (s *session) notice(text string)   { s.message(ui.Bold, text) }
func (s *session) announce(text string) { s.message(ui.Plain, text) }

// message prints lines to standard error. On a terminal each ends in a carriage return too, as the original's do.
func (s *session) message(style ui.Style, text string) {
	if text == "" {
		return
	}
	s.flush()
	if s.paged != nil { // the pager gets what belongs together
		s.Message(s.out, style, text, false)
		return
	}
	s.Message(s.Err, style, text, s.ErrTerminal)
}
