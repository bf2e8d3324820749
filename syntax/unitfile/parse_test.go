package unitfile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/syntax/unitfile"
)

func TestParseJoinsContinuations(t *testing.T) {
	const text = "# c\n[Unit]\nA = 1 \\\n# inner\n  two\\\n\nB=\"x\" \n"
	f, found := unitfile.Parse("a.service", []byte(text))
	if len(found) != 0 || string(f.Bytes()) != text {
		t.Fatalf("diagnostics %v, printed %q", found, f.Bytes())
	}
	var got []string
	for l := range f.Assignments() {
		got = append(got, l.Section+" "+l.Key+"="+l.Value+" "+l.Pos.String()+" "+l.At(len(l.Value)-1).String())
	}
	want := []string{`Unit A=1    two a.service:3:1 a.service:5:5`, `Unit B="x" a.service:7:1 a.service:7:5`}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPositions(t *testing.T) {
	for _, c := range []struct {
		text, value string
		offset      int
		want        string
	}{
		{"[S]\nA=bc", "bc", 0, "f:2:3"},
		{"[S]\nA=bc", "bc", 1, "f:2:4"},
		{"[S]\nA=bc", "bc", 99, "f:2:5"},
		{"[S]\nA=bc", "bc", -1, "f:2:3"},
		{"[S]\n  A  =  bc  ", "bc", 0, "f:2:9"},
		{"[S]\nA=\\\n  bc", "bc", 0, "f:3:3"},
		{"[S]\nA=b\\\n\\\nc", "b  c", 3, "f:4:1"},
		{"\ufeff[S]\nA\\\n=b", "b", 0, "f:3:2"},
		{"[S]\n\\\nA=b", "b", 0, "f:3:3"},
	} {
		f, found := unitfile.Parse("f", []byte(c.text))
		for l := range f.Assignments() {
			if l.Value != c.value || l.At(c.offset).String() != c.want {
				t.Errorf("%q: value %q at %d is %s, want %q at %s", c.text, l.Value, c.offset, l.At(c.offset), c.value, c.want)
			}
		}
		if len(found) > 0 {
			t.Errorf("%q: %v", c.text, found)
		}
	}
}

func TestDiagnosticsSayWhereAndWhat(t *testing.T) {
	for _, c := range []struct {
		text    string
		want    string
		refused bool
	}{
		{"A=1", "f:1:1: warning: Assignment outside of section, ignoring it", false},
		{"[S]\n  word", "f:2:3: warning: Missing '=', ignoring line", false},
		{"[S]\n=1", "f:2:1: warning: Missing key name before '=', ignoring line", false},
		{"\n [S", "f:2:2: error: Invalid section header '[S'", true},
		{"[a\\b]", "f:1:1: error: Bad characters in section header '[a\\b]'", true},
		{"[S]\nA=\xff", "f:2:1: error: Line is not valid UTF-8, refusing the file", true},
		{"[S]\nA=\\\nb\xff", "f:2:1: error: Line is not valid UTF-8, refusing the file", true},
		{"[S]\nA=" + strings.Repeat("x", unitfile.MaxLine), "f:2:1: error: Line is longer than 1 MiB", true},
		{"[S]\nA=\\\n" + strings.Repeat("x\\\n", unitfile.MaxLine/2+1), "error: Continued line is longer than 1 MiB", true},
	} {
		f, found := unitfile.Parse("f", []byte(c.text))
		if len(found) != 1 || !strings.Contains(found[0].String(), c.want) || f.Refused != c.refused {
			t.Errorf("%.40q: refused %v, got %v, want %s", c.text, f.Refused, found, c.want)
		}
		if string(f.Bytes()) != c.text {
			t.Errorf("%.40q: is not printed back", c.text)
		}
	}
}

func TestDiagnosticsAreBounded(t *testing.T) {
	_, found := unitfile.Parse("f", []byte("[S]\n"+strings.Repeat("word\n", 100000)))
	if len(found) != 101 || !strings.HasPrefix(found[100].Message, "Too many problems") {
		t.Errorf("got %d, the last %v", len(found), found[len(found)-1])
	}
}

func TestLeanKeepsWhatIsLoaded(t *testing.T) {
	f, _ := unitfile.ParseLean("f", []byte("# c\n[S]\n\nA=1\\\n;c\n2\nbad\n[T]\n"))
	if len(f.Lines) != 3 || string(f.Bytes()) != "[S]\nA=1 2\n[T]\n" {
		t.Errorf("got %d lines, %q", len(f.Lines), f.Bytes())
	}
}

// seeds are files of our own in the manner of those that packages bring.
func seeds(t testing.TB) map[string][]byte {
	found := map[string][]byte{}
	for _, pattern := range []string{"testdata/*.service", "testdata/*.socket", "testdata/*.timer", "testdata/*.target"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if found[name], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("testdata holds no unit files")
	}
	return found
}

func TestSeedsParseCleanly(t *testing.T) {
	for name, data := range seeds(t) {
		f, found := unitfile.Parse(name, data)
		if len(found) > 0 || string(f.Bytes()) != string(data) {
			t.Errorf("%s: %v, or it is not printed back", name, found)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, data := range seeds(f) {
		f.Add(data)
	}
	for _, text := range []string{
		"\ufeff[A]\nb=c\\\n#\n\r\r\n\x00d", "[A]\n=\n[\n", "[A]\nb=\xff\n", "\\", "[A]\\\n\\\n",
	} {
		f.Add([]byte(text))
	}
	// What is installed makes better seeds still, but no test depends on it.
	installed, _ := filepath.Glob("/lib/systemd/system/*.service") // the pattern is well-formed
	for _, name := range installed {
		if data, err := os.ReadFile(name); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, _ := unitfile.Parse("f", data) // what is found is of no interest: only that all is kept
		if string(file.Bytes()) != string(data) {
			t.Fatalf("printed as %q", file.Bytes())
		}
		lean, _ := unitfile.ParseLean("f", data)
		var full, kept []string
		for l := range file.Assignments() {
			full = append(full, fmt.Sprint(l.Section, l.Key, l.Value, l.Pos, l.At(0), l.At(len(l.Value)/2)))
			if at := l.At(len(l.Value)); at.Line < l.Pos.Line || at.Col < 1 {
				t.Errorf("%q ends at %v", l.Value, at)
			}
		}
		for l := range lean.Assignments() {
			kept = append(kept, fmt.Sprint(l.Section, l.Key, l.Value, l.Pos, l.At(0), l.At(len(l.Value)/2)))
		}
		if fmt.Sprint(full) != fmt.Sprint(kept) {
			t.Errorf("full %q, lean %q", full, kept)
		}
	})
}

// BenchmarkParse5000 reads 5000 units as the loader does; it is to stay within a few tens of milliseconds.
func BenchmarkParse5000(b *testing.B) {
	data, err := os.ReadFile("testdata/webshop.service")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(5000 * int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		for range 5000 {
			unitfile.ParseLean("webshop.service", data)
		}
	}
}
