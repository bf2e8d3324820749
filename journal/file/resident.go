package file

import (
	"github.com/steward-init/steward/sys"
	"golang.org/x/sys/unix"
)

// Pages of the file that are mapped in count as this process's memory. So the writer keeps account of those it uses and
// gives all back when there are too many. Each is mapped in by a store (sys.FaultIn), as a load would map those around
// it as well.

const pageBytes = 4096

// touched is a bit for each page of the mapping, set since the last release, and how many are.
type touched struct {
	pages []uint64
	count int
}

// touch is called with an offset before the memory there is used.
func (g *image) touch(off uint64) {
	i, bit := off/pageBytes/64, uint64(1)<<(off/pageBytes%64)
	if g.touched.pages[i]&bit != 0 {
		return
	}
	g.touched.pages[i] |= bit
	g.touched.count++
	sys.FaultIn(g.mem, off)
}

// touchAll touches n bytes.
func (g *image) touchAll(off, n uint64) {
	for at := off &^ (pageBytes - 1); at < off+n; at += pageBytes {
		g.touch(max(at, off))
	}
}

// release gives the mapped pages back. The kernel keeps them as file cache; the next use maps them again.
func (g *image) release() error {
	clear(g.touched.pages)
	g.touched.count = 0
	return unix.Madvise(g.mem[:g.size&^(pageBytes-1)], unix.MADV_DONTNEED)
}

// known remembers where data objects are that were used lately, so that finding them does not touch the hash table.
type known struct {
	hash uint64
	off  uint64
}

const knownSlots = 1024 // 16 KiB
