// Package analyze is the command systemd-analyze(1): it looks at what a manager did, and explains what unit files,
// calendar expressions, sets of system calls and other parts of the configuration mean.
//
// It exists so that packagers and administrators have the tool they know, with the same output, colours and exit
// statuses to the byte. It must not know how a manager works: what it tells of a running one comes from the bus.
package analyze

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/image"
)

// session is one command line under way.
type session struct {
	ui.IO
	ctx context.Context
	opt options
	out *bufio.Writer // what Out gets, written in whole when there is something to wait for

	image *image.Image // the root, where --image= names one

	base  ui.IO         // without our buffer, for the pager
	paged func()        // waits until the pager is left, nil without one
	now   func() uint64 // the present, microseconds since 1970
}

// Run is the command.
func Run(ctx context.Context, u ui.IO, args []string) int {
	return run(ctx, u, args, func() uint64 { return uint64(time.Now().UnixMicro()) })
}

// run is Run at a time of the caller's.
func run(ctx context.Context, u ui.IO, args []string, now func() uint64) int {
	s := &session{IO: u, base: u, ctx: ctx, out: bufio.NewWriterSize(u.Out, 1<<16), now: now}
	s.Out = s.out
	defer s.close()
	status, err := s.dispatch(args)
	if err != nil {
		s.complain(err)
		return max(status, 1)
	}
	return status
}

// dispatch reads the command line, finds its verb, checks how many arguments it has, and does it.
func (s *session) dispatch(args []string) (int, error) {
	words, err := s.parse(args[0], args[1:])
	switch {
	case err != nil:
		return 1, err
	case s.opt.has("help"), len(words) > 0 && words[0] == "help":
		s.page()
		s.printf("%s", help)
		return 0, nil
	case s.opt.has("version"):
		s.printf("%s\n", ui.Version)
		return 0, nil
	}
	name := "time"
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
	}
	return s.inImage(func() (int, error) { return v.run(s, words) })
}

// inImage runs a verb with the root that --image= names, if it names one. The image is only read, but to mend files.
func (s *session) inImage(verb func() (int, error)) (int, error) {
	if s.opt.image == "" {
		return verb()
	}
	opened, err := image.Open(s.opt.image, image.Options{ReadOnly: !s.opt.has("fix"), AnyFiles: true, Say: s.notice})
	if err != nil {
		return 1, err
	}
	s.image, s.opt.root = opened, opened.Directory()
	status, err := verb()
	if wrong := opened.Close(); err == nil && wrong != nil {
		return 1, wrong
	}
	return status, err
}

// shownRoot is what goes before the paths of files in the root where they are shown.
func (s *session) shownRoot() string {
	if s.image != nil {
		return s.image.Prefix()
	}
	return s.opt.root
}

// close ends the command: the output goes out.
func (s *session) close() {
	s.flush()
	if s.paged != nil {
		s.paged()
	}
}

// page puts a pager between the output and the terminal, unless --no-pager is given.
func (s *session) page() {
	if s.opt.has("no-pager") || s.paged != nil {
		return
	}
	s.flush()
	paged, done := s.base.Pager(s.ctx)
	if paged.Out != s.base.Out {
		s.out.Reset(paged.Out)
		s.paged = done
	}
}

// printf writes to standard output.
func (s *session) printf(format string, args ...any) { fmt.Fprintf(s.out, format, args...) }

// flush lets the user see what was printed so far. It goes before every wait and every message.
func (s *session) flush() { _ = s.out.Flush() } // best effort: a reader that went away wants no more

// errSilent ends a command whose message was given already.
var errSilent = errors.New("")

// complain prints an error, a warning or a notice, each line in its colour.
func (s *session) complain(err error) { s.message(ui.Red, err.Error()) }
func (s *session) warn(text string)   { s.message(ui.Yellow, text) }
func (s *session) notice(text string) { s.message(ui.Bold, text) }

// announce prints to standard error what is no error.
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

// zone is the time zone that times are read and shown in: $TZ, else the machine's.
func (s *session) zone() *time.Location {
	name, set := "", false
	if s.Lookup != nil {
		name, set = s.Lookup("TZ")
	}
	if !set {
		return time.Local
	}
	return ui.Zone(name)
}
