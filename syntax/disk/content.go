package disk

import (
	"bytes"
	"io"
)

// Use is what something on a disk is for.
type Use int

// The uses.
const (
	Unknown    Use = iota
	FileSystem     // can be mounted
	Encrypted      // holds another one, for who has the key
	Other          // known, and nothing to mount: swap space, a volume of a larger set, hashes
)

// Content is what a disk or a partition begins with. Type is libblkid's word, which for a file system is the kernel's.
type Content struct {
	Type string
	Use  Use
}

// ReadOnly says whether a file system is one that can't be written.
func (c Content) ReadOnly() bool {
	return c.Type == "squashfs" || c.Type == "erofs" || c.Type == "iso9660"
}

// mark is a text that something has at a place.
type mark struct {
	at   int64
	text string
	is   Content
}

// marks are in order of precedence. Those of swap space stand at the end of its first page, whatever size that has.
var marks = []mark{
	{0, "LUKS\xba\xbe", Content{"crypto_LUKS", Encrypted}},
	{3, "-FVE-FS-", Content{"BitLocker", Encrypted}},
	{0, "XFSB", Content{"xfs", FileSystem}},
	{0, "hsqs", Content{"squashfs", FileSystem}},
	{0x10040, "_BHRfS_M", Content{"btrfs", FileSystem}},
	{1024, "\x10\x20\xf5\xf2", Content{"f2fs", FileSystem}},
	{1024, "\xe2\xe1\xf5\xe0", Content{"erofs", FileSystem}},
	{0x8001, "CD001", Content{"iso9660", FileSystem}},
	{0, "verity\x00\x00", Content{"DM_verity_hash", Other}},
	{0, "integrt\x00", Content{"DM_integrity", Other}},
	{0, "LABELONE", Content{"LVM2_member", Other}},
	{512, "LABELONE", Content{"LVM2_member", Other}},
	{0, "\xfc\x4e\x2b\xa9", Content{"linux_raid_member", Other}},
	{4096, "\xfc\x4e\x2b\xa9", Content{"linux_raid_member", Other}},
	{4096 - 10, "SWAPSPACE2", Content{"swap", Other}},
	{16384 - 10, "SWAPSPACE2", Content{"swap", Other}},
	{65536 - 10, "SWAPSPACE2", Content{"swap", Other}},
}

// Probe says what something begins with.
func Probe(r io.ReaderAt) Content {
	for _, m := range marks {
		b := make([]byte, len(m.text))
		if read(r, b, m.at) == nil && string(b) == m.text {
			return m.is
		}
	}
	if name := probeExt(r); name != "" {
		return Content{name, FileSystem}
	}
	if isFAT(r) {
		return Content{"vfat", FileSystem}
	}
	return Content{}
}

// Features of the ext file systems by which their generations are told apart.
const (
	extJournal    = 0x4              // compatible: has a journal, from ext3 on
	extJournalDev = 0x8              // incompatible: is a journal of another file system
	ext3Incompat  = 0x2 | 0x4 | 0x10 // the incompatible ones that ext3 knows
	ext3ROCompat  = 0x1 | 0x2 | 0x4  // those that ext3 knows of the ones that only forbid to write
)

// probeExt is the generation of an ext file system, "" if it is none.
func probeExt(r io.ReaderAt) string {
	const superblock, size = 1024, 0x68
	b := make([]byte, size)
	if read(r, b, superblock) != nil || le.Uint16(b[0x38:]) != 0xef53 {
		return ""
	}
	compat, incompat, readOnly := le.Uint32(b[0x5c:]), le.Uint32(b[0x60:]), le.Uint32(b[0x64:])
	switch {
	case incompat&extJournalDev != 0:
		return ""
	case incompat&^uint32(ext3Incompat) != 0 || readOnly&^uint32(ext3ROCompat) != 0:
		return "ext4"
	case compat&extJournal != 0:
		return "ext3"
	}
	return "ext2"
}

// isFAT says whether something begins with the parameters of a FAT file system. A boot sector of other kinds has the
// same mark at its end, but none that make sense.
func isFAT(r io.ReaderAt) bool {
	b := make([]byte, 512)
	if read(r, b, 0) != nil || b[510] != 0x55 || b[511] != 0xaa || bytes.Equal(b[3:11], []byte("NTFS    ")) {
		return false
	}
	sector, cluster, reserved, copies, media := le.Uint16(b[11:]), b[13], le.Uint16(b[14:]), b[16], b[21]
	return (b[0] == 0xeb || b[0] == 0xe9) && sector >= 512 && sector <= 4096 && sector&(sector-1) == 0 &&
		cluster != 0 && cluster&(cluster-1) == 0 && reserved != 0 && copies != 0 && copies <= 2 && media >= 0xf0
}
