package dbus

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

// The bytes of a call as the D-Bus Specification lays them out, written by hand.
const goldenCall = "6c0100010e0000000700000057000000" + // little endian, call, version 1, body 14, serial 7, fields
	"01016f00150000002f6f72672f667265656465736b746f702f444275730000" + "00" + // path
	"03017300040000005065657200000000" + // member
	"06017300140000006f72672e667265656465736b746f702e4442757300000000" + // destination
	"0801670001730000" + // signature
	"090000004e616d654f776e657200"

func TestMessageGolden(t *testing.T) {
	h := Header{Type: MethodCall, Serial: 7, Path: "/org/freedesktop/DBus", Member: "Peer",
		Destination: "org.freedesktop.DBus", Signature: "s"}
	w := NewWriter(nil)
	w.Begin(&h)
	w.String("NameOwner")
	got, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if hex.EncodeToString(got) != goldenCall {
		t.Errorf("got  %x\nwant %s", got, goldenCall)
	}
	m, err := ParseMessage(got)
	if err != nil {
		t.Fatal(err)
	}
	if m.Header != h {
		t.Errorf("header %+v, want %+v", m.Header, h)
	}
	r := m.Reader()
	if s := r.String(); s != "NameOwner" || r.Done() != nil {
		t.Errorf("body %q, %v", s, r.Done())
	}
	if again, err := AppendMessage(nil, &m.Header, m.Body); err != nil || !bytes.Equal(again, got) {
		t.Errorf("appended %x, %v", again, err)
	}
	for n := range got {
		if _, err := ParseMessage(got[:n]); !errors.Is(err, errIncomplete) {
			t.Fatalf("first %d bytes: %v", n, err)
		}
	}
}

