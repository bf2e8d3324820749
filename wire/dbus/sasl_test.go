package dbus

import (
	"errors"
	"strings"
	"testing"
)

const guid = "0123456789abcdef0123456789abcdef"

func newServerAuth() *ServerAuth {
	return &ServerAuth{GUID: guid, UID: 1000, Allow: func(uid uint32) bool { return uid == 1000 }}
}

func TestServerAuth(t *testing.T) {
	const opening = "\x00AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"
	for _, test := range []struct {
		name, in, out string
		done, fds     bool
		err           error
	}{
		{"as sd-bus", opening, "DATA\r\nOK " + guid + "\r\nAGREE_UNIX_FD\r\n", true, true, nil},
		{"identity", "\x00AUTH EXTERNAL 31303030\r\nBEGIN\r\n", "OK " + guid + "\r\n", true, false, nil},
		{"identity as data", "\x00AUTH EXTERNAL\r\nDATA 31303030\r\nBEGIN\r\n", "DATA\r\nOK " + guid + "\r\n", true, false,
			nil},
		{"mechanisms asked for", "\x00AUTH\r\nAUTH EXTERNAL 31303030\r\nBEGIN\r\n",
			"REJECTED EXTERNAL\r\nOK " + guid + "\r\n", true, false, nil},
		{"another identity", "\x00AUTH EXTERNAL 30\r\n", "REJECTED EXTERNAL\r\n", false, false, nil},
		{"identity not hexadecimal", "\x00AUTH EXTERNAL x\r\n", "REJECTED EXTERNAL\r\n", false, false, nil},
		{"another mechanism", "\x00AUTH ANONYMOUS\r\n", "REJECTED EXTERNAL\r\n", false, false, nil},
		{"cancelled", "\x00AUTH EXTERNAL\r\nCANCEL\r\nDATA\r\n", "DATA\r\nREJECTED EXTERNAL\r\nERROR\r\n", false, false, nil},
		{"begin without", "\x00BEGIN\r\n", "", false, false, ErrRejected},
		{"begin after rejection", "\x00AUTH X\r\nBEGIN\r\n", "REJECTED EXTERNAL\r\n", false, false, ErrRejected},
		{"begin after cancel", "\x00AUTH EXTERNAL\r\nDATA\r\nCANCEL\r\nBEGIN\r\n",
			"DATA\r\nOK " + guid + "\r\nREJECTED EXTERNAL\r\n", false, false, ErrRejected},
		{"descriptors too early", "\x00NEGOTIATE_UNIX_FD\r\n", "ERROR\r\n", false, false, nil},
		{"unknown word", "\x00HELLO\r\n", "ERROR\r\n", false, false, nil},
		{"no NUL", "AUTH EXTERNAL\r\n", "", false, false, ErrAuth},
		{"not ASCII", "\x00\xff\r\n", "", false, false, ErrAuth},
		{"line without end", "\x00" + strings.Repeat("A", maxAuthLine+1), "", false, false, ErrAuth},
		{"refused for ever", "\x00" + strings.Repeat("AUTH X\r\n", maxAuthRefusals+1),
			strings.Repeat("REJECTED EXTERNAL\r\n", maxAuthRefusals), false, false, ErrRejected},
		{"nonsense for ever", "\x00" + strings.Repeat("X\r\n", maxAuthRefusals+1),
			strings.Repeat("ERROR\r\n", maxAuthRefusals), false, false, ErrAuth},
	} {
		for _, chunk := range []int{1, 5, 1 << 20} {
			a := newServerAuth()
			out, _, err := feed(a, test.in, chunk)
			if string(out) != test.out || a.Done() != test.done || a.UnixFDs() != test.fds || !errors.Is(err, test.err) {
				t.Errorf("%s, %d bytes at a time: got %q, done %v, fds %v, %v", test.name, chunk, out, a.Done(),
					a.UnixFDs(), err)
			}
		}
	}
}

