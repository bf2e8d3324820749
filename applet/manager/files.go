package manager

import (
	"errors"

	"github.com/steward-init/steward/bus"
)

// Files answers for unit files, from the loader's catalogue and the install package.
func (m *Manager) Files() bus.Files { return unitFiles{m} }

type unitFiles struct{ m *Manager }

func (f unitFiles) State(name string) (string, error) { return "", nil }
func (f unitFiles) List() ([]bus.FileState, error)    { return nil, nil }
func (f unitFiles) DefaultTarget() (string, error)    { return "default.target", nil }
func (f unitFiles) Preset(name string) string         { return "enabled" }
func (f unitFiles) Enable(names []string, runtime, force bool) (bool, []bus.Change, error) {
	return false, nil, errors.New("not yet")
}
func (f unitFiles) Disable(names []string, runtime bool) ([]bus.Change, error) {
	return nil, errors.New("not yet")
}
