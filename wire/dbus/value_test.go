package dbus

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestValueRoundTrip(t *testing.T) {
	for _, test := range []struct {
		sig   string
		value any
	}{
		{"y", byte(7)}, {"b", true}, {"n", int16(-3)}, {"q", uint16(3)}, {"i", int32(-9)}, {"u", uint32(9)},
		{"x", int64(-1 << 40)}, {"t", uint64(1 << 63)}, {"d", -0.5}, {"s", "text"}, {"o", ObjectPath("/a/b")},
		{"g", Signature("a{sv}")}, {"h", UnixFD(1)}, {"v", Variant{"as", []string{"x", ""}}},
		{"ay", []byte{1, 2, 3}}, {"as", []string{"a", "b"}}, {"au", []any{uint32(1), uint32(2)}},
		{"ab", []any{true, false}}, {"aas", []any{[]string{"a"}, []string{"b", "c"}}},
		{"(sub)", Struct{"a", uint32(1), true}},
		{"a(sasb)", []any{Struct{"/bin/true", []string{"true", "x"}, false}}},
		{"a{sv}", Dict{{"A", Variant{"s", "x"}}, {"B", Variant{"(uo)", Struct{uint32(1), ObjectPath("/")}}}}},
		{"a{ss}", Dict{{"k", "v"}, {"k", "again"}}},
		{"(y(t)y)", Struct{byte(1), Struct{uint64(2)}, byte(3)}},
		{"v", deepVariant(MaxDepth - 1)},
	} {
		w := NewWriter(nil)
		w.Byte(1) // so that alignment is put to the test
		w.Value(test.sig, test.value)
		if w.Err() != nil {
			t.Errorf("%s: write: %v", test.sig, w.Err())
			continue
		}
		r := NewReader(w.Bytes(), false)
		r.Byte()
		if got := r.Value(test.sig); !reflect.DeepEqual(got, test.value) || r.Done() != nil {
			t.Errorf("%s: got %#v, %v; want %#v", test.sig, got, r.Err(), test.value)
		}
		r = NewReader(w.Bytes(), false)
		r.Byte()
		if r.Skip(test.sig); r.Done() != nil {
			t.Errorf("%s: skip: %v", test.sig, r.Done())
		}
	}
}

func TestValueBigEndian(t *testing.T) {
	const text = "01 00 0203 00000004 0000000000000005 3ff8000000000000 00000001 61 00 0000 00000008 00000001 00000002"
	body := unhex(t, text)
	want := []any{byte(1), uint16(0x203), int32(4), uint64(5), 1.5, "a", []any{uint32(1), uint32(2)}}
	r := NewReader(body, true)
	if got := r.Values("yqitdsau"); !reflect.DeepEqual(got, want) || r.Done() != nil {
		t.Errorf("got %#v, %v", got, r.Done())
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReaderRefuses(t *testing.T) {
	for _, test := range []struct {
		name, sig, body string
		want            error
	}{
		{"nothing", "u", "", ErrTruncated},
		{"short number", "t", "00000000", ErrTruncated},
		{"boolean 2", "b", "02000000", ErrBool},
		{"padding", "yu", "01000100 00000000", ErrPadding},
		{"string too long", "s", "05000000 6100", ErrTruncated},
		{"string of 4 GiB", "s", "ffffffff 6100", ErrTooLarge},
		{"string without end", "s", "01000000 6161", ErrString},
		{"string with NUL", "s", "01000000 0000", ErrString},
		{"string not UTF-8", "s", "01000000 ff00", ErrString},
		{"surrogate", "s", "03000000 eda08000", ErrString},
		{"path", "o", "01000000 6100", ErrPath},
		{"empty path", "o", "00000000 00", ErrPath},
		{"path of 4 GiB", "o", "ffffffff 00", ErrTooLarge},
		{"signature", "g", "01 7a00", ErrSignature},
		{"variant of nothing", "v", "00 00", ErrSignature},
		{"variant of two", "v", "02 797900 0101", ErrSignature},
		{"array of 64 MiB", "ay", "01000004", ErrTooLarge},
		{"array longer than body", "ay", "05000000 01", ErrTruncated},
		{"array of structs longer than body", "a(u)", "08000000 00000000 01000000", ErrTruncated},
		{"element over the end of the body", "as", "05000000 01000000 61", ErrTruncated},
		{"element over the end of an inner array", "auu", "03000000 01000000 01000000", ErrArray},
		{"strings over the end", "asu", "06000000 01000000 6100 0000 01000000", nil},
		{"string over the end", "asu", "05000000 01000000 6100 0000 01000000", ErrArray},
		{"trailing", "y", "0101", ErrTrailing},
		{"no signature", "a", "00000000", ErrSignature},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := NewReader(unhex(t, test.body), false)
			value := r.Values(test.sig)
			if err := r.Done(); !errors.Is(err, test.want) {
				t.Errorf("values: got %#v, %v; want %v", value, err, test.want)
			}
			s := NewReader(unhex(t, test.body), false)
			if s.Skip(test.sig); !errors.Is(s.Done(), test.want) {
				t.Errorf("skip: got %v, want %v", s.Done(), test.want)
			}
			if r.Err() != nil && (r.Uint32() != 0 || r.String() != "" || r.Left() != 0 && r.Err() != ErrTrailing) {
				t.Error("values after an error")
			}
		})
	}
}

