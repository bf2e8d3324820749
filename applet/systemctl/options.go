package systemctl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/journal/output"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/unitname"
)

// optionRows are the options of systemctl(1).
var optionRows = []ui.Option{
	{Long: "help", Short: "h"}, {Long: "version"},
	{Long: "type", Short: "t", Arg: ui.NeedsArg}, {Long: "property", Short: "p", Arg: ui.NeedsArg},
	{Short: "P", Arg: ui.NeedsArg}, {Long: "all", Short: "a"}, {Long: "reverse"}, {Long: "after"}, {Long: "before"},
	{Long: "show-types"}, {Long: "failed"}, {Long: "full", Short: "l"}, {Long: "job-mode", Arg: ui.NeedsArg},
	{Long: "fail"}, {Long: "irreversible"}, {Long: "ignore-dependencies"}, {Long: "ignore-inhibitors", Short: "i"},
	{Long: "check-inhibitors", Arg: ui.NeedsArg}, {Long: "user"}, {Long: "system"}, {Long: "global"},
	{Long: "wait"}, {Long: "no-block"}, {Long: "legend", Arg: ui.NeedsArg}, {Long: "no-legend"}, {Long: "no-pager"},
	{Long: "no-wall"}, {Long: "dry-run"}, {Long: "quiet", Short: "q"}, {Long: "root", Arg: ui.NeedsArg},
	{Long: "image", Arg: ui.NeedsArg}, {Long: "force", Short: "f"}, {Long: "no-reload"},
	{Long: "kill-who", Arg: ui.NeedsArg}, {Long: "kill-whom", Arg: ui.NeedsArg},
	{Long: "signal", Short: "s", Arg: ui.NeedsArg}, {Long: "no-ask-password"},
	{Long: "host", Short: "H", Arg: ui.NeedsArg}, {Long: "machine", Short: "M", Arg: ui.NeedsArg},
	{Long: "runtime"}, {Long: "lines", Short: "n", Arg: ui.NeedsArg}, {Long: "output", Short: "o", Arg: ui.NeedsArg},
	{Long: "plain"}, {Long: "state", Arg: ui.NeedsArg}, {Long: "recursive", Short: "r"},
	{Long: "with-dependencies"}, {Long: "preset-mode", Arg: ui.NeedsArg}, {Long: "firmware-setup"},
	{Long: "boot-loader-menu", Arg: ui.NeedsArg}, {Long: "boot-loader-entry", Arg: ui.NeedsArg}, {Long: "now"},
	{Long: "message", Arg: ui.NeedsArg}, {Long: "show-transaction", Short: "T"}, {Long: "what", Arg: ui.NeedsArg},
	{Long: "reboot-argument", Arg: ui.NeedsArg}, {Long: "timestamp", Arg: ui.NeedsArg}, {Long: "read-only"},
	{Long: "mkdir"}, {Long: "marked"}, {Long: "value"}, {Long: "no-warn"},
	{Long: "stdin"}, {Long: "drop-in", Arg: ui.NeedsArg}, {Long: "really"},
}

// scope is whose manager is spoken to.
type scope int

const (
	systemScope scope = iota
	userScope
	globalScope // the unit files of all users; there is no manager of it
)

// options are the command line, understood.
type options struct {
	set   map[string]bool // options without a value that were given
	scope scope
	host  string // where -H points, "" for here
	// machine is where -M points, "" for here.
	machine string

	types, states    []string
	properties       []string
	what             []string
	jobMode          string
	signal           int
	whom             string
	lines            int
	output           string
	timestamp        string
	presetMode       string
	root             string
	dropIn, image    string
	rebootArgument   string
	message          string
	noLegend, legend bool
	forced           int
}

// newOptions is what holds without any option.
func newOptions() options {
	return options{set: map[string]bool{}, jobMode: "replace", signal: 15, lines: 10, output: "short"}
}

// has says whether an option without a value was given.
func (o *options) has(name string) bool { return o.set[name] }

// errDone ends a command line that an option has answered, as --type=help does.
var errDone = errors.New("answered")

// parse reads the options into o and returns the words that are left.
func (s *session) parse(name string, args []string) ([]string, error) {
	o := &s.opt
	*o = newOptions()
	var rest []string
	if i := slices.Index(args, withManager); i >= 0 { // what follows is another command's
		args, rest = args[:i+1], args[i+1:]
	}
	given, words, optionErr := ui.Options(name, args, optionRows)
	for _, g := range given {
		if err := s.option(g.Name, g.Value); err != nil {
			return nil, err
		}
		if g.Name == "help" || g.Name == "version" {
			return nil, nil // whatever follows
		}
	}
	if optionErr != nil {
		return nil, optionErr
	}
	return append(words, rest...), o.fits()
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
	case "failed":
		o.states = append(o.states, "failed")
	case "fail":
		o.jobMode = "fail"
		o.set[name] = true
	case "irreversible":
		o.jobMode = "replace-irreversibly"
	case "ignore-dependencies":
		o.jobMode = "ignore-dependencies"
	case "no-legend":
		o.noLegend = true
	case "quiet":
		o.set[name] = true
		o.noLegend = o.noLegend || !o.legend
	case "force":
		o.forced++
	case "P":
		o.set["value"] = true
		o.addProperties(value)
	case "property":
		o.addProperties(value)
	case "type":
		return s.typeOption(value)
	case "state":
		return s.stateOption(value)
	default:
		return s.valueOption(name, value)
	}
	return nil
}

