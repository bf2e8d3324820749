package units_test

import (
	"io/fs"
	"testing"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/dependency"
	"github.com/steward-init/steward/units"
)

// mayMiss are units that ours order themselves by, but that only a bigger machine has.
var mayMiss = map[string]bool{"display-manager.service": true}

// TestUnitsLoad proves that each unit loads without a remark and that what it needs is there too.
func TestUnitsLoad(t *testing.T) {
	for _, c := range []struct {
		mode  load.Mode
		files fs.FS
		links map[string]string
	}{{load.System, units.System(), units.SystemLinks()}, {load.User, units.User(), nil}} {
		l := load.New(load.Options{Files: &load.Memory{}, Path: load.Paths(c.mode, nil),
			Embedded: load.Embedded{Dir: units.Dir, Files: c.files, Links: c.links}})
		for _, u := range l.Closure(l.Catalog().Names(), nil) {
			if u.Load != model.LoadLoaded && u.Type != model.TypeSocket && u.Type != model.TypeMount && !mayMiss[u.Name] {
				t.Errorf("%s %s is %s: %v", c.mode, u.Name, u.Load, u.LoadError)
			}
			for _, d := range u.Diagnostics {
				t.Errorf("%s %s: %s", c.mode, u.Name, d)
			}
			for _, e := range u.Edges {
				if dependency.Has(e.Kind, dependency.PullStart) && l.Unit(e.Unit).Load != model.LoadLoaded {
					t.Errorf("%s %s has %s=%s, which is not there", c.mode, u.Name, e.Kind, e.Unit)
				}
			}
		}
	}
}