// feed gives the server text in chunks and returns all it answers, and what it did not use.
func feed(a *ServerAuth, text string, chunk int) (out, left []byte, err error) {
	for len(text) > 0 && err == nil {
		n := min(chunk, len(text))
		left, text = append(left, text[:n]...), text[n:]
		used := 0
		used, out, err = a.Feed(left, out)
		left = left[used:]
	}
	return out, left, err
}

func TestServerAuthKeepsMessages(t *testing.T) {
	a := newServerAuth()
	_, left, err := feed(a, (&ClientAuth{}).Opening()+"l\x01\r\nBEGIN\r\n", 7)
	if string(left) != "l\x01\r\nBEGIN\r\n" || err != nil {
		t.Errorf("left %q, %v", left, err)
	}
}

func TestServerAuthStranger(t *testing.T) {
	a := newServerAuth()
	a.UID = 1
	out, _, err := feed(a, (&ClientAuth{}).Opening(), 99)
	if a.Done() || !errors.Is(err, ErrRejected) || !strings.Contains(string(out), "REJECTED") {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestClientAuth(t *testing.T) {
	for _, test := range []struct {
		name, in  string
		done, fds bool
		err       error
	}{
		{"agreed", "DATA\r\nOK " + guid + "\r\nAGREE_UNIX_FD\r\n", true, true, nil},
		{"no descriptors", "DATA\r\nOK " + guid + "\r\nERROR no\r\n", true, false, nil},
		{"rejected", "REJECTED EXTERNAL\r\n", false, false, ErrRejected},
		{"rejected later", "DATA\r\nREJECTED\r\n", false, false, ErrRejected},
		{"half", "DATA\r\nOK " + guid + "\r\nAGR", false, false, nil},
		{"bad identity", "DATA\r\nOK xyz\r\n", false, false, ErrAuth},
		{"nonsense", "220 mail ESMTP\r\n", false, false, ErrAuth},
		{"endless", strings.Repeat("D", maxAuthLine+1), false, false, ErrAuth},
	} {
		a := ClientAuth{}
		used, err := a.Feed([]byte(test.in))
		if a.Done() != test.done || a.UnixFDs() != test.fds || !errors.Is(err, test.err) {
			t.Errorf("%s: done %v, fds %v, %v", test.name, a.Done(), a.UnixFDs(), err)
		}
		if test.done && (used != len(test.in) || a.GUID() != guid) {
			t.Errorf("%s: used %d of %d, guid %s", test.name, used, len(test.in), a.GUID())
		}
	}
}

// FuzzServerAuth: the answer does not depend on how the bytes are cut, and nobody but the peer that may comes in.
func FuzzServerAuth(f *testing.F) {
	f.Add((&ClientAuth{}).Opening(), 3)
	f.Add("\x00AUTH\r\nAUTH EXTERNAL 31303030\r\nBEGIN\r\n", 1)
	f.Add("\x00AUTH EXTERNAL\r\nCANCEL\r\nERROR x\r\nDATA\r\n", 2)
	f.Fuzz(func(t *testing.T, text string, chunk int) {
		whole, pieces := newServerAuth(), newServerAuth()
		out, left, err := feed(whole, text, len(text)+1)
		out2, left2, err2 := feed(pieces, text, min(max(chunk, 1), 64))
		if len(out) > 2*maxAuthRefusals*64+len(text)*64 {
			t.Fatalf("%d bytes answered to %d", len(out), len(text))
		}
		if string(out) != string(out2) || whole.Done() != pieces.Done() || (err == nil) != (err2 == nil) {
			t.Fatalf("whole: %q %q %v\npieces: %q %q %v", out, left, err, out2, left2, err2)
		}
		stranger := newServerAuth()
		stranger.UID = 65534
		if _, _, _ = feed(stranger, text, 1<<20); stranger.Done() {
			t.Fatal("a stranger came in")
		}
	})
}
