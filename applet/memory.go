package applet

import (
	"runtime"
	"runtime/debug"
)

// leisure is how many bytes a command may have before garbage is looked for. Most commands end before, and need not
// collect what their end frees; those that read a hundred thousand files stay within twice of what they use.
const leisure = 32 << 20

// smallest is the runtime's own size of a heap that is not worth a collection, for 100 percent.
const smallest = 4 << 20

// takeLeisure sets when garbage is looked for in a command that has just begun.
func takeLeisure() {
	const percent = leisure * 100 / smallest
	debug.SetGCPercent(percent)
	runtime.AddCleanup(new([64]byte), adapt, percent)
}

// adapt sets it anew after each collection, by what was in use then; last is the percentage so far.
func adapt(last int) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	used := max(m.NextGC*100/uint64(100+last), smallest)
	if percent := int(max(leisure*100/used, 100)); percent != last {
		debug.SetGCPercent(percent)
		last = percent
	}
	runtime.AddCleanup(new([64]byte), adapt, last)
}
