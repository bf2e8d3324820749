package file

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// Header is what a file says of itself. Times are microseconds: Realtime since the epoch, Monotonic since the boot.
type Header struct {
	FileID, MachineID, TailBootID, SeqnumID ID

	Entries, HeadSeqnum, TailSeqnum uint64
	HeadRealtime, TailRealtime      uint64
	TailMonotonic                   uint64
	// Online is true while a writer has the file open, or after one died.
	Online bool
}

// Entry is one record. Its slices are reused by the next call with the same Entry.
type Entry struct {
	Seqnum, Realtime, Monotonic uint64
	BootID                      ID
	XorHash                     uint64
	SeqnumID                    ID // of the numbers: files that one journal is written to share it
	// Fields are FIELD=value, in the file's order. One field name may stand more than once.
	Fields [][]byte

	items []uint64
	arena []byte
}

// Get is the first value of a field, nil if there is none.
func (e *Entry) Get(name string) []byte {
	for _, f := range e.Fields {
		if len(f) > len(name) && f[len(name)] == '=' && string(f[:len(name)]) == name {
			return f[len(name)+1:]
		}
	}
	return nil
}

// Reader reads a file that may be written at the same time, and trusts nothing in it: what contradicts the format is
// ErrCorrupt, and no call reads more than a bounded amount. Not safe for concurrent use.
type Reader struct {
	src     io.ReaderAt
	closer  io.Closer
	compact bool
	keyed   bool
	fileID  ID

	seqnumID ID
	dataTab  table
	window   window
}

type table struct{ offset, buckets uint64 }

