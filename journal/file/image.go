package file

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// errFull says that the entry does not fit into this file; the writer begins another.
var errFull = errors.New("journal file: full")

// image is one file open for appending, mapped whole: the mapping reserves addresses up to the file's bound, so it
// never moves, and pages the writer no longer needs are given back (release), so they do not count as its memory.
//
// Readers look at the same pages while they are written. So the order of stores is: an object's contents, then what
// points at it, then the counts that readers believe.
type image struct {
	file    *os.File
	mem     []byte // mapped: len is the bound, size of it is backed by the file
	size    uint64
	end     uint64 // where the next object goes
	id      ID
	compact bool
	data    table
	fields  table
	tails   tailCache
	touched touched
	known   []known
	fence   atomic.Uint32
}

const (
	// writerFlags is the one combination of features this writer makes and goes on with.
	writerFlags        = flagKeyedHash
	writerFlagsCompact = flagKeyedHash | flagCompact

	fieldBuckets = 333
	growBytes    = 256 << 10
)

// createImage makes a new file at path, which must not exist. seqnumID and seqnum continue the numbering of the file
// before it; zero for none.
func createImage(path string, c *Config, machine, seqnumID ID, seqnum uint64) (*image, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, c.Mode)
	if err != nil {
		return nil, err
	}
	g := &image{file: f, compact: c.Compact}
	_, _ = rand.Read(g.id[:]) // never fails: the runtime ends the process instead
	if err := g.mapFile(c.MaxFileBytes); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	g.fields = table{headerSize + objHead, fieldBuckets}
	fieldEnd := align8(headerSize + objHead + fieldBuckets*bucketSize)
	// As many buckets as data objects of a middling size fit, the proportion systemd uses.
	g.data = table{fieldEnd + objHead, max(c.MaxFileBytes*4/768/3, 2047)}
	g.end = headerSize
	tables := fieldEnd - headerSize + objHead + g.data.buckets*bucketSize
	if err := g.reserve(tables); err != nil {
		return nil, errors.Join(err, g.close(), os.Remove(path))
	}
	if seqnumID == (ID{}) {
		seqnumID = g.id
	}
	flags := uint32(writerFlags)
	if g.compact {
		flags = writerFlagsCompact
	}
	binary.LittleEndian.PutUint32(g.mem[hdrIncompatible:], flags)
	copy(g.mem[hdrFileID:], g.id[:])
	copy(g.mem[hdrMachineID:], machine[:])
	copy(g.mem[hdrSeqnumID:], seqnumID[:])
	g.put(hdrHeaderSize, headerSize)
	g.put(hdrTailSeqnum, seqnum)
	g.put(hdrFieldTable, g.fields.offset)
	g.put(hdrFieldTableSize, g.fields.buckets*bucketSize)
	g.put(hdrDataTable, g.data.offset)
	g.put(hdrDataTableSize, g.data.buckets*bucketSize)
	g.alloc(objectFieldTable, objHead+g.fields.buckets*bucketSize)
	g.alloc(objectDataTable, objHead+g.data.buckets*bucketSize)
	copy(g.mem, signature) // last: from here on it is a journal file
	return g, nil
}

// openImage takes over a file that was closed in order and that this writer can go on with; errForeign if it cannot.
func openImage(path string, c *Config, machine ID) (*image, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	g := &image{file: f, compact: c.Compact}
	if err := g.adopt(c, machine); err != nil {
		return nil, errors.Join(err, g.close())
	}
	return g, nil
}

var (
	// errForeign is a sound file that another kind of writer made.
	errForeign = errors.New("journal file: of another writer")
	// errUnclean is a file whose writer died.
	errUnclean = errors.New("journal file: not closed in order")
)

