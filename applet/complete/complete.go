// Package complete is the commands "steward completion SHELL", which prints a shell's completion of all commands, and
// "steward complete", which it asks at each press of the tabulator key.
//
// It exists so that three shells complete the same, and what they complete is what the commands say of themselves: the
// scripts hold no words. It must not know any command; their descriptions say what they take.
package complete

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/ui"
)

// program is the name that stands before a command's name.
const program = "steward"

// Candidate is a word that could stand there, and what it means.
type Candidate struct{ Word, Help string }

// Answer is what could stand there. Files and Directories ask the shell to look for those, too.
type Answer struct {
	Words              []Candidate
	Files, Directories bool
	// From is where in the last word the candidates begin: behind "--option=".
	From int
}

// completion is one question.
type completion struct {
	ctx    context.Context
	io     ui.IO
	table  []applet.Applet
	scope  []string // options of this command line that a question of ours needs too: --user, --root=
	answer Answer
}

// Complete says what the last of the words could be, which the user has begun to write. The first is a command's name,
// or "steward" before it.
func Complete(ctx context.Context, u ui.IO, table []applet.Applet, words []string) Answer {
	c := completion{ctx: ctx, io: u, table: table}
	c.command(words)
	begun := ""
	if len(words) > 0 {
		begun = words[len(words)-1][c.answer.From:]
	}
	c.answer.Words = slices.DeleteFunc(c.answer.Words, func(w Candidate) bool { return !strings.HasPrefix(w.Word, begun) })
	slices.SortStableFunc(c.answer.Words, func(a, b Candidate) int { return strings.Compare(a.Word, b.Word) })
	c.answer.Words = slices.CompactFunc(c.answer.Words, func(a, b Candidate) bool { return a.Word == b.Word })
	return c.answer
}

// command finds the command that the words are of.
func (c *completion) command(words []string) {
	if len(words) < 2 {
		return
	}
	name := words[0][strings.LastIndexByte(words[0], '/')+1:]
	a, ok := applet.Find(c.table, name)
	switch {
	case ok && a.Describe != nil:
		c.line(a.Describe(name), words[1:])
	case name != program:
	case strings.HasPrefix(words[1], "-"):
		if a, ok := applet.Find(c.table, applet.Default); ok {
			c.line(a.Describe(applet.Default), words[1:])
		}
	case len(words) == 2:
		c.names()
	default:
		c.command(words[1:])
	}
}

// names are those of all commands.
func (c *completion) names() {
	for _, a := range c.table {
		if a.Describe == nil {
			continue
		}
		for name := range strings.FieldsSeq(a.Names) {
			c.add(name, a.Summary)
		}
	}
	c.add("help", "list the commands")
}

func (c *completion) add(word, help string) {
	c.answer.Words = append(c.answer.Words, Candidate{word, help})
}

// line completes a command line without the command's name: an option, the argument of one, a verb or its arguments.
func (c *completion) line(d ui.Description, words []string) {
	last := len(words) - 1
	var verb *ui.VerbHelp
	ended := false
	for i := 0; i < last; i++ {
		word := words[i]
		switch {
		case !ended && word == "--":
			ended = true
		case !ended && strings.HasPrefix(word, "-") && word != "-":
			o := optionOf(d, word)
			if strings.HasPrefix(word, "--user") || word == "--system" || word == "--global" ||
				strings.HasPrefix(word, "--root=") {
				c.scope = append(c.scope, word)
			}
			if o == nil || o.Arg != ui.NeedsArg || strings.Contains(word, "=") {
				continue
			}
			if i++; i == last {
				c.words(o.Words, words[last], 0)
				return
			}
			if o.Long == "root" || o.Long == "machine" {
				c.scope = append(c.scope, "--"+o.Long+"="+words[i])
			}
		case verb == nil && len(d.Verbs) > 0:
			if verb = verbOf(d, word); verb == nil {
				return
			}
		}
	}
	begun := words[last]
	name, _, isValue := strings.Cut(begun, "=")
	switch {
	case !ended && isValue && strings.HasPrefix(begun, "--"):
		if o := optionOf(d, name); o != nil {
			c.answer.From = len(name) + 1
			c.words(o.Words, begun, c.answer.From)
		}
	case !ended && strings.HasPrefix(begun, "-"):
		c.options(d)
	case verb != nil:
		c.words(verb.Words, begun, 0)
	case len(d.Verbs) > 0:
		for _, v := range d.Verbs {
			c.add(v.Name, v.Help)
		}
	default:
		c.words(d.Words, begun, 0)
	}
}

// options are all that a command has.
func (c *completion) options(d ui.Description) {
	for _, o := range d.Options {
		switch {
		case o.Long == "":
		case o.Arg == ui.NeedsArg:
			c.add("--"+o.Long+"=", o.Help)
		default:
			c.add("--"+o.Long, o.Help)
		}
		if o.Short != "" {
			c.add("-"+o.Short, o.Help)
		}
	}
}

// optionOf is the option that a word gives. Of a group of letters the last decides whether a word follows.
func optionOf(d ui.Description, word string) *ui.OptionHelp {
	name, _, _ := strings.Cut(word, "=")
	for i, o := range d.Options {
		if name == "--"+o.Long || o.Short != "" && !strings.HasPrefix(name, "--") && strings.HasSuffix(name, o.Short) {
			return &d.Options[i]
		}
	}
	return nil
}

func verbOf(d ui.Description, name string) *ui.VerbHelp {
	for i, v := range d.Verbs {
		if v.Name == name {
			return &d.Verbs[i]
		}
	}
	return nil
}

// words adds those of a list, as a Description has them. Behind a comma in what the user has written so far another one
// of the list begins.
func (c *completion) words(list, begun string, from int) {
	before := begun[from : strings.LastIndexByte(begun[from:], ',')+1+from]
	for word := range strings.FieldsSeq(list) {
		switch kind, isKind := strings.CutPrefix(word, "@"); {
		case !isKind:
			c.add(before+word, "")
		case kind == "files":
			c.answer.Files = true
		case kind == "directories":
			c.answer.Directories = true
		case kind == "properties" || kind == "types":
			c.look(kind, before, begun)
		default:
			c.look(kind, "", begun)
		}
	}
}

// Run is "steward complete". For bash its arguments are the line up to the cursor, and what bash thinks is the last
// word of it, which may be only the end of one; for other shells the words, the last as far as it is written.
func Run(ctx context.Context, u ui.IO, table []applet.Applet, args []string) int {
	if len(args) < 4 || args[2] != "--" || args[1] == "bash" && len(args) != 5 {
		return u.Fail("complete: bash -- LINE WORD, or zsh|fish -- WORD...")
	}
	words, cut, open := args[3:], 0, byte(0)
	if args[1] == "bash" {
		raw := ""
		words, raw, open = split(args[3])
		head, ok := strings.CutSuffix(raw, args[4])
		if ok {
			cut = len(unquote(head))
		}
	}
	a := Complete(ctx, u, table, words)
	for _, w := range a.Words {
		whole := words[len(words)-1][:a.From] + w.Word
		switch args[1] {
		case "bash":
			if cut <= len(whole) {
				fmt.Fprintln(u.Out, quote(whole[cut:], open))
			}
		case "fish":
			fmt.Fprintf(u.Out, "%s\t%s\n", whole, w.Help)
		default:
			fmt.Fprintf(u.Out, "%s\t%s\n", w.Word, w.Help)
		}
	}
	switch {
	case a.Files:
		fmt.Fprintln(u.Out, ":files")
	case a.Directories:
		fmt.Fprintln(u.Out, ":directories")
	}
	return 0
}