func TestParseMessageRefuses(t *testing.T) {
	signal := Header{Type: Signal, Serial: 1, Path: "/a", Interface: "a.b", Member: "M"}
	field := func(code byte, sig string, value any) func(*Writer) {
		return func(w *Writer) { w.Struct(); w.Byte(code); w.Value("v", Variant{sig, value}) }
	}
	for _, test := range []struct {
		name string
		h    Header
		more func(*Writer) // fields added
		edit func([]byte)
		want error
	}{
		{name: "sound", h: signal, want: nil},
		{name: "unknown field", h: signal, more: field(77, "a{sv}", Dict{{"k", Variant{"u", uint32(1)}}})},
		{name: "unknown flags", h: signal, edit: func(b []byte) { b[2] = 0xff }},
		{name: "unknown type", h: signal, edit: func(b []byte) { b[1] = 9 }},
		{name: "field 0", h: signal, more: field(0, "u", uint32(1)), want: ErrHeader},
		{name: "field twice", h: signal, more: field(fieldMember, "s", "N"), want: ErrHeader},
		{name: "field of another type", h: signal, more: field(fieldSender, "o", "/a"), want: ErrHeader},
		{name: "sender no name", h: signal, more: field(fieldSender, "s", "a"), want: ErrHeader},
		{name: "reply serial 0", h: signal, more: field(fieldReplySerial, "u", uint32(0)), want: ErrHeader},
		{name: "type 0", h: signal, edit: func(b []byte) { b[1] = 0 }, want: ErrHeader},
		{name: "version 2", h: signal, edit: func(b []byte) { b[3] = 2 }, want: ErrHeader},
		{name: "middle endian", h: signal, edit: func(b []byte) { b[0] = 'm' }, want: ErrHeader},
		{name: "serial 0", h: signal, edit: func(b []byte) { PatchSerial(b, 0) }, want: ErrHeader},
		{name: "body announced", h: signal, edit: func(b []byte) { b[4] = 1 }, want: errIncomplete},
		{name: "body of 4 GiB", h: signal, edit: func(b []byte) { b[7] = 0xff }, want: ErrTooLarge},
		{name: "fields of 4 GiB", h: signal, edit: func(b []byte) { b[15] = 0xff }, want: ErrTooLarge},
		{name: "dirty padding", h: signal, edit: func(b []byte) { b[len(b)-1] = 1 }, want: ErrPadding},
		{name: "of the library", h: Header{Type: Signal, Serial: 1, Path: "/org/freedesktop/DBus/Local", Interface: "a.b",
			Member: "Disconnected"}, want: ErrHeader},
		{name: "call without member", h: Header{Type: MethodCall, Serial: 1, Path: "/"}, want: ErrHeader},
		{name: "return without serial", h: Header{Type: MethodReturn, Serial: 1}, want: ErrHeader},
		{name: "error without name", h: Header{Type: Error, Serial: 1, ReplySerial: 1}, want: ErrHeader},
		{name: "signal without path", h: Header{Type: Signal, Serial: 1, Interface: "a.b", Member: "M"}, want: ErrHeader},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := rawMessage(t, &test.h, test.more)
			if test.edit != nil {
				test.edit(b)
			}
			if _, err := ParseMessage(b); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// rawMessage writes a header without looking whether it may be.
func rawMessage(t *testing.T, h *Header, more func(*Writer)) []byte {
	t.Helper()
	w := NewWriter(nil)
	w.b = append(w.b, 'l', byte(h.Type), byte(h.Flags), 1, 0, 0, 0, 0)
	w.Uint32(h.Serial)
	fields := w.OpenArray(8)
	w.textField(fieldPath, "o", h.Path)
	w.textField(fieldInterface, "s", h.Interface)
	w.textField(fieldMember, "s", h.Member)
	w.numberField(fieldReplySerial, h.ReplySerial)
	if more != nil {
		more(w)
	}
	w.CloseArray(fields)
	w.Struct()
	if w.Err() != nil {
		t.Fatal(w.Err())
	}
	return w.b
}

// A value of the header that reaches over the fields' end into the body must not be taken for one.
func TestParseMessageFieldOverEnd(t *testing.T) {
	h := Header{Type: Signal, Serial: 1, Path: "/a", Interface: "a.b", Member: "Member", Signature: "t"}
	w := NewWriter(nil)
	w.Begin(&h)
	w.Uint64(0)
	b, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	for cut := byte(1); cut < b[12]; cut++ {
		c := bytes.Clone(b)
		c[12] -= cut // fields end earlier
		c = c[:bodyStart(int(c[12]))+8]
		if m, err := ParseMessage(c); err == nil && m.Header == h {
			t.Errorf("fields cut by %d: parsed all the same", cut)
		}
	}
}

func TestReplies(t *testing.T) {
	call := Header{Type: MethodCall, Serial: 9, Path: "/", Member: "M", Sender: ":1.5"}
	if r := call.Reply("u"); r.ReplySerial != 9 || r.Destination != ":1.5" || r.Type != MethodReturn || r.WantsReply() {
		t.Errorf("reply %+v", r)
	}
	if r := call.Refusal(ErrorFailed); r.Type != Error || r.ErrorName != ErrorFailed || r.Signature != "s" {
		t.Errorf("refusal %+v", r)
	}
	if call.Flags = NoReply; call.WantsReply() {
		t.Error("a call flagged NoReply wants one")
	}
}

// FuzzParseMessage: what was parsed can be written and parses the same, and its body never leaves the message.
func FuzzParseMessage(f *testing.F) {
	golden, err := hex.DecodeString(goldenCall)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	w := NewWriter(nil)
	for _, write := range []func() ([]byte, error){
		func() ([]byte, error) { return writeGetAll(w, 1) },
		func() ([]byte, error) { return writeJobRemoved(w) },
	} {
		b, err := write()
		if err != nil {
			f.Fatal(err)
		}
		PatchSerial(b, 3)
		f.Add(bytes.Clone(b))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMessage(b)
		if err != nil {
			return
		}
		r := m.Reader()
		r.Values(m.Signature)
		if m.Type > Signal || m.BigEndian {
			return
		}
		again, err := AppendMessage(nil, &m.Header, m.Body)
		if err != nil {
			t.Fatalf("write %+v: %v", m.Header, err)
		}
		m2, err := ParseMessage(again)
		if err != nil || m2.Header != m.Header || !bytes.Equal(m2.Body, m.Body) {
			t.Fatalf("%+v\n%+v\n%v", m, m2, err)
		}
	})
}