func TestValueBounds(t *testing.T) {
	deep := bytes.Repeat([]byte{1, 'v', 0}, MaxDepth+2)
	r := NewReader(deep, false)
	if r.Value("v"); !errors.Is(r.Err(), ErrTooDeep) {
		t.Errorf("deep variants: %v", r.Err())
	}
	s := NewReader(deep, false)
	if s.Skip("v"); !errors.Is(s.Err(), ErrTooDeep) {
		t.Errorf("skip deep variants: %v", s.Err())
	}
	w := NewWriter(nil)
	mark := w.OpenArray(1)
	for range MaxValues + 1 {
		w.Variant("y")
		w.Byte(1)
	}
	w.CloseArray(mark)
	r = NewReader(w.Bytes(), false)
	if r.Value("av"); !errors.Is(r.Err(), ErrTooLarge) {
		t.Errorf("a million variants: %v", r.Err())
	}
}

func TestReaderLoop(t *testing.T) {
	w := NewWriter(nil)
	mark := w.OpenArray(8)
	for _, name := range order {
		w.Struct()
		w.String(name)
		w.StringArray(order[:1])
		w.ByteArray([]byte(name))
	}
	w.CloseArray(mark)
	r := NewReader(w.Bytes(), false)
	var names []string
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		names = append(names, r.String())
		if list := r.StringArray(); !reflect.DeepEqual(list, order[:1]) {
			t.Errorf("inner list %q", list)
		}
		if b := r.ByteArray(); string(b) != names[len(names)-1] {
			t.Errorf("inner bytes %q", b)
		}
	}
	if !reflect.DeepEqual(names, order) || r.Done() != nil {
		t.Errorf("got %q, %v", names, r.Done())
	}
}

// FuzzReaderValue: what was read can be written, and reads back the same.
func FuzzReaderValue(f *testing.F) {
	w := NewWriter(nil)
	w.Value("a{sv}", Dict{{"A", Variant{"as", order}}, {"B", Variant{"(ux)", Struct{uint32(1), int64(2)}}}})
	f.Add("a{sv}", w.Bytes(), false)
	f.Add("yqitdsau", []byte("\x01\x00\x02\x03\x00\x00\x00\x04"), true)
	f.Add("v", []byte("\x01v\x00\x01y\x00\x07"), false)
	f.Add("aaaa(ayv)h", []byte("\x04\x00\x00\x00\x00\x00\x00\x00"), false)
	f.Fuzz(func(t *testing.T, sig string, body []byte, big bool) {
		r := NewReader(body, big)
		values := r.Values(sig)
		s := NewReader(body, big)
		s.Skip(sig)
		if (r.Err() == nil) != (s.Err() == nil) && !errors.Is(r.Err(), ErrTooLarge) {
			t.Fatalf("values: %v, skip: %v", r.Err(), s.Err())
		}
		if r.Err() != nil {
			return
		}
		w := NewWriter(nil)
		w.Values(sig, values)
		if w.Err() != nil {
			t.Fatalf("write %q %#v: %v", sig, values, w.Err())
		}
		again := NewReader(w.Bytes(), false)
		got := again.Values(sig)
		w2 := NewWriter(nil)
		w2.Values(sig, got)
		if again.Done() != nil || !bytes.Equal(w2.Bytes(), w.Bytes()) {
			t.Fatalf("read %#v back as %#v, %v", values, got, again.Done())
		}
		if !big && !bytes.Equal(w.Bytes(), body[:len(body)-r.Left()]) {
			t.Fatalf("read from %x\nwritten %x", body, w.Bytes())
		}
	})
}
