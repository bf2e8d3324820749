package load

import (
	"fmt"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitname"
)

// Transient makes a unit that no file defines: set gives it the options that a client sent, drop-ins and implied
// dependencies follow as for any unit. It returns the unit and, as Closure does, what it refers to. The definition is
// kept until a Reload that does not name the unit. A name that has a file, or whose type can't be transient, is an
// error, as is what set returns. org.freedesktop.systemd1(5), StartTransientUnit().
func (l *Loader) Transient(name string, set func(*model.Unit) error, known func(string) bool) ([]*model.Unit, error) {
	l.refresh()
	kind, _ := typeOf(name)
	if err := unitname.Valid(name, unitname.PlainForm, unitname.InstanceForm); err != nil {
		return nil, fmt.Errorf("transient unit: %w", err)
	}
	switch kind {
	case model.TypeService, model.TypeScope, model.TypeSlice, model.TypeTimer, model.TypeSocket, model.TypePath,
		model.TypeMount, model.TypeAutomount:
	default:
		return nil, fmt.Errorf("transient unit: units of type %s can't be transient", kind)
	}
	s := l.sources(name)
	if s.found.File.Path != "" && l.transient[name] == nil {
		return nil, fmt.Errorf("transient unit: Unit %s was already loaded or has a fragment file", name)
	}
	b := l.builder(name, kind, s)
	u := b.unit
	u.Transient, u.Load = true, model.LoadLoaded
	if err := set(u); err != nil {
		return nil, err
	}
	b.dropIns()
	b.edges.resolve(l.catalog)
	b.links()
	b.finish()
	e := &entry{unit: u, base: u, epoch: l.epoch}
	l.transient[name], l.units[name] = e, e
	return l.closure([]string{name}, func(other string) bool { return other != name && known != nil && known(other) }), nil
}

// builder begins a unit: what holds before any of its files is read.
func (l *Loader) builder(name string, kind model.Type, s *source) *builder {
	b := &builder{Loader: l, source: s, unit: directive.NewUnit(name, kind, l.defaults)}
	u := b.unit
	b.edges.unit = u
	u.Aliases = s.found.Aliases
	switch kind {
	case model.TypeMount, model.TypeSwap, model.TypeAutomount:
		u.UnitSection.IgnoreOnIsolate = true
	}
	b.ctx = directive.Context{Defaults: l.defaults, Specifiers: l.machine.Expander(name, s.found.File.Path)}
	b.perpetual()
	return b
}

// Forget drops a transient unit that is gone. Other units are kept for the next time.
func (l *Loader) Forget(name string) {
	if l.transient[name] != nil {
		delete(l.transient, name)
		delete(l.units, name)
	}
}
