package analyze

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/unitname"
)

// optionRows are the options of systemd-analyze(1).
var optionRows = []ui.Option{
	{Long: "help", Short: "h"}, {Long: "version"}, {Long: "quiet", Short: "q"}, {Long: "order"}, {Long: "require"},
	{Long: "root", Arg: ui.NeedsArg}, {Long: "image", Arg: ui.NeedsArg},
	{Long: "recursive-errors", Arg: ui.NeedsArg}, {Long: "offline", Arg: ui.NeedsArg},
	{Long: "threshold", Arg: ui.NeedsArg}, {Long: "security-policy", Arg: ui.NeedsArg}, {Long: "system"},
	{Long: "user"}, {Long: "global"}, {Long: "from-pattern", Arg: ui.NeedsArg}, {Long: "to-pattern", Arg: ui.NeedsArg},
	{Long: "fuzz", Arg: ui.NeedsArg}, {Long: "no-pager"}, {Long: "man", Arg: ui.MayArg},
	{Long: "generators", Arg: ui.MayArg}, {Long: "host", Short: "H", Arg: ui.NeedsArg},
	{Long: "machine", Short: "M", Arg: ui.NeedsArg}, {Long: "iterations", Arg: ui.NeedsArg},
	{Long: "base-time", Arg: ui.NeedsArg}, {Long: "unit", Arg: ui.NeedsArg}, {Long: "json", Arg: ui.NeedsArg},
	{Long: "profile", Arg: ui.NeedsArg},
	// Ours, for verify.
	{Long: "rules", Arg: ui.NeedsArg}, {Long: "fix"}, {Long: "vendor"},
}

// scope is whose manager or configuration is looked at.
type scope int

const (
	systemScope scope = iota
	userScope
	globalScope // the unit files of all users; there is no manager of it
)

// options are the command line, understood.
type options struct {
	set   map[string]bool // options without a value that were given: help, version, quiet, order, require, no-pager
	scope scope
	host  string // where -H or -M point, "" for here
	root  string // what --root= names, "" for "/"
	image string // what --image= names, "" for none

	recursiveErrors string // yes, no, one; "" for not given
	man, generators bool

	offline        bool
	threshold      int // 0 to 100
	securityPolicy string
	profile        string
	json           string // pretty, short, off

	fromPatterns, toPatterns []string
	fuzz                     span.Span

	iterations int
	baseTime   uint64 // microseconds since 1970; 0 for the present
	unit       string // a complete name

	rules []string // codes, with "-" before those to leave out
}

// has says whether an option without a value was given.
func (o *options) has(name string) bool { return o.set[name] }

// errStatusOnly makes the status 1 without a message, as the original does in one place.
var errStatusOnly = errSilent

// parse reads the options into o and returns the words that are left.
func (s *session) parse(name string, args []string) ([]string, error) {
	s.opt = options{set: map[string]bool{}, man: true, threshold: 100, json: "off", iterations: 1}
	given, words, optionErr := ui.Options(name, args, optionRows)
	for _, g := range given {
		if g.Name == "help" || g.Name == "version" {
			s.opt.set[g.Name] = true
			return nil, nil
		}
		if err := s.option(g.Name, g.Value); err != nil {
			return nil, err
		}
	}
	if optionErr != nil {
		s.message(ui.Plain, optionErr.Error()) // getopt_long(3) knows no colours
		return nil, errSilent
	}
	return words, s.opt.fits(words)
}

// option takes one option.
func (s *session) option(name, value string) error {
	o := &s.opt
	switch name {
	case "user":
		o.scope = userScope
	case "system":
		o.scope = systemScope
	case "global":
		o.scope = globalScope
	case "host", "machine":
		o.host = value
	case "root":
		o.root = strings.TrimRight(value, "/")
	case "image":
		o.image = value
	case "security-policy":
		o.securityPolicy = value
	case "from-pattern":
		o.fromPatterns = append(o.fromPatterns, value)
	case "to-pattern":
		o.toPatterns = append(o.toPatterns, value)
	case "rules":
		o.rules = append(o.rules, strings.Split(value, ",")...)
	case "recursive-errors", "json":
		return o.word(name, value)
	case "offline", "man", "generators":
		return o.boolean(name, value)
	case "threshold", "iterations", "base-time", "fuzz":
		return s.number(name, value)
	case "unit", "profile":
		return o.name(name, value)
	default:
		o.set[name] = true
	}
	return nil
}

