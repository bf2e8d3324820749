package bus

import (
	"errors"
	"fmt"
	"strings"

	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/syntax/unitname"
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
		c.refuse("org.freedesktop.DBus.Error.FileNotFound", "Failed to get unit file state for %s: No such file or directory",
			name)
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

// apply carries a plan out and tells everybody that unit files changed. It returns false when it refused the call.
func (c *call) apply(p install.Plan) ([]install.Change, bool) {
	changes, err := c.files().Edit(p)
	if len(changes) > 0 {
		c.server.emit(managerPath, managerInterface, "UnitFilesChanged", "", func(*dbus.Writer) {})
	}
	switch {
	case len(p.Faults) > 0:
		c.refuseFault(p.Faults[0])
		return nil, false
	case err != nil:
		c.refuse(errorFailed, "%s", err.Error())
		return nil, false
	}
	return changes, true
}

func (c *call) enable()          { c.enableFiles(false) }
func (c *call) enableWithFlags() { c.enableFiles(true) }

func (c *call) enableFiles(flags bool) {
	if e, ok := c.readEdit(flags, true); ok {
		plan, err := c.files().View().Enable(e.names, e.options())
		c.finishInstall(plan, err)
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
	if withInfo {
		c.finishInstall(plan, err)
		return
	}
	c.finishEdit(plan, err)
}

// finishInstall answers with whether any unit has something to install, and the changes.
func (c *call) finishInstall(plan install.Plan, err error) {
	if err != nil {
		c.refuseFault(err)
		return
	}
	if changes, ok := c.apply(plan); ok {
		c.reply("ba(sss)", func(w *dbus.Writer) {
			w.Bool(plan.CarriesInstallInfo)
			writeChanges(w, changes)
		})
	}
}

// finishEdit answers with the changes.
func (c *call) finishEdit(plan install.Plan, err error) {
	if err != nil {
		c.refuseFault(err)
		return
	}
	if changes, ok := c.apply(plan); ok {
		c.reply("a(sss)", func(w *dbus.Writer) { writeChanges(w, changes) })
	}
}

func writeChanges(w *dbus.Writer, changes []install.Change) {
	mark := w.OpenArray(8)
	for _, change := range changes {
		w.Struct()
		w.String(change.Type)
		w.String(change.Path)
		w.String(change.Target)
	}
	w.CloseArray(mark)
}

// reenable disables and enables: the second plan is made of what the first one left.
func (c *call) reenable() {
	e, ok := c.readEdit(false, true)
	if !ok {
		return
	}
	names := make([]string, len(e.names))
	for i, name := range e.names {
		names[i] = base(name)
	}
	plan, err := c.files().View().Disable(names, e.options())
	if err != nil {
		c.refuseFault(err)
		return
	}
	before, ok := c.apply(plan)
	if !ok {
		return
	}
	plan, err = c.files().View().Enable(e.names, e.options())
	c.finishBoth(before, plan, err)
}

// finishBoth answers with the changes of two plans, the second of which is still to be carried out.
func (c *call) finishBoth(before []install.Change, plan install.Plan, err error) {
	if err != nil {
		c.refuseFault(err)
		return
	}
	if after, ok := c.apply(plan); ok {
		c.reply("ba(sss)", func(w *dbus.Writer) {
			w.Bool(plan.CarriesInstallInfo)
			writeChanges(w, append(before, after...))
		})
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
		c.finishEdit(plan, err)
	}
}

func (c *call) preset() {
	if e, ok := c.readEdit(false, true); ok {
		c.presetFiles(e, "full")
	}
}

func (c *call) presetWithMode() {
	e := edit{names: c.in.StringArray()}
	mode := c.in.String()
	e.runtime, e.force = c.in.Bool(), c.in.Bool()
	if c.read() {
		c.presetFiles(e, mode)
	}
}

// presetFiles enables or disables each unit as the policy says. mode restricts it to one of the two.
func (c *call) presetFiles(e edit, mode string) {
	enable, disable, err := c.sortByPreset(e.names, mode)
	if err != nil {
		c.refuse(errorInvalidArgs, "%s", err.Error())
		return
	}
	plan, fault := c.files().View().Disable(disable, e.options())
	if fault != nil {
		c.refuseFault(fault)
		return
	}
	before, ok := c.apply(plan)
	if !ok {
		return
	}
	carries := plan.CarriesInstallInfo
	plan, fault = c.files().View().Enable(enable, e.options())
	plan.CarriesInstallInfo = plan.CarriesInstallInfo || carries
	c.finishBoth(before, plan, fault)
}

// sortByPreset tells what the policy wants of units.
func (c *call) sortByPreset(names []string, mode string) (enable, disable []string, err error) {
	switch mode {
	case "", "full", "enable-only", "disable-only":
	default:
		return nil, nil, fmt.Errorf("Invalid preset mode %q", mode) //lint:ignore ST1005 it is shown as it is
	}
	policy := c.files().Presets()
	for _, name := range names {
		name = base(name)
		preset, instances := policy.Query(name)
		switch {
		case preset == install.PresetEnable && mode != "disable-only":
			if len(instances) == 0 {
				enable = append(enable, name)
			}
			for _, instance := range instances {
				if full, err := unitname.ReplaceInstance(name, instance); err == nil {
					enable = append(enable, full)
				}
			}
		case preset == install.PresetDisable && mode != "enable-only":
			disable = append(disable, name)
		}
	}
	return enable, disable, nil
}

// presetAll brings every unit file in line with the policy.
func (c *call) presetAll() {
	mode := c.in.String()
	e := edit{runtime: c.in.Bool(), force: c.in.Bool()}
	if !c.read() {
		return
	}
	for _, f := range c.files().View().List(nil, nil) {
		switch f.State {
		case install.Enabled, install.EnabledRuntime, install.Disabled, install.Indirect:
			e.names = append(e.names, f.Path)
		}
	}
	enable, disable, err := c.sortByPreset(e.names, mode)
	if err != nil {
		c.refuse(errorInvalidArgs, "%s", err.Error())
		return
	}
	plan, err := c.files().View().Disable(disable, e.options())
	if err != nil {
		c.refuseFault(err)
		return
	}
	before, ok := c.apply(plan)
	if !ok {
		return
	}
	if plan, err = c.files().View().Enable(enable, e.options()); err != nil {
		c.refuseFault(err)
		return
	}
	if after, ok := c.apply(plan); ok {
		c.reply("a(sss)", func(w *dbus.Writer) { writeChanges(w, append(before, after...)) })
	}
}

func (c *call) link() {
	if e, ok := c.readEdit(false, true); ok {
		plan, err := c.files().View().Link(e.names, e.options())
		c.finishEdit(plan, err)
	}
}

func (c *call) mask() {
	if e, ok := c.readEdit(false, true); ok {
		plan, err := c.files().View().Mask(e.names, e.options())
		c.finishEdit(plan, err)
	}
}

func (c *call) unmask() {
	if e, ok := c.readEdit(false, false); ok {
		plan, err := c.files().View().Unmask(e.names, e.options())
		c.finishEdit(plan, err)
	}
}

func (c *call) addDependency() {
	names, by, kind := c.in.StringArray(), c.in.String(), c.in.String()
	e := edit{runtime: c.in.Bool(), force: c.in.Bool()}
	if c.read() {
		plan, err := c.files().View().AddDependency(names, by, kind, e.options())
		c.finishEdit(plan, err)
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

// revert would remove files of the administrator, which package install doesn't offer yet; docs/compat.md.
func (c *call) revert() {
	c.refuse(errorNotSupported, "Reverting unit files is not supported by this version.")
}