// OpenReader opens a file by its path.
func OpenReader(path string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := NewReader(f)
	if err != nil {
		_ = f.Close() // best effort: it was only read
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.closer = f
	return r, nil
}

// NewReader reads a file's bytes from src.
func NewReader(src io.ReaderAt) (*Reader, error) {
	r := &Reader{src: src}
	r.window.src = src
	var h [headerMin]byte
	if err := r.window.read(0, h[:]); err != nil {
		return nil, err
	}
	if string(h[:8]) != signature {
		return nil, fmt.Errorf("%w: signature", ErrCorrupt)
	}
	flags := le32(h[hdrIncompatible:])
	if flags&^flagsKnown != 0 {
		return nil, fmt.Errorf("%w: flags %#x", ErrUnsupported, flags)
	}
	if n := le64(h[hdrHeaderSize:]); n < headerMin || n > 1<<16 {
		return nil, fmt.Errorf("%w: header size %d", ErrCorrupt, n)
	}
	r.compact, r.keyed = flags&flagCompact != 0, flags&flagKeyedHash != 0
	copy(r.fileID[:], h[hdrFileID:])
	copy(r.seqnumID[:], h[hdrSeqnumID:])
	r.dataTab = table{le64(h[hdrDataTable:]), le64(h[hdrDataTableSize:]) / bucketSize}
	return r, nil
}

// Close closes the file if OpenReader opened it.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// Header reads the header as it is now.
func (r *Reader) Header() (Header, error) {
	r.window.forget()
	var b [headerMin]byte
	if err := r.window.read(0, b[:]); err != nil {
		return Header{}, err
	}
	h := Header{
		Entries: le64(b[hdrEntries:]), HeadSeqnum: le64(b[hdrHeadSeqnum:]), TailSeqnum: le64(b[hdrTailSeqnum:]),
		HeadRealtime: le64(b[hdrHeadRealtime:]), TailRealtime: le64(b[hdrTailRealtime:]),
		TailMonotonic: le64(b[hdrTailMonotonic:]), Online: b[hdrState] == stateOnline,
	}
	copy(h.FileID[:], b[hdrFileID:])
	copy(h.MachineID[:], b[hdrMachineID:])
	copy(h.TailBootID[:], b[hdrTailBootID:])
	copy(h.SeqnumID[:], b[hdrSeqnumID:])
	return h, nil
}

// object reads the head of the object at off, which must have the given type and be at least least bytes long.
func (r *Reader) object(off uint64, kind byte, least uint64) (size uint64, flags byte, err error) {
	if off < headerMin || off&7 != 0 || off > 1<<56 {
		return 0, 0, fmt.Errorf("%w: object offset %#x", ErrCorrupt, off)
	}
	var b [objHead]byte
	if err := r.window.read(off, b[:]); err != nil {
		return 0, 0, err
	}
	size = le64(b[objSize:])
	if b[objType] != kind || size < least || size > 1<<40 {
		return 0, 0, fmt.Errorf("%w: object at %#x is type %d, %d bytes", ErrCorrupt, off, b[objType], size)
	}
	return size, b[objFlags], nil
}

func (r *Reader) word(off uint64) (uint64, error) {
	var b [8]byte
	err := r.window.read(off, b[:])
	return le64(b[:]), err
}

// Entry reads the entry at off, an offset that a List gave, into e. A field packed by a method that is not supported is
// left out.
func (r *Reader) Entry(off uint64, e *Entry) error {
	if err := r.Head(off, e); err != nil {
		return err
	}
	e.arena = e.arena[:0]
	total := 0
	for _, item := range e.items {
		p, err := r.payload(item)
		if err != nil {
			if isUnpackable(err) {
				continue
			}
			return err
		}
		if total += len(p); total > maxReadBytes {
			return fmt.Errorf("%w: entry at %#x", ErrTooBig, off)
		}
		// A grown arena leaves earlier fields in the old one, which stays alive for as long as they do.
		start := len(e.arena)
		e.arena = append(e.arena, p...)
		e.Fields = append(e.Fields, e.arena[start:len(e.arena):len(e.arena)])
	}
	return nil
}

// Head reads all of an entry but its fields, which become empty.
func (r *Reader) Head(off uint64, e *Entry) error {
	e.Fields = e.Fields[:0]
	size, _, err := r.object(off, objectEntry, entryItems)
	if err != nil {
		return err
	}
	var b [entryItems]byte
	if err := r.window.read(off, b[:]); err != nil {
		return err
	}
	e.Seqnum, e.Realtime, e.Monotonic = le64(b[entrySeqnum:]), le64(b[entryRealtime:]), le64(b[entryMonotonic:])
	copy(e.BootID[:], b[entryBootID:])
	e.XorHash, e.SeqnumID = le64(b[entryXor:]), r.seqnumID
	width := uint64(16)
	if r.compact {
		width = 4
	}
	n := (size - entryItems) / width
	if n > MaxFields {
		return fmt.Errorf("%w: entry at %#x has %d fields", ErrCorrupt, off, n)
	}
	e.items = e.items[:0]
	for i := range n {
		item, err := r.reference(off + entryItems + i*width)
		if err != nil {
			return err
		}
		e.items = append(e.items, item)
	}
	return nil
}

// reference reads an offset as items hold it: 64 bits, or 32 in a compact file.
func (r *Reader) reference(off uint64) (uint64, error) {
	var b [8]byte
	if r.compact {
		err := r.window.read(off, b[:4])
		return uint64(binary.LittleEndian.Uint32(b[:])), err
	}
	err := r.window.read(off, b[:])
	return le64(b[:]), err
}

// payload reads the FIELD=value of the data object at off; valid until the next read.
func (r *Reader) payload(off uint64) ([]byte, error) {
	start := uint64(dataPayload)
	if r.compact {
		start = dataPayloadCompact
	}
	size, flags, err := r.object(off, objectData, start)
	if err != nil {
		return nil, err
	}
	if size-start > maxReadBytes {
		return nil, fmt.Errorf("%w: data at %#x has %d bytes", ErrTooBig, off, size)
	}
	p, err := r.window.view(off+start, int(size-start))
	if err != nil {
		return nil, err
	}
	if flags&(packedXZ|packedLZ4|packedZstd) != 0 {
		return unpack(flags, p)
	}
	return p, nil
}

func (r *Reader) hash(p []byte) uint64 {
	if r.keyed {
		return siphash24(r.fileID, p)
	}
	return jenkins64(p)
}

// Find is the list of entries that have exactly this FIELD=value; empty if there are none.
func (r *Reader) Find(field []byte) (List, error) {
	if r.dataTab.buckets == 0 || r.dataTab.offset == 0 {
		return List{}, nil
	}
	h := r.hash(field)
	off, err := r.word(r.dataTab.offset + h%r.dataTab.buckets*bucketSize)
	if err != nil {
		return List{}, err
	}
	for off != 0 {
		if _, _, err := r.object(off, objectData, dataPayload); err != nil {
			return List{}, err
		}
		var b [dataPayload]byte
		if err := r.window.read(off, b[:]); err != nil {
			return List{}, err
		}
		if le64(b[dataHash:]) == h {
			p, err := r.payload(off)
			if err != nil && !isUnpackable(err) {
				return List{}, err
			}
			if err == nil && bytes.Equal(p, field) {
				return r.list(le64(b[dataEntries:]), le64(b[dataEntry:]), le64(b[dataArray:]), off)
			}
		}
		next := le64(b[dataNext:])
		if next != 0 && next <= off {
			return List{}, fmt.Errorf("%w: hash chain at %#x goes back", ErrCorrupt, off)
		}
		off = next
	}
	return List{}, nil
}

// Entries is the list of all entries.
func (r *Reader) Entries() (List, error) {
	r.window.forget()
	n, err := r.word(hdrEntries)
	if err != nil {
		return List{}, err
	}
	first, err := r.word(hdrEntryArray)
	if err != nil {
		return List{}, err
	}
	return r.list(n, 0, first, 0)
}

func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
