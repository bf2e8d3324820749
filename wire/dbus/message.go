package dbus

import (
	"encoding/binary"
)

// Type says what a message is.
type Type uint8

// The types of a message; a message of another type is to be ignored.
const (
	MethodCall   Type = 1
	MethodReturn Type = 2
	Error        Type = 3
	Signal       Type = 4
)

// Flags are the flags of a message; unknown bits are to be ignored.
type Flags uint8

// NoReply asks for no answer, not even an error; NoAutoStart asks the bus to start nobody; Interactive says that the
// caller would wait for a person to be asked (ALLOW_INTERACTIVE_AUTHORIZATION).
const (
	NoReply     Flags = 1
	NoAutoStart Flags = 2
	Interactive Flags = 4
)

// Header is what a message says about itself. Strings are "" and numbers 0 where the field is not there.
type Header struct {
	Type        Type
	Flags       Flags
	Serial      uint32
	ReplySerial uint32
	UnixFDs     uint32 // number of descriptors that travel with the message
	Path        string
	Interface   string
	Member      string
	ErrorName   string
	Destination string
	Sender      string
	Signature   string
}

// Message is a header and the bytes of its body.
type Message struct {
	Header
	BigEndian bool // of the body's numbers
	Body      []byte
}

// Reader is a cursor at the start of the body.
func (m *Message) Reader() Reader { return NewReader(m.Body, m.BigEndian) }

// WantsReply says whether an answer to the message may be sent.
func (h *Header) WantsReply() bool { return h.Type == MethodCall && h.Flags&NoReply == 0 }

// Reply is the header of the answer to the call h whose body has the signature sig. Serial and Sender are left to
// fill in.
func (h *Header) Reply(sig string) Header {
	return Header{
		Type: MethodReturn, Flags: NoReply, ReplySerial: h.Serial, Destination: h.Sender, Signature: sig,
	}
}

// Refusal is the header of the error that answers the call h; the body is one string, the message for a person.
func (h *Header) Refusal(name string) Header {
	r := h.Reply("s")
	r.Type, r.ErrorName = Error, name
	return r
}

// Codes of the header fields.
const (
	fieldPath        = 1
	fieldInterface   = 2
	fieldMember      = 3
	fieldErrorName   = 4
	fieldReplySerial = 5
	fieldDestination = 6
	fieldSender      = 7
	fieldSignature   = 8
	fieldUnixFDs     = 9
)

// fixedHeader is how many bytes tell the length of a message.
const fixedHeader = 16

// FrameSize tells from the first 16 bytes how many bytes the whole message has. It returns 0 where b has less than
// 16 bytes, and an error where no message can begin so.
func FrameSize(b []byte) (int, error) {
	if len(b) < fixedHeader {
		return 0, nil
	}
	order, ok := byteOrder(b[0])
	if !ok || b[1] == 0 || b[3] != 1 {
		return 0, ErrHeader
	}
	body, fields := order.Uint32(b[4:]), order.Uint32(b[12:])
	if fields > MaxArray || body > MaxMessage {
		return 0, ErrTooLarge
	}
	n := bodyStart(int(fields)) + int(body)
	if n > MaxMessage {
		return 0, ErrTooLarge
	}
	return n, nil
}

func byteOrder(mark byte) (binary.ByteOrder, bool) {
	switch mark {
	case 'l':
		return binary.LittleEndian, true
	case 'B':
		return binary.BigEndian, true
	}
	return nil, false
}

func bodyStart(fields int) int { return (fixedHeader + fields + 7) &^ 7 }

// ParseMessage reads the header of the one message that b holds. The body is part of b; the strings of the header share
// one copy of it. Unknown header fields are skipped and unknown flags kept.
func ParseMessage(b []byte) (Message, error) {
	n, err := FrameSize(b)
	switch {
	case err != nil:
		return Message{}, err
	case n == 0 || n > len(b):
		return Message{}, errIncomplete
	case n < len(b):
		return Message{}, ErrTrailing
	}
	m := Message{BigEndian: b[0] == 'B'}
	m.Type, m.Flags = Type(b[1]), Flags(b[2])
	r := NewReader(b, m.BigEndian)
	r.pos = 8
	m.Serial = r.Uint32()
	seen, head := uint32(0), ""
	end := r.OpenArray(8)
	if r.err == nil {
		head = string(b[:end])
	}
	for r.More(end) {
		m.field(&r, head, &seen)
	}
	r.Struct() // the padding before the body
	if r.err != nil {
		return Message{}, r.err
	}
	m.Body = b[r.pos:n:n]
	if m.Serial == 0 || m.Signature == "" && len(m.Body) > 0 || seen&(1<<fieldReplySerial) != 0 && m.ReplySerial == 0 {
		return Message{}, ErrHeader
	}
	return m, m.check()
}

