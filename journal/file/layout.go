package file

import (
	"encoding/hex"
	"errors"
	"fmt"
)

// ID is a 128-bit identifier as machine, boot and file ids are.
type ID [16]byte

// String is the 32 lower-case hexadecimal digits journalctl prints.
func (id ID) String() string { return string(id.Append(nil)) }

// Append appends what String returns.
func (id ID) Append(b []byte) []byte { return hex.AppendEncode(b, id[:]) }

// ParseID reads what String returns.
func ParseID(s string) (id ID, err error) {
	if len(s) != 2*len(id) {
		return ID{}, fmt.Errorf("id %q: want 32 hexadecimal digits", s)
	}
	_, err = hex.Decode(id[:], []byte(s))
	return id, err
}

// Errors a caller can tell apart with errors.Is.
var (
	// ErrCorrupt is a file whose contents contradict the format.
	ErrCorrupt = errors.New("journal file: corrupt")
	// ErrUnsupported is a file that uses a feature this package does not know.
	ErrUnsupported = errors.New("journal file: unsupported feature")
	// ErrCompression is a field packed by a method this package does not read (XZ, LZ4).
	ErrCompression = errors.New("journal field: unsupported compression")
	// ErrTooBig is an entry or a field beyond the bounds below; nothing was written.
	ErrTooBig = errors.New("journal entry: too big")
)

// Bounds on one entry, as written and as read.
const (
	MaxFields     = 1024
	MaxFieldBytes = 1 << 20
	// maxReadBytes bounds a field as read, unpacked: other writers allow core dumps.
	maxReadBytes = 16 << 20
)

const signature = "LPKSHHRH"

// Incompatible feature flags.
const (
	flagXZ = 1 << iota
	flagLZ4
	flagKeyedHash
	flagZstd
	flagCompact

	flagsKnown = flagXZ | flagLZ4 | flagKeyedHash | flagZstd | flagCompact
)

// File states.
const (
	stateOffline = iota
	stateOnline
	stateArchived
)

// Object types.
const (
	objectData = iota + 1
	objectField
	objectEntry
	objectDataTable
	objectFieldTable
	objectArray
	objectTag
)

// Compression flags of a data object.
const (
	packedXZ = 1 << iota
	packedLZ4
	packedZstd
)

// Offsets of the header's members. headerSize is what version 252 writes; the first files had headerMin.
const (
	hdrCompatible       = 8
	hdrIncompatible     = 12
	hdrState            = 16
	hdrFileID           = 24
	hdrMachineID        = 40
	hdrTailBootID       = 56
	hdrSeqnumID         = 72
	hdrHeaderSize       = 88
	hdrArenaSize        = 96
	hdrDataTable        = 104
	hdrDataTableSize    = 112
	hdrFieldTable       = 120
	hdrFieldTableSize   = 128
	hdrTailObject       = 136
	hdrObjects          = 144
	hdrEntries          = 152
	hdrTailSeqnum       = 160
	hdrHeadSeqnum       = 168
	hdrEntryArray       = 176
	hdrHeadRealtime     = 184
	hdrTailRealtime     = 192
	hdrTailMonotonic    = 200
	hdrDataObjects      = 208
	hdrFieldObjects     = 216
	hdrTagObjects       = 224
	hdrArrayObjects     = 232
	hdrDataChainDepth   = 240
	hdrFieldChainDepth  = 248
	hdrTailArray        = 256 // 32 bits
	hdrTailArrayEntries = 260 // 32 bits

	headerMin  = 208
	headerSize = 264
)

// Offsets inside objects.
const (
	objType  = 0
	objFlags = 1
	objSize  = 8
	objHead  = 16

	dataHash        = 16
	dataNext        = 24
	dataNextInField = 32
	dataEntry       = 40
	dataArray       = 48
	dataEntries     = 56
	dataPayload     = 64
	// Compact files keep the tail of the array chain in the data object.
	dataTailArray        = 64 // 32 bits
	dataTailArrayEntries = 68 // 32 bits
	dataPayloadCompact   = 72

	fieldHash    = 16
	fieldNext    = 24
	fieldData    = 32
	fieldPayload = 40

	entrySeqnum    = 16
	entryRealtime  = 24
	entryMonotonic = 32
	entryBootID    = 40
	entryXor       = 56
	entryItems     = 64

	arrayNext  = 16
	arrayItems = 24

	bucketSize = 16 // head and tail of a chain
)

func align8(n uint64) uint64 { return (n + 7) &^ 7 }
