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
