package file

import "fmt"

// List is the offsets of a set of entries in the order they were written, read from the file as they are asked for.
type List struct {
	reader *Reader
	count  uint64
	first  uint64 // the entry kept outside the arrays, 0 if there is none
	data   uint64 // offset of the data object this is the list of, 0 for all entries
	arrays []array
}

// array is one object of a chain: its entries have the indexes [start, start+count) in the list.
type array struct{ offset, start, count uint64 }

// list reads the chain of arrays: a few objects, as each is larger than the one before.
func (r *Reader) list(count, first, chain, data uint64) (List, error) {
	l := List{reader: r, data: data, first: first}
	if count == 0 {
		return l, nil
	}
	if first != 0 {
		l.count = 1
	}
	width := r.width()
	for off := chain; off != 0 && l.count < count; {
		size, _, err := r.object(off, objectArray, arrayItems)
		if err != nil {
			return List{}, err
		}
		n := min((size-arrayItems)/width, count-l.count)
		l.arrays = append(l.arrays, array{off, l.count, n})
		l.count += n
		next, err := r.word(off + arrayNext)
		if err != nil {
			return List{}, err
		}
		if next != 0 && next <= off || n == 0 {
			return List{}, fmt.Errorf("%w: array chain at %#x", ErrCorrupt, off)
		}
		off = next
	}
	return l, nil
}

func (r *Reader) width() uint64 {
	if r.compact {
		return 4
	}
	return 8
}

// Len is the number of entries.
func (l *List) Len() uint64 { return l.count }

// At is the offset of entry i, counted from 0.
func (l *List) At(i uint64) (uint64, error) {
	if i >= l.count {
		return 0, fmt.Errorf("%w: index %d of %d entries", ErrCorrupt, i, l.count)
	}
	if l.first != 0 && i == 0 {
		return l.first, nil
	}
	for k := len(l.arrays) - 1; k >= 0; k-- {
		a := l.arrays[k]
		if i < a.start {
			continue
		}
		return l.reader.reference(a.offset + arrayItems + (i-a.start)*l.reader.width())
	}
	return 0, fmt.Errorf("%w: index %d in no array", ErrCorrupt, i)
}

// In tells whether an entry that was read from the same file is in the list; it looks at the entry only.
func (l *List) In(e *Entry) bool {
	if l.data == 0 {
		return l.count != 0
	}
	for _, item := range e.items {
		if item == l.data {
			return true
		}
	}
	return false
}
