package analyze

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// loadable are services in whose files something is wrong, or nothing.
var loadable = map[string]string{
	"warned.service":    "[Unit]\nDescription=x\nFooBar=1\n[Service]\nExecStart=/bin/true\nPrivateTmp=maybe\nBogus\n",
	"refers.service":    "[Unit]\nWants=warned.service\nAfter=section.service\n[Service]\nExecStart=/bin/true\n",
	"section.service":   "[Service]\nExecStart=/bin/true\nType=foo\n[Foo]\nA=1\n",
	"nothing.service":   "[Unit]\nDescription=x\n[Service]\nPrivateTmp=yes\n",
	"oneshot.service":   "[Service]\nType=oneshot\n",
	"two.service":       "[Service]\nExecStart=/bin/true\nExecStart=/bin/true\n",
	"stop.service":      "[Service]\nExecStop=/bin/true\n",
	"user.service":      "[Service]\nExecStart=/bin/true\nUser=no:such\n",
	"root.service":      "[Service]\nExecStart=/bin/true\nRootDirectory=no\n",
	"empty.service":     "",
	"good.service":      "[Service]\nExecStart=/bin/true\nUser=daemon\n",
	"template@.service": "[Service]\nExecStart=/bin/true %i\nNice=x\n",
	"other.target":      "[Unit]\nDescription=x\n",
	"other.timer":       "[Unit]\nDefaultDependencies=no\n[Timer]\nOnBootSec=1\n",
	"bad.timer":         "[Timer]\nAccuracySec=1\n",
	"other.slice":       "[Slice]\nMemoryMax=x\n",
	"bare.service":      "[Service]\nExecStart=/bin/true\n[Bogus]\n[Unit]\n",
	"socket.service":    "[Service]\nExecStart=/bin/true\n[Socket]\nListenStream=/x\nListenFIFO=/y\n",
}

// place is where the original's words say that something is wrong with a line.
var place = regexp.MustCompile(`(?m)^(/[^ :]+:\d+): `)

// ownPlace is the same of ours, which also tell the column.
var ownPlace = regexp.MustCompile(`(?m)^(/[^ :]+:\d+):\d+: (?:warning|error): `)

// TestSecurityTellsWhatIsWrong compares which lines security --offline=yes warns of, and which services it refuses.
func TestSecurityTellsWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	for name, text := range loadable {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name := range loadable {
		args := []string{"--offline=yes", "--threshold=100", "security", filepath.Join(dir, name)}
		got, want := ours(plain, args...), oracle(t, plain, args...)
		if got.status != want.status {
			t.Errorf("%s: status %d, want %d\n%s\n%s", name, got.status, want.status, got.err, want.err)
		}
		firstDifference(t, args, got.out, want.out)
		if g, w := places(ownPlace, got.err), places(place, want.err); !slices.Equal(g, w) {
			t.Errorf("%s: told of %q, want %q\n%s\n%s", name, g, w, got.err, want.err)
		}
		if g, w := lastLine(got.err), lastLine(want.err); got.status != 0 && g != w {
			t.Errorf("%s: %q, want %q", name, g, w)
		}
	}
}

// places are the places that messages tell, sorted, each once.
func places(at *regexp.Regexp, text string) (list []string) {
	for _, match := range at.FindAllStringSubmatch(text, -1) {
		list = append(list, filepath.Base(match[1]))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func lastLine(text string) string {
	text = strings.TrimSuffix(text, "\n")
	return text[strings.LastIndexByte(text, '\n')+1:]
}
