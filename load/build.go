package load

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/unitname"
)

// maxDiagnostics is how many remarks about one unit are kept; one more says that there were others.
const maxDiagnostics = 200

// source is where a unit comes from: its names, and its files as they are now.
type source struct {
	found    Found
	fragment string // the path to read, symlinks resolved; "" if there is none
	stat     Stat
	err      error // why the fragment can't be read
	dropIns  []Sibling
	links    [model.Dependencies][]Sibling
	inputs   []input
	mounted  string // where a mount unit is mounted now
}

// sources finds a unit's files and looks at their state, without reading them.
func (l *Loader) sources(name string) *source {
	s := &source{found: l.catalog.Find(name)}
	if s.found.File.Path != "" && !s.found.File.Masked {
		s.fragment, s.stat, s.err = l.locate(s.found.File)
		s.inputs = append(s.inputs, input{s.fragment, s.stat})
	}
	if l.mounted != nil && unitname.TypeOf(name) == unitname.Mount {
		if s.mounted = l.mounted(name); s.mounted != "" {
			s.inputs = append(s.inputs, input{path: mountTable + " " + s.mounted})
		}
	}
	if unitname.Valid(name) != nil {
		return s
	}
	names := append([]string{s.found.Name}, s.found.Aliases...)
	s.dropIns = l.catalog.siblings(names, ".d", ".conf")
	for _, d := range s.dropIns {
		_, stat, _ := Resolve(l.files, d.Real) // an error shows again when it is read
		s.inputs = append(s.inputs, input{d.Path, stat})
	}
	for _, place := range dependencyDirs {
		s.links[place.kind] = l.catalog.siblings(names, place.suffix, "")
		for _, d := range s.links[place.kind] {
			s.inputs = append(s.inputs, input{d.Path, Stat{Kind: d.Kind}})
		}
	}
	return s
}

// locate finds the file that a directory entry leads to.
func (l *Loader) locate(f File) (string, Stat, error) {
	real := l.catalog.real[parent(f.Path)] + "/" + base(f.Path)
	if f.Linked != "" {
		real = f.Linked
	}
	stat, err := l.files.Lstat(real)
	if err == nil && stat.Kind == Symlink || f.Linked != "" {
		return Resolve(l.files, real)
	}
	return real, stat, err
}

// builder makes one unit.
type builder struct {
	*Loader
	source  *source
	unit    *model.Unit
	edges   edgeSet
	ctx     directive.Context
	private []setting // the section of a type that package model has no fields for
	paths   []string  // absolute paths that the unit needs mounted
	fatal   *unitfile.Diagnostic
	dropped int
}

// setting is an option of the private section as written, with its place.
type setting struct {
	name, value string
	origin      model.Origin
}

// build makes the unit of a primary name of its files.
func (l *Loader) build(name string, s *source) *model.Unit {
	kind, ok := typeOf(name)
	if !ok || unitname.Valid(name) != nil {
		return failed(model.NewUnit(name, kind), model.LoadError, errInvalidArgs,
			fmt.Sprintf("Unit name %s is not valid.", name))
	}
	b := l.builder(name, kind, s)
	u := b.unit
	if unitname.IsTemplate(name) {
		return failed(u, model.LoadError, errInvalidArgs, fmt.Sprintf("Unit name %s is missing the instance name.", name))
	}
	loaded := b.fragment()
	if !loaded && u.Load != model.LoadMasked {
		return u
	}
	b.dropIns()
	b.edges.resolve(l.catalog)
	b.links()
	if loaded {
		b.finish()
	} else {
		b.masked()
	}
	return u
}

// masked leaves a masked unit with what its drop-ins and links say, which the oracle reads too: nothing is implied, and
// nothing makes it worse than it is.
func (b *builder) masked() {
	u := b.unit
	if u.Description == "" {
		u.Description = u.Name
	}
	b.tellDropped()
	u.Edges = slices.Clip(slices.Clone(u.Edges))
	b.shares.unit(u)
}

