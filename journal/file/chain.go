package file

import (
	"encoding/binary"
	"fmt"
)

// A list of entries is a chain of arrays, each twice as large as the one before. The last array of a chain is found by
// walking it, a page touched at each step, so the ends of the chains used last are remembered.

const tailSlots = 512 // 16 KiB

type tailCache [tailSlots]tail

// tail is the end of a chain: array, 0 if there is none, holds capacity items of the chain from index base on.
type tail struct {
	owner                 uint32 // offset / 8 of the data object, 0 for the chain of all entries
	used                  bool
	array, base, capacity uint64
}

func (t *tail) full(n uint64) bool { return n >= t.base+t.capacity }

func (g *image) slot(owner uint64) *tail { return &g.tails[owner>>3*0x9e3779b1>>7%tailSlots] }

// tail finds the last array of the chain that begins at the pointer head and holds n items.
func (g *image) tail(owner, head, n uint64) (tail, error) {
	s := g.slot(owner)
	if s.used && uint64(s.owner)<<3 == owner && s.base < n {
		return *s, nil
	}
	t := tail{owner: uint32(owner >> 3), used: true}
	if n == 0 {
		return t, nil
	}
	for next := g.get(head); ; next = g.get(t.array + arrayNext) {
		if next <= t.array || next > g.end-arrayItems {
			return t, fmt.Errorf("%w: array chain at %#x goes to %#x", ErrCorrupt, t.array, next)
		}
		g.touch(next)
		if g.mem[next] != objectArray {
			return t, fmt.Errorf("%w: no array at %#x", ErrCorrupt, next)
		}
		t.base += t.capacity
		t.array, t.capacity = next, (g.get(next+objSize)-arrayItems)/g.arrayWidth()
		if n <= t.base+t.capacity {
			*s = t
			return t, nil
		}
	}
}

func (g *image) arrayWidth() uint64 {
	if g.compact {
		return 4
	}
	return 8
}

// linkSpace is how many bytes writing and linking an entry with these items takes. It finds every chain's end, so that
// a corrupt one is met before anything is written.
func (g *image) linkSpace(items []item) (uint64, error) {
	need := align8(entryItems + uint64(len(items))*g.itemWidth())
	n, err := g.growth(0, hdrEntryArray, g.get(hdrEntries))
	if err != nil {
		return 0, err
	}
	need += n
	for _, it := range items {
		entries := g.get(it.off + dataEntries)
		if entries == 0 {
			continue
		}
		n, err := g.growth(it.off, it.off+dataArray, entries-1)
		if err != nil {
			return 0, err
		}
		need += n
	}
	return need, nil
}

// growth is the bytes of the array that one more item makes necessary, 0 if there is room.
func (g *image) growth(owner, head, n uint64) (uint64, error) {
	t, err := g.tail(owner, head, n)
	if err != nil || !t.full(n) {
		return 0, err
	}
	return g.arraySize(t.capacity), nil
}

// arraySize is the size of the array after one with the given capacity.
func (g *image) arraySize(capacity uint64) uint64 {
	return arrayItems + max(4, 2*capacity)*g.arrayWidth()
}

// extend puts entry as item n of a chain; the space is reserved and the chain is sound, as linkSpace has seen. It
// returns the array it stands in and how many items that has now.
func (g *image) extend(owner, head, n, entry uint64) (array, used uint64) {
	t, _ := g.tail(owner, head, n) // sound: linkSpace looked
	if !t.full(n) {
		g.putItem(t.array, n-t.base, entry)
		return t.array, n - t.base + 1
	}
	size := g.arraySize(t.capacity)
	off := g.alloc(objectArray, size)
	g.putItem(off, 0, entry)
	if t.array == 0 {
		g.publish(head, off)
	} else {
		g.touch(t.array)
		g.publish(t.array+arrayNext, off)
	}
	g.put(hdrArrayObjects, g.get(hdrArrayObjects)+1)
	t.base, t.array, t.capacity = t.base+t.capacity, off, (size-arrayItems)/g.arrayWidth()
	*g.slot(owner) = t
	return off, 1
}

func (g *image) putItem(array, i, entry uint64) {
	off := array + arrayItems + i*g.arrayWidth()
	g.touch(off)
	if g.compact {
		binary.LittleEndian.PutUint32(g.mem[off:], uint32(entry))
	} else {
		g.put(off, entry)
	}
}
