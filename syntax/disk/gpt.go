package disk

import (
	"encoding/hex"
	"hash/crc32"
	"io"
	"slices"
	"unicode/utf16"
)

// Bounds of a GUID partition table: an entry's size is a power of two from 128, and real tables have 128 of them.
const (
	minHeader  = 92
	minEntry   = 128
	maxEntry   = 4096
	maxEntries = 4096
	maxArray   = 1 << 20
)

// The flags of entries, by their bits.
const (
	flagNoBlockIO = 1 << 1
	flagGrow      = 1 << 59
	flagReadOnly  = 1 << 60
	flagNoAuto    = 1 << 63
)

// readGPT reads the table behind the protective entry, or its copy at the disk's end. UEFI Specification, chapter 5.
func readGPT(r io.ReaderAt, size int64) (Table, error) {
	for _, sector := range sectors {
		if t, ok := readHeader(r, size, sector, 1); ok {
			return t, nil
		}
	}
	for _, sector := range sectors {
		if t, ok := readHeader(r, size, sector, size/int64(sector)-1); ok {
			return t, nil
		}
	}
	return Table{}, ErrDamaged
}

// readHeader reads the table whose header is in a sector.
func readHeader(r io.ReaderAt, size int64, sector int, at int64) (t Table, ok bool) {
	h := make([]byte, sector)
	if at < 1 || read(r, h, at*int64(sector)) != nil || string(h[:8]) != "EFI PART" {
		return t, false
	}
	length, sum := le.Uint32(h[12:]), le.Uint32(h[16:])
	if length < minHeader || int64(length) > int64(sector) {
		return t, false
	}
	clear(h[16:20]) // the sum is made as if it were zero
	if crc32.ChecksumIEEE(h[:length]) != sum || le.Uint64(h[24:]) != uint64(at) {
		return t, false
	}
	first, last := le.Uint64(h[40:]), le.Uint64(h[48:])
	array, count, entry := le.Uint64(h[72:]), le.Uint32(h[80:]), le.Uint32(h[84:])
	sectorsOfDisk := uint64(size) / uint64(sector)
	switch {
	case first > last || last >= sectorsOfDisk || array >= sectorsOfDisk:
		return t, false
	case entry < minEntry || entry > maxEntry || entry&(entry-1) != 0:
		return t, false
	case count == 0 || count > maxEntries || count*entry > maxArray:
		return t, false
	}
	b := make([]byte, count*entry)
	if read(r, b, int64(array)*int64(sector)) != nil || crc32.ChecksumIEEE(b) != le.Uint32(h[88:]) {
		return t, false
	}
	t = Table{Scheme: GPT}
	for i := range int(count) {
		if p, ok := parseEntry(b[i*int(entry):][:minEntry], uint64(sector), first, last); ok {
			p.Number = i + 1
			t.Partitions = append(t.Partitions, p)
		}
	}
	return t, true
}

// parseEntry reads one entry; ok is false for one that is free, or reaches to where no partition may be.
func parseEntry(b []byte, sector, first, last uint64) (p Partition, ok bool) {
	begin, end, flags := le.Uint64(b[32:]), le.Uint64(b[40:]), le.Uint64(b[48:])
	id := guid(b[:16])
	if id == unused || begin < first || end > last || begin > end {
		return p, false
	}
	return Partition{Start: int64(begin * sector), Size: int64((end - begin + 1) * sector), Type: typeName(id),
		Label: label(b[56:128]), ReadOnly: flags&flagReadOnly != 0, NoAuto: flags&flagNoAuto != 0,
		Grow: flags&flagGrow != 0, NoBlockIO: flags&flagNoBlockIO != 0}, true
}

const unused = "00000000000000000000000000000000"

// guid is an identifier as text. Its first three groups are stored with the last byte first.
func guid(b []byte) string {
	c := slices.Clone(b)
	slices.Reverse(c[0:4])
	slices.Reverse(c[4:6])
	slices.Reverse(c[6:8])
	return hex.EncodeToString(c)
}

// typeName is the short name of a type, "" if it has none.
func typeName(id string) string {
	for _, list := range [][]PartitionType{PerArchitecture, Others} {
		for _, t := range list {
			if t.ID == id {
				return t.Name
			}
		}
	}
	return ""
}

// label is a name in UTF-16, up to the first zero.
func label(b []byte) string {
	var text []uint16
	for ; len(b) > 1; b = b[2:] {
		c := le.Uint16(b)
		if c == 0 {
			break
		}
		text = append(text, c)
	}
	return string(utf16.Decode(text))
}