// finish adds what the files do not say, and refuses what cannot be run.
func (b *builder) finish() {
	u := b.unit
	directive.Complete(u, b.defaults)
	b.describe()
	why := ""
	if b.fatal != nil {
		why = b.fatal.String()
	} else if why = b.refuse(); why != "" {
		d := unitfile.Diagnostic{Pos: unitfile.Pos{File: cmp.Or(u.Fragment, u.Name)}, Severity: unitfile.Error,
			Message: why}
		b.add(d)
		why = d.String()
	}
	switch {
	case why == "":
		b.imply()
	case u.Type == model.TypeSlice:
		failed(u, model.LoadError, errInvalidArgs, fmt.Sprintf("Unit %s failed to load: %s", u.Name, why))
	default:
		failed(u, model.LoadBadSetting, errBadSetting,
			fmt.Sprintf("Unit %s has a bad unit file setting: %s", u.Name, why))
	}
	b.tellDropped()
	u.Edges = slices.Clip(slices.Clone(u.Edges)) // the list had room for more
	b.shares.unit(u)
}

// tellDropped says that there was more to say.
func (b *builder) tellDropped() {
	if b.dropped > 0 {
		b.unit.Diagnostics = append(b.unit.Diagnostics, unitfile.Diagnostic{Severity: unitfile.Warning,
			Message: fmt.Sprintf("%d more remarks about this unit were left out", b.dropped)})
	}
}

// describe gives units without a Description= one, as the oracle does.
func (b *builder) describe() {
	u := b.unit
	if u.Description != "" {
		return
	}
	switch u.Type {
	case model.TypeSlice:
		u.Description = sliceDescription(u.Name)
	case model.TypeMount:
		u.Description, _ = b.last("Where")
	case model.TypeSwap:
		u.Description, _ = b.last("What")
	}
	if u.Description == "" {
		u.Description = u.Name
	}
}

// sliceDescription shows a slice by its path, as the oracle does for those that say nothing themselves.
func sliceDescription(name string) string {
	var path strings.Builder
	for part := range strings.SplitSeq(unitname.Stem(name), "-") {
		plain, err := unitname.Unescape(part)
		if err != nil {
			return ""
		}
		path.WriteString("/" + plain)
	}
	return "Slice " + path.String()
}

// The D-Bus errors of units that could not be loaded.
const (
	errNoSuchUnit  = "org.freedesktop.systemd1.NoSuchUnit"
	errMasked      = "org.freedesktop.systemd1.UnitMasked"
	errBadSetting  = "org.freedesktop.systemd1.BadUnitSetting"
	errLoadFailed  = "org.freedesktop.systemd1.LoadFailed"
	errInvalidArgs = "org.freedesktop.DBus.Error.InvalidArgs"
)

// failed marks a unit as not loaded.
func failed(u *model.Unit, state model.LoadState, name, message string) *model.Unit {
	u.Load = state
	u.LoadError = &model.LoadFailure{Error: name, Message: message}
	if u.Description == "" {
		u.Description = u.Name
	}
	return u
}

// fragment reads the unit's file; it says whether the unit has become one that can be loaded further.
func (b *builder) fragment() bool {
	u, s := b.unit, b.source
	f := s.found.File
	switch {
	case f.Path == "" && !needsFragment(u):
		u.Load = model.LoadLoaded
		return true
	case f.Path == "" && s.mounted != "":
		b.found()
		return true
	case f.Path == "" || isMissing(s.err):
		failed(u, model.LoadNotFound, errNoSuchUnit, fmt.Sprintf("Unit %s not found.", u.Name))
		return false
	}
	if !slices.Contains(b.embedded, parent(f.Path)) {
		u.Fragment = f.Path
		u.Transient = b.path.Transient != "" && parent(f.Path) == b.path.Transient
	}
	if f.Masked || s.err == nil && (s.stat.Kind == Null || s.stat.Kind == Regular && s.stat.Size == 0) {
		failed(u, model.LoadMasked, errMasked, fmt.Sprintf("Unit %s is masked.", u.Name))
		u.Stamp = s.stat.Modified // of an empty file
		return false
	}
	err := s.err
	if err == nil {
		err = b.file(s.fragment, u.Fragment)
	}
	if err != nil {
		failed(u, model.LoadError, errLoadFailed,
			fmt.Sprintf("Unit %s failed to load: %v", u.Name, err))
		return false
	}
	u.Load = model.LoadLoaded
	return true
}

