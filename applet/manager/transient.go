package manager

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/bus"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// transient is what the manager holds for a unit that a client made: its file, and descriptors for its streams.
type transient struct {
	file string
	fds  [3]int
}

// Transient makes units of clients' properties and returns them with all that they refer to. Each has a file below the
// runtime directory, as long as the unit is there, so that clients can show it and a reload finds it.
func (m *Manager) Transient(list []bus.Transient) ([]*model.Unit, error) {
	m.loading.Lock()
	defer m.loading.Unlock()
	var all []*model.Unit
	for _, t := range slices.Backward(list) { // the first may refer to the others
		name := t.Unit.Name
		made := transient{fds: t.FDs}
		if dir := m.unitFiles.path.Transient; dir != "" {
			made.file = filepath.Join(dir, name)
		}
		units, err := m.loader.Transient(name, func(u *model.Unit) error {
			*u = *t.Unit
			u.Fragment, u.Transient, u.Load = made.file, true, model.LoadLoaded
			stamp, err := made.write(t.Text)
			u.Stamp = stamp
			return err
		}, m.has)
		if err != nil {
			made.release()
			return nil, err
		}
		m.transients[name] = made
		m.made = append(m.made, name)
		all = append(all, units...)
	}
	m.report(all)
	return all, nil
}

// has says whether the engine has a unit.
func (m *Manager) has(name string) bool {
	status := m.loop.Engine.Unit(name)
	return status != nil && status.Unit.Load != model.LoadNotFound
}

// write writes the unit's file and returns when it changed last, µs since the epoch.
func (t *transient) write(text string) (int64, error) {
	if t.file == "" {
		return 0, nil
	}
	if err := os.MkdirAll(filepath.Dir(t.file), 0o755); err != nil {
		return 0, fmt.Errorf("transient unit: %w", err)
	}
	if err := os.WriteFile(t.file, []byte(text), 0o644); err != nil {
		return 0, fmt.Errorf("transient unit: %w", err)
	}
	info, err := os.Stat(t.file)
	if err != nil {
		return 0, fmt.Errorf("transient unit: %w", err)
	}
	return info.ModTime().UnixMicro(), nil
}

// release closes the descriptors: the service that they were for has ended.
func (t *transient) release() {
	for i, fd := range t.fds {
		if fd >= 0 {
			_ = unix.Close(fd) // best effort: it is ours no more either way
			t.fds[i] = -1
		}
	}
}

// handed are the descriptors that a client gave for a unit's standard streams, -1 for none.
func (m *Manager) handed(unit string) [3]int {
	if t, ok := m.transients[unit]; ok {
		return t.fds
	}
	return [3]int{-1, -1, -1}
}

// settle looks after transient units that are at rest or gone.
func (m *Manager) settle(name string, gone bool) {
	t, ok := m.transients[name]
	if !ok {
		return
	}
	if status := m.loop.Engine.Unit(name); gone || status != nil && status.Active.IsDown() && status.Job == 0 {
		t.release()
		m.transients[name] = t
	}
	if !gone {
		return
	}
	delete(m.transients, name)
	if t.file != "" {
		_ = os.Remove(t.file)           // best effort: it is in the runtime directory
		_ = os.RemoveAll(t.file + ".d") // best effort: as above
	}
	m.loop.Post(func() {
		m.loading.Lock()
		defer m.loading.Unlock()
		if _, again := m.transients[name]; !again { // that a client looks at its name does not bring it back
			m.loader.Forget(name)
		}
	})
}

// settleMade looks after transient units that were refused as soon as they were made: nobody was told of them.
func (m *Manager) settleMade() {
	for _, name := range m.made {
		if m.loop.Engine.Unit(name) == nil {
			m.settle(name, true)
		}
	}
	m.made = m.made[:0]
}

// SetProperties writes a drop-in for each option and puts them in force: for good, until the next boot, or for a
// transient unit as long as it is there. systemctl(1), set-property.
func (m *Manager) SetProperties(u *model.Unit, runtime bool, drops []bus.DropIn) error {
	if len(drops) == 0 {
		return nil
	}
	dir := m.unitFiles.path.Control
	if runtime {
		dir = m.unitFiles.path.RuntimeControl
	}
	if u.Transient {
		dir = m.unitFiles.path.Transient
	}
	if dir == "" {
		return errors.New("there is no directory to write to")
	}
	dir = filepath.Join(dir, u.Name+".d")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	const head = "# This is a drop-in unit file extension, created via \"systemctl set-property\"\n" +
		"# or an equivalent operation. Do not edit.\n"
	for _, d := range drops {
		if err := os.WriteFile(filepath.Join(dir, "50-"+d.Option+".conf"), []byte(head+d.Text), 0o644); err != nil {
			return err
		}
	}
	m.loading.Lock()
	units := m.loader.Closure([]string{u.Name}, func(other string) bool { return other != u.Name && m.has(other) })
	m.loading.Unlock()
	m.report(units)
	m.unitFiles.forget()
	m.Do(port.UnitsReloaded{Loaded: units})
	return nil
}
