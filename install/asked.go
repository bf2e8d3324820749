package install

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/unitname"
)

// Origin is a line that asks for something: of the [Install] section of a unit file or a drop-in, or of a preset file.
// The zero value is the user.
type Origin struct {
	Directive string // "WantedBy", "Also", …; "enable" or "disable" of a preset
	Value     string // the word of it that matters, as it is written
	File      string
	Line      int
}

// String is the line with its place: "WantedBy=multi-user.target (/lib/systemd/system/a.service:7)".
func (o Origin) String() string {
	text := o.Directive + "=" + o.Value
	if o.Directive == "enable" || o.Directive == "disable" {
		text = o.Directive + " " + o.Value
	}
	return fmt.Sprintf("%s (%s:%d)", text, o.File, o.Line)
}

// asked is one word of a directive, specifiers expanded, and where it stands. The name is "" if they can't be.
type asked struct {
	name string
	from Origin
}

// rules is an [Install] section. systemd.unit(5), [INSTALL] SECTION OPTIONS.
type rules struct {
	aliases, wantedBy, requiredBy, upheldBy, also []asked
	defaultInstance                               string
}

// any says whether enabling makes any symlink.
func (r *rules) any() bool {
	return len(r.aliases)+len(r.wantedBy)+len(r.requiredBy)+len(r.upheldBy) > 0
}

// info is a unit file with its [Install] section, specifiers expanded.
type info struct {
	name   string // of the unit; the file may be its template
	path   string // what symlinks to it say
	entry  string // where it was found: path, or the symlink to it
	linked bool   // the file is outside of the search path
	rules
}

// carries says whether the unit has anything to install.
func (i *info) carries() bool { return i.any() || len(i.also) > 0 }

// section reads the [Install] section of a unit file and of its drop-ins. An Also= that can't be resolved makes the
// unit a bad one.
func (v *View) section(i *info, path string, data []byte) error {
	kind, _ := model.ParseType(string(unitname.TypeOf(i.name)))
	r := reader{u: *model.NewUnit(i.name, kind), raw: &rules{}}
	r.read(path, data)
	for _, d := range v.Catalog.DropIns(v.Catalog.Find(i.name)) {
		if of := base(parent(d.Path)); of != i.name+".d" && of != unitname.Template(i.name)+".d" {
			continue // those of many units don't say what is to be enabled
		}
		if data, real, _, err := v.Catalog.Read(d.Path); err == nil {
			r.read(real, data)
		}
	}
	if r.u.Install != nil {
		v.expand(i, r.raw, r.u.Install.DefaultInstance)
	}
	for _, a := range i.also {
		if a.name == "" {
			return &Fault{Code: BadSpecifier, Name: i.name}
		}
	}
	return nil
}

// reader collects the [Install] lines of the files of one unit.
type reader struct {
	u   model.Unit
	raw *rules // the words so far, with their places
}

// read takes up one file. Wrong lines are ignored; the loader tells of them.
func (r *reader) read(path string, data []byte) {
	if !bytes.Contains(data, []byte("[Install]")) {
		return // most files of a machine have none, and need not be taken apart
	}
	file, _ := unitfile.ParseLean(path, data)
	var ctx directive.Context
	for line := range file.Assignments() {
		if line.Section == "Install" {
			directive.Apply(&r.u, line, &ctx)
			r.note(line)
		}
	}
}

// note remembers which line the words came from that it has added to a list.
func (r *reader) note(line *unitfile.Line) {
	s := r.u.Install
	if s == nil {
		return
	}
	var words []string
	var to *[]asked
	switch line.Key {
	case "Alias":
		if !load.MayAlias(unitname.TypeOf(r.u.Name)) {
			return
		}
		words, to = s.Aliases, &r.raw.aliases
	case "WantedBy":
		words, to = s.WantedBy, &r.raw.wantedBy
	case "RequiredBy":
		words, to = s.RequiredBy, &r.raw.requiredBy
	case "UpheldBy":
		words, to = s.UpheldBy, &r.raw.upheldBy
	case "Also":
		words, to = s.Also, &r.raw.also
	default:
		return
	}
	*to = (*to)[:min(len(*to), len(words))] // an empty value has emptied the list
	for _, word := range words[len(*to):] {
		*to = append(*to, asked{word, Origin{line.Key, word, line.Pos.File, line.Pos.Line}})
	}
}

// expand replaces the specifiers of an [Install] section. systemd.unit(5), SPECIFIERS.
func (v *View) expand(i *info, raw *rules, defaultInstance string) {
	if defaultInstance != "" && unitname.IsTemplate(i.name) {
		i.defaultInstance, _ = v.machine.InstallExpander(i.name)(defaultInstance) // best effort: without, there is none
	}
	expand := v.machine.InstallExpander(i.instance())
	list := func(of []asked) []asked {
		var out []asked
		for _, a := range of {
			name, err := expand(a.name)
			if err != nil {
				name = ""
			}
			out = append(out, asked{name, a.from})
		}
		return out
	}
	i.aliases, i.wantedBy, i.requiredBy = list(raw.aliases), list(raw.wantedBy), list(raw.requiredBy)
	i.upheldBy, i.also = list(raw.upheldBy), list(raw.also)
}

// aliasName is the name of an alias: a template gives an instance its own instance.
func (i *info) aliasName(alias string) string {
	if unitname.IsInstance(i.name) && unitname.IsTemplate(alias) {
		if name, err := unitname.ReplaceInstance(alias, unitname.Instance(i.name)); err == nil {
			return name
		}
	}
	return alias
}

// instance is the name that symlinks for the unit have: a template stands for its default instance. It is the
// template's own name if there is none.
func (i *info) instance() string {
	if i.defaultInstance == "" {
		return i.name
	}
	name, err := unitname.ReplaceInstance(i.name, i.defaultInstance)
	if err != nil {
		return i.name
	}
	return name
}

// base is the last component of a path.
func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// parent is the directory of a path.
func parent(path string) string { return path[:max(strings.LastIndexByte(path, '/'), 0)] }