// valueOption takes an option that has a value of its own, or none.
func (s *session) valueOption(name, value string) error {
	o := &s.opt
	switch name {
	case "job-mode":
		o.jobMode = value
	case "kill-who", "kill-whom":
		o.whom = value
	case "root":
		return s.rootOption(value)
	case "image":
		o.image = value
	case "drop-in":
		o.dropIn = value
	case "message":
		o.message = value
	case "reboot-argument":
		o.rebootArgument = value
	case "host":
		o.host, o.machine = value, ""
	case "machine":
		o.host, o.machine = "", value
	case "signal":
		return s.signalOption(value)
	case "lines":
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return fmt.Errorf("Failed to parse lines '%s'", value)
		}
		o.lines = int(n)
	case "output":
		return s.outputOption(value)
	case "preset-mode":
		return choose(&o.presetMode, value, "Failed to parse preset mode: %s.", "full", "enable-only", "disable-only")
	case "timestamp":
		return choose(&o.timestamp, value, "Invalid value: %s.", "pretty", "us", "µs", "us+utc", "µs+utc", "utc", "unix")
	case "what":
		return s.whatOption(value)
	case "legend":
		b, err := quantity.ParseBool(value)
		if err != nil {
			return fmt.Errorf("Failed to parse boolean argument to --legend: %s.", value)
		}
		o.noLegend, o.legend = !b, b
	case "check-inhibitors", "boot-loader-menu", "boot-loader-entry": // there is nothing here to check or to tell
	default:
		o.set[name] = true
	}
	return nil
}

// rootOption takes another root; an empty one is this one.
func (s *session) rootOption(value string) (err error) {
	if s.opt.root = ""; value != "" {
		s.opt.root, err = absolute(value)
	}
	return err
}

// choose sets a word that must be one of some, or complains in a format that has one %s.
func choose(to *string, value, complaint string, among ...string) error {
	if !slices.Contains(among, value) {
		return fmt.Errorf(complaint, value)
	}
	*to = value
	return nil
}

func (o *options) addProperties(list string) {
	if list == "" { // --property= alone selects none, which shows nothing
		o.properties = append(o.properties, "")
	}
	for word := range strings.SplitSeq(list, ",") {
		if word != "" {
			o.properties = append(o.properties, word)
		}
	}
}

func (s *session) typeOption(value string) error {
	if value == "" {
		return errors.New("--type= requires arguments.")
	}
	for word := range strings.SplitSeq(value, ",") {
		switch {
		case word == "":
		case word == "help":
			s.listWords("Available unit types:", typeWords())
			return errDone
		case unitname.Type(word).Known():
			s.opt.types = append(s.opt.types, word)
		case slices.Contains(loadStates(), word):
			s.opt.states = append(s.opt.states, word)
		default:
			return fmt.Errorf("Unknown unit type or load state '%s'.\nUse -t help to see a list of allowed values.", word)
		}
	}
	return nil
}

func (s *session) stateOption(value string) error {
	if value == "" {
		return errors.New("--state= requires arguments.")
	}
	for word := range strings.SplitSeq(value, ",") {
		switch word {
		case "":
		case "help":
			s.listStates()
			return errDone
		default:
			s.opt.states = append(s.opt.states, word)
		}
	}
	return nil
}

func (s *session) signalOption(value string) error {
	switch value {
	case "help":
		for _, n := range signals() {
			s.printf("%s\n", signalName(n))
		}
		return errDone
	case "list":
		t := ui.Table{Head: []string{"SIGNAL", "NAME"}}
		for _, n := range signals()[1:] {
			t.Add(strconv.Itoa(n), "SIG"+signalName(n))
		}
		s.table(&t)
		return errDone
	}
	n, err := quantity.ParseSignal(value)
	if err != nil {
		return fmt.Errorf("Failed to parse signal string \"%s\".", value)
	}
	s.opt.signal = n
	return nil
}

func (s *session) outputOption(value string) error {
	if value == "help" {
		s.listWords("", output.Modes())
		return errDone
	}
	return choose(&s.opt.output, value, "Unknown output '%s'.", output.Modes()...)
}

func (s *session) whatOption(value string) error {
	if value == "" {
		return errors.New("--what= requires arguments (see --what=help).")
	}
	for word := range strings.SplitSeq(value, ",") {
		switch word {
		case "":
		case "help":
			s.listWords("", []string{"runtime", "state", "cache", "logs", "configuration"})
			return errDone
		default:
			s.opt.what = append(s.opt.what, word)
		}
	}
	return nil
}

// fits refuses options that do not go together.
func (o *options) fits() error {
	if o.has("wait") && o.has("no-block") {
		return errors.New("--wait may not be combined with --no-block.")
	}
	return nil
}
