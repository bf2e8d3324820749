package units_test

import (
	"io/fs"
	"slices"
	"testing"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/dependency"
	"github.com/steward-init/steward/units"
)

// mayMiss are units that ours order themselves by, but that only a bigger machine has.
var mayMiss = map[string]bool{"display-manager.service": true}

// What goes before a machine's own units hides exactly those of their names, and empties no directory.
func TestRunning(t *testing.T) {
	own := &load.Memory{}
	own.Write("/usr/lib/systemd/system/systemd-tmpfiles-setup.service",
		"[Service]\nType=oneshot\nExecStart=systemd-tmpfiles --create --remove --boot\n")
	own.Write("/usr/lib/systemd/system/other.service", "[Service]\nExecStart=/bin/other\n")
	l := load.New(load.Options{Files: own, Path: load.Paths(load.System, nil), Provided: []load.Embedded{
		{Dir: units.ProvidedDir, Files: units.Provided()}, {Dir: units.RunningDir, Files: units.Running()}}})
	list, err := fs.ReadDir(units.Running(), ".")
	if err != nil || len(list) == 0 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, f := range append(list, mustList(t, units.Provided())...) {
		u := l.Unit(f.Name())
		if u.Load != model.LoadLoaded || len(u.Diagnostics) > 0 {
			t.Errorf("%s is %s: %v %v", u.Name, u.Load, u.LoadError, u.Diagnostics)
		}
		for _, commands := range u.Service.Commands {
			for _, c := range commands {
				if slices.Contains(c.Args, "--remove") || slices.Contains(c.Args, "--boot") {
					t.Errorf("%s runs %q", u.Name, c.Args)
				}
			}
		}
	}
	if got := l.Unit("other.service").Fragment; got != "/usr/lib/systemd/system/other.service" {
		t.Errorf("other.service is of %q", got)
	}
}

func mustList(t *testing.T, files fs.FS) []fs.DirEntry {
	t.Helper()
	list, err := fs.ReadDir(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

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
