package dbus

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"

	godbus "github.com/godbus/dbus/v5"
)

// values is a body that has every type, for us and for godbus.
var values = []struct {
	sig          string
	ours, theirs any
}{
	{"y", byte(7), byte(7)},
	{"b", true, true},
	{"n", int16(-3), int16(-3)},
	{"q", uint16(3), uint16(3)},
	{"i", int32(-9), int32(-9)},
	{"u", uint32(9), uint32(9)},
	{"x", int64(-1), int64(-1)},
	{"t", uint64(1), uint64(1)},
	{"d", 1.25, 1.25},
	{"s", "text", "text"},
	{"o", ObjectPath("/a"), godbus.ObjectPath("/a")},
	{"g", Signature("as"), godbus.ParseSignatureMust("as")},
	{"as", []string{"a", "b"}, []string{"a", "b"}},
	{"ay", []byte{1, 2}, []byte{1, 2}},
	{"at", []any{uint64(1)}, []uint64{1}},
	{"v", Variant{"t", uint64(5)}, godbus.MakeVariant(uint64(5))},
	{"a{sv}", Dict{{"k", Variant{"s", "v"}}}, map[string]godbus.Variant{"k": godbus.MakeVariant("v")}},
	{"a(sas)", []any{Struct{"a", []string{"b"}}}, [][]any{{"a", []string{"b"}}}},
}

func allValues() (sig string, ours, theirs []any) {
	for _, v := range values {
		sig, ours, theirs = sig+v.sig, append(ours, v.ours), append(theirs, v.theirs)
	}
	return sig, ours, theirs
}

func TestGodbusReadsOurs(t *testing.T) {
	sig, ours, theirs := allValues()
	w := NewWriter(nil)
	w.Begin(&Header{Type: Signal, Serial: 1, Path: "/a", Interface: "a.b", Member: "M", Signature: sig})
	w.Values(sig, ours)
	b, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	m, err := godbus.DecodeMessage(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m.Body, theirs) {
		t.Errorf("got  %#v\nwant %#v", m.Body, theirs)
	}
}

func TestWeReadGodbus(t *testing.T) {
	sig, ours, theirs := allValues()
	theirs[len(theirs)-1] = []struct {
		A string
		B []string
	}{{"a", []string{"b"}}}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		m := godbus.Message{Type: godbus.TypeSignal, Body: theirs, Headers: map[godbus.HeaderField]godbus.Variant{
			godbus.FieldPath:      godbus.MakeVariant(godbus.ObjectPath("/a")),
			godbus.FieldInterface: godbus.MakeVariant("a.b"),
			godbus.FieldMember:    godbus.MakeVariant("M"),
			godbus.FieldSignature: godbus.MakeVariant(godbus.ParseSignatureMust(sig)),
		}}
		var out bytes.Buffer
		if err := m.EncodeTo(&out, order); err != nil {
			t.Fatal(err)
		}
		PatchSerial(out.Bytes(), 1) // godbus has no way to set it
		parsed, err := ParseMessage(out.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		r := parsed.Reader()
		if got := r.Values(sig); !reflect.DeepEqual(got, ours) || r.Done() != nil || parsed.Signature != sig {
			t.Errorf("%v: got  %#v, %v\nwant %#v", order, got, r.Done(), ours)
		}
	}
}
