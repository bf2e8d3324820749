package directive

import (
	"runtime"
	"testing"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/wire/dbus"
)

const benchUnit = `[Unit]
Description=Generated service
After=network.target
[Service]
Type=notify
ExecStart=/usr/bin/daemon --flag value
Restart=on-failure
RestartSec=2
User=nobody
[Install]
WantedBy=multi-user.target
`

func BenchmarkBuildTable(b *testing.B) {
	for b.Loop() {
		for _, s := range newSections() {
			if s.Name == "Unit" || s.Name == "Service" || s.Name == "Install" {
				s.index()
			}
		}
	}
}

func BenchmarkFind(b *testing.B) {
	for b.Loop() {
		if Find("Service", "WatchdogSignal") == nil {
			b.Fatal("not found")
		}
	}
}

func BenchmarkApplyUnit(b *testing.B) {
	file, _ := unitfile.ParseLean("a.service", []byte(benchUnit))
	b.ReportAllocs()
	for b.Loop() {
		applyAll("a.service", file)
	}
}

func BenchmarkEncodeAll(b *testing.B) {
	file, _ := unitfile.ParseLean("a.service", []byte(benchUnit))
	u := applyAll("a.service", file)
	properties := Properties(model.TypeService, nil)
	w := dbus.NewWriter(nil)
	b.ReportAllocs()
	for b.Loop() {
		w.Reset()
		for _, p := range properties {
			if p.Encode != nil {
				w.DictEntry(p.Name, p.Sig)
				p.Encode(w, u)
			}
		}
	}
}

func applyAll(name string, file *unitfile.File) *model.Unit {
	u := NewUnit(name, model.TypeService, nil)
	ctx := Context{}
	for line := range file.Assignments() {
		Apply(u, line, &ctx)
	}
	Complete(u, nil)
	return u
}

// A parsed service must stay small: a manager holds thousands of them.
func TestUnitMemory(t *testing.T) {
	const count, most = 2000, 2048
	file, _ := unitfile.ParseLean("a.service", []byte(benchUnit))
	Sections()
	applyAll("a.service", file)
	units := make([]*model.Unit, count)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range units {
		units[i] = applyAll("a.service", file)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (after.HeapAlloc - before.HeapAlloc) / count
	t.Logf("%d bytes for each unit", each)
	if each > most {
		t.Errorf("%d bytes for each unit, at most %d", each, most)
	}
	runtime.KeepAlive(units)
}
