package disk

import (
	"bytes"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// entry is a partition of a table to be made: its type by name, and where it is in sectors.
type entry struct {
	kind, label string
	first, last uint64
	flags       uint64
}

const sectorsOfTest = 4096

// gpt makes a disk with a table that counts in sectors of some size, and its copy at the end.
func gpt(sector int, entries ...entry) []byte {
	b := make([]byte, sectorsOfTest*sector)
	b[446+4], b[510], b[511] = protective, 0x55, 0xaa
	le.PutUint32(b[446+8:], 1)
	le.PutUint32(b[446+12:], sectorsOfTest-1)
	array := make([]byte, 128*128)
	for i, e := range entries {
		p := array[i*128:]
		id, _ := hex.DecodeString(idOf(e.kind)) // the types are hexadecimal
		slices.Reverse(id[0:4])
		slices.Reverse(id[4:6])
		slices.Reverse(id[6:8])
		copy(p, id)
		le.PutUint64(p[32:], e.first)
		le.PutUint64(p[40:], e.last)
		le.PutUint64(p[48:], e.flags)
		for j, c := range utf16.Encode([]rune(e.label)) {
			le.PutUint16(p[56+2*j:], c)
		}
	}
	inArray := len(array) / sector
	last := sectorsOfTest - 1
	copy(b[2*sector:], array)
	copy(b[(last-inArray)*sector:], array)
	header(b, sector, 1, 2, array)
	header(b, sector, last, last-inArray, array)
	return b
}

func header(b []byte, sector, at, arrayAt int, array []byte) {
	h := b[at*sector:]
	copy(h, "EFI PART\x00\x00\x01\x00")
	le.PutUint32(h[12:], 92)
	le.PutUint64(h[24:], uint64(at))
	le.PutUint64(h[32:], uint64(sectorsOfTest-at))
	le.PutUint64(h[40:], 40)
	le.PutUint64(h[48:], sectorsOfTest-40)
	le.PutUint64(h[72:], uint64(arrayAt))
	le.PutUint32(h[80:], 128)
	le.PutUint32(h[84:], 128)
	le.PutUint32(h[88:], crc32.ChecksumIEEE(array))
	sum(h)
}

// sum renews the checksum of a header.
func sum(h []byte) {
	clear(h[16:20])
	le.PutUint32(h[16:], crc32.ChecksumIEEE(h[:92]))
}

func idOf(name string) string {
	for _, t := range append(slices.Clone(PerArchitecture), Others...) {
		if t.Name == name {
			return t.ID
		}
	}
	return strings.Repeat("12", 16)
}

// mbr makes a disk with a table of the old kind: marks, types, first sectors and lengths.
func mbr(entries ...[4]uint32) []byte {
	b := make([]byte, sectorsOfTest*512)
	table(b, entries...)
	return b
}

func table(b []byte, entries ...[4]uint32) {
	b[510], b[511] = 0x55, 0xaa
	for i, e := range entries {
		p := b[446+16*i:]
		p[0], p[4] = byte(e[0]), byte(e[1])
		le.PutUint32(p[8:], e[2])
		le.PutUint32(p[12:], e[3])
	}
}

func readAll(b []byte) (Table, error) { return ReadTable(bytes.NewReader(b), int64(len(b))) }

func TestGPT(t *testing.T) {
	want := []Partition{
		{Number: 1, Start: 64, Size: 10, Type: "root-x86-64", Label: "r€", ReadOnly: true, Grow: true},
		{Number: 3, Start: 100, Size: 1, Type: "esp", NoBlockIO: true},
		{Number: 4, Start: 200, Size: 9, NoAuto: true},
	}
	entries := []entry{{"root-x86-64", "r€", 64, 73, flagReadOnly | flagGrow}, {"var", "beyond", 50, 5000, 0},
		{"esp", "", 100, 100, flagNoBlockIO}, {"unknown", "", 200, 208, flagNoAuto}, {"srv", "", 300, 299, 0},
		{"tmp", "in the table", 10, 20, 0}}
	for _, sector := range sectors {
		b := gpt(sector, entries...)
		for _, damaged := range []bool{false, true} {
			if damaged {
				b[sector+60]++ // only the copy is left
			}
			got, err := readAll(b)
			for i := range got.Partitions {
				got.Partitions[i].Start /= int64(sector)
				got.Partitions[i].Size /= int64(sector)
			}
			if err != nil || got.Scheme != GPT || !slices.Equal(got.Partitions, want) {
				t.Errorf("sectors of %d, damaged %v: %+v, %v", sector, damaged, got, err)
			}
		}
	}
}

// A table that is not as its checksums say, or says what can't be, is none.
func TestDamagedGPT(t *testing.T) {
	for name, change := range map[string]func(h []byte){
		"sum":              func(h []byte) { h[16]++ },
		"mark":             func(h []byte) { h[0]++; sum(h) },
		"header too short": func(h []byte) { le.PutUint32(h[12:], 91); sum(h) },
		"header too long":  func(h []byte) { le.PutUint32(h[12:], 1<<31); sum(h) },
		"elsewhere":        func(h []byte) { le.PutUint64(h[24:], 7); sum(h) },
		"entries of array": func(h []byte) { le.PutUint32(h[88:], 7); sum(h) },
		"no entries":       func(h []byte) { le.PutUint32(h[80:], 0); sum(h) },
		"too many entries": func(h []byte) { le.PutUint32(h[80:], 1<<31); sum(h) },
		"small entries":    func(h []byte) { le.PutUint32(h[84:], 64); sum(h) },
		"odd entries":      func(h []byte) { le.PutUint32(h[84:], 129); sum(h) },
		"large entries":    func(h []byte) { le.PutUint32(h[84:], 1<<31); sum(h) },
		"array beyond":     func(h []byte) { le.PutUint64(h[72:], 1<<62); sum(h) },
		"ends before":      func(h []byte) { le.PutUint64(h[48:], 1); sum(h) },
		"ends beyond":      func(h []byte) { le.PutUint64(h[48:], 1<<63); sum(h) },
	} {
		b := gpt(512, entry{"root-x86-64", "", 64, 73, 0})
		change(b[512:])
		change(b[(sectorsOfTest-1)*512:])
		if got, err := readAll(b); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestMBR(t *testing.T) {
	b := mbr([4]uint32{0x80, linux, 100, 10}, [4]uint32{0, bootLoader, 200, 10}, [4]uint32{0x80, linux, 4090, 10},
		[4]uint32{0, extended, 1000, 1000})
	table(b[1000*512:], [4]uint32{0x80, linux, 8, 10}, [4]uint32{0, extended, 100, 100})
	table(b[1100*512:], [4]uint32{0, 7, 8, 10}, [4]uint32{0, extended, 100, 100}) // leads to itself
	got, err := readAll(b)
	if err != nil || got.Scheme != MBR || len(got.Partitions) != 3+1+maxLogical-1 {
		t.Fatalf("%+v, %v", got, err)
	}
	want := []Partition{
		{Number: 1, Start: 100 * 512, Size: 10 * 512, Type: "linux-generic", Bootable: true},
		{Number: 2, Start: 200 * 512, Size: 10 * 512, Type: "xbootldr"},
		{Number: 4, Start: 1000 * 512, Size: 1000 * 512},
		{Number: 5, Start: 1008 * 512, Size: 10 * 512, Type: "linux-generic", Bootable: true},
		{Number: 6, Start: 1108 * 512, Size: 10 * 512},
	}
	if !slices.Equal(got.Partitions[:5], want) {
		t.Errorf("%+v", got.Partitions[:5])
	}
	b[446] = 0x17 // boot code
	if _, err := readAll(b); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	for _, b := range [][]byte{nil, make([]byte, 100), make([]byte, 4096)} {
		if _, err := readAll(b); !errors.Is(err, ErrUnknown) {
			t.Errorf("of %d bytes: %v", len(b), err)
		}
	}
}

func TestProbe(t *testing.T) {
	ext := func(compat, incompat, readOnly uint32) []byte {
		b := make([]byte, 4096)
		le.PutUint16(b[1024+0x38:], 0xef53)
		le.PutUint32(b[1024+0x5c:], compat)
		le.PutUint32(b[1024+0x60:], incompat)
		le.PutUint32(b[1024+0x64:], readOnly)
		return b
	}
	at := func(text string, where int) []byte { return append(make([]byte, where), text...) }
	fat := make([]byte, 512)
	copy(fat, "\xeb\x3c\x90mkfs.fat\x00\x02\x04\x01\x00\x02\x00\x02\x00\x00\xf8")
	fat[510], fat[511] = 0x55, 0xaa
	notFAT := bytes.Clone(fat)
	notFAT[11] = 1
	for _, c := range []struct {
		disk []byte
		want Content
	}{
		{nil, Content{}}, {make([]byte, 1<<17), Content{}}, {notFAT, Content{}},
		{ext(0, 0, 0), Content{"ext2", FileSystem}}, {ext(extJournal, 0x6, 0x7), Content{"ext3", FileSystem}},
		{ext(extJournal, 0x46, 0x7), Content{"ext4", FileSystem}}, {ext(0, extJournalDev, 0), Content{}},
		{at("_BHRfS_M", 0x10040), Content{"btrfs", FileSystem}}, {at("XFSB", 0), Content{"xfs", FileSystem}},
		{at("hsqs", 0), Content{"squashfs", FileSystem}}, {fat, Content{"vfat", FileSystem}},
		{at("\xe2\xe1\xf5\xe0", 1024), Content{"erofs", FileSystem}}, {at("CD001", 0x8001), Content{"iso9660", FileSystem}},
		{at("LUKS\xba\xbe", 0), Content{"crypto_LUKS", Encrypted}}, {at("LABELONE", 512), Content{"LVM2_member", Other}},
		{at("SWAPSPACE2", 4086), Content{"swap", Other}}, {at("verity\x00\x00", 0), Content{"DM_verity_hash", Other}},
	} {
		if got := Probe(bytes.NewReader(c.disk)); got != c.want {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
}
