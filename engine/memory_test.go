package engine

import (
	"runtime"
	"testing"

	"github.com/steward-init/steward/model"
)

// heap is what is allocated and still referred to.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestMemoryOfRunningServices holds what the engine keeps for a service that runs, its definition aside, with eight
// dependencies.
func TestMemoryOfRunningServices(t *testing.T) {
	const n, most = 1000, 1500
	units := many(n)
	before := heap()
	e := New(Config{})
	boot(e, units)
	after := heap()
	runtime.KeepAlive(units)
	if each := float64(after-before) / n; each > most {
		t.Errorf("%.0f bytes for each of %d running services, want at most %d", each, n, most)
	} else {
		t.Logf("%.0f bytes", each)
	}
	if status := e.Unit("s00999.service"); status.Active != model.Active || e.Totals().Jobs != 0 {
		t.Errorf("the last service is %s, and %d jobs are left", status.Active, e.Totals().Jobs)
	}
}