func (g *image) adopt(c *Config, machine ID) error {
	info, err := g.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < headerSize || string(readAt(g.file, 8)) != signature {
		return errUnclean
	}
	if uint64(info.Size()) > c.MaxFileBytes {
		return errForeign
	}
	if err := g.mapFile(c.MaxFileBytes); err != nil {
		return err
	}
	g.size = uint64(info.Size())
	if g.mem[hdrState] != stateOffline {
		return errUnclean
	}
	flags := uint32(writerFlags)
	if g.compact {
		flags = writerFlagsCompact
	}
	if le32(g.mem[hdrIncompatible:]) != flags || le32(g.mem[hdrCompatible:]) != 0 || g.get(hdrHeaderSize) != headerSize ||
		ID(g.mem[hdrMachineID:hdrMachineID+16]) != machine {
		return errForeign
	}
	g.id = ID(g.mem[hdrFileID : hdrFileID+16])
	g.data = table{g.get(hdrDataTable), g.get(hdrDataTableSize) / bucketSize}
	g.fields = table{g.get(hdrFieldTable), g.get(hdrFieldTableSize) / bucketSize}
	tail := g.get(hdrTailObject)
	if headerSize+g.get(hdrArenaSize) != g.size || tail < headerSize || tail&7 != 0 || tail > g.size-objHead {
		return errUnclean
	}
	g.end = align8(tail + g.get(tail+objSize))
	if g.end < tail+objHead || g.end > g.size || !g.holds(g.data) || !g.holds(g.fields) {
		return errUnclean
	}
	return nil
}

func (g *image) holds(t table) bool {
	return t.buckets != 0 && t.offset >= headerSize && t.offset < g.size && t.buckets <= (g.size-t.offset)/bucketSize
}

func readAt(f *os.File, n int) []byte {
	b := make([]byte, n)
	k, _ := f.ReadAt(b, 0) // a short read is a short result
	return b[:k]
}

// mapFile locks the file against a second writer and maps it.
func (g *image) mapFile(bound uint64) error {
	if err := unix.Flock(int(g.file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("%s: another writer: %w", g.file.Name(), err)
	}
	mem, err := unix.Mmap(int(g.file.Fd()), 0, int(bound), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("%s: mmap: %w", g.file.Name(), err)
	}
	g.mem = mem
	g.touched.pages = make([]uint64, (bound/pageBytes+63)/64)
	g.known = make([]known, knownSlots)
	return nil
}

// reserve makes n bytes from end on writable, so that no store can meet a full disk. errFull at the file's bound.
func (g *image) reserve(n uint64) error {
	need := g.end + n
	if need <= g.size {
		return nil
	}
	bound := uint64(len(g.mem))
	if need > bound {
		return errFull
	}
	size := min((need+growBytes-1)/growBytes*growBytes, bound)
	err := unix.Fallocate(int(g.file.Fd()), 0, int64(g.size), int64(size-g.size))
	if errors.Is(err, unix.EOPNOTSUPP) {
		err = g.file.Truncate(int64(size))
	}
	if err != nil {
		return fmt.Errorf("%s: grow: %w", g.file.Name(), err)
	}
	g.size = size
	g.put(hdrArenaSize, size-headerSize)
	return nil
}

// alloc begins an object of n bytes, which the caller has reserved.
func (g *image) alloc(kind byte, n uint64) uint64 {
	off := g.end
	g.touch(off)
	g.mem[off+objType] = kind
	g.put(off+objSize, n)
	g.end = align8(off + n)
	g.put(hdrTailObject, off)
	g.put(hdrObjects, g.get(hdrObjects)+1)
	return off
}

func (g *image) get(off uint64) uint64    { return binary.LittleEndian.Uint64(g.mem[off:]) }
func (g *image) put(off uint64, v uint64) { binary.LittleEndian.PutUint64(g.mem[off:], v) }

// publish is put for what readers follow: all stores before it are visible first.
func (g *image) publish(off uint64, v uint64) {
	g.fence.Add(1) // a full barrier on every architecture
	g.put(off, v)
}

// kick tells readers that wait by inotify: stores into a mapping make no event, setting the same size does.
func (g *image) kick() error { return unix.Ftruncate(int(g.file.Fd()), int64(g.size)) }

func (g *image) close() error {
	var err error
	if g.mem != nil {
		err = unix.Munmap(g.mem)
		g.mem = nil
	}
	return errors.Join(err, g.file.Close())
}
