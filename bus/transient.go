package bus

import (
	"errors"
	"fmt"
	"strings"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/wire/dbus"
)

// Transient is a unit that a client makes by its properties.
type Transient struct {
	// Unit is what the properties say, without what follows from it.
	Unit *model.Unit
	// Text is the unit file that says the same.
	Text string
	// FDs are descriptors for the standard streams, -1 for none. The manager owns them.
	FDs [3]int
}

// maxAux bounds the units that one call makes besides the first.
const maxAux = 64

// startTransientUnit makes a unit of properties, and starts it.
func (c *call) startTransientUnit() {
	name := c.in.String()
	mode, ok := c.mode()
	if !ok {
		return
	}
	p := properties{call: c, ref: c.client}
	made, err := p.unit(name)
	list := []Transient{made}
	for end := c.in.OpenArray(dbus.AlignOf('(')); err == nil && c.in.More(end); {
		c.in.Struct()
		reader := properties{call: c}
		aux, wrong := reader.unit(c.in.String())
		if list = append(list, aux); wrong != nil || len(list) > maxAux {
			err = errors.Join(wrong, errors.New("auxiliary units"))
		}
	}
	if !c.read() {
		return
	}
	var refusal *refusalError
	switch {
	case errors.As(err, &refusal):
		c.refuse(refusal.name, "%s", refusal.Error())
		return
	case err != nil:
		c.refuse(errorInvalidArgs, "%s", err.Error())
		return
	}
	for i := range list {
		for stream, index := range list[i].FDs {
			if index >= 0 {
				list[i].FDs[stream] = c.message.TakeFD(uint32(index))
			}
		}
	}
	loaded, err := c.server.manager.Transient(list)
	if err != nil {
		c.refuse(errorFailed, "%s", err.Error())
		return
	}
	if p.addRef {
		c.server.manager.Do(port.UnitsLoaded{Loaded: loaded})
		c.client.referred(name, 1)
		c.server.manager.Do(port.UnitReferenced{Unit: name, Client: c.client.name()})
	}
	c.request(port.JobRequested{Unit: name, Type: model.JobStart, Mode: mode, Loaded: loaded})
}

// refusalError is an error with its D-Bus name.
type refusalError struct{ name, text string }

func (e *refusalError) Error() string { return e.text }

// properties reads the properties of one transient unit.
type properties struct {
	call   *call
	ref    *client
	addRef bool
}

func (p *properties) unit(name string) (Transient, error) {
	t := Transient{FDs: [3]int{-1, -1, -1}}
	if err := unitname.Valid(name); err != nil || unitname.IsTemplate(name) {
		return t, &refusalError{errorInvalidArgs, "Unit name " + name + " is not valid."}
	}
	kind, _ := model.ParseType(string(unitname.TypeOf(name)))
	switch kind {
	case model.TypeService, model.TypeScope, model.TypeSlice:
	case model.TypeTimer, model.TypePath, model.TypeSocket, model.TypeMount, model.TypeAutomount:
		return t, &refusalError{errorNotSupported,
			fmt.Sprintf("Transient units of type %s are not supported by this version.", kind)}
	default:
		return t, &refusalError{errorInvalidArgs, fmt.Sprintf("Unit type %s does not support transient units.", kind)}
	}
	if status := p.call.server.manager.Engine().Unit(name); status != nil && !isPristine(status) {
		return t, &refusalError{errorUnitExists, "Unit " + name + " was already loaded or has a fragment file."}
	}
	t.Unit = directive.NewUnit(name, kind, p.call.server.manager.Defaults())
	t.Unit.Transient = true
	var err error
	t.Text, err = p.read(&t)
	if err == nil && kind == model.TypeScope && len(t.Unit.Scope.PIDs) == 0 {
		err = &refusalError{"org.freedesktop.DBus.Error.FileNotFound", "Unit " + name + " failed to load properly, " +
			"please adjust/correct and reload service manager: No such file or directory"}
	}
	return t, err
}

// isPristine says whether a name can be given to a transient unit.
func isPristine(u *port.UnitStatus) bool {
	if !u.Active.IsDown() || u.Job != 0 || u.Active == model.Failed {
		return false
	}
	return u.Unit.Load == model.LoadNotFound || u.Unit.Transient
}

// read sets the properties and returns the lines which say them.
func (p *properties) read(t *Transient) (string, error) {
	lines := linesOf{}
	in := &p.call.in
	for end := in.OpenArray(dbus.AlignOf('(')); in.More(end); {
		in.Struct()
		name := in.String()
		sig := in.Variant()
		if in.Err() != nil {
			return "", in.Err()
		}
		known, err := p.special(t, name, sig)
		if err == nil && !known {
			err = p.set(t.Unit, name, sig, lines)
		}
		if err != nil {
			return "", err
		}
	}
	return lines.text("# This is a transient unit file, created programmatically via the systemd API. Do not edit.\n"), nil
}

