package ui

import "strings"

// Description is a command as its help tells it. Completions in shells and manual pages are made of it.
type Description struct {
	Synopsis string   // "systemctl [OPTIONS...] COMMAND ..."
	Text     []string // paragraphs
	Verbs    []VerbHelp
	Options  []OptionHelp
	Notes    []Note
	Words    string // what the words of a command without verbs can be, as Describe says
}

// VerbHelp is a verb. Args is how the help shows its arguments, "UNIT...".
type VerbHelp struct {
	Name, Args, Help string
	Words            string // what its arguments can be
}

// OptionHelp is an option with what the help says of it. Value is how its argument is shown, "PATH".
type OptionHelp struct {
	Option
	Value, Help string
	Words       string // what its argument can be
}

// Note is a further part of a help text, "Environment" or "Exit status".
type Note struct{ Title, Text string }

// Describe reads a help text: the synopsis, paragraphs, and lines of the form "  verb ARGUMENTS  text" and
// "  -o --option=VALUE text", which go on in lines that are indented further. So a help text is the one place where a
// command is described, and options the one where it is said how they are read: options that are in only one of both
// are found by a test. Each of words is the name of a verb, of an option with its dashes, or "*" for the words of a
// command without verbs, and behind a space what completes it: words, and kinds of them that begin with "@" (package
// complete has the list).
func Describe(help string, options []Option, words ...string) Description {
	r := reader{options: options}
	for line := range strings.Lines(help) {
		r.line(strings.TrimRight(line, "\n"))
	}
	for _, o := range options {
		if !r.described(o) {
			r.Options = append(r.Options, OptionHelp{Option: o})
		}
	}
	for _, row := range words {
		name, list, _ := strings.Cut(row, " ")
		r.complete(name, list)
	}
	return r.Description
}

// reader is a help text under way.
type reader struct {
	Description
	options []Option
	section string
	more    *string // the text that a further line goes on with
}

func (r *reader) line(line string) {
	text := strings.TrimLeft(line, " ")
	indent := len(line) - len(text)
	switch {
	case text == "":
		r.more = nil
	case r.Synopsis == "":
		r.Synopsis = text
	case indent > 0 && text[0] == '-':
		r.option(text)
	case indent == 2 && r.section == "Environment":
		r.Notes = append(r.Notes, Note{r.section, text})
		r.more = &r.Notes[len(r.Notes)-1].Text
	case indent == 2:
		r.verb(text)
	case indent == 0 && strings.HasSuffix(text, ":") && r.more == nil:
		r.section, r.more = strings.TrimSuffix(text, ":"), nil
	case indent == 0 && strings.HasPrefix(text, "Exit status:"):
		r.Notes = append(r.Notes, Note{"Exit status", strings.TrimSpace(text[len("Exit status:"):])})
		r.more = &r.Notes[len(r.Notes)-1].Text
	case r.more != nil:
		*r.more = strings.TrimSpace(*r.more + " " + text)
	default:
		r.Text = append(r.Text, text)
		r.more = &r.Text[len(r.Text)-1]
	}
}

// option reads the line of an option.
func (r *reader) option(text string) {
	var found OptionHelp
	for strings.HasPrefix(text, "-") {
		var word string
		word, text, _ = strings.Cut(text, " ")
		name, value, hasValue := strings.Cut(word, "=")
		name = strings.TrimSuffix(name, "[")
		for _, o := range r.options {
			if "--"+o.Long == name && o.Long != "" || "-"+o.Short == name && o.Short != "" {
				found.Option = o
			}
		}
		if hasValue {
			found.Value = strings.TrimSuffix(value, "]")
		}
		text = strings.TrimLeft(text, " ")
	}
	if word, rest, _ := strings.Cut(text, " "); found.Arg != NoArg && found.Value == "" && word == strings.ToUpper(word) {
		found.Value, text = word, strings.TrimLeft(rest, " ")
	}
	if strings.Contains(found.Value, "|") && found.Value == strings.ToLower(found.Value) {
		found.Words = strings.ReplaceAll(found.Value, "|", " ")
	}
	found.Help = text
	r.Options = append(r.Options, found)
	r.more = &r.Options[len(r.Options)-1].Help
}

// verb reads the line of a verb. One in brackets is what the command does without.
func (r *reader) verb(text string) {
	name, rest, _ := strings.Cut(text, " ")
	args, help, _ := strings.Cut(rest, "  ")
	if strings.HasPrefix(rest, " ") {
		args, help = "", rest
	}
	r.Verbs = append(r.Verbs, VerbHelp{Name: strings.Trim(name, "[]"), Args: strings.TrimSpace(args),
		Help: strings.TrimSpace(help)})
	r.more = &r.Verbs[len(r.Verbs)-1].Help
}

func (r *reader) described(o Option) bool {
	for _, known := range r.Options {
		if known.Long == o.Long && known.Short == o.Short {
			return true
		}
	}
	return false
}

// complete says what a verb or the argument of an option can be.
func (r *reader) complete(name, list string) {
	if name == "*" {
		r.Words = list
		return
	}
	for i := range r.Verbs {
		if r.Verbs[i].Name == name {
			r.Verbs[i].Words = list
		}
	}
	for i, o := range r.Options {
		if name == "--"+o.Long && o.Long != "" || name == "-"+o.Short && o.Short != "" {
			r.Options[i].Words = list
		}
	}
}
