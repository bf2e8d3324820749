package disk

import "io"

// Types of partitions that an MBR table may have.
const (
	linux        = 0x83
	bootLoader   = 0xea // "Extended Boot", the Boot Loader Specification
	protective   = 0xee // the whole disk, in front of a GUID partition table
	extended     = 0x05
	extendedLBA  = 0x0f
	extendedUnix = 0x85
)

// mbrSector is what these tables count in, whatever the disk does.
const mbrSector = 512

// mbrEntry is one of the four entries of a table.
type mbrEntry struct {
	bootable    bool
	kind        byte
	start, size int64 // sectors
}

// parseMBR reads the four entries. Boot code in their place has other marks.
func parseMBR(b []byte) (entries [4]mbrEntry, err error) {
	for i := range entries {
		e := b[16*i : 16*i+16]
		if e[0] != 0 && e[0] != 0x80 {
			return entries, ErrUnknown
		}
		entries[i] = mbrEntry{e[0] == 0x80, e[4], int64(le.Uint32(e[8:])), int64(le.Uint32(e[12:]))}
	}
	return entries, nil
}

// readMBR makes a table of the four entries and the logical partitions of the first extended one.
func readMBR(r io.ReaderAt, size int64, entries [4]mbrEntry) (Table, error) {
	t := Table{Scheme: MBR}
	var chain []Partition
	for i, e := range entries {
		if !t.addMBR(i+1, e, 0, size) {
			continue
		}
		if (e.kind == extended || e.kind == extendedLBA || e.kind == extendedUnix) && chain == nil {
			chain = logical(r, size, e.start)
		}
	}
	t.Partitions = append(t.Partitions, chain...)
	return t, nil
}

// addMBR adds an entry that counts from a sector, if there is something in it.
func (t *Table) addMBR(number int, e mbrEntry, from, size int64) bool {
	start, length := (from+e.start)*mbrSector, e.size*mbrSector
	if e.kind == 0 || e.size == 0 || e.start == 0 || start+length > size {
		return false
	}
	kind := ""
	switch e.kind {
	case linux:
		kind = "linux-generic"
	case bootLoader:
		kind = "xbootldr"
	}
	t.Partitions = append(t.Partitions, Partition{Number: number, Start: start, Size: length, Type: kind,
		Bootable: e.bootable})
	return true
}

// maxLogical bounds the logical partitions, which are a linked list that may lead back to where it was.
const maxLogical = 64

// logical reads the partitions in an extended one: each has a table of its own before it, which also says where the
// next of those is, counted from the extended partition's start.
func logical(r io.ReaderAt, size, begin int64) []Partition {
	const firstNumber = 5
	t := Table{}
	at := begin
	for n := range maxLogical {
		var b [512]byte
		if read(r, b[:], at*mbrSector) != nil || b[510] != 0x55 || b[511] != 0xaa {
			break
		}
		entries, err := parseMBR(b[446:510])
		if err != nil {
			break
		}
		t.addMBR(firstNumber+n, entries[0], at, size)
		if entries[1].size == 0 || entries[1].start == 0 {
			break
		}
		at = begin + entries[1].start
	}
	return t.Partitions
}
