// Package delta is the command systemd-delta(1).
//
// It exists for administrators who ask which configuration files of the vendor are overridden. It must not know what
// the files configure.
package delta

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/quantity"
)

// options are those of systemd-delta(1).
var options = []ui.Option{
	{Long: "help", Short: "h"},
	{Long: "version"},
	{Long: "no-pager"},
	{Long: "diff", Arg: ui.MayArg},
	{Long: "type", Short: "t", Arg: ui.NeedsArg},
}

const help = `systemd-delta [OPTIONS...] [PREFIX[/SUFFIX]|SUFFIX...]

Find configuration files that are overridden.

  -h --help           Show this help
     --version        Show the version
     --no-pager       Don't show through a pager
     --diff[=1|0]     Show what is different in overridden files
  -t --type=LIST...   Show only these: masked, equivalent, redirected, overridden, extended, unchanged
`

// kind is what a file is to the one that it stands before.
type kind uint

const (
	masked kind = 1 << iota
	equivalent
	redirected
	overridden
	unchanged
	extended
	usual = masked | equivalent | redirected | overridden | extended
)

// kinds are their words, marks and colours.
var kinds = []struct {
	kind  kind
	word  string
	mark  string // printed so wide that paths are aligned
	style ui.Style
}{
	{masked, "masked", "[MASKED]", ui.Red},
	{equivalent, "equivalent", "[EQUIVALENT]", ui.Green},
	{redirected, "redirected", "[REDIRECTED]", ui.Bold},
	{overridden, "overridden", "[OVERRIDDEN]", ui.Bold},
	{unchanged, "unchanged", "[UNCHANGED]", ui.Plain},
	{extended, "extended", "[EXTENDED]", ui.Bold},
}

// session is one run of the command.
type session struct {
	ui.IO
	ctx    context.Context
	out    io.Writer    // what Out is in front of
	flush  func() error // of Out
	show   kind         // which kinds
	diff   bool
	prefix string // only files below it; "" for all
	found  int
}

// Run is the command.
func Run(ctx context.Context, u ui.IO, args []string) int {
	s := &session{IO: u, ctx: ctx}
	words, pager, status := s.parse(args)
	if status >= 0 {
		return status
	}
	done := func() {}
	if pager {
		s.IO, done = u.Pager(ctx)
	}
	defer done()
	s.out = s.Out
	buffered := bufio.NewWriter(s.out)
	defer buffered.Flush()
	s.Out, s.flush = buffered, buffered.Flush
	if len(words) == 0 {
		s.all()
	}
	for _, word := range words {
		if !s.argument(word) {
			return u.FailLog("Invalid suffix specification %s.", word)
		}
	}
	if s.found > 0 {
		fmt.Fprintln(s.Out)
	}
	fmt.Fprintf(s.Out, "%d overridden configuration files found.\n", s.found)
	return 0
}

// parse reads the command line; a status that is not negative ends the command.
func (s *session) parse(args []string) (words []string, pager bool, status int) {
	given, words, err := ui.Options(args[0], args[1:], options)
	diff, pager := "", true
	for _, g := range given {
		switch g.Name {
		case "help":
			_, _ = io.WriteString(s.Out, help) // best effort: the reader may have gone
			return nil, false, 0
		case "version":
			fmt.Fprintln(s.Out, ui.Version)
			return nil, false, 0
		case "no-pager":
			pager = false
		case "diff":
			diff = g.Value
			if diff == "" {
				diff = "yes"
			}
			if _, err := quantity.ParseBool(diff); err != nil {
				return nil, false, s.FailLog("Failed to parse boolean argument to --diff: %s.", g.Value)
			}
		case "type":
			if !s.types(g.Value) {
				return nil, false, s.Fail("Failed to parse flags field.")
			}
		}
	}
	if err != nil {
		return nil, false, s.Fail("%v", err)
	}
	if s.show == 0 {
		s.show = usual
	}
	s.diff = s.show&overridden != 0
	if diff != "" {
		s.diff, _ = quantity.ParseBool(diff) // it was parsed before
	}
	if s.diff {
		s.show |= overridden
	}
	return words, pager, -1
}

// types adds the kinds that a list names.
func (s *session) types(list string) bool {
	for word := range strings.SplitSeq(list, ",") {
		var known kind
		for _, k := range kinds {
			if k.word == word {
				known = k.kind
			}
		}
		if word == "default" {
			known = usual
		}
		if known == 0 {
			return false
		}
		s.show |= known
	}
	return true
}

// tell prints what a file is to another one, if that is to be shown, and counts it.
func (s *session) tell(what kind, path, other string) {
	if what != unchanged {
		defer func() {
			if s.show&what != 0 {
				s.found++
			}
		}()
	}
	if s.show&what == 0 {
		return
	}
	const width = 13
	for _, k := range kinds {
		if k.kind != what {
			continue
		}
		line := s.Paint(k.style, k.mark) + strings.Repeat(" ", width-len(k.mark)) + path
		if other != "" {
			line += " → " + other
		}
		fmt.Fprintln(s.Out, line)
	}
	if what == overridden && s.diff {
		fmt.Fprintln(s.Out)
		s.compare(other, path)
		fmt.Fprintln(s.Out)
	}
}

// compare has diff(1) show what is different.
func (s *session) compare(vendor, path string) {
	diff := exec.CommandContext(s.ctx, "diff", "-us", "--", vendor, path)
	diff.Stdout, diff.Stderr = s.out, s.Err
	_ = s.flush() // best effort: the reader may have gone
	if err := diff.Run(); err != nil && diff.ProcessState == nil {
		fmt.Fprintf(s.Err, "Failed to execute diff: %s\n", ui.Because(err))
	}
}
