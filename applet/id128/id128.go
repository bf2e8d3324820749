// Package id128 is the command systemd-id128(1).
//
// It exists for scripts and programmers who need an identifier. It must not know how one is spelled or derived;
// syntax/id128 does.
package id128

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/host/machineid"
	"github.com/steward-init/steward/syntax/architecture"
	"github.com/steward-init/steward/syntax/disk"
	"github.com/steward-init/steward/syntax/id128"
	"github.com/steward-init/steward/sys"
)

// options are those of systemd-id128(1), and of later versions -P.
var options = []ui.Option{
	{Long: "help", Short: "h"},
	{Long: "version"},
	{Long: "pretty", Short: "p"},
	{Short: "P"},
	{Long: "app-specific", Short: "a", Arg: ui.NeedsArg},
	{Long: "uuid", Short: "u"},
}

const help = `systemd-id128 [OPTIONS...] COMMAND

Make and show 128-bit identifiers.

Commands:
  new                     Make a new identifier
  machine-id              Show that of the machine
  boot-id                 Show that of this boot
  invocation-id           Show that of this run of a service
  show [NAME|ID...]       Show well-known types of GPT partitions
  help                    Show this help

Options:
  -h --help               Show this help
     --version            Show the version
  -p --pretty             Show them as pieces of source code
  -P                      Show only the values
  -a --app-specific=ID    Derive the identifier for this application
  -u --uuid               Show them as UUIDs
`

// style is how an identifier is printed; the last option that chooses one wins.
type style int

const (
	plain style = iota
	pretty
	uuid
)

// session is one run of the command.
type session struct {
	ui.IO
	style  style
	values bool // print no names
	app    id128.ID
}

// Run is the command.
func Run(_ context.Context, u ui.IO, args []string) int {
	s := &session{IO: u}
	given, words, optionErr := ui.Options(args[0], args[1:], options)
	for _, g := range given {
		switch g.Name {
		case "help":
			return s.help()
		case "version":
			fmt.Fprintln(u.Out, ui.Version)
			return 0
		case "pretty":
			s.style = pretty
		case "uuid":
			s.style = uuid
		case "P":
			s.values = true
		case "app-specific":
			var err error
			if s.app, err = id128.Parse(g.Value); err != nil {
				return u.FailLog("Failed to parse \"%s\" as application-ID: %s", g.Value, ui.Because(syscall.EINVAL))
			}
		}
	}
	switch {
	case optionErr != nil:
		return u.Fail("%v", optionErr)
	case len(words) == 0:
		return u.Fail("Command verb required.")
	}
	return s.verb(words[0], words[1:])
}

func (s *session) help() int {
	_, _ = io.WriteString(s.Out, help) // best effort: the reader may have gone
	return 0
}

// verb does what a command word asks for.
func (s *session) verb(verb string, names []string) int {
	switch verb {
	case "help":
		return s.help()
	case "show":
		return s.show(names)
	case "new", "machine-id", "boot-id", "invocation-id":
		if len(names) > 0 {
			return s.Fail("Too many arguments.")
		}
	default:
		return s.FailLog("Unknown command verb %s.", verb)
	}
	if verb == "invocation-id" && !s.app.IsZero() {
		return s.Fail("Verb \"invocation-id\" cannot be combined with --app-specific=.")
	}
	id, err := s.get(verb)
	if err != nil {
		which := strings.TrimSuffix(verb, "-id") + "-ID"
		if !s.app.IsZero() {
			which = "app-specific " + which
		}
		return s.Fail("Failed to get %s: %s", which, ui.Because(err))
	}
	if !s.app.IsZero() && verb != "new" {
		id = id.AppSpecific(s.app)
	}
	s.print("XYZ", id)
	return 0
}

