package manager

import (
	"os"
	"strings"

	"github.com/steward-init/steward/bus"
	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/host/watch"
	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
)

// unitFiles answers for unit files, from the search path and the install package: bus.Files. It has a scan of its own,
// so that nobody waits for a reload under way.
type unitFiles struct {
	files   load.Files
	path    load.SearchPath
	machine *load.Machine
	view    *install.View
	presets *install.Presets // nil until it is read
	// states and wanted remember what was told of units, until something changes.
	states, wanted map[string]string
	fresh          bool // the view is of the events at hand
	watcher        *watch.Tree
}

// Files is the manager's part in methods about unit files.
func (m *Manager) Files() bus.Files { return m.unitFiles }

func (m *Manager) newUnitFiles(embedded load.Embedded) *unitFiles {
	f := &unitFiles{files: embedded.Over(files.Root("")), path: m.paths(), machine: m.machine(),
		watcher: watch.NewTree()}
	f.path.Dirs = append(f.path.Dirs, embedded.Dir)
	f.forget()
	return f
}

// forget drops what was remembered: after a reload or an edit.
func (f *unitFiles) forget() {
	f.states, f.wanted, f.presets, f.fresh = map[string]string{}, map[string]string{}, nil, false
	if f.view != nil {
		f.view.Forget()
	}
}

// View looks at the search path as it is now.
func (f *unitFiles) View() *install.View {
	f.view = install.New(f.files, f.path, f.machine, f.view)
	f.view.Catalog.Cover(f.watcher)
	f.fresh = true
	return f.view
}

// recent is the view of the events at hand: many questions in one message cost one look.
func (f *unitFiles) recent() *install.View {
	switch {
	case f.fresh:
	case f.view != nil && f.view.Catalog.Unchanged(f.watcher):
		f.fresh = true
	default:
		f.View()
	}
	return f.view
}

// State is the state of a unit's file, "" if that can't be told.
func (f *unitFiles) State(name string) string {
	state, known := f.states[name]
	if !known {
		found, _ := f.recent().State(name) // best effort: systemd shows nothing either
		state = string(found)
		f.states[name] = state
	}
	return state
}

// Preset is what the policy wants of a unit.
func (f *unitFiles) Preset(name string) string {
	preset, known := f.wanted[name]
	if !known {
		if f.presets == nil {
			policy := f.Presets()
			f.presets = &policy
		}
		found, _ := f.presets.Query(name)
		preset = string(found)
		f.wanted[name] = preset
	}
	return preset
}

// Presets reads the policy.
func (f *unitFiles) Presets() install.Presets { return install.ReadPresets(f.files, f.path.Mode) }

// Edit carries a plan out.
func (f *unitFiles) Edit(p install.Plan) ([]install.Change, error) {
	f.forget()
	tree, err := files.Open("")
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	return install.Apply(p, tree)
}

// preset enables, when the machine boots for the first time, what its policy wants. systemd.preset(5).
func (m *Manager) preset() {
	if !m.firstBoot {
		return
	}
	plan, err := m.unitFiles.View().PresetAll(m.unitFiles.Presets(), install.PresetEnableOnly, install.Options{})
	if err == nil {
		_, err = m.unitFiles.Edit(plan)
	}
	if err != nil {
		m.log(4, "Failed to populate /etc with preset unit settings: "+err.Error())
	}
}

// stale says whether the files of a unit are not those that it was loaded from: one has changed or gone, or there are
// other drop-ins.
func (f *unitFiles) stale(u *model.Unit) bool {
	if u.Fragment == "" && len(u.DropIns) == 0 && u.Load != model.LoadLoaded {
		return f.appeared(u)
	}
	for _, path := range append([]string{u.Fragment, u.SourcePath}, u.DropIns...) {
		if path == "" || strings.HasPrefix(path, "/proc/") { // a mount's table is no file that somebody edits
			continue
		}
		info, err := os.Stat(path)
		if err != nil || info.ModTime().UnixMicro() > u.Stamp {
			return true
		}
	}
	return f.otherDropIns(u)
}

// appeared says whether a unit that had no file has one now.
func (f *unitFiles) appeared(u *model.Unit) bool {
	return u.Load == model.LoadNotFound && f.recent().Catalog.Find(u.Name).File.Path != ""
}

func (f *unitFiles) otherDropIns(u *model.Unit) bool {
	catalog := f.recent().Catalog
	found := catalog.DropIns(catalog.Find(u.Name))
	if len(found) != len(u.DropIns) {
		return true
	}
	for i := range found {
		if found[i].Path != u.DropIns[i] {
			return true
		}
	}
	return false
}
