package load_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/steward-init/steward/load"
)

// TestMemoryOfUnits holds what a loader and its units keep for a small service, files and names included.
func TestMemoryOfUnits(t *testing.T) {
	const n, most = 1000, 3000
	files := &load.Memory{}
	for i := range n {
		name := fmt.Sprintf("service-%d.service", i)
		files.Write("/etc/systemd/system/"+name, fmt.Sprintf("[Unit]\nDescription=Service number %d\n# %0500d\n"+
			"[Service]\nExecStart=/usr/bin/daemon --flag\nRestart=on-failure\nUser=daemon\nProtectSystem=full\n", i, i))
		files.Link("/etc/systemd/system/all.target.wants/"+name, "../"+name)
	}
	files.Write("/etc/systemd/system/all.target", "[Unit]\nDescription=All\n")
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	l := load.New(load.Options{Files: files, Path: load.Paths(load.System, nil)})
	units := l.Closure([]string{"all.target"}, nil)
	after := heap()
	if len(units) < n {
		t.Fatalf("%d units are loaded, want %d and more", len(units), n)
	}
	runtime.KeepAlive(files)
	runtime.KeepAlive(l)
	each := float64(after-before) / n
	t.Logf("%.0f bytes", each)
	if each > most {
		t.Errorf("%.0f bytes for each of %d units, want at most %d", each, n, most)
	}
}
