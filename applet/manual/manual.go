// Package manual is the command "steward man": manual pages of all commands, and of the options of units, in the
// language of man(7).
//
// It exists so that the pages follow from what the commands say of themselves and from the table of directives. It must
// not know any command.
package manual

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/ui"
)

const help = `steward man [NAME]

Print the manual page of a command, or that of the options of units, steward.directives, to be shown by man -l -.
Without a name the pages are listed.
`

// Describe tells what the command takes.
func Describe(string) ui.Description { return ui.Describe(help, nil, "* @pages") }

// Page is a manual page, Name(Section). Summary is what it is about, in a few words.
type Page struct {
	Name, Section, Summary string
	Text                   func() string
}

// Path is where the page is found below a folder of manual pages, "man1/systemctl.1".
func (p Page) Path() string { return path.Join("man"+p.Section, p.Name+"."+p.Section) }

// Pages lists all pages. Names of one command that take the same share a page.
func Pages(table []applet.Applet) []Page {
	pages := []Page{{"steward", "1", "service manager that runs systemd's units",
		func() string { return overview(table) }}}
	for _, a := range table {
		if a.Describe == nil {
			continue
		}
		names := strings.Fields(a.Names)
		for i, name := range names {
			if i > 0 && a.Describe(name).Synopsis == a.Describe(names[0]).Synopsis {
				continue
			}
			pages = append(pages, Page{pageName(name), sectionOf(name), summary(a, name),
				func() string { return command(a, name) }})
		}
	}
	return append(pages, Page{"steward.directives", "5", "options of units", directives})
}

// summary is the command's own, or that of an older name: what it does, up to the first stop.
func summary(a applet.Applet, name string) string {
	d := a.Describe(name)
	if strings.HasPrefix(a.Names, name) || len(d.Text) == 0 {
		return a.Summary
	}
	what := d.Text[0][:strings.IndexAny(d.Text[0]+".", ".")]
	return strings.ToLower(what[:1]) + what[1:]
}

// pageName is the name of a command's page: those that are only called behind "steward" have it before them.
func pageName(name string) string {
	if name == applet.Default || name == "plan" || name == "completion" || name == "man" {
		return "steward-" + name
	}
	return name
}

// sectionOf is 8 for what administrators alone call, as systemd's pages are.
func sectionOf(name string) string {
	switch name {
	case "halt", "poweroff", "reboot", "shutdown", "telinit", "runlevel", "systemd-sysusers", "systemd-tmpfiles":
		return "8"
	}
	return "1"
}

// Run is "steward man".
func Run(u ui.IO, table []applet.Applet, args []string) int {
	switch {
	case len(args) == 2 && (args[1] == "--help" || args[1] == "-h"):
		_, _ = io.WriteString(u.Out, help) // best effort: the reader may have gone
		return 0
	case len(args) > 2:
		return u.Fail("man: too many arguments")
	}
	for _, p := range Pages(table) {
		switch {
		case len(args) < 2:
			fmt.Fprintf(u.Out, "%-28s %s\n", p.Name+"("+p.Section+")", p.Summary)
		case args[1] == p.Name || "steward-"+args[1] == p.Name:
			_, _ = io.WriteString(u.Out, p.Text()) // best effort: the reader may have gone
			return 0
		}
	}
	if len(args) < 2 {
		return 0
	}
	if a, ok := applet.Find(table, args[1]); ok && a.Describe != nil {
		_, _ = io.WriteString(u.Out, command(a, strings.Fields(a.Names)[0])) // best effort: as above
		return 0
	}
	return u.Fail("man: no page %q; %s man lists them", args[1], "steward")
}

// command is the page of a command.
func command(a applet.Applet, name string) string {
	d := a.Describe(name)
	d.Text = slices.DeleteFunc(d.Text, func(p string) bool { return strings.HasPrefix(p, "See ") }) // this page
	r := begin(pageName(name), sectionOf(name), summary(a, name))
	r.head("SYNOPSIS")
	synopsis := strings.Fields(d.Synopsis)
	r.line(".B " + escape(synopsis[0]))
	r.text(strings.Join(synopsis[1:], " "))
	if len(d.Text) > 0 {
		r.head("DESCRIPTION")
		r.paragraphs(d.Text)
	}
	if len(d.Verbs) > 0 {
		r.head("COMMANDS")
		for _, v := range d.Verbs {
			r.item(bold(v.Name)+" "+italic(v.Args), v.Help)
		}
	}
	if len(d.Options) > 0 {
		r.head("OPTIONS")
		for _, o := range d.Options {
			r.item(option(o), strings.TrimSpace(o.Help+plainWords(o)))
		}
	}
	title := ""
	for _, n := range d.Notes {
		if n.Title != title {
			title = n.Title
			r.head(strings.ToUpper(title))
		}
		if what, means, ok := strings.Cut(n.Text, "  "); ok {
			r.item(bold(what), strings.TrimSpace(means))
		} else {
			r.text(n.Text)
		}
	}
	r.head("SEE ALSO")
	r.line(".BR steward (1),")
	r.line(".BR steward.directives (5)")
	return r.String()
}

// option is how an option is written: "-t, --type=TYPE".
func option(o ui.OptionHelp) string {
	value := ""
	if o.Value != "" && (!strings.Contains(o.Value, "|") || o.Value == strings.ToUpper(o.Value)) {
		value = italic(o.Value)
	} else if o.Arg != ui.NoArg {
		value = italic("VALUE")
	}
	var forms []string
	if o.Short != "" {
		form := bold("-" + o.Short)
		if o.Arg == ui.NeedsArg && o.Long == "" {
			form += " " + value
		}
		forms = append(forms, form)
	}
	switch {
	case o.Long == "":
	case o.Arg == ui.NeedsArg:
		forms = append(forms, bold("--"+o.Long+"=")+value)
	case o.Arg == ui.MayArg:
		forms = append(forms, bold("--"+o.Long)+"["+bold("=")+value+"]")
	default:
		forms = append(forms, bold("--"+o.Long))
	}
	return strings.Join(forms, ", ")
}

// plainWords are the words that the argument of an option can be, where there are only a few and the help does not name
// them.
func plainWords(o ui.OptionHelp) string {
	const few = 20
	list := strings.Fields(o.Words)
	named := func(word string) bool { return strings.Contains(" "+o.Help+" ", " "+word) }
	switch {
	case len(list) == 0, len(list) > few, strings.Contains(o.Words, "@"), o.Words == "yes no":
		return ""
	case !slices.ContainsFunc(list, func(word string) bool { return !named(word) }):
		return ""
	}
	return ". One of: " + strings.Join(list, ", ") + "."
}

// overview is steward(1), the page of all.
func overview(table []applet.Applet) string {
	r := begin("steward", "1", "service manager that runs systemd's units")
	r.head("SYNOPSIS")
	r.line(".B steward")
	r.line(".I COMMAND")
	r.text("[ARGUMENT...]")
	r.head("DESCRIPTION")
	r.text("One program is all commands. It is called with the name of a command before the command's arguments, or by " +
		"a link to it that has the command's name. Called with options alone it is the service manager.")
	r.head("COMMANDS")
	for _, a := range table {
		names := strings.Fields(a.Names)
		if a.Describe == nil {
			continue
		}
		r.item(bold(strings.Join(names, ", ")), strings.ToUpper(a.Summary[:1])+a.Summary[1:]+".")
	}
	r.head("SEE ALSO")
	r.line(".BR systemctl (1),")
	r.line(".BR steward\\-manager (1),")
	r.line(".BR steward.directives (5)")
	return r.String()
}
