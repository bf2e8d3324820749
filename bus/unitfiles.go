package bus

import (
	"errors"
	"slices"
	"strings"

	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/wire/dbus"
)

// This file has the methods about unit files, which need no unit to be loaded. What to edit is package install's.

// Files answers for unit files and edits their symlinks.
type Files interface {
	// View looks at the search path as it is now.
	View() *install.View
	// State and Preset answer for a property: from what was seen at the latest reload or edit, in O(1) the second time.
	State(name string) string
	Preset(name string) string
	// Presets is the preset policy as it is now.
	Presets() install.Presets
	// Edit carries a plan out and returns what was done, even with an error.
	Edit(install.Plan) ([]install.Change, error)
}

// The flags of EnableUnitFilesWithFlags() and its siblings. org.freedesktop.systemd1(5).
const (
	flagRuntime = 1 << iota
	flagForce
	flagPortable
)

func (c *call) files() Files { return c.server.manager.Files() }

// refuseFault answers with what is wrong with a unit file.
func (c *call) refuseFault(err error) {
	var fault *install.Fault
	if errors.As(err, &fault) {
		c.refuse(fault.BusError(), "%s", fault.Error())
		return
	}
	c.refuse(errorFailed, "%s", err.Error())
}

func (c *call) listFilesByPatterns() {
	states, patterns := c.in.StringArray(), c.in.StringArray()
	c.listFiles(states, patterns)
}

func (c *call) listFiles(words, patterns []string) {
	if !c.read() {
		return
	}
	states := make([]install.State, len(words))
	for i, word := range words {
		states[i] = install.State(word)
	}
	var selected func(string) bool
	if len(patterns) > 0 {
		selected = func(name string) bool { return matchesAny(name, patterns) }
	}
	list := c.files().View().List(states, selected)
	c.reply("a(ss)", func(w *dbus.Writer) {
		mark := w.OpenArray(8)
		for _, f := range list {
			w.Struct()
			w.String(f.Path)
			w.String(string(f.State))
		}
		w.CloseArray(mark)
	})
}

func (c *call) fileState() {
	name := c.in.String()
	if !c.read() {
		return
	}
	state, err := c.files().View().State(base(name))
	var fault *install.Fault
	if errors.As(err, &fault) && fault.Code == install.Missing {
		c.refuse("org.freedesktop.DBus.Error.FileNotFound", "No such file or directory")
		return
	}
	if err != nil {
		c.refuseFault(err)
		return
	}
	c.reply("s", func(w *dbus.Writer) { w.String(string(state)) })
}

// base is the last component of a path: clients may name a unit by its file.
func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// request of an edit, as most of these methods read it.
type edit struct {
	names          []string
	runtime, force bool
}

// edit reads names and options; flags tells that the options are bits of one number.
func (c *call) readEdit(flags, force bool) (edit, bool) {
	e := edit{names: c.in.StringArray()}
	switch {
	case flags:
		bits := c.in.Uint64()
		if bits&^(flagRuntime|flagForce|flagPortable) != 0 && c.in.Err() == nil {
			c.refuse(errorInvalidArgs, "Invalid flags 0x%x", bits)
			return e, false
		}
		e.runtime, e.force = bits&flagRuntime != 0, bits&flagForce != 0
	default:
		e.runtime = c.in.Bool()
		e.force = force && c.in.Bool()
	}
	return e, c.read()
}

func (e edit) options() install.Options { return install.Options{Runtime: e.runtime, Force: e.force} }

// carryOut does what a plan says, tells everybody that unit files changed, and answers; err is why there is no plan.
// With info the answer begins with whether any of the units has something to install.
func (c *call) carryOut(plan install.Plan, err error, info bool) {
	if err != nil {
		c.refuseFault(err)
		return
	}
	changes, err := c.files().Edit(plan)
	if slices.ContainsFunc(changes, func(change install.Change) bool { return change.Edits() }) {
		c.server.emit(managerPath, managerInterface, "UnitFilesChanged", "", func(*dbus.Writer) {})
	}
	failure := plan.Failure()
	if failure == nil && len(changes) == 0 && len(plan.Faults) > 0 {
		failure = plan.Faults[0] // what is wrong with some units does not matter while others are done
	}
	switch {
	case failure != nil:
		c.refuseFault(failure)
		return
	case err != nil:
		c.refuseFault(err)
		return
	}
	sig := "a(sss)"
	if info {
		sig = "ba(sss)"
	}
	c.reply(sig, func(w *dbus.Writer) {
		if info {
			w.Bool(plan.CarriesInstallInfo)
		}
		writeChanges(w, changes)
	})
}

func (c *call) enable()          { c.enableFiles(false) }
func (c *call) enableWithFlags() { c.enableFiles(true) }

