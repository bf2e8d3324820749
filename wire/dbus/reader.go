package dbus

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"
)

// Reader is a cursor over a body, driven by the caller in the order of the signature. It holds the first error it met
// (Err); after it every method returns the zero value, so a caller checks once at the end. Bytes from a stranger are
// safe to read: nothing is read beyond the body, and lengths, padding, UTF-8, paths and signatures are checked.
type Reader struct {
	b      []byte
	pos    int
	values int // decoded by Value so far
	big    bool
	err    error
}

// NewReader returns a Reader at the start of body, whose numbers are big endian or little.
func NewReader(body []byte, bigEndian bool) Reader { return Reader{b: body, big: bigEndian} }

// Err is the first error so far.
func (r *Reader) Err() error { return r.err }

// Done is the first error so far, or ErrTrailing where bytes are left.
func (r *Reader) Done() error {
	if r.err == nil && r.pos < len(r.b) {
		r.err = ErrTrailing
	}
	return r.err
}

// Left is the number of bytes not read yet; 0 after an error.
func (r *Reader) Left() int {
	if r.err != nil {
		return 0
	}
	return len(r.b) - r.pos
}

func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// take returns the next n bytes behind padding to align, or nil after an error.
func (r *Reader) take(align, n int) []byte {
	if r.err != nil {
		return nil
	}
	start := (r.pos + align - 1) &^ (align - 1)
	if n > len(r.b)-start {
		r.fail(ErrTruncated)
		return nil
	}
	for ; r.pos < start; r.pos++ {
		if r.b[r.pos] != 0 {
			r.fail(ErrPadding)
			return nil
		}
	}
	r.pos = start + n
	return r.b[start:r.pos:r.pos]
}

// Byte reads a y.
func (r *Reader) Byte() byte {
	if b := r.take(1, 1); b != nil {
		return b[0]
	}
	return 0
}

// Bool reads a b.
func (r *Reader) Bool() bool {
	v := r.Uint32()
	if v > 1 {
		r.fail(ErrBool)
	}
	return v == 1
}

// Int16 reads an n.
func (r *Reader) Int16() int16 { return int16(r.Uint16()) }

