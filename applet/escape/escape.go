// Package escape is the command systemd-escape(1).
//
// It exists to put text and paths into unit names from scripts. It must not know how escaping works; syntax/unitname
// does.
package escape

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/unitname"
)

// options are those of systemd-escape(1).
var options = []ui.Option{
	{Long: "help", Short: "h"},
	{Long: "version"},
	{Long: "suffix", Arg: ui.NeedsArg},
	{Long: "template", Arg: ui.NeedsArg},
	{Long: "unescape", Short: "u"},
	{Long: "mangle", Short: "m"},
	{Long: "path", Short: "p"},
	{Long: "instance"},
}

const help = `systemd-escape [OPTIONS...] [NAME...]

Turn text into part of a unit name, or back.

  -h --help               Show this help
     --version            Show the version
     --suffix=SUFFIX      Add this unit type to what was escaped
     --template=TEMPLATE  Make what was escaped the instance of a template
     --instance           With --unescape: print only the instance
  -u --unescape           Turn back into text
  -m --mangle             Escape only what can not be escaped yet
  -p --path               The text is a path
`

// action is what is done with each string; the last option that chooses one wins.
type action string

const (
	escaping   action = "escape"
	unescaping action = "unescape"
	mangling   action = "mangle"
)

// command is a command line, understood.
type command struct {
	action           action
	suffix, template string
	path, instance   bool
	words            []string
	help, version    bool
}

// errQuoted ends an error whose text is systemd's for EINVAL.
var errQuoted = errors.New("Invalid argument")

// refusal is a complaint about an option that getopt knows nothing of.
type refusal string

func (r refusal) Error() string { return string(r) }

// Run is the command.
func Run(_ context.Context, u ui.IO, args []string) int {
	c, err := parse(args)
	var wrong refusal
	switch {
	case errors.As(err, &wrong):
		return u.FailLog("%v", err)
	case err != nil:
		return u.Fail("%v", err)
	case c.help:
		_, _ = io.WriteString(u.Out, help) // best effort: the reader may have gone
		return 0
	case c.version:
		fmt.Fprintln(u.Out, ui.Version)
		return 0
	}
	for i, word := range c.words {
		text, warning, err := c.one(word)
		_, _ = io.WriteString(u.Err, ui.Logged(warning)) // best effort: nobody may be listening
		if err != nil {
			return u.FailLog("%v", err)
		}
		if i > 0 {
			text = " " + text
		}
		_, _ = io.WriteString(u.Out, text) // best effort: the reader may have gone
	}
	fmt.Fprintln(u.Out)
	return 0
}

// parse reads the command line, and refuses what does not go together in the words of the original.
func parse(args []string) (command, error) {
	c := command{action: escaping}
	given, words, optionErr := ui.Options(args[0], args[1:], options)
	for _, g := range given {
		switch g.Name {
		case "help":
			c.help = true
			return c, nil
		case "version":
			c.version = true
			return c, nil
		case "suffix":
			if c.suffix = g.Value; !unitname.Type(g.Value).Known() {
				return c, refusal(fmt.Sprintf("Invalid unit suffix type \"%s\".", g.Value))
			}
		case "template":
			if c.template = g.Value; !unitname.IsTemplate(g.Value) {
				return c, refusal(fmt.Sprintf("Template name %s is not valid.", g.Value))
			}
		case "unescape":
			c.action = unescaping
		case "mangle":
			c.action = mangling
		case "path":
			c.path = true
		case "instance":
			c.instance = true
		}
	}
	if c.words = words; optionErr != nil {
		return c, optionErr
	}
	return c, c.fits()
}

// fits refuses combinations that systemd-escape(1) rules out.
func (c command) fits() error {
	message := ""
	switch {
	case len(c.words) == 0:
		message = "Not enough arguments."
	case c.template != "" && c.suffix != "":
		message = "--suffix= and --template= may not be combined."
	case (c.template != "" || c.suffix != "") && c.action == mangling:
		message = "--suffix= and --template= are not compatible with --mangle."
	case c.suffix != "" && c.action == unescaping:
		message = "--suffix is not compatible with --unescape."
	case c.path && c.action == mangling:
		message = "--path may not be combined with --mangle."
	case c.instance && c.action != unescaping:
		message = "--instance must be used in conjunction with --unescape."
	case c.instance && c.template != "":
		message = "--instance may not be combined with --template."
	default:
		return nil
	}
	return errors.New(message)
}

// one does the action with one string.
func (c command) one(word string) (text, warning string, err error) {
	switch c.action {
	case unescaping:
		text, err = c.unescape(word)
	case mangling:
		if text, err = unitname.Mangle(word, ".service"); err != nil {
			err = fmt.Errorf("Failed to mangle name: %w", errQuoted)
		}
	default:
		text, warning, err = c.escape(word)
	}
	return text, warning, err
}

func (c command) escape(word string) (text, warning string, err error) {
	text = unitname.Escape(word)
	if c.path {
		text, err = unitname.EscapePath(word)
		why, wrong := complain(word, err != nil)
		if err != nil {
			return "", "", fmt.Errorf("Input '%s' is not %s file system path, failed to escape.", word, why)
		}
		if wrong {
			warning = fmt.Sprintf("Input '%s' is not %s file system path, %s reversible.", word, why, doubt(why))
		}
	}
	switch {
	case c.template != "":
		named, err := unitname.ReplaceInstance(c.template, text)
		if err != nil || text == "" {
			return "", warning, fmt.Errorf("Failed to replace instance: %w", errQuoted)
		}
		text = named
	case c.suffix != "":
		text += "." + c.suffix
	}
	return text, warning, nil
}

// doubt is the original's wording, which differs by one word between its two warnings.
func doubt(why string) string {
	if why == "a valid" {
		return "escaping is likely not going be"
	}
	return "escaping is likely not going to be"
}

// complain says what a path is not, if anything; failed paths are not normalized if nothing else is wrong.
func complain(word string, failed bool) (why string, wrong bool) {
	switch {
	case !validPath(word):
		return "a valid", true
	case !path.IsAbs(word):
		return "an absolute", true
	case failed:
		return "a normalized", true
	}
	return "", false
}

// validPath says whether the kernel would take the path: not empty, and no component longer than NAME_MAX.
func validPath(word string) bool {
	if word == "" || len(word) >= 4096 {
		return false
	}
	for component := range strings.SplitSeq(word, "/") {
		if len(component) > 255 {
			return false
		}
	}
	return true
}

func (c command) unescape(word string) (string, error) {
	if c.template != "" || c.instance {
		instance, err := c.instanceOf(word)
		if err != nil {
			return "", err
		}
		word = instance
	}
	unescape := unitname.Unescape
	if c.path {
		unescape = unitname.UnescapePath
	}
	text, err := unescape(word)
	if err != nil {
		return "", fmt.Errorf("Failed to unescape string: %w", errQuoted)
	}
	text, _, _ = strings.Cut(text, "\x00") // no path goes on behind it, nor does the original
	return text, nil
}

// instanceOf takes the instance out of a unit name, which must be of the template if one was given.
func (c command) instanceOf(name string) (string, error) {
	switch {
	case unitname.Valid(name) != nil:
		return "", fmt.Errorf("Failed to extract instance: %w", errQuoted)
	case !unitname.IsInstance(name):
		return "", fmt.Errorf("Unit %s is missing the instance name.", name)
	}
	if of := unitname.Template(name); c.template != "" && of != c.template {
		return "", fmt.Errorf("Unit %s template %s does not match specified template %s.", name, of, c.template)
	}
	return unitname.Instance(name), nil
}
