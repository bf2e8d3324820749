package dbus

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Writer appends D-Bus values to a buffer it keeps. It holds the first error it met (Err) and ignores what follows;
// a Writer that is used again with Reset or Begin does not allocate once its buffer has grown to the usual size.
//
// The caller writes values in the order of its signature; the Writer pads. Alignment counts from the start of the
// buffer, which is the start of the body or, after Begin, of the message.
type Writer struct {
	b    []byte
	body int // where the body starts: 0 without Begin
	err  error
}

// NewWriter returns a Writer that appends to buf[:0]; buf may be nil.
func NewWriter(buf []byte) *Writer { return &Writer{b: buf[:0]} }

// Reset forgets what was written, and the error, and keeps the buffer.
func (w *Writer) Reset() { w.b, w.body, w.err = w.b[:0], 0, nil }

// Bytes is the body written so far; valid until the next write.
func (w *Writer) Bytes() []byte { return w.b[w.body:] }

// Len is the number of bytes of the body so far.
func (w *Writer) Len() int { return len(w.b) - w.body }

// Err is the first error since the last Reset or Begin.
func (w *Writer) Err() error { return w.err }

func (w *Writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *Writer) align(n int) {
	for len(w.b)&(n-1) != 0 {
		w.b = append(w.b, 0)
	}
}

// Byte writes a y.
func (w *Writer) Byte(v byte) { w.b = append(w.b, v) }

// Bool writes a b.
func (w *Writer) Bool(v bool) {
	if v {
		w.Uint32(1)
	} else {
		w.Uint32(0)
	}
}

// Int16 writes an n.
func (w *Writer) Int16(v int16) { w.Uint16(uint16(v)) }

// Uint16 writes a q.
func (w *Writer) Uint16(v uint16) {
	w.align(2)
	w.b = binary.LittleEndian.AppendUint16(w.b, v)
}

// Int32 writes an i.
func (w *Writer) Int32(v int32) { w.Uint32(uint32(v)) }

// Uint32 writes a u.
func (w *Writer) Uint32(v uint32) {
	w.align(4)
	w.b = binary.LittleEndian.AppendUint32(w.b, v)
}

// Int64 writes an x.
func (w *Writer) Int64(v int64) { w.Uint64(uint64(v)) }

// Uint64 writes a t.
func (w *Writer) Uint64(v uint64) {
	w.align(8)
	w.b = binary.LittleEndian.AppendUint64(w.b, v)
}

// Double writes a d.
func (w *Writer) Double(v float64) { w.Uint64(math.Float64bits(v)) }

// UnixFD writes an h: the index of a descriptor among those sent with the message.
func (w *Writer) UnixFD(index uint32) { w.Uint32(index) }

// String writes an s. What is not UTF-8, and NUL, is replaced by U+FFFD: a peer would close the connection for it, and
// one odd byte in one property must not take away all the others.
func (w *Writer) String(s string) {
	if !validText(s) {
		s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	}
	w.text(s)
}

// ObjectPath writes an o.
func (w *Writer) ObjectPath(p string) {
	if !ValidPath(p) {
		w.fail(ErrPath)
		return
	}
	w.text(p)
}

// EscapedPath writes an o: prefix, a valid path with a slash behind it, and then a name as PathEscape makes it.
func (w *Writer) EscapedPath(prefix, name string) {
	w.Uint32(0)
	at := len(w.b)
	w.b = AppendPathEscape(append(w.b, prefix...), name)
	if len(w.b)-at > MaxMessage {
		w.fail(ErrTooLarge)
		return
	}
	binary.LittleEndian.PutUint32(w.b[at-4:], uint32(len(w.b)-at))
	w.b = append(w.b, 0)
}

// Grow makes room for n bytes at once, where it is known how much will be written.
func (w *Writer) Grow(n int) { w.b = slices.Grow(w.b, n) }

// Signature writes a g.
func (w *Writer) Signature(sig string) {
	if !ValidSignature(sig) {
		w.fail(ErrSignature)
		return
	}
	w.signature(sig)
}

// Variant writes the signature of a v; the caller writes the value of that type next.
func (w *Writer) Variant(sig string) {
	if !SingleType(sig) {
		w.fail(ErrSignature)
		return
	}
	w.signature(sig)
}

// Struct starts a struct or a dictionary entry; the caller writes its members next, and nothing ends it.
func (w *Writer) Struct() { w.align(8) }

// Mark is an array that is open.
type Mark struct{ length, start int }

// OpenArray starts an array whose elements are aligned to align bytes (AlignOf); the caller writes the elements, then
// CloseArray. Arrays nest.
func (w *Writer) OpenArray(align int) Mark {
	w.Uint32(0)
	length := len(w.b) - 4
	w.align(align)
	return Mark{length, len(w.b)}
}

// CloseArray ends the array of mark.
func (w *Writer) CloseArray(mark Mark) {
	n := len(w.b) - mark.start
	if n > MaxArray {
		w.fail(ErrTooLarge)
	}
	if w.err == nil {
		binary.LittleEndian.PutUint32(w.b[mark.length:], uint32(n))
	}
}

// DictEntry starts one entry of an a{sv}: it writes the key and the signature of the variant; the caller writes the
// value of that type next.
func (w *Writer) DictEntry(key, sig string) {
	w.Struct()
	w.String(key)
	w.Variant(sig)
}

// EntryHead is what DictEntry writes, for keys that are written again and again with PutEntry.
func EntryHead(key, sig string) []byte {
	w := Writer{}
	w.DictEntry(key, sig)
	return w.b
}

// PutEntry is DictEntry of a head that EntryHead made.
func (w *Writer) PutEntry(head []byte) {
	w.Struct() // aligns: what follows is the same at every place
	w.b = append(w.b, head...)
}

// StringArray writes an as.
func (w *Writer) StringArray(list []string) {
	mark := w.OpenArray(4)
	for _, s := range list {
		w.String(s)
	}
	w.CloseArray(mark)
}

// ByteArray writes an ay.
func (w *Writer) ByteArray(b []byte) {
	mark := w.OpenArray(1)
	w.b = append(w.b, b...)
	w.CloseArray(mark)
}

func (w *Writer) text(s string) {
	if len(s) > MaxMessage {
		w.fail(ErrTooLarge)
		return
	}
	w.Uint32(uint32(len(s)))
	w.b = append(append(w.b, s...), 0)
}

func (w *Writer) signature(sig string) {
	w.b = append(w.b, byte(len(sig)))
	w.b = append(append(w.b, sig...), 0)
}

// validText says whether s is UTF-8 without NUL. Nearly all text is short and ASCII, so that is looked for first.
func validText(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == 0 || c >= utf8.RuneSelf {
			return utf8.ValidString(s[i:]) && strings.IndexByte(s[i:], 0) < 0
		}
	}
	return true
}
