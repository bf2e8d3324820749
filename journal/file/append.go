package file

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
)

// Stamp is when an entry was made: microseconds since the epoch, and since the boot that BootID names.
type Stamp struct {
	Realtime, Monotonic uint64
	BootID              ID
}

// item is one field of the entry being written.
type item struct{ off, hash uint64 }

// append writes one entry. items is scratch. It changes nothing that a reader can see unless the whole entry fits.
func (g *image) append(at Stamp, fields [][]byte, items []item) ([]item, error) {
	need := uint64(0)
	for _, f := range fields {
		need += align8(dataPayloadCompact+uint64(len(f))) + align8(fieldPayload+uint64(len(f)))
	}
	if err := g.reserve(need); err != nil {
		return items, err
	}
	items = items[:0]
	xor := uint64(0)
	for _, f := range fields {
		h := siphash24(g.id, f)
		off, err := g.internData(f, h)
		if err != nil {
			return items, err
		}
		xor ^= jenkins64(f)
		items = append(items, item{off, h})
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.off, b.off) })
	items = slices.CompactFunc(items, func(a, b item) bool { return a.off == b.off })
	need, err := g.linkSpace(items)
	if err != nil {
		return items, err
	}
	if err := g.reserve(need); err != nil {
		return items, err
	}
	off := g.writeEntry(at, xor, items)
	g.linkEntry(off, at, items)
	return items, nil
}

// internData finds the data object of a field or makes it. Its space is reserved.
func (g *image) internData(field []byte, h uint64) (uint64, error) {
	start := g.payloadStart()
	k := &g.known[h%knownSlots]
	if k.hash == h && k.off != 0 {
		if g.touchAll(k.off, start+uint64(len(field))); g.equal(k.off, start, field) {
			return k.off, nil
		}
	}
	bucket := g.data.offset + h%g.data.buckets*bucketSize
	g.touch(bucket)
	depth := uint64(0)
	last := uint64(0)
	for off := g.get(bucket); off != 0; off = g.get(off + dataNext) {
		g.touch(off)
		if off <= last {
			return 0, fmt.Errorf("%w: hash chain at %#x goes back", ErrCorrupt, last)
		}
		if g.get(off+dataHash) == h && g.equal(off, start, field) {
			*k = known{h, off}
			return off, nil
		}
		last = off
		depth++
	}
	off := g.alloc(objectData, start+uint64(len(field)))
	g.touchAll(off, start+uint64(len(field)))
	*k = known{h, off}
	g.put(off+dataHash, h)
	copy(g.mem[off+start:], field)
	if name := bytes.IndexByte(field, '='); name > 0 {
		f, err := g.internField(field[:name])
		if err != nil {
			return 0, err
		}
		g.touch(f + fieldData)
		g.put(off+dataNextInField, g.get(f+fieldData))
		g.publish(f+fieldData, off)
	}
	g.chain(bucket, last, dataNext, off)
	g.put(hdrDataObjects, g.get(hdrDataObjects)+1)
	if depth > g.get(hdrDataChainDepth) {
		g.put(hdrDataChainDepth, depth)
	}
	return off, nil
}

func (g *image) internField(name []byte) (uint64, error) {
	h := siphash24(g.id, name)
	bucket := g.fields.offset + h%g.fields.buckets*bucketSize
	g.touch(bucket)
	depth := uint64(0)
	last := uint64(0)
	for off := g.get(bucket); off != 0; off = g.get(off + fieldNext) {
		g.touch(off)
		if off <= last {
			return 0, fmt.Errorf("%w: hash chain at %#x goes back", ErrCorrupt, last)
		}
		if g.get(off+fieldHash) == h && g.equal(off, fieldPayload, name) {
			return off, nil
		}
		last = off
		depth++
	}
	off := g.alloc(objectField, fieldPayload+uint64(len(name)))
	g.put(off+fieldHash, h)
	copy(g.mem[off+fieldPayload:], name)
	g.chain(bucket, last, fieldNext, off)
	g.put(hdrFieldObjects, g.get(hdrFieldObjects)+1)
	if depth > g.get(hdrFieldChainDepth) {
		g.put(hdrFieldChainDepth, depth)
	}
	return off, nil
}

func (g *image) equal(off, start uint64, p []byte) bool {
	return g.get(off+objSize) == start+uint64(len(p)) && bytes.Equal(g.mem[off+start:off+start+uint64(len(p))], p)
}

// chain hangs a new object behind last, the end of its bucket's chain (0: the chain is empty).
func (g *image) chain(bucket, last, next, off uint64) {
	if last == 0 {
		g.publish(bucket, off)
	} else {
		g.publish(last+next, off)
	}
	g.put(bucket+8, off)
}

func (g *image) payloadStart() uint64 {
	if g.compact {
		return dataPayloadCompact
	}
	return dataPayload
}

func (g *image) writeEntry(at Stamp, xor uint64, items []item) uint64 {
	size := entryItems + uint64(len(items))*g.itemWidth()
	off := g.alloc(objectEntry, size)
	g.touchAll(off, size)
	seqnum := g.get(hdrTailSeqnum) + 1
	g.put(off+entrySeqnum, seqnum)
	g.put(off+entryRealtime, at.Realtime)
	g.put(off+entryMonotonic, at.Monotonic)
	copy(g.mem[off+entryBootID:], at.BootID[:])
	g.put(off+entryXor, xor)
	p := g.mem[off+entryItems:]
	for i, it := range items {
		if g.compact {
			binary.LittleEndian.PutUint32(p[4*i:], uint32(it.off))
		} else {
			binary.LittleEndian.PutUint64(p[16*i:], it.off)
			binary.LittleEndian.PutUint64(p[16*i+8:], it.hash)
		}
	}
	g.put(hdrTailSeqnum, seqnum)
	if g.get(hdrHeadSeqnum) == 0 {
		g.put(hdrHeadSeqnum, seqnum)
	}
	return off
}

func (g *image) itemWidth() uint64 {
	if g.compact {
		return 4
	}
	return 16
}

// linkEntry makes an entry known to the list of all and to the list of each of its fields.
func (g *image) linkEntry(off uint64, at Stamp, items []item) {
	n := g.get(hdrEntries)
	array, used := g.extend(0, hdrEntryArray, n, off)
	binary.LittleEndian.PutUint32(g.mem[hdrTailArray:], uint32(array))
	binary.LittleEndian.PutUint32(g.mem[hdrTailArrayEntries:], uint32(used))
	g.publish(hdrEntries, n+1)
	if g.get(hdrHeadRealtime) == 0 {
		g.put(hdrHeadRealtime, at.Realtime)
	}
	g.put(hdrTailRealtime, at.Realtime)
	g.put(hdrTailMonotonic, at.Monotonic)
	copy(g.mem[hdrTailBootID:], at.BootID[:])
	for _, it := range items {
		n := g.get(it.off + dataEntries)
		if n == 0 {
			g.put(it.off+dataEntry, off)
		} else {
			array, used := g.extend(it.off, it.off+dataArray, n-1, off)
			if g.compact {
				binary.LittleEndian.PutUint32(g.mem[it.off+dataTailArray:], uint32(array))
				binary.LittleEndian.PutUint32(g.mem[it.off+dataTailArrayEntries:], uint32(used))
			}
		}
		g.publish(it.off+dataEntries, n+1)
	}
}