// get finds the identifier that a verb is about.
func (s *session) get(verb string) (id128.ID, error) {
	switch verb {
	case "machine-id":
		return machineid.Read()
	case "boot-id":
		text, err := sys.BootID()
		if err != nil {
			return id128.ID{}, err
		}
		return parsed(text)
	case "invocation-id":
		text, set := "", false
		if s.Lookup != nil {
			text, set = s.Lookup("INVOCATION_ID")
		}
		if !set {
			return id128.ID{}, syscall.ENXIO
		}
		return parsed(text)
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return id128.Version4(random), nil
}

// parsed is id128.Parse with the error that the tool prints.
func parsed(text string) (id128.ID, error) {
	id, err := id128.Parse(text)
	if errors.Is(err, id128.ErrMalformed) {
		return id, syscall.EINVAL
	}
	return id, err
}

// print writes one identifier; name is what a piece of source code calls it.
func (s *session) print(name string, id id128.ID) {
	if s.style != pretty || s.values {
		fmt.Fprintln(s.Out, s.text(id))
		return
	}
	var bytes []string
	for _, b := range id {
		bytes = append(bytes, fmt.Sprintf("%02x", b))
	}
	name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	fmt.Fprintf(s.Out, "As string:\n%s\n\nAs UUID:\n%s\n\nAs systemd-id128(1) macro:\n%s\n\n",
		s.bold(id.String()), s.bold(id.UUID()),
		s.bold("#define "+name+" SD_ID128_MAKE("+strings.Join(bytes, ",")+")"))
	fmt.Fprintf(s.Out, "As Python constant:\n>>> import uuid\n>>> %s\n", s.bold(name+" = uuid.UUID('"+id.String()+"')"))
}

func (s *session) bold(text string) string { return s.Paint(ui.Bold, text) }

// text is an identifier in the spelling that was asked for.
func (s *session) text(id id128.ID) string {
	if s.style == uuid {
		return id.UUID()
	}
	return id.String()
}

// show prints well-known identifiers: those named by name or value, or all of them.
func (s *session) show(names []string) int {
	var chosen []disk.PartitionType
	all := wellKnown(architecture.Native())
	if len(names) == 0 {
		chosen = all
	}
	for _, name := range names {
		p, ok := lookUp(all, name)
		if !ok {
			s.table(chosen, false)
			return s.FailLog("Unknown identifier \"%s\".", name)
		}
		chosen = append(chosen, p)
	}
	s.table(chosen, true)
	return 0
}

// table prints what was chosen; of an incomplete choice only what needs no table.
func (s *session) table(chosen []disk.PartitionType, complete bool) {
	t := ui.Table{Head: []string{"NAME", "ID"}}
	for i, p := range chosen {
		id, err := id128.Parse(p.ID)
		if err != nil {
			continue // a test shows that none is malformed
		}
		if s.style == pretty || s.values && complete {
			s.print(p.Name, id)
		}
		if s.style == pretty && !s.values && i > 0 {
			fmt.Fprintln(s.Out) // the original has no empty line behind the first
		}
		t.Add(p.Name, s.text(id))
	}
	if complete && !s.values && s.style != pretty {
		t.Print(s.IO)
	}
}

// lookUp finds a partition type by its name, or makes a nameless one of an identifier.
func lookUp(all []disk.PartitionType, name string) (disk.PartitionType, bool) {
	for _, p := range all {
		if p.Name == name {
			return p, true
		}
	}
	id, err := id128.Parse(name)
	if err != nil {
		return disk.PartitionType{}, false
	}
	for _, p := range all {
		if p.ID == id.String() {
			return p, true
		}
	}
	return disk.PartitionType{Name: "XYZ", ID: id.String()}, true
}

// wellKnown are all types on a machine of an architecture, whose own have names without it too.
func wellKnown(native string) []disk.PartitionType {
	all := append([]disk.PartitionType(nil), disk.PerArchitecture...)
	for _, own := range []struct{ word, mark string }{{native, ""}, {architecture.Secondary(native), "-secondary"}} {
		for _, kind := range []string{"root", "usr"} {
			for _, part := range []string{"", "-verity", "-verity-sig"} {
				if p, ok := lookUp(disk.PerArchitecture, kind+"-"+own.word+part); ok && own.word != "" {
					all = append(all, disk.PartitionType{Name: kind + own.mark + part, ID: p.ID})
				}
			}
		}
	}
	return append(all, disk.Others...)
}
