package file

import (
	"errors"
	"fmt"
	"io"
)

// window caches a few pieces of the file that were read last: objects that are read together mostly lie together.
type window struct {
	src   io.ReaderAt
	slots [windowSlots]slot
	next  int
	large []byte
}

const (
	windowSlots = 16
	windowBytes = 4096
)

type slot struct {
	base  uint64
	valid int
	data  []byte
}

// read fills p from off.
func (w *window) read(off uint64, p []byte) error {
	for len(p) > 0 {
		part, err := w.piece(off)
		if err != nil {
			return err
		}
		n := copy(p, part)
		p, off = p[n:], off+uint64(n)
	}
	return nil
}

// view is n bytes from off, valid until the next call.
func (w *window) view(off uint64, n int) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	part, err := w.piece(off)
	if err != nil {
		return nil, err
	}
	if len(part) >= n {
		return part[:n], nil
	}
	if cap(w.large) < n {
		// The end is read first, so that a false size costs an error and not memory.
		var b [1]byte
		if err := w.read(off+uint64(n)-1, b[:]); err != nil {
			return nil, err
		}
		w.large = make([]byte, n)
	}
	w.large = w.large[:n]
	if _, err := w.src.ReadAt(w.large, int64(off)); err != nil {
		return nil, truncated(off, err)
	}
	return w.large, nil
}

// piece is what is cached from off on: at least one byte.
func (w *window) piece(off uint64) ([]byte, error) {
	base := off &^ (windowBytes - 1)
	for i := range w.slots {
		s := &w.slots[i]
		if s.base == base && uint64(s.valid) > off-base {
			return s.data[off-base : s.valid], nil
		}
	}
	s := &w.slots[w.next]
	w.next = (w.next + 1) % windowSlots
	if s.data == nil {
		s.data = make([]byte, windowBytes)
	}
	s.valid = 0
	n, err := w.src.ReadAt(s.data, int64(base))
	if n == 0 || uint64(n) <= off-base {
		return nil, truncated(off, err)
	}
	s.base, s.valid = base, n
	return s.data[off-base : n], nil
}

// forget drops what is cached, so that the next read sees what a writer has done since.
func (w *window) forget() {
	for i := range w.slots {
		w.slots[i].valid = 0
	}
}

func truncated(off uint64, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: ends before %#x", ErrCorrupt, off)
	}
	return fmt.Errorf("journal file: read at %#x: %w", off, err)
}
