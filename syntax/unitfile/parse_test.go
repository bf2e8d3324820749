package unitfile_test

import (
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
