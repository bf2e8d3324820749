package dbus

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func TestWriterGolden(t *testing.T) {
	for _, test := range []struct {
		name  string
		write func(*Writer)
		want  string
	}{
		{"byte then uint32", func(w *Writer) { w.Byte(1); w.Uint32(2) }, "01000000 02000000"},
		{"int16", func(w *Writer) { w.Byte(1); w.Int16(-2) }, "0100 feff"},
		{"int32", func(w *Writer) { w.Int32(-2) }, "feffffff"},
		{"int64", func(w *Writer) { w.Bool(true); w.Int64(-2) }, "01000000 00000000 feffffffffffffff"},
		{"double", func(w *Writer) { w.Double(1.5) }, "000000000000f83f"},
		{"false", func(w *Writer) { w.Bool(false) }, "00000000"},
		{"string", func(w *Writer) { w.String("äb") }, "03000000 c3a462 00"},
		{"string not UTF-8", func(w *Writer) { w.String("a\xffb") }, "05000000 61efbfbd62 00"},
		{"string with NUL", func(w *Writer) { w.String("a\x00") }, "04000000 61efbfbd 00"},
		{"path", func(w *Writer) { w.ObjectPath("/a") }, "02000000 2f61 00"},
		{"signature", func(w *Writer) { w.Signature("a{sv}") }, "05 617b73767d 00"},
		{"variant", func(w *Writer) { w.Variant("u"); w.Uint32(1) }, "01 75 00 00 01000000"},
		{"fd", func(w *Writer) { w.UnixFD(3) }, "03000000"},
		{"strings", func(w *Writer) { w.StringArray([]string{"a", "b"}) },
			"0e000000 01000000 6100 0000 01000000 6200"},
		{"no strings", func(w *Writer) { w.StringArray(nil) }, "00000000"},
		{"bytes", func(w *Writer) { w.ByteArray([]byte{1, 2}) }, "02000000 0102"},
		// The padding in front of the first element does not count, and is there without elements too.
		{"empty array of structs", func(w *Writer) { w.CloseArray(w.OpenArray(8)) }, "00000000 00000000"},
		{"dictionary", func(w *Writer) {
			mark := w.OpenArray(8)
			w.DictEntry("a", "u")
			w.Uint32(7)
			w.DictEntry("b", "s")
			w.String("c")
			w.CloseArray(mark)
		}, "22000000 00000000" + "01000000 6100 01 7500 000000 07000000" +
			"01000000 6200 01 7300 000000 01000000 6300"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := NewWriter(nil)
			test.write(w)
			want := strings.ReplaceAll(test.want, " ", "")
			if got := hex.EncodeToString(w.Bytes()); got != want || w.Err() != nil {
				t.Errorf("got  %s, %v\nwant %s", got, w.Err(), want)
			}
		})
	}
}

func TestWriterRefuses(t *testing.T) {
	for _, test := range []struct {
		name  string
		write func(*Writer)
		want  error
	}{
		{"path", func(w *Writer) { w.ObjectPath("a") }, ErrPath},
		{"signature", func(w *Writer) { w.Signature("z") }, ErrSignature},
		{"variant of two", func(w *Writer) { w.Variant("ss") }, ErrSignature},
		{"variant of none", func(w *Writer) { w.Variant("") }, ErrSignature},
		{"array", func(w *Writer) { w.ByteArray(make([]byte, MaxArray+1)) }, ErrTooLarge},
		{"value", func(w *Writer) { w.Value("u", "text") }, ErrType},
		{"too few members", func(w *Writer) { w.Values("uu", []any{uint32(1)}) }, ErrType},
		{"too many members", func(w *Writer) { w.Values("u", []any{uint32(1), uint32(2)}) }, ErrType},
		{"dictionary for array", func(w *Writer) { w.Value("as", Dict{}) }, ErrType},
		{"bytes for strings", func(w *Writer) { w.Value("as", []byte{1}) }, ErrType},
		{"nil", func(w *Writer) { w.Value("s", nil) }, ErrType},
		{"deep variant", func(w *Writer) { w.Value("v", deepVariant(MaxDepth+1)) }, ErrTooDeep},
		{"finish alone", func(w *Writer) { _, _ = w.Finish() }, ErrHeader},
		{"header without member", func(w *Writer) { w.Begin(&Header{Type: MethodCall, Path: "/"}) }, ErrHeader},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := NewWriter(nil)
			test.write(w)
			if !errors.Is(w.Err(), test.want) {
				t.Errorf("got %v, want %v", w.Err(), test.want)
			}
			w.Reset()
			if w.Err() != nil || w.Len() != 0 {
				t.Errorf("after reset: %v, %d bytes", w.Err(), w.Len())
			}
		})
	}
}