// word takes an option whose value is one of some words.
func (o *options) word(name, value string) error {
	if name == "json" {
		if o.json = value; !slices.Contains([]string{"pretty", "short", "off", "sarif"}, value) {
			return fmt.Errorf("Unknown argument to --json= switch: %s", value)
		}
		return nil
	}
	if o.recursiveErrors = value; !slices.Contains([]string{"yes", "no", "one"}, value) {
		return fmt.Errorf("Unknown mode passed to --recursive-errors='%s'.", value)
	}
	return nil
}

// boolean takes an option whose value is a boolean; --man and --generators alone are true.
func (o *options) boolean(name, value string) error {
	b, err := quantity.ParseBool(value)
	if value == "" && name != "offline" {
		b, err = true, nil
	}
	if err != nil {
		return fmt.Errorf("Failed to parse boolean argument to --%s: %s.", name, value)
	}
	switch name {
	case "offline":
		o.offline = b
	case "man":
		o.man = b
	case "generators":
		o.generators = b
	}
	return nil
}

// number takes an option whose value is a number or a time.
func (s *session) number(name, value string) error {
	o := &s.opt
	var err error
	switch name {
	case "threshold":
		if o.threshold, err = parseCount(value); err != nil || o.threshold > 100 {
			return fmt.Errorf("Failed to parse threshold: %s", value)
		}
	case "iterations":
		if o.iterations, err = parseCount(value); err != nil {
			return fmt.Errorf("Failed to parse iterations: %s", value)
		}
	case "base-time":
		if o.baseTime, err = span.ParseTimestamp(value, s.now(), s.zone()); err != nil {
			return fmt.Errorf("Failed to parse --base-time= parameter: %s", value)
		}
	case "fuzz":
		if o.fuzz, err = span.Parse(value); err != nil {
			return errStatusOnly
		}
	}
	return nil
}

// parseCount reads an unsigned number of 32 bits in any base that strtoul(3) knows.
func parseCount(value string) (int, error) {
	value = strings.TrimPrefix(strings.TrimLeft(value, " \t\n\r"), "+")
	if strings.Contains(value, "_") {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseUint(value, 0, 32)
	return int(n), err
}

// name takes an option whose value names a unit or a file.
func (o *options) name(name, value string) error {
	if name == "profile" {
		if o.profile = value; value == "" {
			return errors.New("Profile file name is empty")
		}
		return nil
	}
	mangled, err := unitname.Mangle(value, ".service")
	if err != nil {
		return fmt.Errorf("Failed to mangle unit name %s: Invalid argument", value)
	}
	o.unit = mangled
	return nil
}

// fits refuses options that do not go together or with the verb, in the order of the original.
func (o *options) fits(words []string) error {
	name := ""
	if len(words) > 0 {
		name = words[0]
	}
	message := ""
	switch {
	case o.offline && name != "security":
		message = "Option --offline= is only supported for security right now."
	case o.json != "off" && name != "security" && name != "inspect-elf" && name != "verify":
		message = "Option --json= is only supported for security and inspect-elf right now."
	case o.json == "sarif" && name != "verify":
		message = "Unknown argument to --json= switch: sarif"
	case (o.has("fix") || o.has("vendor") || len(o.rules) > 0) && name != "verify":
		message = "Options --fix, --vendor and --rules= are only supported for verify."
	case o.threshold != 100 && name != "security":
		message = "Option --threshold= is only supported for security right now."
	case o.scope == globalScope && !slices.Contains([]string{"dot", "unit-paths", "verify"}, name):
		message = "Option --global only makes sense with verbs dot, unit-paths, verify."
	case name == "cat-config" && o.scope == userScope:
		message = "Option --user is not supported for cat-config right now."
	case o.securityPolicy != "" && name != "security":
		message = "Option --security-policy= is only supported for security."
	case (o.root != "" || o.image != "") && !slices.Contains([]string{"cat-config", "verify", "condition"}, name) &&
		!(name == "security" && o.offline):
		message = "Options --root= and --image= are only supported for cat-config, verify, condition and security when " +
			"used with --offline= right now."
	case o.root != "" && o.image != "":
		message = "Please specify either --root= or --image=, the combination of both is not supported."
	case o.unit != "" && name != "condition" && name != "verify":
		message = "Option --unit= is only supported for condition"
	case name == "condition" && o.unit == "" && len(words) < 2:
		message = "Too few arguments for condition"
	case name == "condition" && o.unit != "" && len(words) > 1:
		message = "No conditions can be passed if --unit= is used."
	default:
		return nil
	}
	return errors.New(message)
}