func (c *call) enableFiles(flags bool) {
	if e, ok := c.readEdit(flags, true); ok {
		plan, err := c.files().View().Enable(e.names, e.options())
		c.carryOut(plan, err, true)
	}
}

func (c *call) disable()          { c.disableFiles(false, false) }
func (c *call) disableWithFlags() { c.disableFiles(true, false) }
func (c *call) disableWithInfo()  { c.disableFiles(true, true) }

func (c *call) disableFiles(flags, withInfo bool) {
	e, ok := c.readEdit(flags, false)
	if !ok {
		return
	}
	plan, err := c.files().View().Disable(e.names, e.options())
	c.carryOut(plan, err, withInfo)
}

func writeChanges(w *dbus.Writer, changes []install.Change) {
	mark := w.OpenArray(8)
	for _, change := range changes {
		w.Struct()
		w.String(string(change.Type))
		w.String(change.Path)
		w.String(change.Target)
	}
	w.CloseArray(mark)
}

func (c *call) reenable() {
	if e, ok := c.readEdit(false, true); ok {
		plan, err := c.files().View().Reenable(e.names, e.options())
		c.carryOut(plan, err, true)
	}
}

func (c *call) defaultTarget() {
	name, err := c.files().View().Default()
	if err != nil {
		c.refuseFault(err)
		return
	}
	c.reply("s", func(w *dbus.Writer) { w.String(name) })
}

func (c *call) setDefaultTarget() {
	name, ok := c.named()
	if !ok {
		return
	}
	force := c.in.Bool()
	if c.read() {
		plan, err := c.files().View().SetDefault(name, force)
		c.carryOut(plan, err, false)
	}
}

func (c *call) preset() {
	if e, ok := c.readEdit(false, true); ok {
		plan, err := c.files().View().Preset(e.names, c.files().Presets(), install.PresetFull, e.options())
		c.carryOut(plan, err, true)
	}
}

func (c *call) presetWithMode() {
	e := edit{names: c.in.StringArray()}
	mode, ok := c.presetMode()
	e.runtime, e.force = c.in.Bool(), c.in.Bool()
	if c.read() && ok {
		plan, err := c.files().View().Preset(e.names, c.files().Presets(), mode, e.options())
		c.carryOut(plan, err, true)
	}
}

// presetAll brings every unit file in line with the policy.
func (c *call) presetAll() {
	mode, ok := c.presetMode()
	e := edit{runtime: c.in.Bool(), force: c.in.Bool()}
	if c.read() && ok {
		plan, err := c.files().View().PresetAll(c.files().Presets(), mode, e.options())
		c.carryOut(plan, err, false)
	}
}

// presetMode reads the word for what a preset may do, and refuses what is none.
func (c *call) presetMode() (install.PresetMode, bool) {
	mode := install.PresetMode(c.in.String())
	if c.in.Err() == nil && !mode.Valid() {
		c.refuse(errorInvalidArgs, "Invalid argument")
		return mode, false
	}
	return mode, true
}

func (c *call) link() {
	if e, ok := c.readEdit(false, true); ok {
		plan, err := c.files().View().Link(e.names, e.options())
		c.carryOut(plan, err, false)
	}
}

func (c *call) mask() {
	if e, ok := c.readEdit(false, true); ok {
		plan, err := c.files().View().Mask(e.names, e.options())
		c.carryOut(plan, err, false)
	}
}

func (c *call) unmask() {
	if e, ok := c.readEdit(false, false); ok {
		plan, err := c.files().View().Unmask(e.names, e.options())
		c.carryOut(plan, err, false)
	}
}

func (c *call) addDependency() {
	names, by, kind := c.in.StringArray(), c.in.String(), c.in.String()
	e := edit{runtime: c.in.Bool(), force: c.in.Bool()}
	if c.read() {
		plan, err := c.files().View().AddDependency(names, by, kind, e.options())
		c.carryOut(plan, err, false)
	}
}

// fileLinks lists the symlinks that disabling a unit would remove.
func (c *call) fileLinks() {
	name, ok := c.named()
	if !ok {
		return
	}
	e := edit{runtime: c.in.Bool()}
	if !c.read() {
		return
	}
	plan, err := c.files().View().Disable([]string{name}, e.options())
	if err != nil {
		c.refuseFault(err)
		return
	}
	c.reply("as", func(w *dbus.Writer) {
		mark := w.OpenArray(4)
		for _, change := range plan.Changes {
			w.String(change.Path)
		}
		w.CloseArray(mark)
	})
}

// revert removes what the administrator made of units.
func (c *call) revert() {
	names := c.in.StringArray()
	if c.read() {
		plan, err := c.files().View().Revert(names)
		c.carryOut(plan, err, false)
	}
}
