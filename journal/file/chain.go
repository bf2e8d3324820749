package file

import (
	"encoding/binary"
	"fmt"
)

// A list of entries is a chain of arrays, each twice as large as the one before. The last array of a chain is found by
// walking it, a page touched at each step, so the ends of the chains used last are remembered.

const tailSlots = 512 // 12 KiB

type tailCache [tailSlots]tail

// tail is the end of a chain: array holds the chain's items from index base on.
type tail struct {
	owner uint32 // offset / 8 of the data object, 0 for the chain of all entries
	used  bool
	array uint64
	base  uint64
}

func (g *image) slot(owner uint64) *tail { return &g.tails[owner>>3*0x9e3779b1>>7%tailSlots] }

// tail finds the last array of the chain that begins at the pointer head and holds n items; array 0 if n is 0.
func (g *image) tail(owner, head, n uint64) (tail, error) {
	s := g.slot(owner)
	if s.used && uint64(s.owner)<<3 == owner && s.base < n {
		return *s, nil
	}
	t := tail{owner: uint32(owner >> 3), used: true, array: g.get(head)}
	if n == 0 {
		t.array = 0
		return t, nil
	}
	for {
		if t.array < headerSize || t.array > g.end-arrayItems || g.mem[t.array] != objectArray {
			return t, fmt.Errorf("%w: array chain at %#x", ErrCorrupt, t.array)
		}
		c := g.capacity(t.array)
		if n <= t.base+c {
			break
		}
		next := g.get(t.array + arrayNext)
		if next <= t.array {
			return t, fmt.Errorf("%w: array chain at %#x goes back", ErrCorrupt, t.array)
		}
		t.array, t.base = next, t.base+c
	}
	*s = t
	return t, nil
}

func (g *image) capacity(array uint64) uint64 {
	return (g.get(array+objSize) - arrayItems) / g.arrayWidth()
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
	if err != nil {
		return 0, err
	}
	c := uint64(0)
	if t.array != 0 {
		c = g.capacity(t.array)
		if n < t.base+c {
			return 0, nil
		}
	}
	return align8(arrayItems + nextCapacity(c)*g.arrayWidth()), nil
}

func nextCapacity(c uint64) uint64 { return max(4, 2*c) }

// extend puts entry as item n of a chain; the space is reserved and the chain is sound, as linkSpace has seen. It
// returns the array it stands in and how many items that has now.
func (g *image) extend(owner, head, n, entry uint64) (array, used uint64) {
	t, _ := g.tail(owner, head, n) // sound: linkSpace looked
	c := uint64(0)
	if t.array != 0 {
		c = g.capacity(t.array)
	}
	if t.array != 0 && n < t.base+c {
		g.putItem(t.array, n-t.base, entry)
		return t.array, n - t.base + 1
	}
	off := g.alloc(objectArray, arrayItems+nextCapacity(c)*g.arrayWidth())
	g.putItem(off, 0, entry)
	if t.array == 0 {
		g.publish(head, off)
	} else {
		g.publish(t.array+arrayNext, off)
	}
	g.put(hdrArrayObjects, g.get(hdrArrayObjects)+1)
	*g.slot(owner) = tail{owner: uint32(owner >> 3), used: true, array: off, base: t.base + c}
	return off, 1
}

func (g *image) putItem(array, i, entry uint64) {
	off := array + arrayItems + i*g.arrayWidth()
	if g.compact {
		binary.LittleEndian.PutUint32(g.mem[off:], uint32(entry))
	} else {
		g.put(off, entry)
	}
}