// mountTable is where mount units come from that have no file.
const mountTable = "/proc/self/mountinfo"

// found makes a unit of a mount that somebody else made. Who made it ends it too.
func (b *builder) found() {
	u := b.unit
	u.Load, u.SourcePath, u.Description = model.LoadLoaded, mountTable, b.source.mounted
	u.UnitSection.DefaultDependencies, u.UnitSection.IgnoreOnIsolate = false, true
	if u.Name == "-.mount" {
		u.Description, u.Perpetual = "Root Mount", true
	}
}

// needsFragment says whether a unit exists only by its file. The others are made by the manager or the kernel.
func needsFragment(u *model.Unit) bool {
	return u.Type != model.TypeSlice && u.Type != model.TypeDevice && !u.Perpetual
}

// dropIns applies the drop-ins in order. One that can't be read is left out, as the oracle does.
func (b *builder) dropIns() {
	for _, d := range b.source.dropIns {
		b.unit.DropIns = append(b.unit.DropIns, d.Real)
		if d.Masks() {
			continue
		}
		real, stat, err := Resolve(b.files, d.Real)
		switch {
		case err == nil && (stat.Kind == Null || stat.Size == 0 && stat.Kind == Regular):
			continue
		case err == nil:
			err = b.file(real, d.Real)
		}
		if err != nil {
			b.warn(d.Real, 0, "drop-in: "+err.Error()+", ignoring", "")
		}
	}
	if len(b.source.dropIns) >= maxDropIns {
		b.warn(b.unit.DropIns[maxDropIns-1], 0, fmt.Sprintf("more than %d drop-ins, the rest is left out", maxDropIns), "")
	}
}

// file reads and applies one file; shown is the path that diagnostics and edges name.
func (b *builder) file(path, shown string) error {
	data, stat, err := b.files.ReadFile(path, maxFile)
	if err != nil {
		return err
	}
	b.unit.Stamp = max(b.unit.Stamp, stat.Modified)
	if shown == "" {
		shown = path
	}
	file, found := unitfile.ParseLean(shown, data)
	for _, d := range found {
		b.add(d)
	}
	if file.Refused {
		b.fatal = nil
		return fmt.Errorf("%s", found[len(found)-1])
	}
	section := strings.ToLower(b.unit.Type.String())
	for i := range file.Lines {
		line := &file.Lines[i]
		if line.Kind != unitfile.Assignment && line.Kind != unitfile.Section {
			continue
		}
		line.Value = b.shares.text(line.Value)
		for _, d := range directive.Apply(b.unit, line, &b.ctx) {
			b.add(d)
		}
		if line.Kind == unitfile.Assignment && b.unit.Service == nil && strings.EqualFold(line.Section, section) {
			b.private = append(b.private, setting{line.Key, line.Value,
				model.Origin{Path: shown, Line: int32(line.Pos.Line)}})
		}
	}
	return nil
}

// warn adds a remark about a place.
func (b *builder) warn(path string, line int, message, advice string) {
	b.add(unitfile.Diagnostic{Pos: unitfile.Pos{File: path, Line: line}, Severity: unitfile.Warning,
		Message: message, Advice: advice})
}

// add keeps a diagnostic, up to the bound; the first error is the one that makes the unit unusable.
func (b *builder) add(d unitfile.Diagnostic) {
	if d.Severity == unitfile.Error && b.fatal == nil {
		b.fatal = &d
	}
	if len(b.unit.Diagnostics) >= maxDiagnostics {
		b.dropped++
		return
	}
	b.unit.Diagnostics = append(b.unit.Diagnostics, d)
}

// last returns the last value of an option of the private section, with its specifiers expanded; "" for none.
func (b *builder) last(name string) (string, model.Origin) {
	for i := len(b.private) - 1; i >= 0; i-- {
		if s := b.private[i]; s.name == name {
			value, err := b.ctx.Specifiers(s.value)
			if err != nil {
				value = s.value
			}
			return value, s.origin
		}
	}
	return "", model.Origin{}
}
