package file

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// unpack returns what a packed field says.
func unpack(flags byte, p []byte) ([]byte, error) {
	if flags&packedZstd == 0 {
		return nil, ErrCompression
	}
	out, err := unpackZstd(p)
	if err != nil {
		return nil, fmt.Errorf("%w: zstd: %w", ErrCorrupt, err)
	}
	return out, nil
}

func isUnpackable(err error) bool { return errors.Is(err, ErrCompression) }

// unpackZstd has the standard library's decoder do it, which can only be reached as that of a compressed section of an
// ELF file: so it is given one. docs/decisions/0001 says why.
func unpackZstd(p []byte) ([]byte, error) {
	const names, data = 0, 1 // the sections
	header := elf.Header64{Ehsize: 64, Shoff: 64, Shentsize: 64, Shnum: 2, Shstrndx: names, Type: uint16(elf.ET_REL),
		Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT)}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB)
	header.Ident[elf.EI_VERSION] = byte(elf.EV_CURRENT)
	compression := elf.Chdr64{Type: uint32(elf.COMPRESS_ZSTD), Size: maxReadBytes}
	const end = 64 + 2*64 // of the headers; an empty name follows
	sections := [2]elf.Section64{
		names: {Type: uint32(elf.SHT_STRTAB), Off: end, Size: 1},
		data: {Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_COMPRESSED), Off: end + 1,
			Size: uint64(binary.Size(compression) + len(p))},
	}
	var file bytes.Buffer
	for _, part := range []any{header, sections, byte(0), compression, p} {
		if err := binary.Write(&file, binary.LittleEndian, part); err != nil {
			return nil, err
		}
	}
	f, err := elf.NewFile(bytes.NewReader(file.Bytes()))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(f.Sections[data].Open(), maxReadBytes+1))
	if err == nil && len(out) > maxReadBytes {
		err = fmt.Errorf("more than %d bytes", maxReadBytes)
	}
	return out, err
}
