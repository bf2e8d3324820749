package manager

import (
	"maps"
	"sync/atomic"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/mount"
	"github.com/steward-init/steward/syntax/unitname"
)

// mounts is what is mounted.
type mounts struct {
	units   atomic.Pointer[map[string]string] // mount units, with where they are mounted
	changed atomic.Bool                       // the table is going to be read
}

// watchMounts begins to follow what is mounted. Without the kernel's table no mount unit is ever up.
func (m *Manager) watchMounts() {
	m.readMounts()
	err := mount.Watch(func() {
		if m.mounts.changed.CompareAndSwap(false, true) {
			m.loop.Post(m.readMounts)
		}
	})
	if err != nil {
		m.log(4, err.Error())
	}
}

// readMounts tells the engine what is mounted now.
func (m *Manager) readMounts() {
	m.mounts.changed.Store(false)
	points, err := mount.Read()
	if err != nil {
		m.log(4, err.Error())
		return
	}
	mounted := make(map[string]string, len(points))
	names := make([]string, 0, len(points))
	for _, p := range points {
		name, err := unitname.FromPath(p.Where, ".mount")
		if err != nil {
			continue // longer than a unit's name can be
		}
		mounted[name] = p.Where
		names = append(names, name)
	}
	if old := m.mounts.units.Load(); old != nil && maps.Equal(*old, mounted) {
		return
	}
	m.mounts.units.Store(&mounted)
	m.Do(port.MountsRead{Units: names, Loaded: m.Load(names...)})
}

// mountedAt is where a mount unit is mounted, "" for one that is not. Any goroutine may ask.
func (m *Manager) mountedAt(unit string) string {
	if mounted := m.mounts.units.Load(); mounted != nil {
		return (*mounted)[unit]
	}
	return ""
}