func deepVariant(n int) Variant {
	v := Variant{"y", byte(1)}
	for range n {
		v = Variant{"v", v}
	}
	return v
}

// writeGetAll writes a reply like that of GetAll for a service.
func writeGetAll(w *Writer, serial uint32) ([]byte, error) {
	w.Begin(&Header{Type: MethodReturn, Flags: NoReply, Serial: serial, ReplySerial: 2,
		Sender: "org.freedesktop.systemd1", Signature: "a{sv}"})
	all := w.OpenArray(8)
	for i := range 50 {
		w.DictEntry("ActiveState", "s")
		w.String("active")
		w.DictEntry("ActiveEnterTimestampMonotonic", "t")
		w.Uint64(uint64(i))
		w.DictEntry("CanStart", "b")
		w.Bool(true)
	}
	w.DictEntry("After", "as")
	w.StringArray(order)
	w.DictEntry("ExecStart", "a(sasbttttuii)")
	list := w.OpenArray(8)
	w.Struct()
	w.String("/usr/sbin/nginx")
	w.StringArray(order)
	w.Bool(false)
	w.CloseArray(list)
	w.CloseArray(all)
	return w.Finish()
}

var order = []string{"sysinit.target", "basic.target", "network.target"}

func writeJobRemoved(w *Writer) ([]byte, error) {
	w.Begin(&Header{Type: Signal, Flags: NoReply, Sender: "org.freedesktop.systemd1",
		Path: "/org/freedesktop/systemd1", Interface: "org.freedesktop.systemd1.Manager", Member: "JobRemoved",
		Signature: "uoss"})
	w.Uint32(17)
	w.ObjectPath("/org/freedesktop/systemd1/job/17")
	w.String("nginx.service")
	w.String("done")
	return w.Finish()
}

func TestWriterDoesNotAllocate(t *testing.T) {
	w := NewWriter(make([]byte, 0, 64<<10))
	for name, write := range map[string]func() ([]byte, error){
		"GetAll":     func() ([]byte, error) { return writeGetAll(w, 1) },
		"JobRemoved": func() ([]byte, error) { return writeJobRemoved(w) },
	} {
		if n := testing.AllocsPerRun(100, func() {
			if _, err := write(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestPatchSerial(t *testing.T) {
	w := NewWriter(nil)
	b, err := writeJobRemoved(w)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseMessage(b); !errors.Is(err, ErrHeader) {
		t.Errorf("message without serial: %v", err)
	}
	other := bytes.Clone(b)
	PatchSerial(other, 0x01020304)
	m, err := ParseMessage(other)
	if err != nil || m.Serial != 0x01020304 {
		t.Errorf("serial %x, %v", m.Serial, err)
	}
}

func BenchmarkGetAll(b *testing.B) {
	w := NewWriter(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := writeGetAll(w, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJobRemoved(b *testing.B) {
	w := NewWriter(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := writeJobRemoved(w); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseMessage(b *testing.B) {
	w := NewWriter(nil)
	msg, err := writeJobRemoved(w)
	if err != nil {
		b.Fatal(err)
	}
	PatchSerial(msg, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseMessage(msg); err != nil {
			b.Fatal(err)
		}
	}
}

func TestEscapedPath(t *testing.T) {
	for _, name := range []string{"", "a", "ssh@1.service", "1-x"} {
		w, plain := NewWriter(nil), NewWriter(nil)
		w.EscapedPath("/a/", name)
		plain.ObjectPath("/a/" + PathEscape(name))
		if string(w.Bytes()) != string(plain.Bytes()) {
			t.Errorf("%q: % x, not % x", name, w.Bytes(), plain.Bytes())
		}
	}
}

func TestEntryHead(t *testing.T) {
	once, again := NewWriter(nil), NewWriter(nil)
	head := EntryHead("Key", "u")
	for range 3 {
		once.DictEntry("Key", "u")
		once.Uint32(7)
		again.PutEntry(head)
		again.Uint32(7)
	}
	if string(once.Bytes()) != string(again.Bytes()) {
		t.Errorf("% x, not % x", again.Bytes(), once.Bytes())
	}
}
