// Package disk reads what a disk has at its beginning: a partition table, or a file system without one. It finds the
// partitions that make up a system, by the Discoverable Partitions Specification.
//
// It exists because disk images come from anywhere: what is read is judged here, bounded and without the kernel's help,
// before anything is mounted. It must not know where the bytes come from, nor how a file system is mounted.
package disk

import (
	"encoding/binary"
	"errors"
	"io"
)

// The errors of images that hold no system. Their texts are systemd's, but for what it says nothing of.
var (
	ErrUnknown   = errors.New("Couldn't identify a suitable partition table or file system.")
	ErrDamaged   = errors.New("The GUID partition table is damaged.")
	ErrNoRoot    = errors.New("No suitable root partition found in image.")
	ErrManyRoots = errors.New("Multiple suitable root partitions found in image.")
	ErrOverlap   = errors.New("Partitions of the image lie over each other.")
	ErrVerity    = errors.New("The image has signed Verity data, which this version does not check.")
)

// Scheme is a kind of partition table.
type Scheme int

// The schemes.
const (
	GPT Scheme = iota
	MBR
)

// Partition is one entry of a table.
type Partition struct {
	Number      int   // as in the kernel's names, from 1
	Start, Size int64 // bytes
	Type        string
	Label       string

	ReadOnly, NoAuto, Grow bool // what the specification has flags for
	NoBlockIO              bool // of the UEFI specification: not for us
	Bootable               bool // MBR's mark
}

// Table is a partition table.
type Table struct {
	Scheme     Scheme
	Partitions []Partition
}

// sectors are the sizes that a table may count in.
var sectors = [...]int{512, 1024, 2048, 4096}

// ReadTable reads the partition table of a disk of a size.
func ReadTable(r io.ReaderAt, size int64) (Table, error) {
	var first [512]byte
	if read(r, first[:], 0) != nil || first[510] != 0x55 || first[511] != 0xaa {
		return Table{}, ErrUnknown
	}
	entries, err := parseMBR(first[446:510])
	if err != nil {
		return Table{}, err
	}
	for _, e := range entries {
		if e.kind == protective {
			return readGPT(r, size)
		}
	}
	return readMBR(r, size, entries)
}

// read fills b from an offset.
func read(r io.ReaderAt, b []byte, at int64) error {
	if at < 0 {
		return io.EOF
	}
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return err
}

var le = binary.LittleEndian