// Uint16 reads a q.
func (r *Reader) Uint16() uint16 {
	b := r.take(2, 2)
	switch {
	case b == nil:
		return 0
	case r.big:
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

// Int32 reads an i.
func (r *Reader) Int32() int32 { return int32(r.Uint32()) }

// Uint32 reads a u.
func (r *Reader) Uint32() uint32 {
	b := r.take(4, 4)
	switch {
	case b == nil:
		return 0
	case r.big:
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

// Int64 reads an x.
func (r *Reader) Int64() int64 { return int64(r.Uint64()) }

// Uint64 reads a t.
func (r *Reader) Uint64() uint64 {
	b := r.take(8, 8)
	switch {
	case b == nil:
		return 0
	case r.big:
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}

// Double reads a d.
func (r *Reader) Double() float64 { return math.Float64frombits(r.Uint64()) }

// UnixFD reads an h: the index of a descriptor among those that came with the message. The caller checks the index.
func (r *Reader) UnixFD() uint32 { return r.Uint32() }

// String reads an s into memory of its own.
func (r *Reader) String() string { return string(r.text()) }

// ObjectPath reads an o into memory of its own.
func (r *Reader) ObjectPath() string { return string(r.path()) }

// Signature reads a g into memory of its own.
func (r *Reader) Signature() string { return string(r.signature()) }

// Variant reads the signature of a v, always one complete type; the caller reads the value of that type next.
func (r *Reader) Variant() string { return string(r.variant()) }

// Struct enters a struct or a dictionary entry; nothing ends it.
func (r *Reader) Struct() { r.take(8, 0) }

// OpenArray enters an array whose elements are aligned to align bytes (AlignOf) and returns its end for More:
//
//	for end := r.OpenArray(8); r.More(end); {
//		r.Struct()
//		…
//	}
func (r *Reader) OpenArray(align int) (end int) {
	n := r.Uint32()
	if n > MaxArray {
		r.fail(ErrTooLarge)
	}
	r.take(align, 0)
	if r.err == nil && int(n) > len(r.b)-r.pos {
		r.fail(ErrTruncated)
	}
	if r.err != nil {
		return 0
	}
	return r.pos + int(n)
}

// More says whether the array that ends at end has another element.
func (r *Reader) More(end int) bool {
	if r.err == nil && r.pos > end {
		r.fail(ErrArray)
	}
	return r.err == nil && r.pos < end
}

// StringArray reads an as.
func (r *Reader) StringArray() []string {
	var list []string
	for end := r.OpenArray(4); r.More(end); {
		list = append(list, r.String())
	}
	return list
}

// ByteArray reads an ay into memory of its own.
func (r *Reader) ByteArray() []byte {
	n := r.Uint32()
	if n > MaxArray {
		r.fail(ErrTooLarge)
	}
	return bytes.Clone(r.take(1, int(n)))
}

// Skip goes over values of sig, which must be valid, and checks them as if they were read.
func (r *Reader) Skip(sig string) {
	if !ValidSignature(sig) {
		r.fail(ErrSignature)
		return
	}
	r.skip(sig, 0)
}

func (r *Reader) skip(sig string, depth int) {
	for sig != "" && r.err == nil {
		n := typeEnd(sig, 0, 0, 0)
		r.skipOne(sig[:n], depth)
		sig = sig[n:]
	}
}

func (r *Reader) skipOne(sig string, depth int) {
	if depth > MaxDepth {
		r.fail(ErrTooDeep)
		return
	}
	switch sig[0] {
	case 'b':
		r.Bool()
	case 's':
		r.text()
	case 'o':
		r.path()
	case 'g':
		r.signature()
	case 'v':
		r.skip(r.Variant(), depth+1)
	case 'a':
		r.skipArray(sig[1:], depth+1)
	case '(', '{':
		r.Struct()
		r.skip(sig[1:len(sig)-1], depth+1)
	default: // a type of fixed size, which is also its alignment
		r.take(AlignOf(sig[0]), AlignOf(sig[0]))
	}
}

func (r *Reader) skipArray(elem string, depth int) {
	size := AlignOf(elem[0])
	end := r.OpenArray(size)
	if basicType(elem[0]) && strings.IndexByte("bsog", elem[0]) < 0 {
		if (end-r.pos)%size != 0 {
			r.fail(ErrArray)
		}
		r.take(1, end-r.pos) // at once: nothing in it can be wrong
		return
	}
	for r.More(end) {
		r.skipOne(elem, depth)
	}
}

// text reads an s as bytes of the message.
func (r *Reader) text() []byte {
	b := r.terminated(r.Uint32())
	if !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
		r.fail(ErrString)
		return nil
	}
	return b
}

func (r *Reader) path() []byte {
	b := r.terminated(r.Uint32())
	if r.err == nil && !validPath(b) {
		r.fail(ErrPath)
		return nil
	}
	return b
}

func (r *Reader) signature() []byte {
	b := r.terminated(uint32(r.Byte()))
	if r.err == nil && !validSignature(b) {
		r.fail(ErrSignature)
		return nil
	}
	return b
}

func (r *Reader) variant() []byte {
	b := r.signature()
	if r.err == nil && !singleType(b) {
		r.fail(ErrSignature)
		return nil
	}
	return b
}

// terminated reads n bytes and the NUL behind them.
func (r *Reader) terminated(n uint32) []byte {
	if n > MaxMessage {
		r.fail(ErrTooLarge)
	}
	b := r.take(1, int(n)+1)
	if b == nil {
		return nil
	}
	if b[n] != 0 {
		r.fail(ErrString)
		return nil
	}
	return b[:n:n]
}