// special takes the properties which are about the call, and not in the unit's definition.
func (p *properties) special(t *Transient, name, sig string) (bool, error) {
	in := &p.call.in
	switch name + " " + sig {
	case "AddRef b":
		p.addRef = in.Bool() && p.ref != nil
	case "PIDs au":
		for end := in.OpenArray(dbus.AlignOf('u')); in.More(end); {
			pid := int(in.Uint32())
			if pid == 0 {
				pid = int(p.call.client.pid)
			}
			if t.Unit.Scope == nil || len(t.Unit.Scope.PIDs) >= maxAttached {
				return true, errors.New("PIDs: only for scopes, and not too many")
			}
			if t.Unit.Scope.PIDs = append(t.Unit.Scope.PIDs, pid); !p.call.server.manager.MayAttach(pid) {
				return true, &refusalError{errorInvalidArgs, fmt.Sprintf("Process %d can't be put into a scope.", pid)}
			}
		}
	case "StandardInputFileDescriptor h", "StandardOutputFileDescriptor h", "StandardErrorFileDescriptor h":
		if t.Unit.Service == nil {
			return true, fmt.Errorf("%s: only for services", name)
		}
		stream := map[byte]int{'I': 0, 'O': 1, 'E': 2}[name[len("Standard")]]
		t.FDs[stream] = int(in.UnixFD())
	default:
		return false, nil
	}
	return true, in.Err()
}

// set sets one property, and notes the lines that say what it is now.
func (p *properties) set(u *model.Unit, name, sig string, lines linesOf) error {
	err := directive.SetProperty(u, name, sig, &p.call.in, &directive.Context{Defaults: p.call.server.manager.Defaults()})
	switch {
	case errors.Is(err, directive.ErrProperty):
		return &refusalError{errorReadOnly, "Cannot set property " + name + ", or unknown property."}
	case err != nil:
		return err
	}
	section, text := directive.Lines(u, name)
	if section != "" {
		lines.set(section, text)
	}
	return nil
}

// linesOf are the lines of a unit file, by section and option.
type linesOf map[string][]option

type option struct {
	name  string
	lines []string
}

func (l linesOf) set(section string, lines []string) {
	if len(lines) == 0 {
		return
	}
	name, _, _ := strings.Cut(lines[0], "=")
	for i := range l[section] {
		if l[section][i].name == name {
			l[section][i].lines = lines
			return
		}
	}
	l[section] = append(l[section], option{name, lines})
}

func (l linesOf) text(head string) string {
	var b strings.Builder
	b.WriteString(head)
	for _, section := range []string{"Unit", "Service", "Scope", "Slice"} {
		if len(l[section]) == 0 {
			continue
		}
		b.WriteString("\n[" + section + "]\n")
		for _, o := range l[section] {
			for _, line := range o.lines {
				b.WriteString(line + "\n")
			}
		}
	}
	return b.String()
}

// setProperties changes a loaded unit: what may change while it is loaded is written to a drop-in, and is in force.
func (c *call) setProperties(name string) {
	runtime := c.in.Bool()
	if !c.read() {
		return
	}
	status := c.usable(name)
	if status == nil {
		return
	}
	draft := copyOf(status.Unit)
	p := properties{call: c}
	lines, marks := linesOf{}, c.server.marked[status.Unit.Name]
	for end := c.in.OpenArray(dbus.AlignOf('(')); c.in.More(end); {
		c.in.Struct()
		property := c.in.String()
		sig := c.in.Variant()
		if !c.read() {
			return
		}
		if property == "Markers" && sig == "as" {
			var err error
			if marks, err = marks.with(c.in.StringArray()); err != nil {
				c.refuse(errorInvalidArgs, "%s", err.Error())
				return
			}
			continue
		}
		if !directive.Live(draft, property) {
			c.refuse(errorReadOnly, "Cannot set property %s, or unknown property.", property)
			return
		}
		if err := p.set(draft, property, sig, lines); err != nil {
			c.refuse(errorInvalidArgs, "%s", err.Error())
			return
		}
	}
	if !c.read() {
		return
	}
	var drops []DropIn
	for section, options := range lines {
		for _, o := range options {
			drops = append(drops, DropIn{o.name, fmt.Sprintf("[%s]\n%s\n", section, strings.Join(o.lines, "\n"))})
		}
	}
	if len(drops) > 0 {
		if err := c.server.manager.SetProperties(status.Unit, runtime, drops); err != nil {
			c.refuse(errorFailed, "%s", err.Error())
			return
		}
	}
	c.server.mark(status.Unit.Name, marks)
	c.done()
}

// DropIn is what SetUnitProperties adds to a unit, a file for each option.
type DropIn struct{ Option, Text string }

// copyOf copies what live properties can change in a unit, since units are never changed in place.
func copyOf(u *model.Unit) *model.Unit {
	draft, section := *u, *u.UnitSection
	draft.UnitSection = &section
	if u.Service != nil {
		own, exec := *u.Service, *u.Service.Exec
		own.Exec = &exec
		draft.Service = &own
	}
	if u.Slice != nil {
		own := *u.Slice
		draft.Slice = &own
	}
	if u.Scope != nil {
		own := *u.Scope
		draft.Scope = &own
	}
	return &draft
}
