package ui

import (
	"fmt"
	"strings"
)

// Arg says whether an option takes an argument.
type Arg int

// An optional argument is written in the same word: --opt=arg or -oarg.
const (
	NoArg Arg = iota
	NeedsArg
	MayArg
)

// Option is one option of a command. Long is without its dashes and may be empty, as may Short, which is one byte.
type Option struct {
	Long, Short string
	Arg         Arg
}

// Given is an option as the user gave it. Name is the long name where there is one, else the short one.
type Given struct {
	Name, Value string
}

// Options reads a command line in the manner of getopt_long(3): options and words mix, "--" ends the options, a long
// option may be shortened as long as it stays unambiguous. words are what is left. The message of an error is getopt's,
// behind name and a colon; given is then what stood before it, of which a caller may have to complain first.
func Options(name string, args []string, options []Option) (given []Given, words []string, err error) {
	for i := 0; i < len(args); i++ {
		word := args[i]
		next := func() (string, bool) {
			if i+1 >= len(args) {
				return "", false
			}
			i++
			return args[i], true
		}
		switch {
		case word == "--":
			return given, append(words, args[i+1:]...), nil
		case strings.HasPrefix(word, "--"):
			given, err = long(given, word[2:], options, next)
		case len(word) > 1 && word[0] == '-':
			given, err = short(given, word[1:], options, next)
		default:
			words = append(words, word)
		}
		if err != nil {
			return given, nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return given, words, nil
}

// long reads "name" or "name=value".
func long(given []Given, word string, options []Option, next func() (string, bool)) ([]Given, error) {
	name, value, inWord := strings.Cut(word, "=")
	o, err := find(name, word, options)
	switch {
	case err != nil:
		return given, err
	case o.Arg == NoArg && inWord:
		return given, fmt.Errorf("option '--%s' doesn't allow an argument", o.Long)
	case o.Arg == NeedsArg && !inWord:
		var ok bool
		if value, ok = next(); !ok {
			return given, fmt.Errorf("option '--%s' requires an argument", o.Long)
		}
	}
	return append(given, Given{o.Long, value}), nil
}

// find looks for a long option by its name or an unambiguous beginning of it. word is what the user typed.
func find(name, word string, options []Option) (Option, error) {
	var found []Option
	for _, o := range options {
		if o.Long == name && name != "" {
			return o, nil
		}
		if strings.HasPrefix(o.Long, name) && o.Long != "" {
			found = append(found, o)
		}
	}
	switch len(found) {
	case 0:
		return Option{}, fmt.Errorf("unrecognized option '--%s'", word)
	case 1:
		return found[0], nil
	}
	var all strings.Builder
	for _, o := range found {
		fmt.Fprintf(&all, " '--%s'", o.Long)
	}
	return Option{}, fmt.Errorf("option '--%s' is ambiguous; possibilities:%s", word, all.String())
}

// short reads a group of one-letter options.
func short(given []Given, group string, options []Option, next func() (string, bool)) ([]Given, error) {
	for i := range len(group) {
		letter, rest := group[i:i+1], group[i+1:]
		at := -1
		for j, o := range options {
			if o.Short == letter {
				at = j
			}
		}
		if at < 0 {
			return given, fmt.Errorf("invalid option -- '%s'", letter)
		}
		o := options[at]
		g := Given{Name: o.Long}
		if g.Name == "" {
			g.Name = o.Short
		}
		if o.Arg == NoArg {
			given = append(given, g)
			continue
		}
		g.Value = rest
		if rest == "" && o.Arg == NeedsArg {
			var ok bool
			if g.Value, ok = next(); !ok {
				return given, fmt.Errorf("option requires an argument -- '%s'", letter)
			}
		}
		return append(given, g), nil
	}
	return given, nil
}