// field reads one field of the header, whose bytes head has as a string; seen has a bit for each known field that came
// before.
func (m *Message) field(r *Reader, head string, seen *uint32) {
	r.Struct()
	code := r.Byte()
	sig := r.Variant()
	if r.err != nil {
		return
	}
	want := ""
	switch code {
	case 0:
		r.fail(ErrHeader)
		return
	case fieldPath:
		want = "o"
	case fieldInterface, fieldMember, fieldErrorName, fieldDestination, fieldSender:
		want = "s"
	case fieldReplySerial, fieldUnixFDs:
		want = "u"
	case fieldSignature:
		want = "g"
	default:
		r.skip(sig, 1)
		return
	}
	if sig != want || *seen&(1<<code) != 0 {
		r.fail(ErrHeader)
		return
	}
	*seen |= 1 << code
	m.setField(r, head, code)
}

func (m *Message) setField(r *Reader, head string, code byte) {
	// part is a value that ends, with its NUL, where the Reader stands.
	part := func(b []byte) string {
		if r.pos > len(head) {
			r.fail(ErrArray) // it reaches into the body
		}
		if r.err != nil {
			return ""
		}
		return head[r.pos-1-len(b) : r.pos-1]
	}
	switch code {
	case fieldPath:
		m.Path = part(r.path())
	case fieldInterface:
		m.Interface = part(r.text())
	case fieldMember:
		m.Member = part(r.text())
	case fieldErrorName:
		m.ErrorName = part(r.text())
	case fieldReplySerial:
		m.ReplySerial = r.Uint32()
	case fieldDestination:
		m.Destination = part(r.text())
	case fieldSender:
		m.Sender = part(r.text())
	case fieldSignature:
		m.Signature = part(r.signature())
	case fieldUnixFDs:
		m.UnixFDs = r.Uint32()
	}
}

// check says whether the header has the fields its type asks for, and only valid names.
func (h *Header) check() error {
	if h.Path != "" && !ValidPath(h.Path) ||
		h.Interface != "" && !ValidInterface(h.Interface) ||
		h.Member != "" && !ValidMember(h.Member) ||
		h.ErrorName != "" && !ValidInterface(h.ErrorName) ||
		h.Destination != "" && !ValidBusName(h.Destination) ||
		h.Sender != "" && !ValidBusName(h.Sender) {
		return ErrHeader
	}
	ok := true
	switch h.Type {
	case 0:
		ok = false
	case MethodCall:
		ok = h.Path != "" && h.Member != ""
	case MethodReturn:
		ok = h.ReplySerial != 0
	case Error:
		ok = h.ReplySerial != 0 && h.ErrorName != ""
	case Signal:
		// Nobody but the own library may say that the connection ended.
		ok = h.Path != "" && h.Interface != "" && h.Member != "" &&
			h.Path != "/org/freedesktop/DBus/Local" && h.Interface != "org.freedesktop.DBus.Local"
	}
	if !ok {
		return ErrHeader
	}
	return nil
}

// Begin forgets what was written and starts the message of h; the caller writes the body, then calls Finish. A Serial
// of 0 is left to PatchSerial.
func (w *Writer) Begin(h *Header) {
	w.Reset()
	if err := h.check(); err != nil {
		w.fail(err)
	}
	w.b = append(w.b, 'l', byte(h.Type), byte(h.Flags), 1, 0, 0, 0, 0)
	w.Uint32(h.Serial)
	fields := w.OpenArray(8)
	w.textField(fieldPath, "o", h.Path)
	w.textField(fieldInterface, "s", h.Interface)
	w.textField(fieldMember, "s", h.Member)
	w.textField(fieldErrorName, "s", h.ErrorName)
	w.textField(fieldDestination, "s", h.Destination)
	w.textField(fieldSender, "s", h.Sender)
	w.numberField(fieldReplySerial, h.ReplySerial)
	w.numberField(fieldUnixFDs, h.UnixFDs)
	if h.Signature != "" {
		w.Struct()
		w.Byte(fieldSignature)
		w.signature("g")
		w.Signature(h.Signature)
	}
	w.CloseArray(fields)
	w.Struct()
	w.body = len(w.b)
}

func (w *Writer) textField(code byte, sig, s string) {
	if s != "" {
		w.Struct()
		w.Byte(code)
		w.signature(sig)
		w.text(s)
	}
}

func (w *Writer) numberField(code byte, n uint32) {
	if n != 0 {
		w.Struct()
		w.Byte(code)
		w.signature("u")
		w.Uint32(n)
	}
}

// Finish ends the message that Begin started and returns its bytes, valid until the next write.
func (w *Writer) Finish() ([]byte, error) {
	if w.body == 0 {
		w.fail(ErrHeader) // nobody called Begin
	}
	if len(w.b) > MaxMessage {
		w.fail(ErrTooLarge)
	}
	if w.err != nil {
		return nil, w.err
	}
	binary.LittleEndian.PutUint32(w.b[4:], uint32(len(w.b)-w.body))
	return w.b, nil
}

// AppendMessage appends the message of h, with a body that is ready (little endian), to dst.
func AppendMessage(dst []byte, h *Header, body []byte) ([]byte, error) {
	w := Writer{}
	w.Begin(h)
	w.b = append(w.b, body...)
	b, err := w.Finish()
	return append(dst, b...), err
}

// PatchSerial gives the message b another serial. A signal is encoded once, and its bytes go to every connection with
// only this changed.
func PatchSerial(b []byte, serial uint32) {
	if order, ok := byteOrder(b[0]); ok {
		order.PutUint32(b[8:], serial)
	}
}
