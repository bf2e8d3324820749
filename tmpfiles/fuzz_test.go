package tmpfiles

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeWorld knows some of everything.
func fakeWorld() World {
	id := func(name string) (uint32, error) {
		if name == "root" || name == "alice" {
			return uint32(len(name)), nil
		}
		return 0, errNoUser
	}
	return World{
		Root: "/root", Boot: true, Exclude: []string{"/no"},
		Specifier: func(c byte) (string, error) {
			switch c {
			case 'm':
				return "", ErrUnresolved
			case 'b', 'v':
				return "/x y%" + string(rune(c)), nil
			}
			return "", ErrUnknownSpecifier
		},
		User: id, Group: id,
		Credential: func(name string) ([]byte, error) {
			if len(name)%2 == 0 {
				return nil, ErrNoCredential
			}
			return []byte(name), nil
		},
		Exists: func(path string) bool { return len(path)%2 == 0 },
	}
}

func FuzzRead(f *testing.F) {
	f.Add("d /a 0755 root root 1d -\nf+ /b:c ~:0644 :alice - am:~3h \\x20%b\nL /l\nC /a\n")
	f.Add("a+ /a - - - - d:u:alice:rwx,m::r,o:r\nh /a - - - - =aA\nc /n - - - - 1:3\nf~ /x - - - - aGVsbG8=\n")
	f.Add("f^ /x - - - - c\nt /a - - - - user.x=\"y z\" w=v\n")
	f.Add("x /*\nd \"/q\\\"u\" 'a'b\nq /var/run/x\n\x00z /a/../b\n#\nw+ /x - - - - a\nw /x - - - - b\nd /%m\n")
	for _, pattern := range []string{"/usr/lib/tmpfiles.d/*.conf", "testdata/*.conf"} {
		files, _ := filepath.Glob(pattern)
		for _, name := range files {
			if data, err := os.ReadFile(name); err == nil {
				f.Add(string(data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		told := 0
		r := Reader{World: fakeWorld(), Log: func(m Message) {
			if m.Text == "" || m.At.Line < 0 {
				t.Errorf("message %+v", m)
			}
			told++
		}}
		r.Read("a.conf", []byte(text))
		if (r.Invalid || r.Failed) && told == 0 {
			t.Error("something is wrong, and nobody says what")
		}
		for _, e := range r.Plan.Entries() {
			checkEntry(t, &r, e)
		}
	})
}

func checkEntry(t *testing.T, r *Reader, e *Entry) {
	if !strings.HasPrefix(e.Path, "/") || e.Path != Simplify(e.Path) || strings.Contains(e.Path, "\x00") {
		t.Errorf("path %q", e.Path)
	}
	if e.Parent != nil && !Below(e.Path, e.Parent.Path) {
		t.Errorf("%q is not below %q", e.Path, e.Parent.Path)
	}
	for _, i := range e.Items {
		switch {
		case i.Path != e.Path || Below(i.Path, "/no"):
			t.Errorf("item %+v of %q", i, e.Path)
		case i.Mode.Bits > 0o7777:
			t.Errorf("mode %o", i.Mode.Bits)
		case !i.Kind.Globs() && !r.Plan.Plain(e.Path):
			t.Errorf("item %+v is in the wrong place", i)
		}
	}
}

func TestSimplify(t *testing.T) {
	for path, want := range map[string]string{"": "", "/": "/", "//": "/", "/.": "/", "a/./b": "a/b", "/a//b/": "/a/b",
		"/a/../b": "/a/../b", "./a": "a", "..": "..", "/..": "/..", "/...": "/..."} {
		if got := Simplify(path); got != want {
			t.Errorf("%q: %q", path, got)
		}
	}
}

// Many lines about one path take no more than their share of time.
func TestManyLinesOfOnePath(t *testing.T) {
	r := Reader{World: fakeWorld(), Log: func(Message) {}}
	r.Read("a.conf", []byte(strings.Repeat("z /a 0755\nd /b\nd /c 0700\nd /c\n", 50000)))
	if n := len(r.Plan.Entries()); n != 3 {
		t.Errorf("%d entries", n)
	}
}

// The messages have the place of what they are about.
func TestPositions(t *testing.T) {
	var told []string
	r := Reader{World: fakeWorld(), Log: func(m Message) { told = append(told, m.String()) }}
	r.Read("/etc/tmpfiles.d/a.conf", []byte("\n# x\nd /a\nbad\n\n  q rel\n"))
	want := "/etc/tmpfiles.d/a.conf:4: Syntax error.\n/etc/tmpfiles.d/a.conf:6: Path 'rel' not absolute."
	if got := strings.Join(told, "\n"); got != want || !r.Invalid || r.Failed {
		t.Errorf("got %s", got)
	}
}
