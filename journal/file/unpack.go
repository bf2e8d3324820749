package file

import (
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// decoder is made at the first packed field: most files have none, and it costs memory.
var decoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxReadBytes))
})

func unpack(flags byte, p []byte) ([]byte, error) {
	if flags&packedZstd == 0 {
		return nil, ErrCompression
	}
	d, err := decoder()
	if err != nil {
		return nil, fmt.Errorf("journal field: zstd: %w", err)
	}
	out, err := d.DecodeAll(p, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: zstd: %w", ErrCorrupt, err)
	}
	return out, nil
}

func isUnpackable(err error) bool { return errors.Is(err, ErrCompression) }
